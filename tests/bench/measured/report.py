"""Figures, each with its reference measured in the same run, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value, its reference, the aimed ratio, and its limit."""

    name: str
    measured: str
    reference: str
    reference_measured: str
    ratio: float
    aim: float | None = None
    at_most: bool = False
    limit: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the aim is reached; None without an aim."""
        if self.aim is None:
            return None
        return self.ratio <= self.aim if self.at_most else self.ratio >= self.aim

    def __str__(self) -> str:
        aim = ""
        if self.aim is not None:
            aim = f"(aim: at {'most' if self.at_most else 'least'} {self.aim})"
            aim += "" if self.reached else "  <-- not reached"
        return (
            f"{self.name:<58} {self.measured:>16}  | {self.reference}: {self.reference_measured}"
            f"  | ratio {self.ratio:.2f} {aim}" + (f"\n    {self.limit}" if self.limit else "")
        )
