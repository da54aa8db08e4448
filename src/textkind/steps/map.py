"""The map of a Run's features: train and validation rows in two dimensions, never the sealed test split."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textkind import progress
from textkind.artifact.run import Run
from textkind.classifiers.features import FeatureClassifier
from textkind.classifiers.tuning import TunedClassifier
from textkind.data.dataset import Dataset, Split
from textkind.encoders.cache import feature_folder
from textkind.errors import MissingExtraError, RecipeError, listed
from textkind.report.projection import NEIGHBOURS, Features, Projection, agreement, pca, umap
from textkind.steps.train import run_data
from textkind.text.inputs import Text

PROJECTIONS = {"umap": umap, "pca": pca}
NO_LABEL = "(none)"
_CHARACTERS = 200  # of a text that are kept

log = logging.getLogger("textkind")


@dataclass(frozen=True)
class FeatureMap:
    """Where the features of each row lie in two dimensions.

    Attributes:
        name: of the Run.
        labels: the names that points are coloured by.
        multi_label: whether a text may carry several; a point then has its commonest one.
        points: one dict per row: split, row, x, y, label, predicted, wrong, text (cut).
        projection: coordinates, name, share of variance.
        agreement: share of the nearest training rows with the same label, on the map and in the features.
    """

    name: str
    labels: tuple[str, ...]
    multi_label: bool
    points: list[dict]
    projection: Projection
    agreement: dict[str, float]

    def to_dict(self) -> dict:
        """Everything for JSON and for the page."""
        return {
            "run": self.name,
            "projection": self.projection.name,
            "share_of_variance": self.projection.variance,
            "labels": list(self.labels),
            "multi_label": self.multi_label,
            "neighbour_agreement": self.agreement,
            "points": self.points,
        }


def feature_map(run: Run, *, data: str | None = None, projection: str | None = None) -> FeatureMap:
    """Project the features of a Run's train and validation rows; the layout is learned from train.

    Args:
        run: an open Run of a method that has features.
        data: where the data lies now, if it moved.
        projection: umap or pca; None: umap, or pca with a warning where fastumap is not installed.

    Raises:
        RecipeError: the Run has no features, or there is no such projection.
        MissingExtraError: umap was asked for and its package is not installed.
        DataError: the data is not what the Run was trained on.
    """
    check_projection(projection)
    classifier = mapped_classifier(run)
    if classifier is None:
        raise RecipeError(
            f"{run.path} is of the method {run.method!r}, which has no features to map: expected a run of "
            "the method 'tfidf' or 'features'; `textkind train DATA` makes one"
        )
    return mapped(run, run_data(run, data), classifier, projection)


def mapped(
    run: Run, dataset: Dataset, classifier: FeatureClassifier, projection: str | None = None
) -> FeatureMap:
    """Do what `feature_map` does for who has read the Run's data already."""
    splits = [dataset.split("train"), dataset.split("validation")]
    (train, validation), drawn = layout(classifier, splits, projection, run.recipe.seed)
    colours = _colours(splits, dataset)
    with progress.job("Comparing neighbours"):
        shares = _agreement(drawn, (train, validation), colours)
    names = dataset.labels.names
    bare = any((one == len(names)).any() for one in colours)
    names = (*names, NO_LABEL) if bare else names
    answers = [classifier.head_.proba(block) for block in (train, validation)]
    points = [
        point
        for split, places, colour, proba in zip(
            splits, (drawn.train, drawn.placed), colours, answers, strict=True
        )
        for point in _points(split, places, [names[number] for number in colour], dataset, proba)
    ]
    return FeatureMap(run.path.name, names, dataset.labels.multi_label, points, drawn, shares)


def check_projection(name: str | None) -> None:
    """Raise RecipeError if a projection is named that there is not."""
    if name is not None and name not in PROJECTIONS:
        raise RecipeError(f"unknown projection {name!r}: expected {listed(PROJECTIONS)}")


def mapped_classifier(run: Run) -> FeatureClassifier | None:
    """The Run's classifier with its encoders reading from the cache; None if its method has no features."""
    run.classifier.cache_in(str(feature_folder()))
    classifier = run.classifier.best_ if isinstance(run.classifier, TunedClassifier) else run.classifier
    return classifier if isinstance(classifier, FeatureClassifier) else None


def layout(
    classifier: FeatureClassifier, splits: Sequence[Split], projection: str | None, seed: int
) -> tuple[tuple[Features, Features], Projection]:
    """The features of train and of the rows of another split, and where both lie in two dimensions."""
    with progress.job("Reading features"):
        train, validation = (classifier.features(split.texts) for split in splits)
    with progress.job("Projecting features"):
        return (train, validation), _project(train, validation, projection, seed)


def _project(train: Features, validation: Features, asked: str | None, seed: int) -> Projection:
    try:
        return PROJECTIONS[asked or "umap"](train, validation, seed=seed)
    except MissingExtraError as error:
        if asked:
            raise
        log.warning("The map is drawn with PCA, which shows less than UMAP: %s", error)
        return pca(train, validation, seed=seed)


def _colours(splits: list[Split], dataset: Dataset) -> list[np.ndarray]:
    """One label number per row: of several the commonest in train; k where a row has none."""
    if not dataset.labels.multi_label:
        return [split.targets for split in splits]
    counts = splits[0].targets.sum(axis=0)
    weights = [split.targets * (counts + 1) for split in splits]  # a label that train lacks counts, too
    return [np.where(one.any(axis=1), one.argmax(axis=1), len(counts)) for one in weights]


def _agreement(
    drawn: Projection, features: tuple[Features, Features], colours: list[np.ndarray]
) -> dict[str, float]:
    train, validation = features
    return {
        "neighbours": min(NEIGHBOURS, train.shape[0]),
        "n": validation.shape[0],
        "map": agreement(drawn.train, drawn.placed, *colours, cosine=False),
        "features": agreement(train, validation, *colours, cosine=True),
    }


def _points(
    split: Split, places: np.ndarray, colours: list[str], dataset: Dataset, proba: np.ndarray
) -> list[dict]:
    decided = dataset.labels.decide(proba)
    wrong = decided != split.targets
    wrong = wrong.any(axis=1) if dataset.labels.multi_label else wrong
    true, answered = dataset.labels.name(split.targets), dataset.labels.name(decided)
    return [
        {
            "split": split.name,
            "row": row,
            "x": round(float(x), 4),
            "y": round(float(y), 4),
            "label": colours[row],
            "true": true[row],
            "predicted": answered[row],
            "wrong": bool(wrong[row]),
            "text": _short(text),
        }
        for row, (text, (x, y)) in enumerate(zip(split.texts, places, strict=True))
    ]


def _short(text: Text) -> str:
    """One line of a text, or of both sides of a pair."""
    line = " ".join((text if isinstance(text, str) else " | ".join(text)).split())
    return line if len(line) <= _CHARACTERS else line[: _CHARACTERS - 1] + "…"
