"""What a benchmark found: two numbers side by side, their ratio, and whether a target is met."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One comparison. ratio: ours to the other's. met: None where there is no target."""

    case: str
    ours: float
    other: float
    other_name: str
    unit: str
    target: str | None = None
    met: bool | None = None

    @property
    def ratio(self) -> float:
        """Ours to the other's."""
        return self.ours / self.other

    def line(self) -> str:
        """The figure as it is printed."""
        verdict = ""
        if self.target is not None:
            verdict = f"   target {self.target}: {'met' if self.met else 'MISSED'}"
        return (
            f"{self.case:44} {self.ours:>9.2f} {self.unit}   "
            f"{self.other_name} {self.other:.2f} {self.unit}   ratio {self.ratio:.2f}{verdict}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The figure for a JSON file."""
        return {**asdict(self), "ratio": self.ratio}


def seconds(case: str, ours: float, other: float, other_name: str) -> Figure:
    """Two durations, without a target."""
    return Figure(case, ours, other, other_name, "s")


def at_most(
    case: str, ours: float, other: float, other_name: str, target: float, unit: str = "s"
) -> Figure:
    """A cost that should be at most `target` times the other's."""
    return Figure(case, ours, other, other_name, unit, f"<= {target:g}", ours / other <= target)


def at_least(
    case: str, ours: float, other: float, other_name: str, target: float, unit: str
) -> Figure:
    """A rate that should be at least `target` times the other's."""
    return Figure(case, ours, other, other_name, unit, f">= {target:g}", ours / other >= target)


def added(case: str, ours: float, other: float, other_name: str, limit: float) -> Figure:
    """A duration that may be so many seconds more than the other's."""
    more = ours - other
    target = f"adds at most {limit:g} s ({more:+.2f} s)"
    return Figure(case, ours, other, other_name, "s", target, more <= limit)
