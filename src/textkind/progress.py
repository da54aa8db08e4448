"""Report how far a long job is, without knowing who shows it."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol


class Task(Protocol):
    """One running job."""

    def advance(self, steps: int) -> None:
        """Say that `steps` more of the total are done."""


class Display(Protocol):
    """Whoever shows the jobs: a terminal, a notebook, a log."""

    def start(self, what: str, total: int | None) -> Task:
        """Begin to show a job of `total` steps (None: the length is not known)."""

    def finish(self, task: Task) -> None:
        """Stop showing it."""


class _Silent:
    """The display of a library call: nothing is shown."""

    def start(self, what: str, total: int | None) -> Task:
        return self

    def finish(self, task: Task) -> None:
        pass

    def advance(self, steps: int) -> None:
        pass


_SILENT = _Silent()
_display: ContextVar[Display] = ContextVar("display", default=_SILENT)


@contextmanager
def shown_by(display: Display) -> Generator[None]:
    """Send the progress of every job inside the block to `display`."""
    token = _display.set(display)
    try:
        yield
    finally:
        _display.reset(token)


@contextmanager
def job(what: str, total: int | None = None) -> Generator[Task]:
    """Announce a job that takes a while.

    >>> with job("Encoding texts", total=100) as task:
    ...     task.advance(60)
    ...     task.advance(40)
    """
    display = _display.get()
    task = display.start(what, total)
    try:
        yield task
    finally:
        display.finish(task)
