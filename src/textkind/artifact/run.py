"""Run: a self-describing folder with recipe, labels, model, predictions, report and environment.

run.json                  format, version, method, sha256 of every file below
recipe.toml               the choice, defaults filled in
labels.json  data.json  environment.json
model/  baselines/NAME/   classifiers; no pickle
seeds.json                the figures of several seeds, if there were any
metrics.json  predictions.parquet  report.html      of the validation split
evaluations/SPLIT-N/      the same of each later evaluation
test_openings.jsonl       one line each time the test split was opened
"""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np

from textkind.artifact.environment import environment, installed
from textkind.artifact.seeds import load_seeds, save_seeds
from textkind.classifiers import catalog
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.tuning import tuning_of
from textkind.data.dataset import Dataset
from textkind.errors import RunError, TextkindError, listed
from textkind.files import checksums, new_folder
from textkind.labels import LabelSet
from textkind.networks.history import training_of
from textkind.recipe import Recipe
from textkind.report.page import render
from textkind.report.report import Report
from textkind.text.truncation import Truncation

FORMAT = 1
_NEEDED = ("recipe.toml", "labels.json", "data.json", "environment.json", "model/classifier.json")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a training hands over to be saved.

    Attributes:
        classifiers: the method and the baselines by name, fitted.
        report: on the validation split.
        truncation: of the training texts.
        seeds: the figures of several seeds, see `textkind.artifact.seeds`; None: there was one.
    """

    recipe: Recipe
    dataset: Dataset
    classifiers: Mapping[str, TextClassifier]
    report: Report
    truncation: Truncation
    seeds: Mapping[str, Any] | None = None


class Run:
    """A saved training, opened with `Run.load` and ready to predict.

    Attributes:
        path: its folder.
        recipe: the filled-in recipe.
        labels: the LabelSet: column j of every probability is `labels.names[j]`.
        data: what data.json says of the data set.
    """

    def __init__(self, path: Path, manifest: Mapping[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self.recipe = Recipe.build(Recipe.read(path / "recipe.toml"))
        self.labels = LabelSet.load(path / "labels.json")
        self.data = json.loads((path / "data.json").read_text("utf-8"))

    @classmethod
    def save(cls, path: Path, outcome: Outcome) -> Self:
        """Write a new folder at `path`, whole or not at all, and open it.

        Raises:
            RunError: `path` exists or cannot be written.
        """
        method = outcome.recipe.method.name
        with new_folder(path) as folder:
            (folder / "recipe.toml").write_text(outcome.recipe.to_toml(), "utf-8")
            outcome.dataset.labels.save(folder / "labels.json")
            data = {**outcome.dataset.to_dict(), "truncation": outcome.truncation.to_dict()}
            data["method_notes"] = outcome.classifiers[method].notes
            _write_json(folder / "data.json", data)
            _write_json(folder / "environment.json", environment())
            for name, classifier in outcome.classifiers.items():
                classifier.save(folder / "model" if name == method else folder / "baselines" / name)
            manifest = {
                "format": FORMAT,
                "textkind": installed("textkind"),
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "name": path.name,
                "method": method,
            }
            outcome.report.save(folder)
            save_seeds(folder, outcome.seeds)
            page = render(outcome.report.to_dict(), _about(manifest, folder, openings=0))
            (folder / "report.html").write_text(page, "utf-8")
            _write_json(folder / "run.json", {**manifest, "files": checksums(folder)})
        return cls.load(path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Open a Run after checking that it is complete and unchanged. No code in it is ever run.

        Raises:
            RunError: no such folder, not a Run, of a later format, incomplete, or changed.
        """
        path = Path(path)
        manifest = _manifest(path)
        expected, found = manifest["files"], checksums(path)
        lost = {name for name in expected if name not in found} | set(_NEEDED) - expected.keys()
        if lost:
            raise RunError(f"{path} is incomplete, it lacks {listed(sorted(lost))}: copy the whole folder")
        changed = [name for name, sha256 in expected.items() if found[name] != sha256]
        if changed:
            raise RunError(
                f"{path} was changed after it was saved: {listed(changed)} differ from the checksums in "
                "run.json; restore the files, or train again"
            )
        with _readable(path):
            return cls(path, manifest)

    @property
    def method(self) -> str:
        """The name of the method."""
        return self.recipe.method.name

    @cached_property
    def classifier(self) -> TextClassifier:
        """The method's classifier, loaded at first use."""
        return self._classifier(self.path / "model")

    @cached_property
    def baselines(self) -> dict[str, TextClassifier]:
        """The baselines' classifiers by name; the method itself stands for a baseline of its name."""
        names = sorted(
            {Path(name).parts[1] for name in self.manifest["files"] if name.startswith("baselines/")}
        )
        loaded = {name: self._classifier(self.path / "baselines" / name) for name in names}
        if self.method in ("majority", "tfidf"):
            loaded[self.method] = self.classifier
        return dict(sorted(loaded.items()))

    def _classifier(self, folder: Path) -> TextClassifier:
        with _readable(folder):
            classifier = catalog.load(folder)
        if tuple(classifier.classes_.tolist()) != self.labels.names:
            raise RunError(f"{folder} has other labels than {self.path / 'labels.json'}: train again")
        return classifier

    def predict_proba(self, texts: Sequence) -> np.ndarray:
        """Probabilities (n, k) in the order of `labels.names`."""
        return self.classifier.predict_proba(texts)

    def predict(self, texts: Sequence) -> list:
        """The answer to each text by name (a list of names each, if texts carry several labels)."""
        return self.labels.answers(self.predict_proba(texts))

    @property
    def ledger(self) -> Path:
        """The file with one line for each opening of the test split."""
        return self.path / "test_openings.jsonl"

    @property
    def openings(self) -> int:
        """How often the test split was opened for this Run."""
        return len(self.ledger.read_text("utf-8").splitlines()) if self.ledger.exists() else 0

    def state(self) -> dict:
        """What is true of the Run whatever the split: cut training texts, tuning, openings of test."""
        truncation = self.data["truncation"]
        return {
            "truncation": truncation,
            "truncation_sentence": Truncation(**truncation).sentence(),
            "method_notes": self.data["method_notes"],
            "tuning": tuning_of(self.path / "model"),
            "training": training_of(self.path / "model"),
            "seeds": load_seeds(self.path),
            "test_openings": self.openings,
        }

    @property
    def about(self) -> dict:
        """What its pages say beside the figures, see `textkind.report.page.render`."""
        return _about(self.manifest, self.path, openings=self.openings)

    def describe(self, report: Report) -> dict:
        """A report with the Run's state, as the command line prints it."""
        return {**report.to_dict(), **self.state()}

    def add_evaluation(self, report: Report) -> Path:
        """Write a report to the next free `evaluations/SPLIT-N`; earlier ones stay."""
        number = 1
        while (target := self.path / "evaluations" / f"{report.split}-{number}").exists():
            number += 1
        with new_folder(target) as folder:
            report.save(folder)
            (folder / "report.html").write_text(render(report.to_dict(), self.about), "utf-8")
        return target


@contextmanager
def _readable(path: Path) -> Generator[None]:
    """Say which folder it was if a file of a Run is whole but does not hold what it should."""
    try:
        yield
    except TextkindError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, OSError, BadZipFile) as error:
        raise RunError(
            f"{path} cannot be read ({type(error).__name__}: {error}): it was made by another version, "
            "or not by textkind; train again"
        ) from error


def _manifest(path: Path) -> dict:
    if not path.is_dir():
        raise RunError(f"no such run: {path} is not a folder; `textkind train DATA` makes one")
    try:
        manifest = json.loads((path / "run.json").read_text("utf-8"))
        created_by, version = manifest["textkind"], manifest["format"]
        manifest["files"].items()
    except FileNotFoundError as error:
        raise RunError(f"{path} is not a run, or an incomplete one: it has no run.json") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(f"{path / 'run.json'} is broken: restore it, or train again") from error
    if version != FORMAT:
        raise RunError(
            f"{path} has the format {version}, this textkind reads {FORMAT}: use textkind {created_by}"
        )
    return manifest


def _about(manifest: Mapping[str, Any], folder: Path, *, openings: int) -> dict:
    data = json.loads((folder / "data.json").read_text("utf-8"))
    return {
        "title": manifest["name"],
        "created": manifest["created"],
        "textkind": manifest["textkind"],
        "data": data,
        "truncation_sentence": Truncation(**data["truncation"]).sentence(),
        "test_openings": openings,
        "training": training_of(folder / "model"),
        "seeds": load_seeds(folder),
        "recipe": (folder / "recipe.toml").read_text("utf-8"),
        "environment": json.loads((folder / "environment.json").read_text("utf-8")),
    }


def _write_json(path: Path, content: Mapping) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
