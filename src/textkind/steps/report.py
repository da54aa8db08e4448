"""All that is known of a Run on one page: figures, data, curves, map and errors."""

import json
from dataclasses import dataclass
from pathlib import Path

from textkind import progress
from textkind.artifact.run import Run
from textkind.data.checks import findings
from textkind.data.dataset import SEALED, Dataset
from textkind.data.exploration import Exploration
from textkind.errors import RunError
from textkind.files import new_file, refuse_existing
from textkind.report.joined_page import render_joined, sections
from textkind.steps.errors import analysed
from textkind.steps.explore import Explored
from textkind.steps.map import check_projection, mapped, mapped_classifier
from textkind.steps.train import run_data


@dataclass(frozen=True)
class JoinedReport:
    """What the page of a Run is made of, each part as its own command prints it.

    Attributes:
        name: of the Run.
        metrics: of the validation split.
        about: see `Run.about`.
        data: as `textkind explore` tells it, without texts of the sealed test split.
        feature_map: None: the method has no features.
        errors: of train rows out of their fold, and of validation rows.
    """

    name: str
    metrics: dict
    about: dict
    data: dict
    feature_map: dict | None
    errors: dict

    @property
    def sections(self) -> list[str]:
        """The sections that the page has, by name."""
        return list(sections(self.metrics, self.about, self.feature_map).values())

    def write(self, path: Path) -> None:
        """Write the page, whole or not at all."""
        page = render_joined(
            self.metrics, self.about, data=self.data, feature_map=self.feature_map, errors=self.errors
        )
        with new_file(path) as partial:
            partial.write_text(page, "utf-8")


def report(
    run: Run, *, data: str | None = None, projection: str | None = None, rows: int = 20
) -> JoinedReport:
    """Bring together what `train`, `explore`, `map` and `errors` say of a Run; test stays sealed.

    Args:
        run: an open Run.
        data: where the data lies now, if it moved.
        projection: of the map, umap or pca; None: umap, or pca where fastumap is not installed.
        rows: of each list of errors.

    Raises:
        RecipeError: there is no such projection.
        RunError: its figures are those of an earlier textkind.
        DataError: the data is not what the Run was trained on.
    """
    check_projection(projection)
    metrics = _metrics(run)
    dataset = run_data(run, data, keep="all")
    exploration = _exploration(run, dataset)
    explored = _explored(exploration)
    classifier = mapped_classifier(run)
    drawn = mapped(run, dataset, classifier, projection) if classifier else None
    found = analysed(run, dataset, rows=rows, audit=exploration.audit)
    return JoinedReport(
        name=run.path.name,
        metrics=metrics,
        about=run.about,
        data=explored,
        feature_map=drawn.to_dict() if drawn else None,
        errors=found.to_dict(),
    )


def page_of(run: Run, out: Path | None = None) -> Path:
    """Where the page of a Run goes: `out`, or beside the Run's folder.

    Raises:
        RunError: it is there already, or inside the Run, whose files must not change.
    """
    folder = run.path.resolve()
    path = folder.parent / f"{folder.name}.report.html" if out is None else out
    if path.resolve().is_relative_to(folder):
        raise RunError(f"{path} is inside the run, whose files must not change: name an --out elsewhere")
    refuse_existing(path, "file")
    return path


def _metrics(run: Run) -> dict:
    """The figures of the validation split; old ones without calibration are told before the work."""
    metrics = json.loads((run.path / "metrics.json").read_text("utf-8"))
    if "calibration" not in metrics:
        raise RunError(
            f"{run.path} has no calibration in metrics.json: it was made by an earlier textkind; train again"
        )
    return metrics


def _exploration(run: Run, dataset: Dataset) -> Exploration:
    """The data, counted in tokens of the Run's own encoder."""
    tokens, limit = {}, run.classifier.token_limit
    if limit is not None:
        with progress.job("Counting tokens"):
            splits = dataset.audited_splits()
            tokens = {name: run.classifier.token_counts(split.texts) for name, split in splits.items()}
    return Exploration(dataset, tokens=tokens, token_limit=limit)


def _explored(exploration: Exploration) -> dict:
    """The data as `textkind explore` tells it.

    The sealed test split is counted, because copies of its rows in train are what the audit is for; a page
    that shows answers beside it quotes none of its rows.
    """
    with progress.job("Looking for equal and nearly equal texts"):
        document = Explored(exploration, findings(exploration, unquoted=SEALED)).to_dict()
    extremes = {
        name: [row for row in document[name] if row["split"] != SEALED] for name in ("longest", "shortest")
    }
    return {**document, **extremes}
