"""docs/datasets.md describes the columns as they are."""

from pathlib import Path

from f1_datasets import dictionary

DOCUMENT = Path(__file__).parents[3] / "docs" / "datasets.md"


def test_the_columns_are_documented_as_they_are() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert dictionary.BEGIN in text
    assert text == dictionary.updated(text), "run make dataset-docs"
