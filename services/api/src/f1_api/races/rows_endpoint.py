"""A list that a race has: lap times, results, stops. Declare it as a :class:`RowsEndpoint`.

`list_routes` declares most; a list with its own models may be in a separate module, whose name ends
in ``routes``.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
from fastapi import APIRouter

from f1_api.completeness import answers
from f1_api.drivers.lookup import chosen_ids
from f1_api.endpoint.responder import LINES, Answer, Declare, Reading, get
from f1_api.http.csv_tables import Table
from f1_api.pages.layout import RaceTab
from f1_api.races import pages, race_session
from f1_api.races.completeness import of_race
from f1_api.races.lookup import FoundRace, find
from f1_api.races.models import RaceRows
from f1_core.resources import RESOURCES

RacePage = Callable[[Reading, race_session.RaceSession], Mapping[str, Any]]


class RowsEndpoint(NamedTuple):
    """A list that each race has.

    Attributes:
        name: the last part of its address.
        query: has the fields of `row`, in their order.
        resources: any of them makes it captured.
        row: the model of a row.
        model: of an answer: it adds one field to :class:`RaceRows`, the rows.
        tab: its name among the pages of a race; None: it has no page.
        page, template: what the page shows; without them it is the rows as a table.
        whole: a query of the number of rows and the rows as JSON, which is quicker.
    """

    name: str
    query: str
    resources: tuple[str, ...]
    row: type[msgspec.Struct]
    model: type[RaceRows]
    tab: str | None = None
    page: RacePage | None = None
    template: str = "race_rows.html"
    whole: str | None = None

    @property
    def plain(self) -> bool:
        """Whether no value of a row is a list or a time, as in the long list of laps."""
        return self.whole is not None

    @property
    def has_session(self) -> bool:
        """Whether a race and its sprint each have the list."""
        return RESOURCES[self.resources[0]].has_session

    @property
    def field(self) -> str:
        """The field of the answer that has the rows."""
        return self.model.__struct_fields__[2]  # after the race and the session

    def table(self, answer: Any) -> Table:
        """The rows of an answer for CSV."""
        rows = (msgspec.structs.astuple(row) for row in getattr(answer, self.field) or ())
        return self.rows(answer.race.race_id, answer.session, rows)

    def rows(self, race_id: str, session: str, rows: Any) -> Table:
        """Rows of the query for CSV."""
        columns = ("race_id", "session", *self.row.__struct_fields__)
        return Table(columns, ((race_id, session, *row) for row in rows), self.plain)

    def get(self, router: APIRouter, summary: str) -> Declare:
        """Declare the endpoint of this list."""
        path = f"/{self.name}"
        return get(
            router,
            f"/{{race_id}}{path}",
            self.model,
            summary,
            table=self.table,
            template=None if self.tab is None else self.template,
            tab=None if self.tab is None else RaceTab(path, self.tab, self.has_session),
            paging=LINES,
        )

    def read(
        self,
        reading: Reading,
        written: str,
        session: str,
        driver: list[str] | None = None,
        *,
        first: int | None = None,
        last: int | None = None,
    ) -> Answer:
        """The rows of one list of one race; `first` and `last` are numbers of laps."""
        snapshot = reading.snapshot
        found = find(snapshot, written, today=reading.today)
        drivers = chosen_ids(snapshot, driver)
        parameters = {
            "race_id": found.race_id,
            "session": session,
            "drivers": drivers,
            "from": first,
            "to": last,
        }
        has = found.captured
        captured = any(answers.is_captured(has, name, session) for name in self.resources)
        model: Any = self.model  # its field for the rows differs
        body: RaceRows = model(
            found.summary,
            session,
            None,
            total=None,
            next=None,
            completeness=of_race(found, self.resources, session=session, today=reading.today),
            **answers.licensed(synthetic=found.synthetic),
        )

        def json() -> msgspec.Struct:
            if self.whole is not None and not reading.paged:
                total, text = snapshot.rows(self.whole, parameters)[0]
                rows: Any = msgspec.Raw(f"[{text or ''}]".encode())
                total, following = total or 0, None
            else:
                shown = reading.page(snapshot.rows(self.query, parameters))
                columns = self.row.__struct_fields__
                rows = [dict(zip(columns, row, strict=True)) for row in shown.items]
                total, following = shown.total, shown.next
            if not captured:
                total = rows = None
            own = {self.field: rows, "total": total, "next": following}
            return msgspec.structs.replace(body, **own)

        def csv() -> Table:
            shown = reading.page(snapshot.rows(self.query, parameters))
            return self.rows(found.race_id, session, shown.items)

        def html() -> Mapping[str, Any]:
            reading.refuse_paging()
            of = "sprint" if session == "sprint" else "race"
            stored = race_session.read(
                snapshot,
                found,
                of,
                race_session.read_results(snapshot, found, of),
                picked=drivers or (),
                first=first,
                last=last,
            )
            if self.page is not None:
                return self.page(reading, stored)
            rows = snapshot.rows(self.query, parameters) if captured else None
            shown = pages.rows_page(reading, stored, self.name, self.row.__struct_fields__, rows)
            return shown if self.has_session else {**shown, "other": None}

        return Answer(
            body,
            f"/races/{found.race_id}/{self.name}",
            None if captured else _why_no_csv(self, found, session),
            json,
            csv,
            html,
        )


def _why_no_csv(kind: RowsEndpoint, found: FoundRace, session: str) -> str:
    if session == "sprint" and not found.has_sprint:
        return f"{kind.name} of {found.race_id} (sprint): no sprint was held"
    return (
        f"{kind.name} of {found.race_id} ({session}): never captured; as JSON the answer is null, "
        "an empty CSV file would mean that there were none"
    )
