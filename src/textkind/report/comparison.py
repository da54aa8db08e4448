"""Is one method better than another on the same rows?"""

from dataclasses import asdict, dataclass

import numpy as np

from textkind.report.intervals import Estimate, Outcomes, percentile
from textkind.report.metrics import accuracy_of, f1_table

_ALPHA = 0.05


@dataclass(frozen=True)
class Comparison:
    """Method minus baseline on the same rows.

    Attributes:
        accuracy, macro_f1: the differences, with the paired bootstrap's interval.
        p_value: of McNemar's exact test: were both right equally often, differences this large or
            larger would be seen with this probability.
    """

    accuracy: Estimate
    macro_f1: Estimate
    p_value: float

    @property
    def verdict(self) -> str:
        """`better` or `worse` when McNemar's test says so at 5 %, else `not told apart`."""
        if self.p_value >= _ALPHA or not self.accuracy.value:
            return "not told apart"
        return "better" if self.accuracy.value > 0 else "worse"

    @property
    def better(self) -> bool:
        """Whether accuracy (by the test) or macro F1 (by its interval) is above the baseline's."""
        return self.verdict == "better" or bool(self.macro_f1.low and self.macro_f1.low > 0)

    def to_dict(self) -> dict:
        """The figures for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def compare(truth: np.ndarray, method: np.ndarray, baseline: np.ndarray, *, seed: int = 0) -> Comparison:
    """Compare two sets of answers, boolean (n, k) like the truth (McNemar, 1947; exact)."""
    from scipy.stats import binomtest

    right = (truth == method).all(axis=1)
    other = (truth == baseline).all(axis=1)
    gained, lost = int((right & ~other).sum()), int((other & ~right).sum())
    outcomes = Outcomes.of(truth, method, baseline)

    def differences(counts: np.ndarray) -> np.ndarray:
        accuracy = accuracy_of(outcomes, counts, 1) - accuracy_of(outcomes, counts, 2)
        macro = f1_table(outcomes, counts, 1)[:, 0] - f1_table(outcomes, counts, 2)[:, 0]
        return np.column_stack([accuracy, macro])

    resampled = outcomes.resample(differences, seed=seed)
    accuracy, macro = differences(outcomes.counts[None, :])[0]
    return Comparison(
        accuracy=percentile(accuracy, resampled[:, 0], len(truth)),
        macro_f1=percentile(macro, resampled[:, 1], len(truth)),
        p_value=float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0,
    )
