"""History: how a training went, and the checks on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from textkind.findings import Finding

_FILE = "training.json"
_RISEN = 1.1  # a validation loss that is so many times its lowest has risen
_LEAST = 0.02  # macro F1 beyond that of the most frequent label, from which on something was learned
_DIVERGED = 2.0  # a training loss that is so many times its lowest


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """The network at one step: the mean training loss since the last one, figures on validation rows."""

    step: int
    epoch: float
    training_loss: float | None
    loss: float
    accuracy: float
    macro_f1: float


@dataclass(frozen=True, kw_only=True)
class History:
    """How a training went.

    Attributes:
        evaluations: in order.
        steps: (step, training loss) now and then.
        best: the number of the evaluation whose weights were kept.
        metric: by which it is the best.
        stopped: why it ended: `epochs`, `patience` or `max_minutes`.
        majority_f1: macro F1 of the most frequent label on the same validation rows.
        about: rows, seconds, memory and the settings, for people.
    """

    evaluations: tuple[Evaluation, ...]
    steps: tuple[tuple[int, float], ...]
    best: int
    metric: str
    stopped: str
    majority_f1: float
    about: Mapping[str, Any]

    def findings(self) -> list[Finding]:
        """What the checks have to say, see docs/checks.md."""
        found = (check(self) for check in CHECKS.values())
        return [finding for finding in found if finding]

    def sentence(self) -> str:
        """Say it in one sentence."""
        last, best = self.evaluations[-1], self.evaluations[self.best]
        ended = {"epochs": "all epochs", "patience": "no gain any more", "max_minutes": "the time limit"}
        metric = self.metric.replace("_", " ").replace("f1", "F1")
        return (
            f"Trained for {last.epoch:.3g} epochs ({last.step:,} steps, {self.about['seconds']:.0f} s, "
            f"{self.about['peak_megabytes']:,} MB at most, ended by {ended[self.stopped]}); kept are the "
            f"weights after epoch {best.epoch:.3g}, the best {metric} on the validation rows, so that "
            "figures on these rows are a little too good"
        )

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {
            **asdict(self),
            "sentence": self.sentence(),
            "findings": [finding.to_dict() for finding in self.findings()],
        }

    def save(self, folder: Path) -> None:
        """Write training.json."""
        (folder / _FILE).write_text(json.dumps(self.to_dict(), ensure_ascii=False) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        values = json.loads((folder / _FILE).read_text("utf-8"))
        del values["sentence"], values["findings"]
        evaluations = tuple(Evaluation(**one) for one in values.pop("evaluations"))
        steps = tuple((step, loss) for step, loss in values.pop("steps"))
        return cls(evaluations=evaluations, steps=steps, **values)


def training_of(folder: Path) -> dict | None:
    """The history in a saved classifier's folder, as `to_dict` gives it; None if it has no steps."""
    path = folder / _FILE
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _overfitted(history: History) -> Finding | None:
    at, end = min(history.evaluations, key=lambda one: one.loss), history.evaluations[-1]
    if at.training_loss is None or end.training_loss is None or end.training_loss >= at.training_loss:
        return None
    if end.loss <= _RISEN * at.loss:
        return None
    return Finding(
        "T001",
        "tip",
        f"The validation loss rose from {at.loss:.3f} (epoch {at.epoch:.3g}) to {end.loss:.3f} (epoch "
        f"{end.epoch:.3g}) while the training loss fell: the network learned its rows by heart. Train for "
        "fewer epochs, or set label_smoothing or a higher dropout; probabilities may be too sure",
    )


def _unlearned(history: History) -> Finding | None:
    best = history.evaluations[history.best]
    if best.macro_f1 > history.majority_f1 + _LEAST:
        return None
    return Finding(
        "T002",
        "issue",
        f"Nothing was learned: macro F1 {best.macro_f1:.3f} on the validation rows, "
        f"{history.majority_f1:.3f} for the most frequent label alone. Train longer, try another "
        "learning_rate, or look at the labels",
    )


def _diverged(history: History) -> Finding | None:
    losses: Sequence[float] = [loss for _, loss in history.steps]
    if len(losses) < 3:
        return None
    lowest = min(losses)
    if losses[-1] < _DIVERGED * lowest or losses[-1] < losses[0]:
        return None
    return Finding(
        "T003",
        "issue",
        f"The training loss rose from {lowest:.3f} to {losses[-1]:.3f}: the learning rate "
        f"{history.about['learning_rate']:.2g} is too high. Set method.learning_rate to a third of it",
    )


CHECKS = {"T001": _overfitted, "T002": _unlearned, "T003": _diverged}
