"""Any encoder and a scikit-learn head on its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from textkind.classifiers.agreement import verify_int8
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.head_catalog import take_head
from textkind.classifiers.heads import Head
from textkind.classifiers.resampling import with_resampling
from textkind.encoders.choice import WORDS, build_encoder, encoder_names
from textkind.encoders.contract import Encoder, Features
from textkind.encoders.kinds import load_encoder, save_encoder
from textkind.encoders.tfidf import TfidfEncoder
from textkind.encoders.transformer import TransformerEncoder
from textkind.errors import RecipeError
from textkind.extras import import_extra
from textkind.text.inputs import Text


class FeatureClassifier(TextClassifier):
    """Texts -> encoder -> features -> head -> probabilities.

    Args:
        encoder: an Encoder; None: `TfidfEncoder()`.
        head: a scikit-learn classifier with `predict_proba`; None: logistic regression.
        resample: even out the rows that the head learns from, see `textkind.classifiers.resampling`; None
            leaves them. For one label per text; needs the extra `resample`.
        labels: the columns, see TextClassifier.
        seed: reaches the head, and the estimators inside it, as `random_state`, if that is not set.

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
        resample: str | None = None,
        labels: Sequence | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(labels=labels, seed=seed)
        self.encoder = encoder
        self.head = head
        self.resample = resample

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        if self.resample and self.multi_label_:
            raise RecipeError(
                f"resample = {self.resample!r} is for one label per text, but these have several: leave it "
                "out, or set class_weight"
            )
        if self.resample:
            import_extra("imblearn", "resample")  # missing, it is said before any text is encoded
        self.encoder_ = self._new_encoder()
        self.encoder_.fit(texts)
        self.int8_ = verify_int8(self.encoder_, texts, targets, len(self.classes_))
        features = self.encoder_.transform(texts)
        head = clone(self.head) if self.head is not None else LogisticRegression(max_iter=1000)
        if self.resample:
            head = with_resampling(head, self.resample)
        for name, value in head.get_params().items():  # a pipeline's parts have seeds of their own
            if name.rpartition("__")[2] == "random_state" and value is None:
                head.set_params(**{name: self.seed})
        # A head's products are too small to share: on a busy machine more threads only wait for each other
        with threadpool_limits(1, user_api="blas"):
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

    def cache_in(self, folder: str | None) -> None:
        for part in self._transformers():
            part.set_params(cache=folder)

    def _transformers(self) -> list[TransformerEncoder]:
        return [part for part in self.encoder_.parts() if isinstance(part, TransformerEncoder)]

    @property
    def notes(self) -> list[str]:
        told = [part.agreement_.sentence() for part in self._transformers() if part.agreement_]
        told += [agreement.sentence() for agreement in getattr(self, "int8_", ())]
        return [f"{sentence[0].upper()}{sentence[1:]}." for sentence in told]

    @property
    def token_limit(self) -> int | None:
        return self._reader().token_limit

    def token_counts(self, X: Sequence) -> np.ndarray:
        return self._reader().token_counts(X)

    def _reader(self) -> Encoder:
        return self.encoder_ if hasattr(self, "encoder_") else self._new_encoder()

    def _save(self, folder: Path) -> None:
        save_encoder(self.encoder_, folder)
        self.head_.save(folder / "head.skops")

    @classmethod
    def _load(cls, folder: Path) -> Self:
        classifier = cls()
        classifier.encoder_ = load_encoder(folder)
        classifier.head_ = Head.load(folder / "head.skops")
        return classifier


def build_features(settings: Mapping[str, Any], cache: str | None = None) -> FeatureClassifier:
    """Build the unfitted classifier of the method `tfidf` or, where `encoder` is a key, `features`.

    Args:
        settings: all keys of its table in a recipe, without `name`; those of tuning are passed over.
        cache: a folder for features that are slow to compute.

    Raises:
        RecipeError: keys that do not fit together, or a model that is nowhere to be found.
    """
    keys = {key: value for key, value in settings.items() if not key.startswith("tune_")}
    names = encoder_names(keys["encoder"]) if "encoder" in keys else ["tfidf"]
    head = take_head(keys, sparse=any(name in WORDS for name in names))
    resample = keys.pop("resample", None)
    encoder = build_encoder(keys, cache) if "encoder" in keys else TfidfEncoder(**keys)
    return FeatureClassifier(encoder, head, resample=resample)
