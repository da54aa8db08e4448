"""TF-IDF: a sparse count of words, weighted by how rare they are."""

import json
import re
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.feature_extraction.text import TfidfVectorizer

from textkind.encoders.contract import Encoder, Features
from textkind.errors import DataError, RecipeError, listed

_WORD = r"(?u)\b\w+\b"
_ANALYZERS = {"word": "word", "character": "char_wb"}


class TfidfEncoder(Encoder):
    """scikit-learn's TfidfVectorizer, saved as a vocabulary in JSON and weights in safetensors.

    Args:
        ngrams: shortest and longest run of units that is a feature.
        min_count: a feature must occur in at least this many training texts.
        max_features: keep only that many, the most frequent; None keeps all.
        sublinear: count a word as 1 + log(count).
        unit: `word`, any run of letters, digits and underscores, one-letter words included; or
            `character`, those inside a word and the spaces around it.

    >>> TfidfEncoder().fit(["a good film", "a bad film"]).transform(["good"]).shape
    (1, 4)
    """

    def __init__(
        self,
        *,
        ngrams: tuple[int, int] = (1, 1),
        min_count: int = 1,
        max_features: int | None = None,
        sublinear: bool = True,
        unit: str = "word",
    ) -> None:
        self.ngrams = ngrams
        self.min_count = min_count
        self.max_features = max_features
        self.sublinear = sublinear
        self.unit = unit

    def _learn(self, texts: list[str]) -> None:
        if self.unit not in _ANALYZERS:
            raise RecipeError(f"unknown unit {self.unit!r}: expected {listed(_ANALYZERS)}")
        self.vectorizer_ = self._vectorizer()
        try:
            self.vectorizer_.fit(texts)
        except ValueError as error:
            raise DataError(
                f"no {self.unit} occurs in {self.min_count} or more of the {len(texts):,} texts: "
                "lower min_count, or use another method for texts without words"
            ) from error

    def _vectorizer(self) -> TfidfVectorizer:
        return TfidfVectorizer(
            ngram_range=tuple(self.ngrams),
            min_df=self.min_count,
            max_features=self.max_features,
            sublinear_tf=self.sublinear,
            analyzer=_ANALYZERS[self.unit],
            token_pattern=_WORD if self.unit == "word" else None,
            dtype=np.float32,
        )

    def _encode(self, texts: list[str]) -> Features:
        return self.vectorizer_.transform(texts)

    def _count(self, texts: list[str]) -> np.ndarray:
        words = re.compile(_WORD).findall
        return np.fromiter((len(words(text)) for text in texts), np.int64, len(texts))

    def _save_state(self, folder: Path) -> None:
        terms = self.vectorizer_.get_feature_names_out().tolist()
        (folder / "vocabulary.json").write_text(json.dumps(terms, ensure_ascii=False), "utf-8")
        save_file({"idf": self.vectorizer_.idf_}, folder / "idf.safetensors")

    def _load_state(self, folder: Path) -> None:
        terms = json.loads((folder / "vocabulary.json").read_text("utf-8"))
        self.vectorizer_ = self._vectorizer().set_params(vocabulary=terms)
        self.vectorizer_.idf_ = load_file(folder / "idf.safetensors")["idf"]
