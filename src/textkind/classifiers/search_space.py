"""What tuning may change in the settings of a method, and between what bounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from textkind.classifiers.head_catalog import UNWEIGHTED
from textkind.encoders.choice import WORDS, encoder_names


@dataclass(frozen=True)
class Choice:
    """One of a few values."""

    values: tuple


@dataclass(frozen=True)
class Range:
    """A number from `low` to `high`, both included, drawn evenly on a log scale; whole if `low` is."""

    low: float
    high: float


Space = dict[str, Choice | Range]

_RANGES = {
    "C": Range(0.01, 1000.0),
    "neighbors": Range(1, 50),
    "min_leaf": Range(1, 20),
    "learning_rate": Range(0.02, 0.5),
    "hidden": Range(25, 400),
}
_UNSCALED = ("random_forest", "gradient_boosting")  # trees do not care


def search_space(settings: Mapping[str, Any]) -> Space:
    """Return key -> what is tried for it; the values in `settings` always lie inside.

    Args:
        settings: all keys of the method's table in a recipe, without `name`.

    >>> from textkind.tables import TfidfTable
    >>> sorted(search_space(TfidfTable(head="knn").model_dump()))
    ['min_count', 'neighbors', 'ngrams', 'scale', 'sublinear']
    """
    head = settings["head"]
    space: Space = {
        key: _widened(bounds, settings[key])
        for key, bounds in _RANGES.items()
        if settings[key] is not None  # None: a key of another head
    }
    if head not in UNWEIGHTED:
        space["class_weight"] = Choice((None, "balanced"))
    if head not in _UNSCALED:
        space["scale"] = Choice((False, True))
    names = encoder_names(settings["encoder"]) if "encoder" in settings else ["tfidf"]
    if "tfidf" in names and settings.get("unit", "word") == "word":
        space["ngrams"] = _including(tuple(settings["ngrams"]), ((1, 1), (1, 2)))
    if any(name in WORDS for name in names):
        space["min_count"] = _including(settings["min_count"], (1, 2))
        space["sublinear"] = Choice((False, True))
    return space


def _widened(bounds: Range, value: float) -> Range:
    return Range(min(bounds.low, value), max(bounds.high, value))


def _including(value: Any, values: tuple) -> Choice:
    return Choice(values if value in values else (value, *values))
