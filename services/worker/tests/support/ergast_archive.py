"""A small Ergast archive that tests change, and functions to read the result."""

from collections.abc import Callable

from f1_worker.parse.slices import Parsed, Slice

Files = dict[str, str]
Read = Callable[..., Parsed]

ARCHIVE: Files = {
    "circuits.csv": (
        "circuitId,circuitRef,name,location,country,lat,lng,alt,url\n"
        '6,"monaco","Circuit de Monaco","Monte-Carlo","Monaco",43.7,7.42,\\N,\\N\n'
    ),
    "drivers.csv": (
        "driverId,driverRef,number,code,forename,surname,dob,nationality,url\n"
        '1,"hamilton",44,"HAM","Lewis","Hamilton","1985-01-07","British",\\N\n'
        '579,"fangio",\\N,\\N,"Juan","Fangio","1911-06-24","Argentine",\\N\n'
    ),
    "constructors.csv": (
        "constructorId,constructorRef,name,nationality,url\n"
        '131,"mercedes","Mercedes","German",\\N\n'
        '6,"ferrari","Ferrari","Italian",\\N\n'
    ),
    "status.csv": 'statusId,status\n1,"Finished"\n11,"+1 Lap"\n',
    "races.csv": (
        "raceId,year,round,circuitId,name,date,time,url,fp2_date,fp2_time,sprint_date\n"
        '7,2023,6,6,"Monaco Grand Prix","2023-05-28","13:00:00",\\N,'
        '"2023-05-27","10:00:00","2023-05-27"\n'
    ),
    "results.csv": (
        "resultId,raceId,driverId,constructorId,number,grid,position,positionText,positionOrder,"
        "points,laps,time,milliseconds,fastestLap,rank,fastestLapTime,fastestLapSpeed,statusId\n"
        "1,7,1,131,44,2,1,1,1,25.0,2,1:40:00.5,6000500,2,1,1:14.9,160.25,1\n"
        "2,7,579,131,\\N,0,\\N,R,2,0,1,+5.4,6005900,\\N,0,\\N,\\N,11\n"
    ),
    "sprint_results.csv": (
        "resultId,raceId,driverId,constructorId,number,grid,position,positionText,positionOrder,"
        "points,laps,time,milliseconds,fastestLap,fastestLapTime,statusId\n"
        "1,7,1,131,44,1,1,1,1,8,19,32:04.66,1924660,\\N,\\N,1\n"
    ),
    "qualifying.csv": (
        "qualifyId,raceId,driverId,constructorId,number,position,q1,q2,q3\n"
        "1,7,1,131,44,1,1:12.5,1:12.1,1:11.9\n"
        "2,7,579,131,2,2,1:14.0,\\N,\\N\n"
    ),
    "lap_times.csv": (
        "raceId,driverId,lap,position,time,milliseconds\n"
        "7,1,1,1,1:31.531,91531\n"
        "7,1,2,\\N,\\N,92000\n"
        "7,579,1,2,2:05:07.547,7507547\n"
    ),
    "pit_stops.csv": (
        "raceId,driverId,stop,lap,time,duration,milliseconds\n"
        '7,1,1,30,"15:40:12","22.5",22500\n'
        '7,1,2,40,"16:00:00","40:55.302",\\N\n'
        '7,1,3,50,\\N,"",\\N\n'
    ),
}


def one(parsed: Parsed, resource: str) -> Slice:
    """The only slice of a resource."""
    (piece,) = (piece for piece in parsed.slices if piece.resource == resource)
    return piece


def problems(parsed: Parsed) -> dict[str, str]:
    """The problems of slices by resource."""
    return {piece.resource: piece.problem for piece in parsed.slices if piece.problem is not None}
