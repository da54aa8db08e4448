"""Tuning: search the settings of a method by cross-validation on the training rows alone."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score

from textkind import progress
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.features import FeatureClassifier, build_features
from textkind.classifiers.frozen import FrozenParts, restored
from textkind.classifiers.search_space import Choice, Range, search_space
from textkind.data.splits import deal_folds
from textkind.errors import TextkindError
from textkind.extras import import_extra
from textkind.text.inputs import Text

FOLDS = 5
STATE = "tuning.json"
_FIRST = 5  # trials that are never stopped early: what the others are held against


class TunedClassifier(TextClassifier):
    """Cross-validate settings on the training rows, then fit the best ones on all of them.

    Each fold learns everything anew from its own training part: vocabulary, scaling, resampling, head. Only
    the vectors of frozen encoders, which learn nothing, are shared. Equal texts are in one fold. The first
    trial has the settings as given, so that the best is never below them on macro F1 over the folds;
    the others are drawn by Optuna's TPE (Bergstra et al., 2011), and stopped after a fold that leaves
    them below the median of the trials before.

    The best score is the best of many, and so a little too good: judge by rows that were not tuned on.

    Args:
        settings: all keys of a recipe's table for `tfidf` or `features`, without `name`.
        seconds: to search, after which no fold is begun; encoding by frozen encoders, the first trial and the
            last fit come on top.
        trials: at most that many; with it, and time enough, the result is repeatable.
        cache: a folder for features that are slow to compute.
        labels: the columns, see TextClassifier.
        seed: of folds, search, resampling and head.

    Attributes:
        best_settings_: the settings that were found, as `settings`.
        trials_: of each trial what it set, its `scores` by fold, and whether it was `complete`.
        best_: the FeatureClassifier that answers.

    Needs the extra `tune`.

    >>> from textkind.recipe import TfidfTable
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

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        build = _Builder(texts, self.cache, self.seed)
        build(self.settings)  # frozen vectors are computed before the clock starts
        folds = np.array(deal_folds(texts, _strata(targets), FOLDS, seed=self.seed))
        search = _Search(self.settings, build, _Rows(texts, targets, len(self.classes_), folds))
        with progress.job("Tuning", total=self.trials) as task:
            search.run(self.seconds, self.trials, self.seed, task)
        self.trials_ = search.trials
        self.best_settings_ = {**self.settings, **_best(self.trials_)["settings"]}
        best = build(self.best_settings_).set_params(labels=tuple(self.classes_.tolist()))
        self.best_ = best.fit(texts, targets if self.multi_label_ else self.classes_[targets])
        self.best_.encoder_ = restored(self.best_.encoder_)
        self.best_.encoder = clone(self.best_.encoder_)

    def _proba(self, texts: list[Text]) -> np.ndarray:
        return self.best_.predict_proba(texts)

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
    trials, best = state["trials"], _best(state["trials"])
    score, spread, given = _score(best), float(np.std(best["scores"])), _score(trials[0])
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


class _Builder:
    """Settings in, an unfitted FeatureClassifier out, whose frozen parts are computed once.

    Its columns are target numbers, as many as it is told when it is fitted.
    """

    def __init__(self, texts: list[Text], cache: str | None, seed: int) -> None:
        self.parts = FrozenParts(texts)
        self.cache = cache
        self.seed = seed

    def __call__(self, settings: Mapping[str, Any]) -> FeatureClassifier:
        classifier = build_features(settings, self.cache).set_params(seed=self.seed)
        classifier.encoder = self.parts.frozen(classifier.encoder)
        return classifier


@dataclass(frozen=True)
class _Rows:
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


class _Search:
    """The trials of one search; `trials` tells what each one set and reached."""

    def __init__(self, settings: Mapping[str, Any], build: _Builder, rows: _Rows) -> None:
        self.settings = settings
        self.space = search_space(settings)
        self.build = build
        self.rows = rows
        self.trials: list[dict] = []

    def run(self, seconds: float, trials: int | None, seed: int, task: progress.Task) -> None:
        """Try settings until one of the bounds is reached."""
        optuna = import_extra("optuna", "tune")
        self.end = time.monotonic() + seconds
        with _quiet(optuna):
            study = optuna.create_study(
                direction="maximize",
                sampler=optuna.samplers.TPESampler(seed=seed),
                pruner=optuna.pruners.MedianPruner(n_startup_trials=_FIRST),
            )
            study.enqueue_trial({key: _position(self.space[key], self.settings[key]) for key in self.space})
            study.optimize(
                self._trial,
                n_trials=trials,
                timeout=seconds,
                callbacks=[lambda study, trial: task.advance(1)],
            )

    def _trial(self, trial: Any) -> float:
        """The mean macro F1 over the folds of the settings that are drawn."""
        drawn = {key: _drawn(trial, key, self.space[key]) for key in self.space}
        record = {"settings": drawn, "scores": [], "complete": False}
        self.trials.append(record)
        classifier = self.build({**self.settings, **drawn})
        for fold in range(self.rows.folds.max() + 1):
            if trial.number and time.monotonic() > self.end:
                raise import_extra("optuna", "tune").TrialPruned
            record["scores"].append(self._score(trial, classifier, fold))
            trial.report(_score(record), fold)
            last = fold == self.rows.folds.max()
            if trial.number and not last and trial.should_prune():
                raise import_extra("optuna", "tune").TrialPruned
        record["complete"] = True
        return _score(record)

    def _score(self, trial: Any, classifier: FeatureClassifier, fold: int) -> float:
        try:
            return self.rows.score(classifier, fold)
        except TextkindError:
            if not trial.number:
                raise  # the settings as given do not fit the data
            raise import_extra("optuna", "tune").TrialPruned from None


def macro_f1(targets: np.ndarray, answers: np.ndarray) -> float:
    """The mean F1 of the labels that are true or answered somewhere, as in a Report.

    Args:
        targets: (n,) numbers, or an (n, k) 0/1 matrix.
        answers: of the same shape.
    """
    if targets.ndim == 1:
        return float(f1_score(targets, answers, average="macro", zero_division=0))
    there = np.flatnonzero((targets | answers).any(axis=0))
    if not len(there):
        return 1.0
    return float(f1_score(targets, answers, labels=there, average="macro", zero_division=0))


def _strata(targets: np.ndarray) -> list[int]:
    """Each row's label; of several, the rarest, and -1 for none."""
    if targets.ndim == 1:
        return targets.tolist()
    counts = targets.sum(axis=0)
    found = (np.flatnonzero(row) for row in targets)
    return [int(min(here, key=lambda one: (counts[one], one))) if len(here) else -1 for here in found]


def _drawn(trial: Any, key: str, dimension: Choice | Range) -> Any:
    if isinstance(dimension, Choice):  # Optuna's choices are plain values, ours are pairs too
        return dimension.values[trial.suggest_categorical(key, list(range(len(dimension.values))))]
    suggest = trial.suggest_int if isinstance(dimension.low, int) else trial.suggest_float
    return suggest(key, dimension.low, dimension.high, log=True)


def _position(dimension: Choice | Range, value: Any) -> Any:
    if isinstance(dimension, Range):
        return value
    return dimension.values.index(tuple(value) if isinstance(value, list) else value)


def _score(trial: Mapping[str, Any]) -> float:
    return float(np.mean(trial["scores"]))


def _best(trials: Sequence[dict]) -> dict:
    return max((trial for trial in trials if trial["complete"]), key=_score)


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
