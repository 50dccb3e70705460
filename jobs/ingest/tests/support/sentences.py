"""The messages of errors."""


def one_sentence(error: BaseException) -> str:
    """The error's text; fails the test if it is long, or not printable."""
    text = str(error)
    assert len(text) < 1000
    assert text.isprintable()
    return text
