"""Fit a scikit-learn classifier on features, with a column for every label; save it with skops."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.multiclass import OneVsRestClassifier

from textkind.classifiers.columns import learned_columns
from textkind.encoders.contract import Features
from textkind.errors import RecipeError, RunError, listed

# skops trusts scikit-learn's estimators and NumPy's arrays; these are parts of them that it asks about
ALLOWED_TYPES = (
    "scipy.sparse._csr.csr_matrix",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "textkind.classifiers.calibration.FoldCalibrated",
    "textkind.classifiers.own_heads.Neighbours",
    "textkind.classifiers.own_heads.SmallNetwork",
    "textkind.classifiers.resampling.Resampled",
)


class Head:
    """A fitted scikit-learn classifier behind k columns, of which it may have learned only some.

    Args:
        estimator: fitted on the columns in `learned`.
        learned: the columns that it knows, in its order.
        constant: (k,) the probability of the others, see `learned_columns`.
    """

    def __init__(self, estimator: Any, learned: np.ndarray, constant: np.ndarray) -> None:
        self.estimator = estimator
        self.learned = learned
        self.constant = constant

    @classmethod
    def fit(cls, estimator: Any, features: Features, targets: np.ndarray, k: int) -> Self:
        """Clone and fit `estimator`; targets are (n,) column numbers or an (n, k) 0/1 matrix.

        Raises:
            RecipeError: the estimator cannot give probabilities.
        """
        if not hasattr(estimator, "predict_proba"):
            raise RecipeError(
                f"{type(estimator).__name__} gives no probabilities: wrap it in "
                "sklearn.calibration.CalibratedClassifierCV"
            )
        estimator = clone(estimator)
        learned, constant = learned_columns(targets, k)
        if not len(learned):
            return cls(None, learned, constant)
        if targets.ndim == 2:
            estimator, targets = OneVsRestClassifier(estimator), targets[:, learned]
        return cls(estimator.fit(features, targets), learned, constant)

    def proba(self, features: Features) -> np.ndarray:
        """Return probabilities (n, k)."""
        proba = np.tile(self.constant, (features.shape[0], 1))
        if self.estimator is not None:
            proba[:, self.learned] = self.estimator.predict_proba(features)
        return proba

    def save(self, path: Path) -> None:
        """Write the head to one file."""
        from skops import io

        state = {"estimator": self.estimator, "learned": self.learned, "constant": self.constant}
        path.write_bytes(io.dumps(state))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a head.

        Raises:
            RunError: the file holds a type that is not in the allow-list.
        """
        from skops import io

        content = path.read_bytes()
        strange = [name for name in io.get_untrusted_types(data=content) if name not in ALLOWED_TYPES]
        if strange:
            raise RunError(f"{path} holds types that are not trusted: {listed(strange)}; it is not loaded")
        state = io.loads(content, trusted=list(ALLOWED_TYPES))
        return cls(state["estimator"], state["learned"], state["constant"])
