"""Shows the steps of long work on stderr, for people only."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.compile.progress import Step


class Steps:
    """What is going on, and a bar where the end is known; nothing where stderr is no terminal, nothing before
    the first step, and nothing is left behind but what `leave` is told."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Steps:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, step: Step) -> None:
        """Called with every step, from any thread."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            self._start()
        total = step.total or None
        self._bar.update(self._task, description=step.what, completed=step.done, total=total)

    def leave(self, text: str) -> None:
        """A line that stays: above the bar, or by itself where there is none."""
        if self._bar is None:
            print(text, file=sys.stderr, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24))
        self._bar = Progress(
            *columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True, refresh_per_second=10
        )
        self._task = self._bar.add_task("", total=None)
        self._bar.start()
