"""Names are found and sorted independently of the database's collation."""

from typing import Any

import pytest

from f1_api.names import fold, matches, sort_key


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Érik", "Érik"),
        ("érik", "ÉRIK"),
        ("eric", "Éric"),
        ("ERIC", "E\N{COMBINING ACUTE ACCENT}ric"),
        ("elie", "Élie"),
        ("ÉLIE", "elie"),
        ("sorensen", "Sørensen"),
        ("SØRENSEN", "sorensen"),
        ("wladyslaw", "Władysław"),
        ("strauss", "Strauß"),
        ("STRAUẞ", "strauss"),
        ("isik", "Iş\N{LATIN SMALL LETTER DOTLESS I}k"),
        ("ISIK", "\N{LATIN SMALL LETTER DOTLESS I}ş\N{LATIN SMALL LETTER DOTLESS I}k"),
        ("istanbul", "İstanbul"),
        ("aethel", "Æthel"),
        ("o'brien", "O\N{RIGHT SINGLE QUOTATION MARK}Brien"),
        ("perez sergio", "Pérez  Sergio"),
        ("кими", "КИМИ"),
    ],
)
def test_spellings_of_one_name_are_equal(written: str, name: str) -> None:
    assert fold(written) == fold(name)
    assert matches(written, "Anyone", name)


def test_different_names_are_not_equal() -> None:
    assert not matches("eric", "Erika"[:3])
    assert not matches("senna", "Prost", None)


def test_names_are_sorted_without_accents_and_case() -> None:
    names = [("Ørsted", "b"), ("Zunino", "a"), ("de Angelis", "c"), ("Élford", "d"), (None, "e")]
    ordered = sorted(names, key=lambda one: sort_key(one[0], None, one[1]))
    assert [one[0] for one in ordered] == ["de Angelis", "Élford", "Ørsted", "Zunino", None]


@pytest.mark.parametrize("q", ["Éric", "éric", "ERIC", "eric", "oster", "ØSTER", "eric øs"])
def test_a_driver_is_found_by_every_spelling_of_the_name(
    fresh_api: Any, season: Any, q: str
) -> None:
    season.execute(
        "UPDATE drivers SET given_name = 'Éric', family_name = 'Øster' WHERE driver_id = 'ada'"
    )
    (found,) = fresh_api.client.get("/drivers", params={"q": q}).json()["drivers"]
    assert found["driver_id"] == "ada"


def test_drivers_are_listed_in_the_order_of_names(fresh_api: Any, season: Any) -> None:
    season.execute("UPDATE drivers SET family_name = 'Éa' WHERE driver_id = 'ada'")
    season.execute("UPDATE drivers SET family_name = 'eb' WHERE driver_id = 'bruno'")
    season.execute("UPDATE drivers SET family_name = 'Zo' WHERE driver_id = 'cleo'")
    listed = [one["driver_id"] for one in fresh_api.json("/drivers")["drivers"]]
    assert listed == ["ada", "bruno", "cleo", "stub"]
