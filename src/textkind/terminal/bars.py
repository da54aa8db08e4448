"""Progress bars and notes on stderr, with the time left."""

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from textkind import progress
from textkind.terminal.plain import plain

_SECONDS_BETWEEN_LINES = 10
_SECONDS_WORTH_TELLING = 5


class _Left(ProgressColumn):
    """`3,882 of 6,380, 7 s left`, or the seconds so far where the length is not known."""

    def render(self, task: Task) -> Text:
        if task.total is None:
            return Text(f"{task.completed:,.0f}, {task.elapsed or 0:.0f} s" if task.completed else "", "dim")
        left = "" if task.time_remaining is None else f", {task.time_remaining:.0f} s left"
        return Text(f"{task.completed:,.0f} of {task.total:,.0f}{left}", "dim")


class Bars(progress.Display):
    """Progress bars with the time left; where nobody watches a terminal, a line now and then."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), _Left(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip

    def start(self, what: str, total: int | None) -> "_Bar":
        return _Bar(self, self.bars.add_task(plain(what), total=total), what, total)

    def finish(self, task: progress.Task) -> None:
        assert isinstance(task, _Bar)
        self.bars.remove_task(task.number)
        task.end()


class _Bar:
    def __init__(self, bars: Bars, number: TaskID, what: str, total: int | None) -> None:
        self.bars, self.number, self.what, self.total = bars, number, plain(what), total
        self.done = 0
        self.began = self.told = time.monotonic()

    def advance(self, steps: int) -> None:
        self.done += steps
        self.bars.bars.advance(self.number, steps)
        now = time.monotonic()
        if not self.bars.console.is_terminal and now - self.told > _SECONDS_BETWEEN_LINES:
            self.told = now
            left = (now - self.began) * (self.total - self.done) / self.done if self.total else None
            of = f" of {self.total:,}, {left:.0f} s left" if left is not None else ""
            self.bars.console.print(f"{self.what}: {self.done:,}{of}", markup=False, highlight=False)

    def end(self) -> None:
        seconds = time.monotonic() - self.began
        if seconds > _SECONDS_WORTH_TELLING:
            count = f" {self.done:,}" if self.done else ""
            self.bars.console.print(
                f"{self.what}:{count} done in {seconds:.1f} s", markup=False, highlight=False
            )


@contextmanager
def watching(console: Console) -> Generator[None]:
    """Show progress and notes of everything inside the block on `console` (stderr)."""
    bars = Bars(console)
    handler = _Notes(console)
    logger = logging.getLogger("textkind")
    logger.addHandler(handler)
    logger.propagate = False
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        with bars.bars, progress.shown_by(bars):
            yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = True


class _Notes(logging.Handler):
    def __init__(self, console: Console) -> None:
        super().__init__(logging.INFO)
        self.console = console

    def emit(self, record: logging.LogRecord) -> None:
        self.console.print(Text("note: ", "yellow") + Text(plain(record.getMessage())), soft_wrap=True)
