"""The heads by name: a recipe's keys in, an unfitted scikit-learn classifier out."""

from collections.abc import Callable
from typing import Any

from textkind.errors import RecipeError, did_you_mean, listed
from textkind.recipe import HEADS_WITH_C

_UNWEIGHTED = ("knn", "mlp")


def take_head(settings: dict[str, Any], *, sparse: bool) -> Any:
    """Take the keys of a head out of `settings`, and build it.

    Args:
        settings: may hold `head`, `C`, `class_weight` and `scale`; other keys stay.
        sparse: its features will be a sparse matrix.

    Raises:
        RecipeError: no such head, or a key that it cannot follow.
    """
    name = settings.pop("head", "logistic_regression")
    C, class_weight = settings.pop("C", None), settings.pop("class_weight", None)
    scale = settings.pop("scale", False)
    if name not in HEADS:
        raise RecipeError(f"unknown head {name!r}: expected {listed(HEADS)}.{did_you_mean(name, HEADS)}")
    if C is not None and name not in HEADS_WITH_C:
        raise RecipeError(f"the head {name} has no C: leave it out, or use {listed(HEADS_WITH_C)}")
    if class_weight is not None and name in _UNWEIGHTED:
        raise RecipeError(f"the head {name} cannot weight labels: leave out class_weight, or the head")
    if sparse and name == "gradient_boosting":
        raise RecipeError(
            "the head gradient_boosting reads no sparse word counts: use random_forest, or method features"
        )
    head = HEADS[name](1.0 if C is None else C, class_weight)
    return _scaled(head, sparse) if scale else head


def _scaled(head: Any, sparse: bool) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MaxAbsScaler, StandardScaler

    return make_pipeline(MaxAbsScaler() if sparse else StandardScaler(), head)


def _logistic_regression(C: float, class_weight: str | None) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=C, class_weight=class_weight, max_iter=1000)


def _ridge(C: float, class_weight: str | None) -> Any:
    from sklearn.linear_model import RidgeClassifier

    from textkind.classifiers.calibration import FoldCalibrated

    return FoldCalibrated(RidgeClassifier(alpha=1 / (2 * C), class_weight=class_weight))


def _linear_svm(C: float, class_weight: str | None) -> Any:
    from sklearn.svm import LinearSVC

    from textkind.classifiers.calibration import FoldCalibrated

    return FoldCalibrated(LinearSVC(C=C, class_weight=class_weight))


def _knn(C: float, class_weight: str | None) -> Any:
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(metric="cosine")


def _random_forest(C: float, class_weight: str | None) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(class_weight=class_weight)


def _gradient_boosting(C: float, class_weight: str | None) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(class_weight=class_weight)


def _mlp(C: float, class_weight: str | None) -> Any:
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(max_iter=50)


HEADS: dict[str, Callable[[float, str | None], Any]] = {
    "logistic_regression": _logistic_regression,
    "ridge": _ridge,
    "linear_svm": _linear_svm,
    "knn": _knn,
    "random_forest": _random_forest,
    "gradient_boosting": _gradient_boosting,
    "mlp": _mlp,
}
