"""How the figures are computed that no source gives."""

from f1_api.captures.models import Formula

OF_RACE = [
    Formula("laps", "number of the driver's laps in the session", ["laps"]),
    Formula("timed_laps", "number of those that have a time", ["laps"]),
    Formula("total_ms", "sum of their times", ["laps"]),
    Formula("average_lap_ms", "total_ms / timed_laps", ["laps"]),
    Formula("fastest_lap_ms", "the smallest of their times", ["laps"]),
    Formula("fastest_lap", "the first lap with that time", ["laps"]),
    Formula("pit_stops", "number of the driver's stops in the session", ["pitstops"]),
    Formula("pit_time_ms", "sum of their durations; null if none has one", ["pitstops"]),
]
"""Of /races/{race_id}/aggregations."""

OF_DRIVER = [
    Formula("entries, races", "those with a result or a lap of the driver", ["results", "laps"]),
    Formula(
        "starts",
        "entries with a completed lap, or with a position_text other than W, F and E and a status "
        "that does not say that the driver did not start or qualify",
        ["results", "laps"],
    ),
    Formula("laps, timed_laps, total_ms", "sums over `races_with_laps`", ["laps"]),
    Formula("average_lap_ms", "sum of total_ms / sum of timed_laps", ["laps"]),
    Formula("fastest_lap_ms", "the smallest over the races; the first by date", ["laps"]),
    Formula("pit_stops, pit_time_ms", "sums over `races_with_pit_stops`", ["pitstops"]),
    Formula("wins", "races with a position_text of 1, also in a shared car", ["results"]),
    Formula("podiums", "races with a position_text of 1, 2 or 3", ["results"]),
    Formula(
        "poles",
        "races with a grid of 1; of drivers who shared that car, the one who started in it: who "
        "drove no other car, or no other alone",
        ["results"],
    ),
    Formula("points", "race_points + sprint_points", ["results", "sprint"]),
    Formula("race_points", "sum of the points of races", ["results"]),
    Formula("sprint_points", "sum of the points of sprints", ["sprint"]),
    Formula(
        "championship_points",
        "the source's own, after the season's newest race with standings of the driver; of several "
        "seasons the sum",
        ["driverstandings"],
    ),
]
"""Of /drivers/{driver_id}/stats; with `session=sprint` they are of sprints in the same way."""

OF_SEASON = [
    *OF_DRIVER,
    Formula(
        "standings",
        "the source's own, after the newest race that has any: nothing is computed",
        ["driverstandings", "constructorstandings"],
    ),
]
"""Of everything that is answered about a season."""
