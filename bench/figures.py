"""Figures and how they are shown: none stands alone, each has what it is compared to in the same run beside it."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

WIDTH: Final = 150
"""Columns of a table that no terminal bounds."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured value, what it is compared to (``beside``, in the same unit), their ratio and the bar, in words."""

    what: str
    value: float
    unit: str
    against: str = ""
    beside: float | None = None
    bar: str = ""

    @property
    def ratio(self) -> float | None:
        """The value over what it is compared to."""
        return self.value / self.beside if self.beside else None

    def plain(self) -> dict[str, object]:
        """Give it as JSON members."""
        found = {name: value for name, value in msgspec.to_builtins(self).items() if value not in {"", None}}
        return found if self.ratio is None else {**found, "ratio": round(self.ratio, 4)}


Figures = dict[str, Figure]


class Screen:
    """Where progress and tables go; silent about progress where nobody looks."""

    def __init__(self, *, table: bool) -> None:
        self._out = Console(quiet=not table)
        if not self._out.is_terminal:
            self._out.width = WIDTH
        self._progress = Console(stderr=True)

    @contextmanager
    def step(self, what: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show a step that may take more than a second; gives what is told how much is done."""
        if not self._progress.is_terminal:
            self._progress.print(f"{what} ...")
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        hidden = not self._progress.is_terminal
        with Progress(*columns, console=self._progress, transient=True, disable=hidden) as progress:
            task = progress.add_task(what, total=total)
            yield lambda done: progress.update(task, completed=done)

    def show(self, title: str, figures: Mapping[str, Figure]) -> None:
        """Print one benchmark's table."""
        table = Table(title=title, title_justify="left")
        for name in ("figure", "value", "beside it", "ratio", "bar"):
            table.add_column(name, justify="right" if name in {"value", "ratio"} else "left")
        for each in figures.values():
            beside = f"{each.against}: {number(each.beside)}" if each.beside is not None else each.against
            ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
            table.add_row(each.what, f"{number(each.value)} {each.unit}", beside, ratio, each.bar)
        self._out.print(table)

    def print(self, text: str) -> None:
        """Print plain text between tables; beside JSON, on standard error."""
        (self._progress if self._out.quiet else self._out).print(text, markup=False, highlight=False, soft_wrap=True)


def number(value: float) -> str:
    """Write a number with three significant digits or as a whole."""
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def quantile(values: Sequence[float], share: float) -> float:
    """Give the least value that at least this share of *values* does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def middle(values: Iterable[float]) -> float:
    """Give the median."""
    return float(median(values))
