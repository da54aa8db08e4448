"""scikit-learn classifiers that also fit the smallest data, and stop in time without a warning."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning

from textkind.encoders.contract import Features

_ENOUGH = 20  # rows of every class from which a tenth of them can be held out
_PASSES = 50  # over the rows, at most


class _Wrapped(ClassifierMixin, BaseEstimator):
    """What the classifiers below share: the fitted one inside answers."""

    classifier_: Any
    classes_: np.ndarray

    def predict_proba(self, X: Features) -> np.ndarray:
        """Return probabilities (n, k)."""
        return self.classifier_.predict_proba(X)

    def predict(self, X: Features) -> np.ndarray:
        """Return the most probable classes (n,)."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Neighbours(_Wrapped):
    """The share of each class among the nearest rows by cosine.

    Args:
        neighbors: how many; all rows, where there are fewer.

    >>> Neighbours(5).fit(np.eye(3), [0, 0, 1]).predict_proba(np.eye(3)[:1]).round(2).tolist()
    [[0.67, 0.33]]
    """

    def __init__(self, neighbors: int = 5) -> None:
        self.neighbors = neighbors

    def fit(self, X: Features, y: np.ndarray) -> Self:
        """Keep features (n, d) and classes (n,)."""
        from sklearn.neighbors import KNeighborsClassifier

        number = min(self.neighbors, X.shape[0])
        self.classifier_ = KNeighborsClassifier(number, metric="cosine").fit(X, y)
        self.classes_ = self.classifier_.classes_
        return self


class SmallNetwork(_Wrapped):
    """One hidden layer; stops when a tenth of the rows, held out, no longer gets better.

    With fewer than 20 rows of some class nothing is held out, and it goes over the rows 50 times.

    Args:
        hidden: units of the layer.
        random_state: of the weights, the batches and the rows held out.
    """

    def __init__(self, hidden: int = 100, *, random_state: int | None = None) -> None:
        self.hidden = hidden
        self.random_state = random_state

    def fit(self, X: Features, y: np.ndarray) -> Self:
        """Learn from features (n, d) and classes (n,)."""
        from sklearn.neural_network import MLPClassifier

        counts = np.unique(y, return_counts=True)[1]
        self.classifier_ = MLPClassifier(
            (self.hidden,),
            early_stopping=bool(counts.min() >= _ENOUGH),
            max_iter=_PASSES,
            n_iter_no_change=3,
            random_state=self.random_state,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the passes are bounded on purpose
            self.classifier_.fit(X, y)
        self.classes_ = self.classifier_.classes_
        return self
