"""Even out the training rows of a head: more of rare labels, or fewer of frequent ones."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metaestimators import available_if

from textkind.classifiers.calibration import FoldCalibrated
from textkind.encoders.contract import Features
from textkind.errors import RecipeError, did_you_mean, listed
from textkind.extras import import_extra

RESAMPLINGS = ("oversample", "undersample", "smote")
_NEIGHBORS = 5  # of SMOTE, where a label has rows enough


def resample(features: Features, targets: np.ndarray, how: str, *, seed: int = 0) -> tuple:
    """Return features (m, d) and targets (m,) with equally many rows of each label.

    A label of a single row is left as it is, and sets no measure for the others.

    Args:
        features: (n, d), dense or sparse.
        targets: (n,) label numbers.
        how: `oversample` repeats rows of the rarer labels, `undersample` leaves out rows of the more
            frequent ones, `smote` adds points between neighbouring rows of the rarer labels (Chawla et al.,
            2002), with 5 neighbours, or as many as a small label has.
        seed: of the choice of rows.

    Raises:
        RecipeError: there is no such way.
        MissingExtraError: the extra `resample` is not installed.

    >>> resample(np.arange(10.0).reshape(5, 2), np.array([0, 0, 0, 1, 1]), "undersample")[1].tolist()
    [0, 0, 1, 1]
    """
    if how not in RESAMPLINGS:
        nearest = did_you_mean(how, RESAMPLINGS)
        raise RecipeError(f"unknown resampling {how!r}: expected {listed(RESAMPLINGS)}.{nearest}")
    over = import_extra("imblearn.over_sampling", "resample")
    under = import_extra("imblearn.under_sampling", "resample")
    names, sizes = np.unique(targets, return_counts=True)
    count = {int(name): int(size) for name, size in zip(names, sizes, strict=True) if size > 1}
    if len(count) < 2:
        return features, targets
    most, least = max(count.values()), min(count.values())
    samplers: list[Any]
    if how == "undersample":
        wanted = dict.fromkeys(count, least)
        samplers = [under.RandomUnderSampler(sampling_strategy=wanted, random_state=seed)]
    elif how == "oversample":
        wanted = dict.fromkeys(count, most)
        samplers = [over.RandomOverSampler(sampling_strategy=wanted, random_state=seed)]
    else:
        near = {name: min(_NEIGHBORS, size - 1) for name, size in count.items() if size < most}
        samplers = [
            over.SMOTE(sampling_strategy=wanted, k_neighbors=k, random_state=seed)
            for k in sorted(set(near.values()))
            if (wanted := {name: most for name in near if near[name] == k})
        ]
    for sampler in samplers:
        features, targets = sampler.fit_resample(features, targets)
    return features, targets


def with_resampling(head: Any, how: str) -> Any:
    """Put resampling right before a head: after the scaling of a pipeline, inside the folds of a calibration.

    Args:
        head: an unfitted scikit-learn classifier; it is changed.
        how: see `resample`.
    """
    if isinstance(head, Pipeline):
        name, last = head.steps[-1]
        head.steps[-1] = (name, with_resampling(last, how))
        return head
    if isinstance(head, FoldCalibrated):
        return head.set_params(estimator=with_resampling(head.estimator, how))
    return Resampled(head, how=how)


def _has(method: str) -> Any:
    return available_if(lambda self: hasattr(self.estimator, method))


class Resampled(ClassifierMixin, BaseEstimator):
    """A classifier that is fitted on resampled rows; of them nothing is kept but what it learned.

    Args:
        estimator: a scikit-learn classifier.
        how: see `resample`.
        random_state: of the choice of rows.
    """

    def __init__(self, estimator: Any, *, how: str, random_state: int | None = None) -> None:
        self.estimator = estimator
        self.how = how
        self.random_state = random_state

    def fit(self, X: Features, y: np.ndarray) -> Self:
        """Learn from features (n, d) and classes (n,)."""
        features, targets = resample(X, np.asarray(y), self.how, seed=self.random_state or 0)
        self.estimator_ = clone(self.estimator).fit(features, targets)
        self.classes_ = self.estimator_.classes_
        return self

    @_has("predict_proba")
    def predict_proba(self, X: Features) -> np.ndarray:
        """Return probabilities (n, k)."""
        return self.estimator_.predict_proba(X)

    @_has("decision_function")
    def decision_function(self, X: Features) -> np.ndarray:
        """Return scores (n, k), or (n,) for two classes."""
        return self.estimator_.decision_function(X)

    def predict(self, X: Features) -> np.ndarray:
        """Return the most probable classes (n,)."""
        return self.estimator_.predict(X)
