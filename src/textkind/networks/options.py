"""Training: how a network is trained, in a dozen keys, and what they come to for a number of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from textkind.errors import RecipeError, did_you_mean, listed
from textkind.networks.contract import Habits

METRICS = ("macro_f1", "accuracy", "loss")
PRECISIONS = ("auto", "exact")
_ROWS_PER_EVALUATION = 50_000  # of a larger training split, several times an epoch


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a network is trained; None leaves a choice to the kind of network and the number of rows.

    Args:
        epochs: passes over the training rows.
        batch_size: rows before a step of the optimizer (AdamW; Loshchilov and Hutter, 2019), of all processes
            together.
        learning_rate: the highest; it rises for the share `warmup` of the steps, then falls to 0 on a line.
        warmup: see there.
        weight_decay: of AdamW.
        label_smoothing: the share of each target that is spread over all labels.
        class_weight: `balanced` makes up for rare labels.
        metric: of the validation rows: the best checkpoint by it is kept. `macro_f1`, `accuracy` or `loss`.
        patience: stop after so many evaluations without a better one; 0: never.
        evaluations: how often in an epoch the validation rows are asked.
        max_minutes: stop after that time, restarts and all, with the best so far.
        precision: `auto` computes in bfloat16 where network and machine gain by it (weights stay float32),
            `exact` in float32. Predictions are computed in float32 in any case.
        trainer: more settings for `transformers.TrainingArguments`, by its names.

    >>> Training(epochs=2).plan(1000, Habits(1e-3, 50, (1, 9), 500, False)).steps
    40
    """

    epochs: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    warmup: float = 0.1
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    class_weight: str | None = None
    metric: str = "macro_f1"
    patience: int = 3
    evaluations: int | None = None
    max_minutes: float | None = None
    precision: str = "auto"
    trainer: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, value, known in (
            ("metric", self.metric, METRICS),
            ("precision", self.precision, PRECISIONS),
            ("class_weight", self.class_weight, (None, "balanced")),
        ):
            if value not in known:
                raise RecipeError(
                    f"unknown {name} {value!r}: expected {listed(known)}.{did_you_mean(str(value), METRICS)}"
                )

    def plan(self, rows: int, habits: Habits) -> Plan:
        """What the choices come to for a number of training rows."""
        batch_size = self.batch_size or habits.batch_size
        per_epoch = ceil(rows / batch_size)
        fewest, most = habits.epochs
        epochs = self.epochs or min(most, max(fewest, round(habits.steps / per_epoch)))
        evaluations = self.evaluations or max(1, round(rows / _ROWS_PER_EVALUATION))
        return Plan(
            epochs=epochs,
            batch_size=batch_size,
            steps=ceil(per_epoch * epochs),
            between=max(1, ceil(per_epoch / evaluations)),
            learning_rate=self.learning_rate or habits.learning_rate,
        )


@dataclass(frozen=True)
class Plan:
    """The numbers of one training.

    Attributes:
        epochs, batch_size, learning_rate: see `Training`.
        steps: of the optimizer, if nothing stops it early.
        between: steps from one evaluation to the next.
    """

    epochs: float
    batch_size: int
    steps: int
    between: int
    learning_rate: float
