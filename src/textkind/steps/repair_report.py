"""Repair report: what corrections were worth, on rows that nobody reviewed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from textkind import progress
from textkind.artifact.run import Run
from textkind.data.corrections import DECISIONS, LEFT_OUT, Correction, apply
from textkind.data.dataset import Dataset, Split
from textkind.data.random_order import random_order
from textkind.errors import DataError
from textkind.labels import LabelSet
from textkind.mistakes.judged import Place
from textkind.mistakes.noise_rate import NoiseRate, noise_rate
from textkind.report.comparison import Comparison, compare
from textkind.report.intervals import Estimate, wilson
from textkind.report.metrics import measure
from textkind.steps.errors import unfitted
from textkind.steps.train import fit_on, original_data


@dataclass(frozen=True)
class RepairReport:
    """Two Runs, before and after corrections, on the same validation rows.

    Attributes:
        before, after: accuracy and macro F1 of each, on the validation rows that were not reviewed.
        gain: after minus before on these rows.
        gain_without_drops: the same, had no training row been left out; None if none was.
        decisions: rows by decision.
        wrong_of_reviewed, wrong_of_all: labels that a reviewer changed, as a share of the reviewed rows (but
            for those left out) and of all. The true rate lies between, if rows in doubt were reviewed first.
        noise: the rate of wrong labels in the data as it was given, if a random sample of it was reviewed.
    """

    before: dict[str, Estimate]
    after: dict[str, Estimate]
    gain: Comparison
    gain_without_drops: Comparison | None
    decisions: Mapping[str, int]
    wrong_of_reviewed: Estimate
    wrong_of_all: Estimate
    noise: NoiseRate

    @property
    def share_from_drops(self) -> float | None:
        """The share of the gain in accuracy that is lost if nothing is dropped; None without a gain."""
        whole = self.gain.accuracy
        if not (whole.low and whole.low > 0 and whole.value):  # a share of what may be nothing says nothing
            return None
        if self.gain_without_drops is None:
            return 0.0
        return 1 - (self.gain_without_drops.accuracy.value or 0.0) / whole.value

    def to_dict(self) -> dict:
        """Everything for JSON."""
        without = self.gain_without_drops
        return {
            "before": {name: estimate.to_dict() for name, estimate in self.before.items()},
            "after": {name: estimate.to_dict() for name, estimate in self.after.items()},
            "gain": self.gain.to_dict(),
            "gain_without_drops": None if without is None else without.to_dict(),
            "share_from_drops": self.share_from_drops,
            "decisions": dict(self.decisions),
            "wrong_of_reviewed": self.wrong_of_reviewed.to_dict(),
            "wrong_of_all": self.wrong_of_all.to_dict(),
            **self.noise.to_dict(),
        }


def repair_report(before: Run, after: Run, data: str | None = None) -> RepairReport:
    """Compare two Runs of the same data, the later one with corrections.

    Rows that were reviewed are left out: their labels were chosen while looking at the answer, and dropping
    hard rows makes any figure better. The rest carry their labels as given, wrong ones among them, so
    that the gain on them is, if anything, too small.

    Args:
        before: a Run without the corrections, or with fewer.
        after: a Run with them.
        data: where the data lies now, if it moved.

    Raises:
        DataError: the later Run has no corrections, the Runs are of different data, or every validation row
            was reviewed.
    """
    decided = _decided(after)
    if not decided:
        raise DataError(
            f"{after.path} was trained without corrections: expected the run before and then the one that "
            "`textkind train DATA --corrections FILE` made"
        )
    raw = original_data(after, data)
    if original_data(before, data).fingerprint != raw.fingerprint:
        raise DataError(f"{before.path} and {after.path} were trained on different data: nothing to compare")
    rows = _unreviewed(raw.split("validation"), raw.labels, after.labels, [*decided, *_decided(before)])
    truth = after.labels.membership(rows.targets)
    earlier, later = (_answers(run, rows, after.labels) for run in (before, after))
    seed = after.recipe.seed
    counts = Counter(one.decision for one in decided)
    changed, left = sum(one.changes for one in decided), sum(counts[one] for one in LEFT_OUT)
    without = _without_drops(after, raw, decided, rows)
    return RepairReport(
        before=_figures(truth, earlier, seed),
        after=_figures(truth, later, seed),
        gain=compare(truth, later, earlier, seed=seed),
        gain_without_drops=None if without is None else compare(truth, without, earlier, seed=seed),
        decisions={one: counts[one] for one in DECISIONS},
        wrong_of_reviewed=wilson(changed, len(decided) - left),
        wrong_of_all=wilson(changed, len(raw.split("train")) + len(raw.split("validation"))),
        noise=noise_rate(_random_order(raw), decided),
    )


def _decided(run: Run) -> list[Correction]:
    return [Correction(**one) for one in run.data.get("corrections", ())]


def _random_order(raw: Dataset) -> list[Place]:
    """The places of all rows that may be looked at, as the review page draws them."""
    splits = raw.open_splits()
    places = [(split.name, row) for split in splits for row in range(len(split))]
    order = random_order(places, [text for split in splits for text in split.texts])
    return [places[number] for number in order.tolist()]


def _unreviewed(split: Split, labels: LabelSet, now: LabelSet, decided: list[Correction]) -> Split:
    """The rows that no decision is about, their targets in the columns of `now`."""
    seen = {one.row for one in decided if one.split == split.name}
    rows = [row for row in range(len(split)) if row not in seen]
    if not rows:
        raise DataError("every validation row was reviewed: expected some that were not, to compare on")
    names = labels.name(split.targets)
    texts = tuple(split.texts[row] for row in rows)
    return Split(split.name, texts, now.ids([names[row] for row in rows]))


def _answers(run: Run, rows: Split, now: LabelSet) -> np.ndarray:
    """(n, k) boolean answers in the columns of `now`."""
    return now.membership(now.ids(run.predict(rows.texts)))


def _figures(truth: np.ndarray, answers: np.ndarray, seed: int) -> dict[str, Estimate]:
    metrics = measure(truth, answers, seed=seed)
    return {"accuracy": metrics.accuracy, "macro_f1": metrics.macro_f1}


def _without_drops(run: Run, raw: Dataset, decided: list[Correction], rows: Split) -> np.ndarray | None:
    """Answers of the Run's method fitted with the rows that were left out of train; None if none was."""
    kept = [one for one in decided if one.split != "train" or one.decision not in LEFT_OUT]
    if len(kept) == len(decided):
        return None
    with progress.job("Training without dropping rows"):
        fitted = fit_on(unfitted(run, run.method), apply(raw, kept))
    return run.labels.membership(run.labels.decide(fitted.predict_proba(rows.texts)))
