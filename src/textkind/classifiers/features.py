"""Any encoder and a scikit-learn head on its features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.heads import Head
from textkind.encoders.contract import Encoder, Features
from textkind.encoders.tfidf import TfidfEncoder
from textkind.encoders.transformer import TransformerEncoder
from textkind.errors import RunError
from textkind.text.inputs import Text

ENCODERS: dict[str, type[Encoder]] = {
    encoder.__name__: encoder for encoder in (TfidfEncoder, TransformerEncoder)
}


class FeatureClassifier(TextClassifier):
    """Texts -> encoder -> features -> head -> probabilities.

    Args:
        encoder: an Encoder; None: `TfidfEncoder()`.
        head: a scikit-learn classifier with `predict_proba`; None: logistic regression.
        labels: the columns, see TextClassifier.
        seed: reaches the head as `random_state`, if that is not set.

    >>> texts = ["what a joy", "so happy", "how sad", "I cry"]
    >>> classifier = FeatureClassifier().fit(texts, ["joy", "joy", "sadness", "sadness"])
    >>> classifier.predict(["so much joy"]).tolist()
    ['joy']
    """

    kind = "features"

    def __init__(
        self,
        encoder: Encoder | None = None,
        head: BaseEstimator | None = None,
        *,
        labels: Sequence | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(labels=labels, seed=seed)
        self.encoder = encoder
        self.head = head

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        self.encoder_ = self._new_encoder()
        features = self.encoder_.fit(texts).transform(texts)
        head = clone(self.head) if self.head is not None else LogisticRegression(max_iter=1000)
        if head.get_params().get("random_state", self.seed) is None:
            head.set_params(random_state=self.seed)
        self.head_ = Head.fit(head, features, targets, len(self.classes_))

    def _new_encoder(self) -> Encoder:
        return clone(self.encoder) if self.encoder is not None else TfidfEncoder()

    def features(self, X: Sequence) -> Features:
        """Return what the head sees of texts, or pairs: (n, d), sparse where the encoder's are."""
        check_is_fitted(self, "encoder_")
        features = self.encoder_.transform(X)
        if not sparse.issparse(features):
            features = np.asarray(features, np.float64)  # the same sums whatever the batch
        return features

    def _proba(self, texts: list[Text]) -> np.ndarray:
        return self.head_.proba(self.features(texts))

    @property
    def token_limit(self) -> int | None:
        return self._reader().token_limit

    def token_counts(self, X: Sequence) -> np.ndarray:
        return self._reader().token_counts(X)

    def _reader(self) -> Encoder:
        return self.encoder_ if hasattr(self, "encoder_") else self._new_encoder()

    def _save(self, folder: Path) -> None:
        encoder = folder / type(self.encoder_).__name__
        encoder.mkdir()
        self.encoder_.save(encoder)
        self.head_.save(folder / "head.skops")

    @classmethod
    def _load(cls, folder: Path) -> Self:
        found = [name for name in ENCODERS if (folder / name).is_dir()]
        if len(found) != 1:
            raise RunError(f"{folder} should hold the folder of one encoder, one of {', '.join(ENCODERS)}")
        classifier = cls()
        classifier.encoder_ = ENCODERS[found[0]].load(folder / found[0])
        classifier.head_ = Head.load(folder / "head.skops")
        return classifier
