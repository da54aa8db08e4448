"""Train a method beside the baselines, and evaluate a Run on any split."""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from textkind import progress
from textkind.artifact.run import Outcome, Run
from textkind.artifact.seeds import spread
from textkind.artifact.unfinished import Unfinished, refuse_unfinished, unfinished_folder
from textkind.classifiers import catalog
from textkind.classifiers.contract import TextClassifier
from textkind.data.correction_log import read
from textkind.data.corrections import Correction, apply
from textkind.data.dataset import SEALED, Dataset, Split
from textkind.data.metadata import Keep
from textkind.data.sources import LoadOptions, load_dataset
from textkind.encoders.cache import feature_folder
from textkind.errors import DataError, RecipeError
from textkind.files import refuse_existing
from textkind.recipe import Recipe
from textkind.report.report import Report
from textkind.tables import METHOD_TABLES, DataTable
from textkind.text.truncation import Truncation

BASELINES = ("majority", "tfidf")

log = logging.getLogger("textkind")


def train(recipe: Recipe, out: Path | None = None) -> tuple[Run, Report]:
    """Train the recipe's method and the baselines on train, report on validation, save a Run.

    A network keeps checkpoints in `OUT.training` until the Run is saved, so that `resume` can go on.

    Args:
        recipe: see Recipe.build.
        out: the new folder; None: `runs/DATA-METHOD-N` below the current one.

    Returns:
        The saved Run and its Report on the validation split. The test split stays sealed. The Run's recipe
        names the log of corrections from the root on, so that it is found from any folder.

    Raises:
        TextkindError: bad data, a choice that does not fit, or a folder that cannot be written.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and (
        out is None or recipe.method.name not in catalog.NETWORKS
    ):
        raise RecipeError(
            "several processes train a network only, and need --out: the folder that all of them know"
        )
    path = out or _next_name(recipe)
    refuse_existing(path)
    refuse_unfinished(path)
    return _trained(Unfinished(path, _with_log_from_root(recipe)))


def resume(out: Path | None = None) -> tuple[Run, Report]:
    """Go on with a training that was interrupted, from its last checkpoint; see `train`.

    Args:
        out: the folder that its Run is to have; None: the latest one that was interrupted below `runs`.

    Raises:
        TextkindError: there is none, its data changed, or what `train` raises.
    """
    unfinished = Unfinished.find(out)
    refuse_existing(unfinished.out)
    return _trained(unfinished)


def assist(recipe: Recipe | None, out: Path | None) -> None:
    """Do one process's share of a training that several do together; the first has `train` or `resume`.

    Args:
        recipe: as for `train`; None: as for `resume`.
        out: the folder that its Run is to have.

    Raises:
        TextkindError: what `train` raises.
    """
    unfinished = Unfinished(out, recipe) if recipe and out else Unfinished.find(out)
    recipe = unfinished.recipe
    dataset = _load(recipe.data, recipe.seed, unfinished.agreed() if recipe.data.corrections else None)
    for seed in _seeds(recipe):
        fit_on(_build(recipe.method.name, unfinished, dataset, seed), dataset)


def _with_log_from_root(recipe: Recipe) -> Recipe:
    if not recipe.data.corrections:
        return recipe
    data = recipe.data.model_copy(update={"corrections": str(Path(recipe.data.corrections).resolve())})
    return recipe.model_copy(update={"data": data})


def _trained(unfinished: Unfinished) -> tuple[Run, Report]:
    recipe = unfinished.recipe
    dataset = _load(recipe.data, recipe.seed, unfinished.corrections())
    for note in dataset.card.notes:
        log.warning("%s", note)
    names = dict.fromkeys([recipe.method.name, *BASELINES])
    classifiers = {name: _build(name, unfinished, dataset, recipe.seed) for name in names}
    truncation = _truncation(classifiers[recipe.method.name], dataset.split("train"))
    keeping = unfinished.kept(dataset) if recipe.method.name in catalog.NETWORKS else nullcontext()
    with keeping:
        for name, classifier in classifiers.items():
            with progress.job(f"Training {name}"):
                fit_on(classifier, dataset)
        report = _report(classifiers, recipe, dataset, dataset.split("validation"))
        outcome = Outcome(
            recipe=recipe,
            dataset=dataset,
            classifiers=classifiers,
            report=report,
            truncation=truncation,
            seeds=_spread(unfinished, dataset, report),
        )
        return Run.save(unfinished.out, outcome), report


def _truncation(method: TextClassifier, rows: Split) -> Truncation:
    with progress.job("Counting tokens"):
        truncation = Truncation.of(method.token_counts(rows.texts), method.token_limit)
    if truncation.rows_cut:
        log.warning("%s", truncation.sentence())
    return truncation


def fit_on(classifier: TextClassifier, dataset: Dataset) -> TextClassifier:
    """Fit a classifier on train; one that trains in steps watches validation."""
    rows, watched, y = dataset.split("train"), dataset.split("validation"), dataset.labels.y
    return classifier.fit(
        rows.texts,
        y(rows.targets),
        X_val=watched.texts,
        y_val=y(watched.targets),
        groups=dataset.groups("train"),
    )


def _seeds(recipe: Recipe) -> range:
    return range(recipe.seed, recipe.seed + recipe.seeds)


def _spread(unfinished: Unfinished, dataset: Dataset, first: Report) -> dict | None:
    """Train the method with the other seeds, too; the figures of all."""
    recipe, method = unfinished.recipe, unfinished.recipe.method.name
    reports = {recipe.seed: first}
    for seed in _seeds(recipe)[1:]:
        classifier = _build(method, unfinished, dataset, seed)
        with progress.job(f"Training {method} with seed {seed}"):
            fit_on(classifier, dataset)
        rows = dataset.split("validation")
        proba = classifier.predict_proba(rows.texts)
        reports[seed] = Report(
            rows.texts, rows.targets, proba, dataset.labels, method=method, split=rows.name, seed=recipe.seed
        )
    return spread(reports) if len(reports) > 1 else None


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
    run.classifier.cache_in(str(feature_folder()))
    rows = dataset.open_test(run.ledger) if split == SEALED else dataset.split(split)
    report = _report(classifiers, run.recipe, dataset, rows)
    return report, run.add_evaluation(report)


def run_data(run: Run, data: str | None = None, *, keep: Keep = ()) -> Dataset:
    """Read the data that a Run was trained on; its test split stays sealed.

    Args:
        run: an open Run.
        data: where the data lies now, if it moved.
        keep: columns to keep as metadata, see `LoadOptions`.

    Raises:
        DataError: it cannot be read, or is not what the Run was trained on.
    """
    table = _table(run, data)
    dataset = _load(table, run.recipe.seed, run.data.get("corrections", ()), keep)
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


def _load(table: DataTable, seed: int, decided: Sequence[dict] | None = None, keep: Keep = ()) -> Dataset:
    """Read the data, with the corrections of the log in it; or those `decided`, as the log may have grown."""
    settings = table.model_dump(exclude={"source", "corrections"})
    with progress.job(f"Reading {table.source}"):
        dataset = load_dataset(table.source, LoadOptions(seed=seed, keep=keep, **settings))
        if decided is None:
            return apply(dataset, read(Path(table.corrections))) if table.corrections else dataset
        return apply(dataset, [Correction(**one) for one in decided]) if decided else dataset


def _build(name: str, unfinished: Unfinished, dataset: Dataset, seed: int) -> TextClassifier:
    """The recipe's method with its settings, or a baseline with the defaults."""
    recipe = unfinished.recipe
    own = name == recipe.method.name
    return catalog.build(
        name,
        recipe.method_settings() if own else METHOD_TABLES[name]().model_dump(exclude={"name"}),
        labels=dataset.labels.names,
        seed=seed,
        cache=str(feature_folder()),
        checkpoints=unfinished.checkpoints(seed),
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


def _next_name(recipe: Recipe) -> Path:
    """`runs/DATA-METHOD-N` with the first free N."""
    stem = Path(recipe.data.source.replace(":", "/")).name.partition(".")[0] or "data"
    number = 1
    while _taken(path := Path("runs") / f"{stem}-{recipe.method.name}-{number}"):
        number += 1
    return path


def _taken(path: Path) -> bool:
    return path.exists() or unfinished_folder(path).exists()
