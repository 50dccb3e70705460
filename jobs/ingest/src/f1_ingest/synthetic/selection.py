"""Selects the weekends and rows of a query."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from f1_ingest.synthetic.dataset import Dataset, Qualifying, Result, Weekend
from f1_ingest.synthetic.paths import Query

_OF_THE_RACE = ("circuitId",)


class Selection:
    """The part of a dataset that a query selects, at one time.

    `now` None: all seasons are over, `current` is the newest, and its last race the last one.
    Otherwise, future races have no rows, as in the real service.
    """

    def __init__(self, dataset: Dataset, query: Query, now: datetime | None) -> None:
        self._dataset = dataset
        self._now = now
        # fastest/0 means any: the service ignores it.
        self.filters = {
            name: value
            for name, value in query.filters.items()
            if (name, value) != ("fastest", "0")
        }
        self._driver_id = self.filters.get("driverId")
        self._constructor_id = self.filters.get("constructorId")
        self._of_results = bool({"grid", "position", "fastest", "status"} & self.filters.keys())
        self.season = self._season(query.season)
        self.round = self._round(query.round)

    def weekends(self) -> list[Weekend]:
        """The weekends of the query's season, round and circuit."""
        circuit_id = self.filters.get("circuitId")
        return [
            weekend
            for weekend in self._dataset.weekends
            if self.season in (None, weekend.race.season)
            and self.round in (None, weekend.race.round)
            and circuit_id in (None, weekend.race.circuit_id)
        ]

    def entries(self) -> Iterator[tuple[Weekend, Result]]:
        """Race results that pass all filters."""
        for weekend in self.weekends():
            if self.has_run(weekend):
                for result in weekend.results:
                    if self.passes(weekend, result):
                        yield weekend, result

    def entered(
        self, *, of_seasons: bool = False
    ) -> Iterator[tuple[Weekend, str | None, str | None]]:
        """Weekends with their drivers and constructors.

        Args:
            of_seasons: including those of the championships, unless a round or a circuit is given.
        """
        for weekend, result in self.entries():
            yield weekend, result.driver_id, result.constructor_id
        if self._of_results:
            return
        of_seasons = of_seasons and self.round is None and "circuitId" not in self.filters
        for weekend in self.weekends():
            rows: list[Result | Qualifying] = []
            if self.has_qualified(weekend):
                rows += [*weekend.sprint, *weekend.qualifying]
            for row in rows:
                if self.passes(weekend, row):
                    yield weekend, row.driver_id, row.constructor_id
            if of_seasons and self.has_run(weekend):
                yield from self._standing(weekend)

    def _standing(self, weekend: Weekend) -> Iterator[tuple[Weekend, str | None, str | None]]:
        pairs: list[tuple[str | None, str | None]] = [
            (row.driver_id, team)
            for row in weekend.driver_standings
            for team in (row.constructor_ids or (None,))
        ]
        pairs += [(None, row.constructor_id) for row in weekend.constructor_standings]
        filters = (self._driver_id, self._constructor_id)
        for pair in pairs:
            if all(one in (None, own) for one, own in zip(filters, pair, strict=True)):
                yield weekend, *pair

    def is_narrow(self) -> bool:
        """Whether the query has any restriction."""
        return bool(self.season or self.round or self.filters)

    def about_results(self) -> bool:
        """Whether any filter concerns results, not only races."""
        return any(name not in _OF_THE_RACE for name in self.filters)

    def passes(self, weekend: Weekend, row: Result | Qualifying | str) -> bool:
        """Whether a row, or a driver's id, passes the filters of rows and of race results."""
        driver_id = row if isinstance(row, str) else row.driver_id
        if self._driver_id not in (None, driver_id):
            return False
        constructor_id = self._constructor_id
        if isinstance(row, Result | Qualifying):
            if constructor_id not in (None, row.constructor_id):
                return False
            constructor_id = None
        if not self._of_results and constructor_id is None:
            return True
        return any(
            constructor_id in (None, result.constructor_id) and self._matches(result)
            for result in ([row] if isinstance(row, Result) else weekend.results)
            if result.driver_id == driver_id
        )

    def has_run(self, weekend: Weekend) -> bool:
        """Whether its race is over: two hours after the start."""
        return self._is_over(weekend.race.starts_at, hours=2)

    def has_qualified(self, weekend: Weekend) -> bool:
        """Whether qualifying is over."""
        session = weekend.race.sessions.get("Qualifying")
        if session is None or session.time is None:
            return self._is_over(weekend.race.starts_at, hours=-12)
        begins = datetime.fromisoformat(f"{session.date}T{session.time}")
        return self._is_over(begins, hours=1)

    def last_standings(self, of: str) -> Weekend | None:
        """The last weekend of the query's season (or that of its round) that has standings.

        Args:
            of: driverstandings or constructorstandings.
        """
        name = of.replace("standings", "_standings")
        run = [
            weekend
            for weekend in self._dataset.weekends
            if weekend.race.season == self.season
            and getattr(weekend, name)
            and self.has_run(weekend)
            and (self.round is None or weekend.race.round == self.round)
        ]
        return run[-1] if run else None

    def _matches(self, result: Result) -> bool:
        filters = self.filters
        grid, position, rank = (filters.get(name) for name in ("grid", "position", "fastest"))
        if grid is not None and int(grid) != result.grid:
            return False
        if position is not None and not has_place(result, int(position)):
            return False
        if rank not in (None, "0") and rank != str(result.fastest_rank):
            return False
        if "status" in filters:
            return self._dataset.statuses.get(int(filters["status"])) == result.status
        return True

    def _is_over(self, begins: datetime, *, hours: int) -> bool:
        return self._now is None or self._now >= begins + timedelta(hours=hours)

    def _season(self, request: str | None) -> int | None:
        if request != "current":
            return int(request) if request else None
        return self._now.year if self._now else max(self._dataset.seasons, default=0)

    def _round(self, request: str | None) -> int | None:
        """`next` is the first race without results, `last` the one before it."""
        if request not in ("last", "next"):
            return int(request) if request else None
        season = self._dataset.season(self.season or 0)
        coming = next((w for w in season if not (w.results and self.has_run(w))), None)
        if request == "next":
            return coming.race.round if coming else 0
        before = [w for w in season if coming is None or w.race.round < coming.race.round]
        return before[-1].race.round if before else 0


def has_place(result: Result, place: int) -> bool:
    """Whether a result has a place, and is classified.

    The service compares the order of classification; the text may be another number.
    """
    return result.position == place and result.position_text.isdecimal()
