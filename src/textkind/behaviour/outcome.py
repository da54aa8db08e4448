"""Outcome: how a test of behaviour went, with the rows that failed it."""

from dataclasses import asdict, dataclass
from typing import Literal

from textkind.report.intervals import Estimate
from textkind.text.inputs import Text, readable

Answer = str | list[str]
Status = Literal["passed", "failed", "not judged"]

_BEFORE, _AFTER = 30, 120  # characters of a long text that are shown before and from its first change on


@dataclass(frozen=True)
class Example:
    """A row that failed.

    Attributes:
        row: its number in the validation split from 0 on; of a `[[must]]`, its number in the suite from 1 on.
        text: as it was.
        changed: after the change; None for a `[[must]]`.
        expected: the answer to `text`, or the label of the `[[must]]`.
        answered: the answer to `changed`, or to the `[[must]]`.
        expected_proba: the probability of `expected` before the change (of several labels the mean, of
            none None), or the `at_least` of a `[[must]]`.
        proba: the same after the change, or of the `[[must]]`.
    """

    row: int
    text: Text
    changed: Text | None
    expected: Answer
    answered: Answer
    expected_proba: float | None
    proba: float | None

    def lines(self) -> list[str]:
        """What happened and the text before and after, cut around the first change; not yet safe to print."""
        expected, answered = _named(self.expected), _named(self.answered)
        now = "" if self.proba is None else f", probability of {expected} {self.proba:.2f}"
        if self.changed is None:
            least = "" if self.expected_proba is None else f" with {self.expected_proba:.2f} or more"
            said = f"[[must]] {self.row}: expected {expected}{least}, answered {answered}{now}"
            return [said, f"  text    {_cut(readable(self.text), 0)}"]
        was = "" if self.expected_proba is None else f" (it was {self.expected_proba:.2f})"
        before, after = readable(self.text), readable(self.changed)
        place = _first_difference(before, after)
        return [
            f"row {self.row}: {expected} became {answered}{now}{was}"
            if self.expected != self.answered
            else f"row {self.row}: {expected}{now}{was}",
            f"  before  {_cut(before, place)}",
            f"  after   {_cut(after, place)}",
        ]


@dataclass(frozen=True)
class Outcome:
    """What came out of one test.

    Attributes:
        test: its name.
        expected: what should hold, a sentence.
        failed: the share of the tried rows that failed, with Wilson's interval; n is the rows tried.
        at_most: the share that may fail.
        status: "not judged" where fewer rows than `min_rows` could be tried.
        examples: some rows that failed; of `must` all.
    """

    test: str
    expected: str
    failed: Estimate
    at_most: float
    status: Status
    examples: tuple[Example, ...]

    def sentence(self) -> str:
        """The outcome in words.

        >>> Outcome("typo", "", Estimate(0.2, 0.1, 0.3, 100), 0.15, "failed", ()).sentence()
        '20 of 100 rows failed, 20.0 % [10.0, 30.0]; at most 15 % may'
        """
        if self.status == "not judged":
            return f"not judged: the change fits {self.failed.n} rows only"
        share = self.failed
        count = round((share.value or 0) * share.n)
        interval = f"{100 * (share.low or 0):.1f}, {100 * (share.high or 0):.1f}"
        return (
            f"{count} of {share.n} rows failed, {100 * (share.value or 0):.1f} % [{interval}]; "
            f"at most {100 * self.at_most:g} % may"
        )

    def to_dict(self) -> dict:
        """The outcome for JSON."""
        return asdict(self)


def _named(answer: Answer) -> str:
    return answer if isinstance(answer, str) else " + ".join(answer) or "no label"


def _first_difference(before: str, after: str) -> int:
    differing = (at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other)
    return next(differing, min(len(before), len(after)))  # one may begin with all of the other


def _cut(text: str, place: int) -> str:
    start, end = max(0, place - _BEFORE), place + _AFTER
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
