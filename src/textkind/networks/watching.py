"""What happens beside a training: progress, a line for each evaluation, its time and the limit of it."""

from __future__ import annotations

import logging
import time
from typing import Any

import torch
from accelerate.utils import broadcast
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState

from textkind.progress import Task

log = logging.getLogger("textkind")


class Watcher(TrainerCallback):
    """Moves the progress bar, and says how each evaluation came out.

    Attributes:
        task: the job to advance.
    """

    task: Task

    def __init__(self) -> None:
        self._step = 0
        self._loss: float | None = None

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        self.task.advance(state.global_step - self._step)  # after a restart, all steps of before
        self._step = state.global_step

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any
    ) -> None:
        self._loss = told["logs"].get("loss", self._loss)

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any
    ) -> None:
        figures = told["metrics"]
        if not state.is_world_process_zero:
            return
        trained = "" if self._loss is None else f"training loss {self._loss:.3f}, "
        log.info(
            "epoch %.3g of %g: %svalidation loss %.3f, accuracy %.3f, macro F1 %.3f",
            state.epoch,
            args.num_train_epochs,
            trained,
            figures["eval_loss"],
            figures["eval_accuracy"],
            figures["eval_macro_f1"],
        )


class Clock(TrainerCallback, ExportableState):
    """Counts the time of a training, and ends one that takes too long after one more evaluation.

    The time is kept with each checkpoint and goes on from there.

    Args:
        minutes: that it may take; None: any.

    Attributes:
        before: seconds of it that passed before a restart.
        over: whether the time was over before the last step.
    """

    def __init__(self, minutes: float | None) -> None:
        self.minutes = minutes
        self.before = 0.0
        self.over = False
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """The time that the training has taken."""
        return self.before + time.monotonic() - self._started

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {
            "args": {"minutes": self.minutes},
            "attributes": {"before": self.seconds, "over": self.over},
        }

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        if self.minutes is not None and state.global_step < state.max_steps and self._late(args.device):
            self.over = True
            control.should_evaluate = control.should_save = control.should_training_stop = True
        return control

    def _late(self, device: torch.device) -> bool:
        """Whether the time is over by the clock of the first process: all must stop at the same step."""
        late = self.minutes is not None and self.seconds > 60 * self.minutes
        return bool(broadcast(torch.tensor(int(late), device=device)))
