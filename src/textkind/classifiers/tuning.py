"""Tuning: search the settings of a method by cross-validation on the training rows alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from textkind import progress
from textkind.classifiers.columns import strata
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.features import FeatureClassifier, build_features
from textkind.classifiers.frozen import FrozenParts, restored
from textkind.classifiers.search import Builder, Rows, Search, best_trial, mean_score
from textkind.data.splits import deal_folds
from textkind.extras import import_extra
from textkind.text.inputs import Text

FOLDS = 5
STATE = "tuning.json"


class TunedClassifier(TextClassifier):
    """Cross-validate settings on the training rows, then fit the best ones on all of them.

    Each fold learns everything anew from its own training part: vocabulary, scaling, resampling, head. Only
    the vectors of frozen encoders, which learn nothing, are shared. Equal texts, and rows of one of `groups`,
    are in one fold. The first trial has the settings as given, so that the best is never below them on macro
    F1 over the folds; the others are drawn by Optuna's TPE (Bergstra et al., 2011), and stopped after a fold
    that leaves them below the median of the trials before.

    The best score is the best of many, and so a little too good: judge by rows that were not tuned on.

    Args:
        settings: all keys of a recipe's table for `tfidf` or `features`, without `name`.
        seconds: to search, after which no trial is begun; encoding by frozen encoders and the last fit come
            on top.
        trials: at most that many; with it, and time enough, the result is repeatable.
        cache: a folder for features that are slow to compute.
        labels: the columns, see TextClassifier.
        seed: of folds, search, resampling and head.

    Attributes:
        best_settings_: the settings that were found, as `settings`.
        trials_: of each trial what it set, its `scores` by fold, and whether it was `complete`.
        best_: the FeatureClassifier that answers.

    Needs the extra `tune`.

    >>> from textkind.tables import TfidfTable
    >>> texts = ["what a joy", "so happy", "happy joy", "how sad", "I cry", "sad tears"]
    >>> tuned = TunedClassifier(TfidfTable().model_dump(exclude={"name"}), trials=2)
    >>> tuned.fit(texts, ["joy"] * 3 + ["sadness"] * 3).predict(["so sad"]).tolist()
    ['sadness']
    """

    kind = "tuned"

    def __init__(
        self,
        settings: Mapping[str, Any],
        *,
        seconds: float = 60,
        trials: int | None = None,
        cache: str | None = None,
        labels: Sequence | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(labels=labels, seed=seed)
        self.settings = settings
        self.seconds = seconds
        self.trials = trials
        self.cache = cache

    def _keep_together(self, groups: list) -> None:
        self._groups = groups

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        import_extra("optuna", "tune")  # missing, it is said before any text is encoded
        parts = FrozenParts(texts, targets, len(self.classes_))
        build = Builder(parts, self.cache, self.seed)
        build(self.settings)  # frozen vectors are computed before the clock starts
        groups = self.__dict__.pop("_groups", None)
        folds = np.array(deal_folds(texts, strata(targets), FOLDS, seed=self.seed, groups=groups))
        search = Search(self.settings, build, Rows(texts, targets, len(self.classes_), folds))
        with progress.job("Tuning", total=self.trials) as task:
            search.run(self.seconds, self.trials, self.seed, task)
        self.trials_ = search.trials
        self.best_settings_ = {**self.settings, **best_trial(self.trials_)["settings"]}
        best = build(self.best_settings_).set_params(labels=tuple(self.classes_.tolist()))
        self.best_ = best.fit(texts, targets if self.multi_label_ else self.classes_[targets])
        self.best_.encoder_ = restored(self.best_.encoder_)
        self.best_.encoder = clone(self.best_.encoder_)
        self.best_.int8_ = parts.int8

    def _proba(self, texts: list[Text]) -> np.ndarray:
        return self.best_.predict_proba(texts)

    def cache_in(self, folder: str | None) -> None:
        self.best_.cache_in(folder)

    @property
    def notes(self) -> list[str]:
        return self.best_.notes

    @property
    def token_limit(self) -> int | None:
        return self._reader().token_limit

    def token_counts(self, X: Sequence) -> np.ndarray:
        return self._reader().token_counts(X)

    def _reader(self) -> FeatureClassifier:
        return self.best_ if hasattr(self, "best_") else build_features(self.settings, self.cache)

    def _save(self, folder: Path) -> None:
        self.best_.save(folder / "best")
        state = {"settings": self.settings, "best_settings": self.best_settings_, "trials": self.trials_}
        (folder / STATE).write_text(json.dumps(state, ensure_ascii=False, indent=2) + "\n", "utf-8")

    @classmethod
    def _load(cls, folder: Path) -> Self:
        state = json.loads((folder / STATE).read_text("utf-8"))
        classifier = cls(state["settings"])
        classifier.best_settings_, classifier.trials_ = state["best_settings"], state["trials"]
        classifier.best_ = FeatureClassifier.load(folder / "best")
        return classifier


def tuning_of(folder: Path) -> dict | None:
    """What the tuning of a saved classifier found, or None if there was none.

    Returns:
        `metric`, `folds`, `score` and `spread` (mean and standard deviation over the folds), the
        `score_as_given`, `best_settings`, all `trials`, and a `sentence` that says it.
    """
    if not (folder / STATE).exists():
        return None
    state = json.loads((folder / STATE).read_text("utf-8"))
    trials, best = state["trials"], best_trial(state["trials"])
    score, spread, given = mean_score(best), float(np.std(best["scores"])), mean_score(trials[0])
    folds, early = len(best["scores"]), sum(not trial["complete"] for trial in trials)
    several = "1 trial" if len(trials) == 1 else f"{len(trials)} trials, {early} of them stopped early"
    sentence = (
        f"Tuned by cross-validation on the training rows: macro F1 {score:.3f} ± {spread:.3f} over {folds} "
        f"folds (settings as given: {given:.3f}), the best of {several}, and so a little too good."
    )
    return {
        "metric": "macro F1, cross-validated on the training rows",
        "folds": folds,
        "score": score,
        "spread": spread,
        "score_as_given": given,
        "best_settings": state["best_settings"],
        "trials": trials,
        "sentence": sentence,
    }
