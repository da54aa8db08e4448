"""Accuracy, precision, recall and F1, each with its interval."""

from dataclasses import dataclass

import numpy as np

from textkind.report.intervals import Estimate, Outcomes, percentile, wilson


@dataclass(frozen=True)
class ClassMetrics:
    """The figures of one label; `support` is its number of rows."""

    precision: Estimate
    recall: Estimate
    f1: Estimate
    support: int


@dataclass(frozen=True)
class Metrics:
    """The figures of one method on one split, `per_class` in column order."""

    accuracy: Estimate
    macro_f1: Estimate
    weighted_f1: Estimate
    per_class: tuple[ClassMetrics, ...]


def measure(truth: np.ndarray, answers: np.ndarray, *, seed: int = 0) -> Metrics:
    """Compare answers with the truth, both boolean (n, k); see `LabelSet.membership`.

    Accuracy is the share of rows whose labels are all right. Precision, recall and accuracy have
    Wilson's interval, F1 and its means the percentile bootstrap's over rows. A label that is neither
    in the truth nor answered is left out of the macro mean, as in scikit-learn's `f1_score`.
    """
    outcomes = Outcomes.of(truth, answers)
    whole = outcomes.counts[None, :]
    hits, answered, support = (counts[0] for counts in _tallies(outcomes, whole))
    resampled = outcomes.resample(lambda counts: f1_table(outcomes, counts), seed=seed)
    macro, weighted, *each = f1_table(outcomes, whole)[0]
    n = len(truth)
    return Metrics(
        accuracy=wilson(int((truth == answers).all(axis=1).sum()), n),
        macro_f1=percentile(macro, resampled[:, 0], n),
        weighted_f1=percentile(weighted, resampled[:, 1], n),
        per_class=tuple(
            ClassMetrics(
                precision=wilson(hits[label], answered[label]),
                recall=wilson(hits[label], support[label]),
                f1=percentile(each[label], resampled[:, 2 + label], int(support[label])),
                support=int(support[label]),
            )
            for label in range(truth.shape[1])
        ),
    )


def f1_table(outcomes: Outcomes, counts: np.ndarray, side: int = 1) -> np.ndarray:
    """Macro F1, weighted F1 and the F1 of each label for counts (b, m): (b, 2 + k).

    F1 is 2 hits / (answered + support); NaN where both are 0.
    """
    hits, answered, support = _tallies(outcomes, counts, side)
    with np.errstate(invalid="ignore"):
        each = 2 * hits / (answered + support)
    present = ~np.isnan(each)
    filled = np.where(present, each, 0.0)
    macro = filled.sum(axis=1) / np.maximum(1, present.sum(axis=1))
    weighted = (filled * support).sum(axis=1) / np.maximum(1, support.sum(axis=1))
    return np.column_stack([macro, weighted, each])


def accuracy_of(outcomes: Outcomes, counts: np.ndarray, side: int = 1) -> np.ndarray:
    """Accuracy for counts (b, m): (b,)."""
    right = (outcomes.sides[0] == outcomes.sides[side]).all(axis=1)
    return counts @ right / counts.sum(axis=1)


def confusion(truth: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """Count rows by true label (row) and answered label (column), single-label: (k, k)."""
    return truth.astype(np.int64).T @ answers.astype(np.int64)


def _tallies(outcomes: Outcomes, counts: np.ndarray, side: int = 1) -> tuple[np.ndarray, ...]:
    """Hits, answers and true rows of each label: three of (b, k)."""
    truth, answers = outcomes.sides[0], outcomes.sides[side]
    weights = counts.astype(np.float64)
    return tuple(weights @ matrix.astype(np.float64) for matrix in (truth & answers, answers, truth))
