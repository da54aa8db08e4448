"""The rate of wrong labels, estimated from the rows of a random order that a reviewer decided."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile

from textkind.data.corrections import LEFT_OUT, Correction
from textkind.mistakes.judged import Place
from textkind.report.intervals import Estimate, wilson

STEP = 25  # rows by which the sample grows


@dataclass(frozen=True)
class NoiseRate:
    """How many labels of a data set are wrong, as far as a random sample of it tells.

    Attributes:
        estimate: wrong labels as a share of the sample's rows that could be told; None: too few rows of the
            random order are decided.
        sample: rows of the sample.
        left_out: of the sample, rows that were dropped or ambiguous: neither right nor wrong.
        begun: decided rows among those that the sample grows by next.
    """

    estimate: Estimate | None
    sample: int
    left_out: int
    begun: int

    @property
    def told(self) -> str:
        """What the figure rests on, or how to get one."""
        if self.estimate is not None:
            left = f"; {self.left_out:,} dropped or ambiguous, left out" if self.left_out else ""
            return f"the first {self.sample:,} rows of the random sample{left}"
        if self.sample:
            return f"all {self.sample:,} decided rows of the random sample were dropped or ambiguous"
        return (
            "reviewed rows are no random sample. Choose “Random sample” on the page of `textkind review`, "
            f"decide 100 rows or more ({self.begun:,} of the first {STEP} are), and train with the log"
        )

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {
            "noise_rate": None if self.estimate is None else self.estimate.to_dict(),
            "noise_sample": {"rows": self.sample, "left_out": self.left_out, "told": self.told},
        }


def noise_rate(order: Sequence[Place], decided: Iterable[Correction]) -> NoiseRate:
    """Estimate the rate of wrong labels: Wilson's interval on the decided beginning of a random order.

    The first rows of the order, as far as every one of them is decided, are a simple random sample,
    whatever else was reviewed; rows that the queue led to count where they lie in it. The sample grows
    by whole steps: the row after a reviewer's last is decided only if the queue led to it, which happens
    more often to wrong labels, and would make the rate too high where few rows are decided.

    Decided rows beyond the sample are left aside. Counting them as known and the sample for the rest
    would count what the queue found twice, because the sample holds its part of it.

    Args:
        order: all rows of the data as it was given, see `textkind.data.random_order`.
        decided: at most one decision about a row.

    >>> order = [("train", row) for row in range(100)]
    >>> keep = [Correction("train", row, "id", "joy", "keep") for row in range(60)]
    >>> noise_rate(order, keep).estimate
    Estimate(value=0.0, low=0.0, high=0.0713..., n=50)
    """
    found = {(one.split, one.row): one for one in decided}
    prefix = [one for one in takewhile(lambda one: one is not None, map(found.get, order)) if one]
    whole = len(prefix) == len(order)
    sample = prefix if whole else prefix[: len(prefix) // STEP * STEP]
    told = [one for one in sample if one.decision not in LEFT_OUT]
    return NoiseRate(
        estimate=wilson(sum(one.changes for one in told), len(told)) if told else None,
        sample=len(sample),
        left_out=len(sample) - len(told),
        begun=sum(place in found for place in order[len(sample) : len(sample) + STEP]),
    )
