"""`python -m f1_infra.cost_tables docs/cost.md`: its tables, from templates and prices."""

import sys
from collections.abc import Iterator
from pathlib import Path

from f1_infra import costs

START = "<!-- costs: made by `make cost-docs` -->\n"
END = "<!-- end of costs -->\n"


def rewritten(page: str) -> str:
    """The page with tables from the current templates and prices."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n" + "\n".join(_tables()) + f"\n\n{END}{after}"


def _tables() -> Iterator[str]:
    sizes = costs.sizes()
    bills = {name: costs.of_size(name) for name in sizes}
    known = costs.prices()
    yield f"USD a month, {known['region']}, list prices as known on {known['date']}.\n"
    yield "| | " + " | ".join(size["title"] for size in sizes.values()) + " |"
    yield "|---|" + "--:|" * len(sizes)
    yield "| what it is | " + " | ".join(size["what"] for size in sizes.values()) + " |"
    yield "| environment | " + " | ".join(_environment(size) for size in sizes.values()) + " |"
    yield from _sums(bills, "group")
    total = (f"**{sum(cost.month for cost in bill):.0f}**" for bill in bills.values())
    yield "| **all** | " + " | ".join(total) + " |"
    yield "\nThe same by stack:\n"
    yield "| stack | " + " | ".join(size["title"] for size in sizes.values()) + " |"
    yield "|---|" + "--:|" * len(sizes)
    yield from _sums(bills, "stack")


def _sums(bills: dict[str, list[costs.Cost]], by: str) -> Iterator[str]:
    names = dict.fromkeys(getattr(cost, by) for bill in bills.values() for cost in bill)
    for name in names:
        sums = [
            sum(cost.month for cost in bill if getattr(cost, by) == name) for bill in bills.values()
        ]
        yield f"| {name} | " + " | ".join(f"{one:.0f}" for one in sums) + " |"


def _environment(size: dict[str, object]) -> str:
    changed = "parameters" in size or "cluster" in size
    return f"`{size['environment']}.yaml`" + (" with larger classes" if changed else "")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewritten(path.read_text()))
