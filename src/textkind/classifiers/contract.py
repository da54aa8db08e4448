"""What every Classifier keeps to: texts in, one probability per label out."""

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from textkind.errors import DataError, LabelError, listed
from textkind.labels import THRESHOLD
from textkind.text.inputs import Text, check_texts


class TextClassifier(ClassifierMixin, BaseEstimator, ABC):
    """A scikit-learn classifier whose X is texts (or pairs of texts).

    `labels` fixes the columns: column j of `predict_proba` is `labels[j]`, also when no training row
    has that label. Left out, the columns are the sorted labels of `y`.

    A `y` of shape (n, k) with 0 and 1 means several labels per text: then each column is a probability
    of its own, and `predict` gives such a matrix back.

    A subclass writes `_fit`, `_proba`, `_save` and `_load`, which know numbers only.
    """

    kind: ClassVar[str]

    def __init__(self, *, labels: Sequence | None = None, seed: int = 0) -> None:
        self.labels = labels
        self.seed = seed

    def fit(
        self,
        X: Sequence,
        y: Sequence | np.ndarray,
        *,
        X_val: Sequence | None = None,
        y_val: Sequence | np.ndarray | None = None,
        groups: Sequence | None = None,
    ) -> Self:
        """Learn from n texts `X` and their labels `y`: (n,) names or numbers, or an (n, k) matrix.

        `X_val` and `y_val` are rows to watch and not to learn from: a method that trains in steps stops by
        them. The others have no use for them. `groups`, n values such as authors, keep rows on one side
        where a method divides them, to tune or to watch some.

        Raises:
            DataError: no texts, X and y or groups of different length, or a single label in `y`.
            LabelError: `y` holds a label that is not in `labels`.
        """
        texts, y = _checked(X, y)
        self.multi_label_ = y.ndim == 2
        self.classes_ = self._columns(y)
        if X_val is not None:
            watched, y_val = _checked(X_val, y_val)
            self._watch(watched, self._targets(y_val))
        if groups is not None:
            if len(groups) != len(texts):
                raise DataError(f"expected a group for each of {len(texts)} texts, found {len(groups)}")
            self._keep_together(list(groups))
        self._fit(texts, self._targets(y))
        return self

    def predict_proba(self, X: Sequence) -> np.ndarray:
        """Return the probabilities (n, k), columns in the order of `classes_`.

        Rows sum to 1, except when texts carry several labels.
        """
        check_is_fitted(self, "classes_")
        texts = check_texts(X)
        if not texts:
            return np.zeros((0, len(self.classes_)))
        return self._proba(texts)

    def predict(self, X: Sequence) -> np.ndarray:
        """Return the most probable label of each text, or an (n, k) 0/1 matrix if it may have several."""
        proba = self.predict_proba(X)
        if self.multi_label_:
            return (proba >= THRESHOLD).astype(np.int64)
        return self.classes_[proba.argmax(axis=1)]

    @property
    def token_limit(self) -> int | None:
        """The most tokens of a text that the classifier reads; None: it reads all."""
        return None

    def token_counts(self, X: Sequence) -> np.ndarray:
        """Tokens of each text before anything is cut: (n, 1), or (n, 2) for pairs.

        This and `token_limit` work before `fit`, so that cut texts are known before training.
        """
        return np.zeros((len(X), 1), np.int64)

    def cache_in(self, folder: str | None) -> None:
        """Keep what is slow to compute of a text in `folder`, or nowhere; most methods have no such thing.

        A saved classifier knows no folder of a machine, so that a loaded one is told.
        """
        return

    @property
    def notes(self) -> list[str]:
        """What a reader of its scores should know of how it was fitted, in sentences."""
        return []

    def save(self, folder: Path) -> None:
        """Write the fitted classifier to a new `folder`, without pickle."""
        check_is_fitted(self, "classes_")
        folder.mkdir(parents=True)
        state = {
            "kind": self.kind,
            "classes": self.classes_.tolist(),
            "multi_label": self.multi_label_,
            "seed": self.seed,
        }
        text = json.dumps(state, ensure_ascii=False, indent=2)
        (folder / "classifier.json").write_text(text + "\n", "utf-8")
        self._save(folder)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; no code in the folder is ever run."""
        state = json.loads((folder / "classifier.json").read_text("utf-8"))
        classifier = cls._load(folder)
        classifier.labels = tuple(state["classes"])
        classifier.seed = state["seed"]
        classifier.classes_ = np.array(state["classes"])
        classifier.multi_label_ = state["multi_label"]
        return classifier

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.classifier_tags.multi_label = True
        return tags

    def _columns(self, y: np.ndarray) -> np.ndarray:
        if self.labels is not None:
            columns = np.asarray(self.labels)
        else:
            columns = np.arange(y.shape[1]) if self.multi_label_ else np.unique(y)
        if self.multi_label_ and y.shape[1] != len(columns):
            raise LabelError(f"y has {y.shape[1]} columns, but there are {len(columns)} labels")
        if len(columns) < 2:
            raise DataError(f"expected two labels or more, found only {listed(columns)}")
        return columns

    def _targets(self, y: np.ndarray) -> np.ndarray:
        if self.multi_label_:
            return y.astype(np.int64)
        column = {label: number for number, label in enumerate(self.classes_.tolist())}
        unknown = sorted({str(label) for label in y.tolist() if label not in column})
        if unknown:
            raise LabelError(f"unknown labels in y: {listed(unknown)}; the labels are {listed(column)}")
        return np.array([column[label] for label in y.tolist()], np.int64)

    def _watch(self, texts: list[Text], targets: np.ndarray) -> None:
        """Take rows to watch; called before `_fit`."""

    def _keep_together(self, groups: list) -> None:
        """Take the group of each row; called before `_fit`."""

    @abstractmethod
    def _fit(self, texts: list[Text], targets: np.ndarray) -> None: ...

    @abstractmethod
    def _proba(self, texts: list[Text]) -> np.ndarray: ...

    @abstractmethod
    def _save(self, folder: Path) -> None: ...

    @classmethod
    @abstractmethod
    def _load(cls, folder: Path) -> Self: ...


def _checked(X: Sequence, y: Sequence | np.ndarray | None) -> tuple[list[Text], np.ndarray]:
    texts = check_texts(X)
    if y is None:
        raise DataError(
            "a classifier requires y to be passed, but the target y is None: give a label per text"
        )
    y = np.asarray(y)
    if type_of_target(y).startswith("continuous"):
        raise LabelError(
            "Unknown label type: continuous; expected classes by name or number, found measurements"
        )
    if not texts or len(texts) != len(y):
        raise DataError(
            f"expected as many labels as texts, at least one; found {len(texts)} texts, {len(y)} labels"
        )
    return texts, y
