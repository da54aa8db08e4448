"""Which labels are probably wrong: confident learning on out-of-sample probabilities."""

from dataclasses import dataclass

import numpy as np

from textkind.labels import LabelSet
from textkind.mistakes.judged import Judged
from textkind.report.intervals import Estimate, by_influence

_SMALLEST = 1e-12
_EVEN = 100  # rows of each label that count as mixed up evenly: of few rows, a mix-up is no pattern yet
_ROUNDING = 1e-6  # a mean of equal numbers can come out above them


@dataclass(frozen=True, eq=False)
class WrongLabels:
    """How likely each row's label is wrong, and how many are.

    Attributes:
        scores: (n,) how likely the label as given is wrong, 0 to 1; with several labels the largest of them.
            For an order: they are too low where the model has learned the mix-ups.
        suggested: what is most likely if the label is wrong: the best other label, (n,), or (n, k) with the
            least likely decision turned around.
        rate: estimated share of wrong labels; with several labels, of all decisions text by label.
        joint: (k, k) estimated share of rows by given label (row) and true one (column); None with several.
    """

    labels: LabelSet
    scores: np.ndarray
    suggested: np.ndarray
    rate: Estimate
    joint: np.ndarray | None

    def to_dict(self) -> dict:
        """The rate and, for one label per text, the pairs of labels behind it, for JSON."""
        return {
            "rate": self.rate.to_dict(),
            "joint": None if self.joint is None else self.joint.tolist(),
            "labels": list(self.labels.names),
        }


def wrong_labels(judged: Judged) -> WrongLabels:
    """Find labels that are probably wrong (confident learning: Northcutt, Jiang and Chuang, 2021).

    A row counts as truly j if its probability of j reaches the mean probability of j over the rows that
    carry j. Counting given against true labels gives their joint distribution, and its share off the
    diagonal is the noise rate. The score of a row is then Bayes' rule with the chances of each mix-up from
    that distribution, drawn towards an even one where labels have few rows. With several labels a text, each
    label is a question of its own.

    The interval of the rate holds the chance in the rows, several labels of one together, and not the
    model's faults. Those make the rate too large where the model is weak, and too small where it has
    learned the mix-ups (docs/experiments.md): a random sample that was reviewed says more.

    Args:
        judged: rows with probabilities of models that did not learn from them.

    >>> proba = np.array([[0.98, 0.02]] * 9 + [[0.02, 0.98]] * 10)
    >>> targets = np.array([0] * 8 + [1] * 11)
    >>> found = wrong_labels(Judged(["t"] * 19, targets, proba, LabelSet(("x", "y"))))
    >>> int(found.scores.argmax()), found.suggested[8].item(), round(found.rate.value, 2)
    (8, 0, 0.05)
    """
    if not judged.labels.multi_label:
        sure = _sure(judged.targets, judged.proba)
        joint = _joint(_counts(judged.targets, sure, len(judged.labels)))
        posterior = _posterior(judged.targets, judged.proba, joint)
        return WrongLabels(
            labels=judged.labels,
            scores=1 - posterior[np.arange(len(judged)), judged.targets],
            suggested=np.where(judged.truth, -1, posterior).argmax(axis=1),
            rate=by_influence(*_rate(judged.targets, sure, len(judged.labels))),
            joint=joint,
        )
    rates, pulls, right = [], np.zeros(len(judged)), np.ones(judged.proba.shape)
    for column in range(len(judged.labels)):
        given = judged.targets[:, column]
        proba = np.column_stack([1 - judged.proba[:, column], judged.proba[:, column]])
        sure = _sure(given, proba)
        joint = _joint(_counts(given, sure, 2))
        right[:, column] = _posterior(given, proba, joint)[np.arange(len(judged)), given]
        rate, influence = _rate(given, sure, 2)
        rates.append(rate)
        pulls += influence / len(judged.labels)  # of a row, as its mistakes come together
    return WrongLabels(
        labels=judged.labels,
        scores=(1 - right).max(axis=1),
        suggested=np.where(right == right.min(axis=1, keepdims=True), 1 - judged.targets, judged.targets),
        rate=by_influence(float(np.mean(rates)), pulls),
        joint=None,
    )


def _sure(given: np.ndarray, proba: np.ndarray) -> np.ndarray:
    """The label that each row is confidently of, (n,); k where it is of none."""
    k = proba.shape[1]
    members = given[:, None] == np.arange(k)
    support = members.sum(axis=0)
    means = (proba * members).sum(axis=0) / np.maximum(1, support)
    confident = proba >= np.where(support > 0, means - _ROUNDING, np.inf)  # a label without rows is nobody's
    return np.where(confident.any(axis=1), np.where(confident, proba, -1).argmax(axis=1), k)


def _counts(given: np.ndarray, sure: np.ndarray, k: int) -> np.ndarray:
    """Rows by given label and by the one they are confidently of; the last column: of none. (k, k + 1)."""
    counts = np.zeros((k, k + 1), np.int64)
    np.add.at(counts, (given, sure), 1)
    return counts


def _joint(counts: np.ndarray) -> np.ndarray:
    """Shares of rows by given and true label, from counts (k, k + 1): (k, k).

    The counted rows of each given label are scaled up to all of its rows; where none was counted, they
    are taken to be right.
    """
    support, counted = counts.sum(axis=1), counts[:, :-1]
    sure = counted + np.where(counted.sum(axis=1, keepdims=True) == 0, np.eye(len(counts)), 0)
    return sure / sure.sum(axis=1, keepdims=True) * (support / support.sum())[:, None]


def _posterior(given: np.ndarray, proba: np.ndarray, joint: np.ndarray) -> np.ndarray:
    """The probability of each label being the true one, (n, k), after the given one has been seen."""
    k, noise = len(joint), 1 - np.trace(joint)
    even = np.where(np.eye(k, dtype=bool), 1 - noise, noise / max(1, k - 1))
    rows = len(given) * joint + _EVEN * even
    mixed = rows / np.maximum(_SMALLEST, rows.sum(axis=0))  # of given i where j is true, columns sum to 1
    weighted = np.maximum(_SMALLEST, proba) * np.maximum(_SMALLEST, mixed[given])
    return weighted / weighted.sum(axis=1, keepdims=True)


def _rate(given: np.ndarray, sure: np.ndarray, k: int) -> tuple[float, np.ndarray]:
    """The share that `_joint` has off its diagonal, and each row's influence (n,), see `by_influence`."""
    counted, other = sure < k, (sure < k) & (sure != given)
    support, known, off = (
        np.bincount(given, weights=weights, minlength=k) for weights in (None, counted, other)
    )
    share = off / np.maximum(1, known)  # of each given label's counted rows
    rate = float((support * share).sum() / len(given))
    pull = (support / np.maximum(1, known))[given] * np.where(counted, other - share[given], 0)
    return rate, share[given] - rate + pull
