"""Train a method beside the baselines, and evaluate a Run on any split."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from textkind import progress
from textkind.artifact.run import Outcome, Run
from textkind.classifiers import catalog
from textkind.classifiers.contract import TextClassifier
from textkind.data.corrections import Correction, apply, read
from textkind.data.dataset import SEALED, Dataset, Split
from textkind.data.sources import LoadOptions, load_dataset
from textkind.encoders.cache import feature_folder
from textkind.errors import DataError
from textkind.files import refuse_existing
from textkind.recipe import METHOD_TABLES, DataTable, Recipe
from textkind.report.report import Report
from textkind.text.truncation import Truncation

BASELINES = ("majority", "tfidf")

log = logging.getLogger("textkind")


def train(recipe: Recipe, out: Path | None = None) -> tuple[Run, Report]:
    """Train the recipe's method and the baselines on train, report on validation, save a Run.

    Args:
        recipe: see Recipe.build.
        out: the new folder; None: `runs/DATA-METHOD-N` below the current one.

    Returns:
        The saved Run and its Report on the validation split. The test split stays sealed.

    Raises:
        TextkindError: bad data, a choice that does not fit, or a folder that cannot be written.
    """
    path = out or _next_name(recipe)
    refuse_existing(path)
    dataset = _load(recipe.data, recipe.seed)
    for note in dataset.card.notes:
        log.warning("%s", note)
    train_split, validation = dataset.split("train"), dataset.split("validation")
    classifiers = {
        name: _build(name, recipe, dataset) for name in dict.fromkeys([recipe.method.name, *BASELINES])
    }
    method = classifiers[recipe.method.name]
    with progress.job("Counting tokens"):
        truncation = Truncation.of(method.token_counts(train_split.texts), method.token_limit)
    if truncation.rows_cut:
        log.warning("%s", truncation.sentence())
    targets = _names(train_split, dataset)
    for name, classifier in classifiers.items():
        with progress.job(f"Training {name}"):
            classifier.fit(train_split.texts, targets)
    report = _report(classifiers, recipe, dataset, validation)
    outcome = Outcome(
        recipe=recipe, dataset=dataset, classifiers=classifiers, report=report, truncation=truncation
    )
    return Run.save(path, outcome), report


def evaluate(run: Run, split: str, data: str | None = None) -> tuple[Report, Path]:
    """Report on a split of a Run's data, and write it to `evaluations/SPLIT-N` of the Run.

    Args:
        run: an open Run.
        split: "validation", "train", or "test": the only door to it, and every opening is counted.
        data: where the data lies now, if it moved.

    Returns:
        The Report, and the folder that it was written to.

    Raises:
        DataError: there is no such split, or the data is not what the Run was trained on.
    """
    dataset = run_data(run, data)
    classifiers = {run.method: run.classifier, **run.baselines}  # loaded before the seal is broken
    rows = dataset.open_test(run.ledger) if split == SEALED else dataset.split(split)
    report = _report(classifiers, run.recipe, dataset, rows)
    return report, run.add_evaluation(report)


def run_data(run: Run, data: str | None = None) -> Dataset:
    """Read the data that a Run was trained on; its test split stays sealed.

    Args:
        run: an open Run.
        data: where the data lies now, if it moved.

    Raises:
        DataError: it cannot be read, or is not what the Run was trained on.
    """
    table = _table(run, data)
    dataset = _load(table, run.recipe.seed, run.data.get("corrections", ()))
    if dataset.fingerprint != run.data["fingerprint"]:
        raise DataError(
            f"{table.source} is not the data that {run.path} was trained on: its texts, labels or splits "
            "differ (fingerprint); name the right one with --data, or train again"
        )
    return dataset


def original_data(run: Run, data: str | None = None) -> Dataset:
    """Read a Run's data as it was before any correction, after `run_data` has checked it.

    Args:
        run: an open Run.
        data: where the data lies now, if it moved.
    """
    corrected = run_data(run, data)
    return _load(_table(run, data), run.recipe.seed, ()) if corrected.card.corrections else corrected


def _table(run: Run, data: str | None) -> DataTable:
    """The recipe's data table, with the place where the data lies now."""
    source = data or (run.data["location"] if Path(run.data["location"] or "").exists() else None)
    return run.recipe.data.model_copy(update={"source": source or run.recipe.data.source})


def _load(table: DataTable, seed: int, decided: Sequence[dict] | None = None) -> Dataset:
    """Read the data, with the corrections of the log in it; or those `decided`, as the log may have grown."""
    settings = table.model_dump(exclude={"source", "corrections"})
    with progress.job(f"Reading {table.source}"):
        dataset = load_dataset(table.source, LoadOptions(seed=seed, **settings))
        if decided is None:
            return apply(dataset, read(Path(table.corrections))) if table.corrections else dataset
        return apply(dataset, [Correction(**one) for one in decided]) if decided else dataset


def _build(name: str, recipe: Recipe, dataset: Dataset) -> TextClassifier:
    """The recipe's method with its settings, or a baseline with the defaults."""
    own = name == recipe.method.name
    settings = recipe.method_settings() if own else METHOD_TABLES[name]().model_dump(exclude={"name"})
    return catalog.build(
        name, settings, labels=dataset.labels.names, seed=recipe.seed, cache=str(feature_folder())
    )


def _report(
    classifiers: Mapping[str, TextClassifier], recipe: Recipe, dataset: Dataset, split: Split
) -> Report:
    proba = {name: classifier.predict_proba(split.texts) for name, classifier in classifiers.items()}
    return Report(
        split.texts,
        split.targets,
        proba[recipe.method.name],
        dataset.labels,
        method=recipe.method.name,
        split=split.name,
        baselines={name: proba[name] for name in BASELINES},
        seed=recipe.seed,
    )


def _names(split: Split, dataset: Dataset) -> np.ndarray:
    return split.targets if dataset.labels.multi_label else np.array(dataset.labels.name(split.targets))


def _next_name(recipe: Recipe) -> Path:
    """`runs/DATA-METHOD-N` with the first free N."""
    stem = Path(recipe.data.source.replace(":", "/")).name.partition(".")[0] or "data"
    number = 1
    while (path := Path("runs") / f"{stem}-{recipe.method.name}-{number}").exists():
        number += 1
    return path
