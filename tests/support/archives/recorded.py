"""Captures whose data gives the recorded answers of the service.

A recorded answer is about a season, a driver or a filter; a capture is of one race and resource. So
the rows of all answers are collected race by race. An answer that is a list (the drivers of a
round, the circuits of a driver) has no rows: for each item a result is invented that has exactly
the values of the request and the item.
"""

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from f1_api.ergast import statuses
from f1_core.capture import Capture, Header, Page, Race

Json = dict[str, Any]
Where = tuple[int, int]
"""Season and round."""
_AT = datetime(2026, 1, 1, tzinfo=UTC)
_ROWS = {
    "Results": "results",
    "SprintResults": "sprint",
    "QualifyingResults": "qualifying",
    "PitStops": "pitstops",
    "Laps": "laps",
    "DriverStandings": "driverstandings",
    "ConstructorStandings": "constructorstandings",
}
_NAMES = {resource: name for name, resource in _ROWS.items()}
_HEAD = ("season", "round", "url", "raceName", "Circuit", "date")
_OF_A_RESULT = ("season", "round", "circuitId", "driverId", "constructorId")


def read(folder: Path) -> dict[str, Json]:
    """The answers by requested path, without `/ergast/f1`; `@` in file names stands for `/`."""
    return {
        "/" + file.name.replace("@", "/").replace("^", "?"): json.loads(file.read_text())["MRData"]
        for file in sorted(folder.rglob("*.json*"))
    }


def table_of(answer: Json) -> Json:
    """The table of an answer."""
    table: Json = next(value for key, value in answer.items() if key.endswith("Table"))
    return table


def things_of(answer: Json) -> list[Json]:
    """The items of an answer: races, drivers, statuses, ..."""
    return next(value for value in table_of(answer).values() if isinstance(value, list))


class Recorded:
    """The content of some answers.

    Attributes:
        races: the fields of a race, by season and round.
        rows: rows by resource, season and round.
        seasons: the page of a season by year, which no capture has.
    """

    def __init__(self, answers: dict[str, Json]) -> None:
        self.races: dict[Where, Json] = {}
        self.rows: dict[tuple[str, int, int], list[Json]] = defaultdict(list)
        self.seasons: dict[int, str] = {}
        self._known: dict[str, Json] = {}
        for answer in answers.values():
            self._collect(answer)
        # Seasons first: they show in which years a driver or a constructor took part.
        for answer in sorted(answers.values(), key=lambda one: "SeasonTable" not in one):
            for facts in _facts_of(answer):
                self._ensure(facts)
        for answer in answers.values():
            if "StatusTable" in answer and "round" in table_of(answer):
                self._ensure_statuses(table_of(answer))

    def captures(self) -> Iterator[Capture]:
        """A schedule for each season, and a capture for each race and resource."""
        order = itertools.count(1)
        for season, races in groupby(sorted(self.races.items()), key=lambda one: one[0][0]):
            yield _capture(next(order), "schedule", season, [race for _, race in races])
        for (resource, season, number), rows in sorted(self.rows.items()):
            race = self.races.get((season, number))
            if race is not None:
                head = {key: race[key] for key in (*_HEAD, "time") if key in race}
                yield _capture(next(order), resource, season, [head | {_NAMES[resource]: rows}])

    def _collect(self, answer: Json) -> None:
        for thing in things_of(answer):
            self._add_descriptions(thing)
            if "raceName" in thing:
                key = int(thing["season"]), int(thing["round"])
                head = {name: value for name, value in thing.items() if name not in _ROWS}
                # The schedule has most fields of a race: its sessions are kept.
                self.races[key] = max(self.races.get(key, {}), head, key=len)
            elif "season" in thing and "round" not in thing:
                self.seasons[int(thing["season"])] = thing["url"]
            for name in _ROWS.keys() & thing.keys():
                rows = self.rows[_ROWS[name], int(thing["season"]), int(thing["round"])]
                have = {_identity(row) for row in rows}
                rows += [row for row in thing[name] if _identity(row) not in have]

    def _add_descriptions(self, thing: Any) -> None:
        """Store all full descriptions of drivers, constructors and circuits."""
        if isinstance(thing, dict):
            for key in ("driverId", "constructorId", "circuitId"):
                if key in thing and "url" in thing:
                    self._known[thing[key]] = thing
        for inner in thing.values() if isinstance(thing, dict) else thing:
            if isinstance(inner, dict | list):
                self._add_descriptions(inner)

    def _ensure(self, facts: Json) -> None:
        """Ensure that a result has these facts."""
        if any(_matches(facts, self._facts(where, row)) for where, row in self._results()):
            return
        for where in self._candidates(facts):
            driver_id = facts.get("driverId") or self._participant("Driver", facts, where)
            row = next(
                (
                    row
                    for row in self.rows["results", *where]
                    if row["Driver"]["driverId"] == driver_id
                ),
                None,
            )
            if row is None or _compatible(facts, self._facts(where, row)):
                if row is None:
                    team = self._participant("Constructor", {**facts, "driverId": driver_id}, where)
                    row = {"number": "", "positionText": "R", "points": "0"}
                    row |= {"Driver": self._known.get(driver_id, {"driverId": driver_id})}
                    row |= {"Constructor": self._known.get(team, {"constructorId": team})}
                    self.rows["results", *where].append(row)
                _set_facts(row, facts)
                return
        raise AssertionError(f"{facts} contradicts other recorded answers")

    def _results(self) -> Iterator[tuple[Where, Json]]:
        for (resource, season, number), rows in self.rows.items():
            if resource == "results":
                yield from (((season, number), row) for row in rows)

    def _facts(self, where: Where, row: Json) -> Json:
        """The facts of a result, with the names of filters."""
        return {
            "season": str(where[0]),
            "round": str(where[1]),
            "circuitId": self.races[where]["Circuit"]["circuitId"],
            "driverId": row["Driver"]["driverId"],
            "constructorId": row["Constructor"]["constructorId"],
            "grid": row.get("grid"),
            "position": row.get("position"),
            "status": row.get("status"),
            "fastest": row.get("FastestLap", {}).get("rank"),
        }

    def _candidates(self, facts: Json) -> Iterator[Where]:
        """Races that may have these facts; the last one is invented."""
        who: Json = {key: facts[key] for key in ("driverId", "constructorId") if key in facts}
        found = (at for at, row in self._results() if _matches(who, self._facts(at, row)))
        years = {season for season, _ in found}
        if "season" in facts:
            years = {int(facts["season"])}
        request: Json = {key: facts[key] for key in ("round", "circuitId") if key in facts}
        # The latest first: most answers are about a season's first race, to which little can be
        # added.
        for where, race in sorted(self.races.items(), reverse=True):
            known = {"round": str(where[1]), "circuitId": race["Circuit"]["circuitId"]}
            if where[0] in years and _matches(request, known):
                yield where
        year = min(years, default=2008)
        rounds = (number for season, number in self.races if season == year)
        number = int(facts.get("round", max(rounds, default=0) + 1))
        day = date(year, 1, 1) + timedelta(days=number)
        circuit = self._known[facts.get("circuitId", "monaco")]
        self.races[year, number] = {
            "season": str(year),
            "round": str(number),
            "raceName": "Made up",
            "Circuit": circuit,
            "date": day.isoformat(),
        }
        yield year, number

    def _participant(self, kind: str, facts: Json, where: Where) -> str:
        """A driver or constructor of that season that matches, or a placeholder."""
        name = f"{kind.lower()}Id"
        if name in facts:
            return str(facts[name])
        other: Json = {key: facts[key] for key in ("driverId", "constructorId") if key in facts}
        seen = [
            row
            for (_, season, _), rows in self.rows.items()
            if season == where[0]
            for row in rows
            if "Driver" in row and "Constructor" in row
        ]
        for row in seen:
            known = row["Driver"] | row["Constructor"]
            if _matches(other, known):
                return str(known[name])
        return str(seen[0][kind][name]) if seen and kind == "Constructor" else "nobody"

    def _ensure_statuses(self, request: Json) -> None:
        """Ensure the number of results with each status in a race."""
        where = int(request["season"]), int(request["round"])
        rows = self.rows["results", *where]
        away = {one["driverId"] for one in self._known.values() if "driverId" in one}
        away -= {row["Driver"]["driverId"] for row in rows}
        given = {key: value for key, value in request.items() if isinstance(value, str)}
        for ended in request["Status"]:
            have = sum(row.get("status") == ended["status"] for row in rows)
            for _ in range(int(ended["count"]) - have):
                idle = [row["Driver"]["driverId"] for row in rows if "status" not in row]
                driver_id = idle[0] if idle else min(self._of_season(where[0]) & away)
                away.discard(driver_id)
                self._ensure({**given, "driverId": driver_id, "status": ended["status"]})

    def _of_season(self, year: int) -> set[str]:
        return {
            row["Driver"]["driverId"]
            for (_, season, _), rows in self.rows.items()
            if season == year
            for row in rows
            if "Driver" in row
        }


def _facts_of(answer: Json) -> Iterator[Json]:
    """The facts about results in an answer that is a list."""
    request = {key: value for key, value in table_of(answer).items() if isinstance(value, str)}
    if "status" in request:
        request["status"] = statuses.NAMES[int(request["status"])]
    if request.get("fastest") == "0":
        del request["fastest"]
    if "StandingsTable" in answer or "StatusTable" in answer:
        return
    for thing in things_of(answer):
        known = {key: value for key, value in thing.items() if key in _OF_A_RESULT}
        if "QualifyingResults" in thing:
            for row in thing["QualifyingResults"]:
                if request.keys() & {"status", "fastest"}:
                    team = row["Constructor"]["constructorId"]
                    driver = row["Driver"]["driverId"]
                    yield request | known | {"driverId": driver, "constructorId": team}
        elif "raceName" not in thing:
            yield request | known


def _matches(facts: Json, known: Json) -> bool:
    return all(known.get(name) == value for name, value in facts.items())


def _compatible(facts: Json, known: Json) -> bool:
    return all(known.get(name) in (None, value) for name, value in facts.items())


def _set_facts(row: Json, facts: Json) -> None:
    row |= {name: facts[name] for name in ("grid", "position", "status") if name in facts}
    if "position" in facts:
        row["positionText"] = facts["position"]
    if "fastest" in facts:
        row["FastestLap"] = row.get("FastestLap", {}) | {"rank": facts["fastest"]}


def _identity(row: Json) -> str:
    who = row.get("Driver", {}).get("driverId") or row.get("driverId")
    team = row.get("Constructor", {}).get("constructorId")
    return json.dumps([row.get("number"), who, team, row.get("stop")])


def _capture(order: int, resource: str, season: int, things: list[Json]) -> Capture:
    of_season = resource == "schedule"
    race, name = things[0], _NAMES.get(resource, "")
    rows = things if of_season else race[name]
    if resource.endswith("standings"):
        table = {"StandingsTable": {"StandingsLists": things}}
    else:
        table = {"RaceTable": {"Races": things}}
    count = sum(len(row.get("Timings", [row])) for row in rows)
    content = json.dumps({"MRData": {"total": str(count), **table}}).encode()
    number = None if of_season else int(race["round"])
    circuit_id = race["Circuit"]["circuitId"]
    header = Header(
        source="jolpica",
        resource=resource,
        order=order,
        started_at=_AT,
        fetched_at=_AT + timedelta(seconds=order),
        season=season,
        round=number,
        race=None if number is None else Race(season, number, circuit_id, race["date"]),
        total=count,
        requests=1,
    )
    return Capture(header, [Page.of(f"https://recorded.invalid/{order}", content, _AT)])
