"""Checks an archive for contradictions between its tables, and for missing rows.

Published archives have small contradictions: of 10,577 results with laps, 91 disagree with their
number of lap rows. So one contradiction is a remark, and the rows are applied. A slice is invalid

* if a large part of it is missing (:data:`LARGE`), or it has two kinds of contradiction;
* if rows are missing and it is the last one of its file, or its file was truncated;
* if it has no rows, other tables show that the race had some, and its file is missing, empty
  or truncated, or has rows of earlier and later races of its season.

Other races without rows in a file (in an archive of the first laps of 1997) are noted: the archive
is not expected to have them.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from f1_core.durations import parse_duration
from f1_core.resources import OF_A_RACE, RESOURCES
from f1_worker.parse import spans, validation
from f1_worker.parse.archive import UNKNOWN_SEASON, Archive, Pack, Where
from f1_worker.parse.cells import NULL

LARGE = 0.2
"""The share of missing rows that makes a slice invalid."""
_FEW_LAPS = 3
_ALL_STAND = 2003
"""The first season whose championships have all participants."""
_SEVERAL = 3
_SINCE = {one.name: one.since for one in OF_A_RACE if one.name != "results"} | {
    "qualifying": 2003,
    "sprint": 2021,
}
"""The first season for which published archives have a resource in every race."""
_OPTIONAL = ("driverstandings", "constructorstandings")
"""Optional resources of an archive: without their file, none are expected."""
_VERIFIED = frozenset(("laps", "results"))
"""Resources whose rows other tables count, which shows whether a file's last slice is complete."""


def check(archive: Archive) -> None:
    """Add problems and remarks to slices, and add slices of which all rows are missing.

    The archive's lines must be settled.
    """
    order = sorted(archive.races, key=lambda race: archive.races[race][0][:2])
    usual: Counter[tuple[str, bool]] = Counter()
    scored: defaultdict[int, set[str]] = defaultdict(set)
    standing: defaultdict[tuple[int, str], set[str]] = defaultdict(set)
    lacking: set[str] = set()
    for race in order:
        lacks = _check_results(archive, race, "results", "race")
        lacks |= _check_results(archive, race, "sprint", "sprint")
        if lacks:
            lacking.add(race)
        _check_field(archive, race, usual)
        season = archive.races[race][0].season
        scored[season] |= _scored(archive, Where(race, "results", "race"))
        scored[season] |= _scored(archive, Where(race, "sprint", "sprint"))
        _check_standings(archive, race, season, scored[season], standing)
    _check_absent(archive, order)
    _check_whom(archive, order, lacking)


# --- slices that have rows ------------------------------------------------------------------------


def _check_results(archive: Archive, race: str, resource: str, session: str) -> bool:
    """Compare results with each other, laps and pit stops; returns whether rows are missing."""
    where = Where(race, resource, session)
    results = archive.packs.get(where)
    laps = archive.packs.get(Where(race, "laps", session))
    stops = archive.packs.get(Where(race, "pitstops", session))
    if results is None or not results.rows or results.unreadable:
        return False
    rows = [line.split("\t") for line in results.lines()]
    driven: defaultdict[str, int] = defaultdict(int)
    for row in rows:
        driven[row[0]] += _number(row[7])
    if laps is not None and laps.rows:
        _check_laps(archive, Where(race, "laps", session), laps, driven)
    strangers: set[str] = set()
    for pack in (laps, stops):
        if pack is not None and pack.valid:
            strangers |= pack.drivers - driven.keys()
    problem = f"{_names(strangers)} with laps or stops and without a result" if strangers else None
    gaps = _gaps([_number(row[4]) for row in rows])
    findings = [one for one in (gaps, _times(rows), problem) if one is not None]
    large = len(strangers) >= LARGE * len(driven)
    cut = problem is not None and _at_end(archive, where)
    _judge(results, findings, invalid=bool(findings) and (large or cut or len(findings) > 1))
    for row in rows:
        fastest = _number(row[12])
        if fastest > driven[row[0]]:
            results.remarks.append(f"{row[0]} has a fastest lap {fastest} of {driven[row[0]]} laps")
    return gaps is not None or problem is not None


def _check_laps(archive: Archive, where: Where, laps: Pack, driven: Mapping[str, int]) -> None:
    if not laps.valid:
        return
    found = laps.rows_by_driver
    missing = {who: count - found.get(who, 0) for who, count in driven.items()}
    short = {who: count for who, count in missing.items() if count > 0}
    more = {who for who, count in missing.items() if count < 0}
    problem = [
        f"{who} has {found.get(who, 0)} laps and a result of {driven[who]}"
        for who in sorted([*short, *more])
    ]
    lost, whole = sum(short.values()), sum(driven.values())
    at_end = _at_end(archive, where) and (
        lost > _FEW_LAPS or any(who not in found for who in short)
    )
    if lost and (at_end or lost >= LARGE * whole):
        laps.problems.append(f"{lost} of {whole} laps are missing: {validation.joined(problem)}")
    elif problem:
        laps.remarks.extend(problem)


def _check_field(archive: Archive, race: str, usual: Counter[tuple[str, bool]]) -> None:
    """Find drivers in one table of a weekend and not in another, which may be truncated.

    Args:
        usual: the numbers of races in which a table had all drivers of others, and in which not.
    """
    tables = [
        Where(race, "results", "race"),
        Where(race, "sprint", "sprint"),
        Where(race, "qualifying", "qualifying"),
    ]
    fields = {where: _drivers(archive, where) for where in tables}
    for where, field in fields.items():
        if field and where.resource == "qualifying":
            lines = archive.packs[where].lines()
            positions = [_number(line.split("\t")[3]) for line in lines]
            places = [one for one in (_gaps(positions), _twice(positions)) if one]
            _judge(archive.packs[where], places, invalid=False)
            timeless = sum(line.split("\t")[4:7] == [NULL] * 3 for line in lines)
            if archive.races[race][0].season >= _SINCE["qualifying"] and timeless > len(lines) / 2:
                problem = [f"{timeless} of {len(lines)} drivers have no time"]
                _judge(archive.packs[where], problem, invalid=True)
        others: set[str] = set().union(*(fields[other] for other in tables if other != where))
        missing = others - field
        if field and (len(missing) > 1 or (missing and _at_end(archive, where))):
            cut = archive.files.get(where.resource, ("", None))[1] is not None
            whole, less = usual[where.resource, True], usual[where.resource, False]
            unusual = whole >= _SEVERAL and less < LARGE * whole
            large = where.resource == "results" and len(missing) >= LARGE * len(field | missing)
            at_end = len(missing) > 1 and _at_end(archive, where)
            invalid = large or (at_end and (cut or unusual))
            _judge(archive.packs[where], [f"{_names(missing)} are missing"], invalid=invalid)
        usual[where.resource, len(missing) <= 1] += bool(field)


def _check_standings(
    archive: Archive,
    race: str,
    season: int,
    scored: set[str],
    standing: defaultdict[tuple[int, str], set[str]],
) -> None:
    """Check that all who scored before are in a championship; adds its entries to `standing`.

    Published archives of old seasons lack some participants without points.
    """
    results = archive.packs.get(Where(race, "results", "race"))
    took_part = results if results and not results.unreadable else None
    for resource in _OPTIONAL:
        where = Where(race, resource, "race")
        pack = archive.packs.get(where)
        if pack is None or not pack.rows or not pack.valid:
            continue
        is_of_drivers = resource == "driverstandings"
        found = pack.drivers if is_of_drivers else pack.constructors
        before = standing[season, resource]
        due = before | scored if is_of_drivers else set(before)
        missing = due - found
        if missing:
            problem = f"{_names(missing)} scored or were present before, and are missing"
            large = len(missing) >= LARGE * len(due)
            _judge(pack, [problem], invalid=large or _at_end(archive, where))
        elif took_part and season >= _ALL_STAND:
            others = (took_part.drivers if is_of_drivers else took_part.constructors) - found
            if others:
                pack.remarks.append(f"{_names(others)} took part and are missing")
        before |= found


def _check_whom(archive: Archive, order: Sequence[str], lacking: Collection[str]) -> None:
    """Check results before drivers' championships, which take the constructors from them.

    Args:
        lacking: races with missing results.
    """
    broken = archive.lost_seasons()
    last: dict[int, int] = {}
    for race in order:
        season, number = archive.races[race][0][:2]
        if season in last and number != last[season] + 1:
            file = archive.files["schedule"][0]
            gap = f"{file} has no round {last[season] + 1} of {season}"
            archive.note(gap)
            broken.setdefault(season, gap)
        last[season] = number or 0
        for where in (Where(race, "results", "race"), Where(race, "sprint", "sprint")):
            pack = archive.packs.get(where)
            if pack is not None and not pack.valid:
                broken.setdefault(season, f"results of round {number} are incomplete")
        if race in lacking or not _has_rows(archive, race, ("results",)):
            broken.setdefault(season, f"results of round {number} are missing")
        pack = archive.packs.get(Where(race, "driverstandings", "race"))
        reason = broken.get(season, broken.get(UNKNOWN_SEASON))
        if pack is not None and pack.rows and pack.valid and reason is not None:
            problem = f"constructors of drivers may be missing: {reason}"
            _judge(pack, [problem], invalid=any(line.endswith("\t{}") for line in pack.lines()))


def _scored(archive: Archive, where: Where) -> set[str]:
    pack = archive.packs.get(where)
    if pack is None or pack.unreadable:
        return set()
    rows = (line.split("\t") for line in pack.lines())
    return {row[0] for row in rows if row[5] not in (NULL, "0")}


def _judge(pack: Pack, findings: Sequence[str], *, invalid: bool) -> None:
    (pack.problems if invalid else pack.remarks).extend(findings)


def _at_end(archive: Archive, where: Where) -> bool:
    """Whether rows of a slice may be missing because its file was truncated."""
    damage = archive.files.get(where.resource, ("", None))[1]
    return damage is not None or archive.last.get(where.resource) == where


def _gaps(positions: Sequence[int]) -> str | None:
    """Missing positions before the last one."""
    missing = sorted(set(range(1, max(positions, default=0))) - set(positions))
    if not missing:
        return None
    shown = validation.first([str(one) for one in missing], validation.EXAMPLES)
    return f"no row of position {', '.join(shown)}"


def _twice(positions: Sequence[int]) -> str | None:
    twice = sorted(one for one, count in Counter(positions).items() if one and count > 1)
    shown = ", ".join(validation.first([str(one) for one in twice], validation.EXAMPLES))
    return f"two rows of position {shown}" if twice else None


def _times(rows: Sequence[Sequence[str]]) -> str | None:
    """Times of the winner, or gaps, that do not match their milliseconds."""
    winner = next((row for row in rows if row[4] == "1"), None)
    if winner is None or winner[10].startswith("+"):
        return None  # the gaps refer to a disqualified driver
    winner_ms = _number(winner[9])
    wrong = []
    for row in rows:
        time, time_ms = row[10], _number(row[9])
        is_gap = time.startswith("+")
        if time == NULL or not time_ms or (is_gap and not winner_ms):
            continue
        try:
            expected = parse_duration(time.removeprefix("+"))
        except ValueError:
            continue
        if expected is not None and expected + winner_ms * is_gap != time_ms:
            wrong.append(f"time {time} of {row[0]} with {time_ms} milliseconds")
    return validation.joined(wrong)


# --- slices that have none ------------------------------------------------------------------------


def _check_absent(archive: Archive, order: Sequence[str]) -> None:
    evidence = [race for race in order if _has_rows(archive, race, ("results", "laps", "pitstops"))]
    latest = evidence[-1] if evidence else None
    for resource in ("results", *_SINCE):
        if resource not in archive.files:  # archives of this format do not have it
            continue
        there = [race for race in order if _has_rows(archive, race, (resource,))]
        expected = [race for race in order if _expected(archive, race, resource, latest)]
        missing = [race for race in expected if race not in set(there)]
        if not missing:
            continue
        file, damage = archive.files[resource]
        if damage == "is missing" and resource in _OPTIONAL:
            continue
        places = {race: place for place, race in enumerate(order)}
        last = places[there[-1]] if there else -1
        ends_early = _ends_early(archive, resource, expected, there, places)
        noted = []
        for race in missing:
            inside = _inside(archive, race, there)
            invalid = archive.is_whole or damage is not None or inside
            if invalid or (ends_early and places[race] > last):
                where = Where(race, resource, RESOURCES[resource].session)
                why = damage or "has no row of this race"
                archive.pack(where).problems.append(
                    f"{file} {why}, and other files have rows of the race"
                )
            else:
                noted.append(race)
                archive.unclaimed.add(Where(race, resource, RESOURCES[resource].session))
        if noted:
            archive.note(
                f"{file} has no rows of {spans.races([archive.races[race][0] for race in noted])}"
            )


def _inside(archive: Archive, race: str, there: Sequence[str]) -> bool:
    """Whether earlier and later races of its season have rows."""
    season, number = archive.races[race][0][:2]
    rounds = [ref.round for ref in (archive.races[one][0] for one in there) if ref.season == season]
    return any((one or 0) < (number or 0) for one in rounds) and any(
        (one or 0) > (number or 0) for one in rounds
    )


def _ends_early(
    archive: Archive,
    resource: str,
    expected: Sequence[str],
    there: Sequence[str],
    places: Mapping[str, int],
) -> bool:
    """Whether a file may have been truncated at the end of a line: later races are missing, and its
    last race may be incomplete.
    """
    if not there:
        return False
    season = archive.races[there[-1]][0].season
    later = [race for race in expected if places[race] > places[there[-1]]]
    if not any(archive.races[race][0].season == season for race in later):
        return False
    last = archive.packs[Where(there[-1], resource, RESOURCES[resource].session)]
    if resource not in _VERIFIED and last.valid:
        last.problems.append("it is the last race of its file, and later ones are missing")
    return not last.valid


def _expected(archive: Archive, race: str, resource: str, latest: str | None) -> bool:
    """Whether other tables show that a race must have rows of a resource."""
    season = archive.races[race][0].season
    if resource == "results":
        proof = ("laps", "pitstops") if race == latest else ("laps", "pitstops", "driverstandings")
        return (
            latest is not None
            and _before(archive, race, latest)
            and _has_rows(archive, race, proof)
        )
    results = archive.packs.get(Where(race, "results", "race"))
    if results is None or not results.rows or season < _SINCE[resource]:
        return False
    if resource == "sprint":
        return '"Sprint"' in archive.races[race][1].sessions
    if resource in ("laps", "pitstops"):
        least = 0 if resource == "laps" else 5  # no driver stopped at Spa in 2021
        return any(_number(line.split("\t")[7]) > least for line in results.lines())
    return True


def _before(archive: Archive, race: str, other: str) -> bool:
    """Whether a race is not later than another one."""
    return archive.races[race][0][:2] <= archive.races[other][0][:2]


def _has_rows(archive: Archive, race: str, resources: Iterable[str]) -> bool:
    return any(
        pack is not None and (pack.rows > 0 or bool(pack.unreadable))
        for one in resources
        for pack in [archive.packs.get(Where(race, one, RESOURCES[one].session))]
    )


def _drivers(archive: Archive, where: Where) -> set[str]:
    pack = archive.packs.get(where)
    return pack.drivers if pack is not None and not pack.unreadable else set()


def _number(cell: str) -> int:
    return 0 if cell == NULL else int(cell)


def _names(drivers: Iterable[str]) -> str:
    return ", ".join(validation.first(sorted(drivers), validation.EXAMPLES))
