"""The bytes of a capture's pages, readable or not."""

from collections.abc import Iterator

from f1_core.capture import Capture
from f1_core.errors import BadCapture


def contents(capture: Capture) -> Iterator[tuple[int, bytes]]:
    """Each page's number, from 1, and its bytes.

    Raises:
        BadCapture: a page is not base64, or there is no page.
    """
    if not capture.pages:
        raise BadCapture("the capture has no pages")
    for number, page in enumerate(capture.pages, 1):
        try:
            yield number, page.content
        except ValueError as error:
            raise BadCapture(f"page {number} ({page.url}) cannot be read: {error}") from error
