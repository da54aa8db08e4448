"""The methods by name: plain settings in, an unfitted Classifier out."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from textkind.classifiers.contract import TextClassifier
from textkind.errors import RecipeError, RunError, did_you_mean, listed

Settings = Mapping[str, object]


def build(
    method: str,
    settings: Settings,
    *,
    labels: Sequence[str],
    seed: int,
    cache: str | None = None,
    checkpoints: str | None = None,
) -> TextClassifier:
    """Build the classifier of a method.

    Args:
        method: one of `METHODS`.
        settings: its keys in a recipe's `[method]` table, without `name`.
        labels: the columns of its probabilities.
        seed: of everything random in it.
        cache: a folder for features that are slow to compute; None keeps none.
        checkpoints: a folder for those of a network, see NetworkClassifier.

    Raises:
        RecipeError: there is no such method.
    """
    if method not in METHODS:
        raise RecipeError(
            f"unknown method {method!r}: expected {listed(METHODS)}.{did_you_mean(method, METHODS)}"
        )
    classifier = METHODS[method](dict(settings), cache)
    if method in NETWORKS:
        classifier.set_params(checkpoints=checkpoints)
    return classifier.set_params(labels=tuple(labels), seed=seed)


def load(folder: Path) -> TextClassifier:
    """Load a saved classifier of any kind.

    Raises:
        RunError: its kind is not known to this version.
    """
    from textkind.classifiers.features import FeatureClassifier
    from textkind.classifiers.majority import MajorityClassifier
    from textkind.classifiers.network import NetworkClassifier
    from textkind.classifiers.tuning import TunedClassifier

    known = (MajorityClassifier, FeatureClassifier, TunedClassifier, NetworkClassifier)
    kinds = {kind.kind: kind for kind in known}
    kind = json.loads((folder / "classifier.json").read_text("utf-8"))["kind"]
    if kind not in kinds:
        raise RunError(f"{folder} holds a classifier of kind {kind!r}; this version knows {listed(kinds)}")
    return kinds[kind].load(folder)


def _majority(settings: dict, cache: str | None) -> TextClassifier:
    from textkind.classifiers.majority import MajorityClassifier

    return MajorityClassifier()


def _featured(settings: dict, cache: str | None) -> TextClassifier:
    from textkind.classifiers.features import build_features
    from textkind.classifiers.tuning import TunedClassifier

    seconds, trials = settings.pop("tune_seconds", 0), settings.pop("tune_trials", None)
    if not seconds:
        return build_features(settings, cache)
    build_features(settings, cache)  # keys that do not fit are said before anything is read
    return TunedClassifier(settings, seconds=seconds, trials=trials, cache=cache)


def _network(kind: str, settings: dict, cache: str | None) -> TextClassifier:
    from textkind.classifiers.network import NetworkClassifier
    from textkind.networks.kinds import network_and_training

    return NetworkClassifier(*network_and_training(kind, settings))


NETWORKS = ("finetune", "cnn", "rnn")
METHODS: dict[str, Callable[[dict, str | None], TextClassifier]] = {
    "majority": _majority,
    "tfidf": _featured,
    "features": _featured,
    **{kind: partial(_network, kind) for kind in NETWORKS},
}
