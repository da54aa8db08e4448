"""The search behind tuning: trials of settings, each cross-validated fold by fold."""

from __future__ import annotations

import time
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from textkind import progress
from textkind.classifiers.features import FeatureClassifier, build_features
from textkind.classifiers.frozen import FrozenParts
from textkind.classifiers.search_space import Choice, Range, search_space
from textkind.errors import TextkindError
from textkind.extras import import_extra
from textkind.scores import macro_f1
from textkind.text.inputs import Text

_FIRST = 5  # trials that are never stopped early: what the others are held against


class Builder:
    """Settings in, an unfitted FeatureClassifier out, whose frozen parts are computed once.

    Its columns are target numbers, as many as it is told when it is fitted.
    """

    def __init__(self, parts: FrozenParts, cache: str | None, seed: int) -> None:
        self.parts = parts
        self.cache = cache
        self.seed = seed

    def __call__(self, settings: Mapping[str, Any]) -> FeatureClassifier:
        classifier = build_features(settings, self.cache).set_params(seed=self.seed)
        classifier.encoder = self.parts.frozen(classifier.encoder)
        return classifier


@dataclass(frozen=True)
class Rows:
    """The training rows: n texts, their targets among k columns, and the number of each one's fold (n,)."""

    texts: list[Text]
    targets: np.ndarray
    k: int
    folds: np.ndarray

    def score(self, classifier: FeatureClassifier, fold: int) -> float:
        """Macro F1 in one fold of a classifier that learned from the others."""
        held = np.flatnonzero(self.folds == fold)
        rest = np.flatnonzero(self.folds != fold)
        classifier.set_params(labels=tuple(range(self.k)))
        classifier.fit([self.texts[row] for row in rest], self.targets[rest])
        answers = classifier.predict([self.texts[row] for row in held])
        return macro_f1(self.targets[held], answers)


class Search:
    """The trials of one search; `trials` tells what each one set and reached."""

    def __init__(self, settings: Mapping[str, Any], build: Builder, rows: Rows) -> None:
        self.settings = settings
        self.space = search_space(settings)
        self.build = build
        self.rows = rows
        self.trials: list[dict] = []

    def run(self, seconds: float, trials: int | None, seed: int, task: progress.Task) -> None:
        """Try settings until one of the bounds is reached."""
        optuna = import_extra("optuna", "tune")
        began = time.monotonic()
        with _quiet(optuna):
            study = optuna.create_study(
                direction="maximize",
                sampler=optuna.samplers.TPESampler(seed=seed),
                pruner=optuna.pruners.MedianPruner(n_startup_trials=_FIRST),
            )
            study.enqueue_trial({key: _position(self.space[key], self.settings[key]) for key in self.space})
            tell = [lambda study, trial: task.advance(1)]
            study.optimize(self._trial, n_trials=1, callbacks=tell)  # whatever the time, it is needed
            left = None if trials is None else trials - 1
            if left != 0 and (rest := began + seconds - time.monotonic()) > 0:
                study.optimize(self._trial, n_trials=left, timeout=rest, callbacks=tell)

    def _trial(self, trial: Any) -> float:
        """The mean macro F1 over the folds of the settings that are drawn."""
        drawn = {key: _drawn(trial, key, self.space[key]) for key in self.space}
        record = {"settings": drawn, "scores": [], "complete": False}
        self.trials.append(record)
        classifier = self.build({**self.settings, **drawn})
        for fold in range(self.rows.folds.max() + 1):
            record["scores"].append(self._score(trial, classifier, fold))
            trial.report(mean_score(record), fold)
            last = fold == self.rows.folds.max()
            if trial.number and not last and trial.should_prune():
                raise import_extra("optuna", "tune").TrialPruned
        record["complete"] = True
        return mean_score(record)

    def _score(self, trial: Any, classifier: FeatureClassifier, fold: int) -> float:
        try:
            return self.rows.score(classifier, fold)
        except TextkindError:
            if not trial.number:
                raise  # the settings as given do not fit the data
            raise import_extra("optuna", "tune").TrialPruned from None


def _drawn(trial: Any, key: str, dimension: Choice | Range) -> Any:
    if isinstance(dimension, Choice):  # Optuna's choices are plain values, ours are pairs too
        return dimension.values[trial.suggest_categorical(key, list(range(len(dimension.values))))]
    suggest = trial.suggest_int if isinstance(dimension.low, int) else trial.suggest_float
    return suggest(key, dimension.low, dimension.high, log=True)


def _position(dimension: Choice | Range, value: Any) -> Any:
    if isinstance(dimension, Range):
        return value
    return dimension.values.index(tuple(value) if isinstance(value, list) else value)


def mean_score(trial: Mapping[str, Any]) -> float:
    """The mean of a trial's scores over the folds."""
    return float(np.mean(trial["scores"]))


def best_trial(trials: Sequence[dict]) -> dict:
    """The complete trial with the highest mean; of equals, the first."""
    return max((trial for trial in trials if trial["complete"]), key=mean_score)


@contextmanager
def _quiet(optuna: Any) -> Generator[None]:
    """No log line for each trial, and no warning of a head that a trial's penalty keeps from converging."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
