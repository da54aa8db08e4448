"""The heads by name: a recipe's keys in, an unfitted scikit-learn classifier out."""

from collections.abc import Callable
from typing import Any

from textkind.errors import RecipeError, did_you_mean, listed
from textkind.tables import HEAD_KEYS

UNWEIGHTED = ("knn", "mlp")
_Keys = dict[str, Any]  # the HEAD_KEYS, defaults filled in


def take_head(settings: dict[str, Any], *, sparse: bool) -> Any:
    """Take the keys of a head out of `settings`, and build it.

    Args:
        settings: may hold `head`, `class_weight`, `scale` and the `HEAD_KEYS`; other keys stay.
        sparse: its features will be a sparse matrix.

    Raises:
        RecipeError: no such head, or a key that it cannot follow.
    """
    name = settings.pop("head", "logistic_regression")
    own = {key: settings.pop(key, None) for key in HEAD_KEYS}
    class_weight, scale = settings.pop("class_weight", None), settings.pop("scale", False)
    if name not in HEADS:
        raise RecipeError(f"unknown head {name!r}: expected {listed(HEADS)}.{did_you_mean(name, HEADS)}")
    for key, value in own.items():
        heads, default = HEAD_KEYS[key]
        if value is not None and name not in heads:
            raise RecipeError(f"the head {name} has no {key}: leave it out, or use {listed(heads)}")
        own[key] = default if value is None else value
    if class_weight is not None and name in UNWEIGHTED:
        raise RecipeError(f"the head {name} cannot weight labels: leave out class_weight, or the head")
    if sparse and name == "gradient_boosting":
        raise RecipeError(
            "the head gradient_boosting reads no sparse word counts: use random_forest, or method features"
        )
    head = HEADS[name](own, class_weight)
    return _scaled(head, sparse) if scale else head


def _scaled(head: Any, sparse: bool) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, StandardScaler

    return make_pipeline(MaxAbsScaler() if sparse else StandardScaler(), head)


def _logistic_regression(own: _Keys, class_weight: str | None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=own["C"], class_weight=class_weight, max_iter=1000)


def _ridge(own: _Keys, class_weight: str | None) -> Any:
    from sklearn.linear_model import RidgeClassifier

    from textkind.classifiers.calibration import FoldCalibrated

    return FoldCalibrated(RidgeClassifier(alpha=1 / (2 * own["C"]), class_weight=class_weight))


def _linear_svm(own: _Keys, class_weight: str | None) -> Any:
    from sklearn.svm import LinearSVC

    from textkind.classifiers.calibration import FoldCalibrated

    return FoldCalibrated(LinearSVC(C=own["C"], class_weight=class_weight))


def _knn(own: _Keys, class_weight: str | None) -> Any:
    from textkind.classifiers.own_heads import Neighbours

    return Neighbours(own["neighbors"])


def _random_forest(own: _Keys, class_weight: str | None) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(min_samples_leaf=own["min_leaf"], class_weight=class_weight, n_jobs=-1)


def _gradient_boosting(own: _Keys, class_weight: str | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(learning_rate=own["learning_rate"], class_weight=class_weight)


def _mlp(own: _Keys, class_weight: str | None) -> Any:
    from textkind.classifiers.own_heads import SmallNetwork

    return SmallNetwork(own["hidden"])


HEADS: dict[str, Callable[[_Keys, str | None], Any]] = {
    "logistic_regression": _logistic_regression,
    "ridge": _ridge,
    "linear_svm": _linear_svm,
    "knn": _knn,
    "random_forest": _random_forest,
    "gradient_boosting": _gradient_boosting,
    "mlp": _mlp,
}
