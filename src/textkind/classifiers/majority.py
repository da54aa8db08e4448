"""The dummy that every score is held against: it has read no text at all."""

from pathlib import Path
from typing import Self

import numpy as np
from safetensors.numpy import load_file, save_file

from textkind.classifiers.contract import TextClassifier
from textkind.text.inputs import Text


class MajorityClassifier(TextClassifier):
    """Answers every text with the share of each label among the training rows.

    >>> MajorityClassifier().fit(["a", "b", "c"], ["spam", "ham", "ham"]).predict(["anything"]).tolist()
    ['ham']
    """

    kind = "majority"

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        k = len(self.classes_)
        self.shares_ = (
            targets.mean(axis=0) if self.multi_label_ else np.bincount(targets, minlength=k) / len(targets)
        )

    def _proba(self, texts: list[Text]) -> np.ndarray:
        return np.tile(self.shares_, (len(texts), 1))

    def _save(self, folder: Path) -> None:
        save_file({"shares": self.shares_}, folder / "majority.safetensors")

    @classmethod
    def _load(cls, folder: Path) -> Self:
        classifier = cls()
        classifier.shares_ = load_file(folder / "majority.safetensors")["shares"]
        return classifier
