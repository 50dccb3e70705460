"""Comparison of names without case, accents and special letters.

Postgres' lower() and unaccent() depend on a database's collation and extensions. There are fewer
than a thousand drivers, and each name is folded once.
"""

import unicodedata
from functools import lru_cache

_LETTERS = str.maketrans(
    {
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
        "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
        "\N{LATIN SMALL LETTER ETH}": "d",
        "\N{LATIN SMALL LETTER THORN}": "th",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{LATIN SMALL LETTER H WITH STROKE}": "h",
        "\N{LATIN SMALL LETTER T WITH STROKE}": "t",
        "\N{LATIN SMALL LETTER ENG}": "n",
        "\N{LATIN SMALL LETTER KRA}": "k",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{MODIFIER LETTER APOSTROPHE}": "'",
        "\N{HYPHEN}": "-",
        "\N{NON-BREAKING HYPHEN}": "-",
        "\N{EN DASH}": "-",
    }
)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """The text to compare: `Éric`, `ÉRIC` and `eric` are equal, `Strauß` and `strauss` too."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join(letters.translate(_LETTERS).split())


def matches(text: str, *names: str | None) -> bool:
    """Whether the joined names contain the text."""
    return fold(text) in fold(" ".join(name for name in names if name))


def sort_key(family_name: str | None, given_name: str | None, key: str) -> tuple[object, ...]:
    """The order of names: by family name, those without one last."""
    return family_name is None, fold(family_name or ""), fold(given_name or ""), key
