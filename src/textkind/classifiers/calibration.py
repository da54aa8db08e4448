"""Probabilities for classifiers that give scores only, learned on folds."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV

from textkind.encoders.contract import Features


class FoldCalibrated(ClassifierMixin, BaseEstimator):
    """Platt's sigmoid on the scores of rows that a fold's classifier did not learn from.

    scikit-learn's CalibratedClassifierCV refuses a class with fewer rows than folds. Here rows are dealt
    to folds class by class, so that a class of two rows or more is always learned; a class of one row
    is learned in every fold, as it cannot be both learned and held out.

    Args:
        estimator: a classifier with `decision_function`.
        folds: at most that many.

    >>> from sklearn.svm import LinearSVC
    >>> X = np.array([[0.0], [0.2], [1.0], [1.2], [3.0]])
    >>> FoldCalibrated(LinearSVC()).fit(X, [0, 0, 1, 1, 2]).predict_proba(X).shape
    (5, 3)
    """

    def __init__(self, estimator: Any, *, folds: int = 5) -> None:
        self.estimator = estimator
        self.folds = folds

    def fit(self, X: Features, y: np.ndarray) -> Self:
        """Learn from features (n, d) and classes (n,)."""
        y = np.asarray(y)
        self.calibrated_ = CalibratedClassifierCV(clone(self.estimator), cv=_folds(y, self.folds))
        self.calibrated_.fit(X, y)
        self.calibrated_.cv = None  # row numbers of the training data are no part of the model
        self.classes_ = self.calibrated_.classes_
        return self

    def predict_proba(self, X: Features) -> np.ndarray:
        """Return probabilities (n, k)."""
        return self.calibrated_.predict_proba(X)

    def predict(self, X: Features) -> np.ndarray:
        """Return the most probable classes (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def _folds(y: np.ndarray, most: int) -> list[tuple[np.ndarray, np.ndarray]]:
    number = np.empty(len(y), np.int64)
    number[np.argsort(y, kind="stable")] = np.arange(len(y)) % min(most, len(y))
    _, place, counts = np.unique(y, return_inverse=True, return_counts=True)
    alone = counts[place] == 1
    held = (number == fold for fold in range(number.max() + 1))
    return [(np.flatnonzero(~out | alone), np.flatnonzero(out)) for out in held]
