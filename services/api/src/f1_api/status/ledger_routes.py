"""The ledger, for people and for the status page."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from f1_api.docs import examples
from f1_api.docs.openapi import documented
from f1_api.http.parameters import StrictRoute
from f1_api.http.request_context import exchange_of
from f1_api.http.responses import encode, respond
from f1_api.service import snapshot_for
from f1_api.status import ledger_summary
from f1_api.status.models import LedgerAnswer

router = APIRouter(tags=["ledger"], route_class=StrictRoute)


@router.get("/ledger", **documented(LedgerAnswer, examples.ledger, "Summary of the ledger"))
def ledger(request: Request) -> Response:
    """Captures by state, those that need a person, sources, and the progress of seasons.

    Not cached: each answer is read from the database.
    """
    with snapshot_for(request) as snapshot:
        found = ledger_summary.read(snapshot, today=exchange_of(request).today)
    return respond(request, encode(found), synthetic=found.synthetic, keep=False)
