"""The log of corrections: one decision or undo a line of JSON, appended and never rewritten."""

import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from textkind.data.corrections import UNDO, Correction, Row
from textkind.errors import DataError, joined, listed

_KNOWN = 1000  # bytes by which a log is known to be the one that was read so far
_TAIL = 6  # JSON that was cut inside a word, a number or an escape is wrong this near to its end

said = logging.getLogger("textkind")


def append(log: Path, correction: Correction) -> None:
    """Write one decision to the end of the log; it is on the disk when this returns.

    A decision without a time gets the present one. If a crash cut the last line short, this one begins
    on a line of its own.
    """
    at = correction.at or datetime.now(UTC).isoformat(timespec="seconds")
    line = json.dumps({**asdict(correction), "at": at}, ensure_ascii=False)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else f"\n{line}"
        file.write(f"{line}\n".encode())
        file.flush()
        os.fsync(file.fileno())


def read(log: Path) -> list[Correction]:
    """Return the decisions of a log, one a row: a later one about a row replaces those before it.

    Raises:
        DataError: the log cannot be read, or lines that hold no decision, all at once.
    """
    found: dict[tuple[str, int], Correction] = {}
    for one in Standing(entries(log)):
        found[one.split, one.row] = one.after(found.get((one.split, one.row)))
    return list(found.values())


def entries(log: Path) -> list[Correction]:
    """Return every line of a log, decisions that were taken back and the undoing of them included.

    A line that a crash cut short is passed over with a warning: nobody was told that it was written.

    Raises:
        DataError: the log cannot be read, or lines that hold no decision, all at once.
    """
    return LogReader(log).more() or []


class LogReader:
    """Reads a log, and each time after that what was appended meanwhile, by whatever process.

    Args:
        log: the file.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self._end = 0  # of what was read, in bytes
        self._lines = 0  # line ends in it
        self._known = b""  # the last bytes of it
        self._warned: set[int] = set()

    def more(self) -> list[Correction] | None:
        """Return the lines that are new; None: what was read before is not in the file any more.

        Raises:
            DataError: as `entries`; the lines are read again the next time.
        """
        try:
            with self.log.open("rb") as file:
                file.seek(self._end - len(self._known))
                found = file.read()
        except OSError as error:
            raise DataError(f"cannot read the corrections {self.log}: {error.strerror}") from error
        if not found.startswith(self._known):
            return None
        new = found[len(self._known) :]
        decided, unfinished = self._parsed(new.decode("utf-8", "replace").split("\n"))
        if unfinished:
            new = new[: new.rfind(b"\n") + 1]
        self._end += len(new)
        self._lines += new.count(b"\n")
        self._known = (self._known + new)[-_KNOWN:]
        return decided

    def _parsed(self, lines: Sequence[str]) -> tuple[list[Correction], bool]:
        """The decisions of lines, and whether the last one is unfinished: it may be being written."""
        found, problems, unfinished = [], [], False
        for number, line in enumerate(lines, self._lines + 1):
            try:
                if line.strip():
                    found.append(_parsed(line))
            except DataError as error:
                ended = number < self._lines + len(lines)
                if _cut_short(line, ended=ended):
                    self._warn(number)
                    unfinished = not ended
                else:
                    problems.append(f"line {number}: {error}")
        if problems:
            told = joined(problems)
            raise DataError(f"{self.log} holds lines that are no decision: {told}; mend or remove them")
        return found, unfinished

    def _warn(self, number: int) -> None:
        if number not in self._warned:
            said.warning("%s: line %d was cut short, as by a crash, and is passed over", self.log, number)
        self._warned.add(number)


class Standing:
    """The decisions that were not taken back, in the order in which they were taken.

    An undo takes back its reviewer's last decision about the row; the one before it counts again.

    >>> from dataclasses import replace
    >>> one = Correction("train", 0, "id", "joy", "drop")
    >>> found = Standing([one, replace(one, decision="keep"), replace(one, decision="undo")])
    >>> list(found) == [one]
    True
    """

    def __init__(self, decided: Iterable[Correction] = ()) -> None:
        self._found: dict[int, Correction] = {}
        self._own: dict[tuple[str, Row], list[int]] = {}  # reviewer and row -> numbers of what stands
        self._taken = 0
        for one in decided:
            self.take(one)

    def take(self, one: Correction) -> None:
        """Go on by a decision or an undo."""
        own = self._own.setdefault((one.reviewer, one.about), [])
        if one.decision != UNDO:
            self._found[self._taken] = one
            own.append(self._taken)
            self._taken += 1
        elif own:
            del self._found[own.pop()]

    def last(self, reviewer: str, row: Row) -> Correction | None:
        """The decision of a reviewer about a row that counts."""
        own = self._own.get((reviewer, row))
        return self._found[own[-1]] if own else None

    def counting(self) -> list[Correction]:
        """The decisions that count: of each reviewer the last about each row."""
        return [self._found[own[-1]] for own in self._own.values() if own]

    def __iter__(self) -> Iterator[Correction]:
        return iter(self._found.values())

    def __reversed__(self) -> Iterator[Correction]:
        return reversed(self._found.values())


def _cut_short(line: str, *, ended: bool) -> bool:
    """Whether a line was not written to its end: what is JSON is whole, whatever it says.

    Without a line end nothing more is asked; with one, a line that was begun after a crash follows, and what
    is cut short is the beginning of a decision and lacks nothing but its end.
    """
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        unfinished = error.msg.startswith("Unterminated string") or len(line) - error.pos <= _TAIL
        return not ended or (line.startswith("{") and unfinished)
    except ValueError:  # a number of thousands of digits
        pass
    return False


def _parsed(line: str) -> Correction:
    try:
        values = json.loads(line)
    except ValueError as error:
        raise DataError(f"not JSON ({error})") from error
    needed = {"split", "row", "id", "label", "decision"}
    if not isinstance(values, dict) or not needed <= values.keys() <= set(Correction.__dataclass_fields__):
        raise DataError(f"expected an object with {listed(sorted(needed))}")
    return Correction(**values)
