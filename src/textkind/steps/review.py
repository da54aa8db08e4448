"""Prepare a review: the rows in their order, kept on disk so that the page opens at once the next time."""

import hashlib
import json
import logging
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from textkind import progress
from textkind.artifact.run import Run
from textkind.data.dataset import Dataset
from textkind.encoders.cache import cache_limit, feature_folder, review_folder, trim
from textkind.encoders.store import ABOUT
from textkind.errors import DataError, RunError
from textkind.files import new_file
from textkind.mistakes.judged import Judged
from textkind.review.desk import Desk
from textkind.review.log import ReviewLog
from textkind.review.rows import ReviewRows
from textkind.steps.errors import analysed
from textkind.steps.map import layout, mapped_classifier
from textkind.steps.train import run_data
from textkind.text.inputs import encodable

FORMAT = 1  # of what is kept; another number makes it anew
_KEPT = ("proba", "order", "suggested", "scores", "gains")

said = logging.getLogger("textkind")


def review(
    run: Run, *, reviewer: str, data: str | None = None, log: Path | None = None, folds: int | None = None
) -> Desk:
    """Bring rows, log and reviewer together.

    Args:
        run: an open Run.
        reviewer: who decides.
        data: where the data lies now, if it moved.
        log: of the decisions; None: see `log_of`.
        folds: see `textkind.steps.errors.error_analysis`.

    Raises:
        DataError: the data is not what the Run was trained on, or the log cannot be read.
    """
    reviewer, folder = encodable(reviewer.strip()), run.path.resolve()
    if not reviewer:
        raise DataError("expected a reviewer's name, found an empty one: name one with --reviewer")
    path = (log_of(run) if log is None else log).resolve()
    if path.is_relative_to(folder):
        raise DataError(f"{path} is inside the run, whose files must not change: name a --log elsewhere")
    opened = ReviewLog(path)  # a log that is broken is told before the work, not after it
    desk = Desk(folder.name, review_rows(run, data, folds), opened, reviewer, commands(run, path, data))
    if desk.elsewhere:
        said.warning(
            "%s holds %d decisions about rows that this run lacks or that have another text now: they are "
            "not shown, and training refuses those whose text changed",
            path,
            desk.elsewhere,
        )
    return desk


def log_of(run: Run) -> Path:
    """The log that the Run was trained with, which goes on growing, or a new one beside the Run's folder.

    Raises:
        DataError: the log that the Run was trained with is not there: a new one would forget its decisions.
    """
    used = run.recipe.data.corrections
    if used and not Path(used).exists():
        raise DataError(
            f"expected {used}, the log of corrections that {run.path} was trained with, found no such file: "
            "say with --log where it is now; a log that is not there yet would begin without its decisions"
        )
    if used:
        return Path(used)
    folder = run.path.resolve()  # it may be given as "."
    return folder.with_name(f"{folder.name}.corrections.jsonl")


def commands(run: Run, log: Path, data: str | None) -> list[str]:
    """What to type to train with the log, and to see what it was worth."""
    folder = run.path.resolve()
    paths = (folder / "recipe.toml", log, f"{folder}-corrected", folder)
    recipe, corrections, after, before = (shlex.quote(str(path)) for path in paths)
    source = shlex.quote(data or _source(run))
    return [
        f"textkind train {source} --recipe {recipe} --corrections {corrections} --out {after}",
        f"textkind repair-report {before} {after}",
    ]


def _source(run: Run) -> str:
    """The data as the recipe names it, or its whole path if that name means nothing in this folder."""
    named, location = run.recipe.data.source, run.data["location"]
    return location if location and str(Path(named).resolve()) != location else named


def review_rows(run: Run, data: str | None = None, folds: int | None = None) -> ReviewRows:
    """The rows of train and validation in the order of review, from the cache if they are there."""
    kept = review_folder() / _key(run, folds) / "order.npz"
    found = _read(kept)
    if found is None:
        rows = _computed(run, data, folds)
        _keep(kept, rows, run)
        return rows
    return ReviewRows(
        Judged.of(run_data(run, data), found["proba"]),
        *(found[name] for name in _KEPT[1:]),
        json.loads(str(found["reasons"])),
        places=found.get("places"),
    )


def _computed(run: Run, data: str | None, folds: int | None) -> ReviewRows:
    dataset = run_data(run, data)
    queue = analysed(run, dataset, rows=0, folds=folds).queue
    return ReviewRows.of(queue, _places(run, dataset))


def _places(run: Run, dataset: Dataset) -> np.ndarray | None:
    """Where each row is on the map, by PCA, which is quick; None if there are no features."""
    classifier = mapped_classifier(run)
    if classifier is None:
        return None
    splits = dataset.open_splits()
    _, drawn = layout(classifier, (splits[0], splits[-1]), "pca", run.recipe.seed)
    return np.concatenate([drawn.train, drawn.placed] if len(splits) > 1 else [drawn.train])


def _key(run: Run, folds: int | None) -> str:
    """Changes with anything that the Run is made of, its data's fingerprint included."""
    made_of = f"{FORMAT}\n{folds}\n{(run.path / 'run.json').read_text('utf-8')}"
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _read(kept: Path) -> dict[str, np.ndarray] | None:
    if not kept.exists():
        return None
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
    except Exception:  # numpy and zipfile have an error of their own for each way to be broken
        return None  # it is made anew
    with suppress(OSError):
        kept.touch()  # used now: the cache drops what was not used for longest
    return found if {*_KEPT, "reasons"} <= found.keys() else None


def _keep(kept: Path, rows: ReviewRows, run: Run) -> None:
    """Keep the order, and the cache within its limit; a cache that cannot be written is none."""
    try:
        _write(kept, rows)
        about = f"order of review of {encodable(run.path.resolve().name)}\n"
        (kept.parent / ABOUT).write_text(about, "utf-8")
    except (OSError, RunError) as error:
        said.warning("The order of review is not kept for the next time: %s", error)
    trim(cache_limit(), feature_folder(), review_folder())


def _write(kept: Path, rows: ReviewRows) -> None:
    arrays: dict[str, Any] = {"proba": rows.judged.proba}
    arrays |= {name: getattr(rows, name) for name in _KEPT[1:]}
    arrays |= {} if rows.places is None else {"places": rows.places}
    arrays["reasons"] = np.array(json.dumps([list(own) for own in rows.reasons]))
    with progress.job("Keeping the order of review"), new_file(kept) as partial, partial.open("wb") as file:
        np.savez(file, **arrays)
