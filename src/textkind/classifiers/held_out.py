"""Probabilities of each row by a classifier that learned from the other rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.base import clone

from textkind import progress
from textkind.classifiers.columns import strata
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.features import FeatureClassifier
from textkind.classifiers.frozen import FrozenParts
from textkind.data.splits import deal_folds
from textkind.labels import LabelSet
from textkind.text.inputs import Text

FOLDS = 5


def out_of_fold(
    classifier: TextClassifier,
    texts: Sequence[Text],
    targets: np.ndarray,
    *,
    folds: int = FOLDS,
    groups: Sequence | None = None,
) -> np.ndarray:
    """Fit a classifier once per fold on the other folds, and answer each row where it was left out.

    Rows with equal texts, or of one group, are in one fold. What learns is learned anew each time; the
    vectors of frozen encoders, which learn nothing, are computed once.

    Args:
        classifier: unfitted, with its `labels` set; clones of it are fitted.
        texts: n texts or pairs.
        targets: (n,) column numbers or an (n, k) 0/1 matrix.
        folds: at most that many.
        groups: a value per row, such as its author; None as a value is no group.

    Returns:
        (n, k), columns in the order of `classifier.labels`.

    Raises:
        DataError: all texts are equal or of one group, or a fold leaves rows of no label to learn from.

    >>> texts = ["what a joy", "so happy", "happy joy", "how sad", "I cry", "sad tears"]
    >>> classifier = FeatureClassifier(labels=("joy", "sadness"))
    >>> out_of_fold(classifier, texts, np.array([0, 0, 0, 1, 1, 1]), folds=3).shape
    (6, 2)
    """
    labels = LabelSet(tuple(classifier.labels or ()), multi_label=targets.ndim == 2)
    y = labels.y(targets)
    if isinstance(classifier, FeatureClassifier) and classifier.encoder is not None:
        classifier = clone(classifier)
        classifier.encoder = FrozenParts(texts, targets, len(labels)).frozen(classifier.encoder)
    fold = np.array(deal_folds(texts, strata(targets), folds, seed=classifier.seed, groups=groups))
    proba = np.zeros((len(texts), len(labels)))
    with progress.job("Answering rows by models that have not seen them", total=int(fold.max()) + 1) as task:
        for number in range(int(fold.max()) + 1):
            rest, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
            fitted = clone(classifier).fit(
                [texts[row] for row in rest],
                y[rest],
                groups=None if groups is None else [groups[row] for row in rest],
            )
            proba[held] = fitted.predict_proba([texts[row] for row in held])
            task.advance(1)
    return proba
