"""The log of a review: every decision and every undo is a line on the disk before it is answered."""

from collections.abc import Container
from pathlib import Path
from threading import RLock

from textkind.data.correction_log import LogReader, Standing, append
from textkind.data.corrections import UNDO, Correction, Row
from textkind.review.agreement import Agreement, Agreements


class ReviewLog:
    """A file of decisions that several reviewers may append to, also from several servers.

    The file is the only state: what another process wrote is seen at the next question.

    Args:
        path: of the log; it need not be there yet.

    Raises:
        DataError: the log cannot be read or holds lines that are no decision.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = RLock()  # the server answers in several threads
        self._begin()
        self._refresh()

    def add(self, decided: Correction) -> None:
        """Write one decision or undo; it is on the disk when this returns."""
        with self._lock:
            self._refresh()  # nothing is written to a log that cannot be read
            append(self.path, decided)
            self._refresh()  # the file tells what stands before this line: others write, too

    def undo(self, reviewer: str, rows: Container[Row]) -> Correction | None:
        """Take back a reviewer's last decision about one of `rows`, and return it; None if there is none."""
        with self._lock:
            self._refresh()
            own = (one for one in reversed(self._standing) if one.reviewer == reviewer)
            last = next((one for one in own if one.about in rows), None)
            if last is not None:
                taken_back = Correction(last.split, last.row, last.id, last.label, UNDO, reviewer=reviewer)
                self.add(taken_back)
            return last

    def last(self, reviewer: str, row: Row) -> Correction | None:
        """The decision of a reviewer about a row that counts."""
        with self._lock:
            self._refresh()
            return self._standing.last(reviewer, row)

    @property
    def standing(self) -> list[Correction]:
        """The decisions that were not taken back, in the order in which they were taken."""
        with self._lock:
            self._refresh()
            return list(self._standing)

    @property
    def counting(self) -> list[Correction]:
        """The decisions that count: of each reviewer the last about each row."""
        with self._lock:
            self._refresh()
            return self._standing.counting()

    @property
    def agreement(self) -> list[Agreement]:
        """How far each pair of reviewers agrees."""
        with self._lock:
            self._refresh()
            return self._agreements.told()

    def _begin(self) -> None:
        self._reader = LogReader(self.path)
        self._standing = Standing()
        self._agreements = Agreements()

    def _refresh(self) -> None:
        found = self._reader.more() if self.path.exists() else None
        if found is None:  # somebody edited the log or took it away
            self._begin()
            found = self._reader.more() if self.path.exists() else []
        for one in found or []:
            self._standing.take(one)
            self._agreements.put(one.reviewer, one.about, self._standing.last(one.reviewer, one.about))
