"""Checkpoints: which one a training goes on from, and whether anything is left to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import TrainerState
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint that was written whole.

    Attributes:
        folder: where it lies.
        state: what the Trainer had done by then.
    """

    folder: Path
    state: TrainerState

    def kept(self, callback: str) -> dict[str, Any]:
        """What one of the Trainer's callbacks had to keep, by the name of its class."""
        states: Any = self.state.stateful_callbacks  # by name, once they are read from a file
        return states[callback]

    @property
    def stopped(self) -> bool:
        """Whether patience or a time limit ended the training here, before its last step."""
        control = self.kept("TrainerControl")["args"]
        return control["should_training_stop"] and self.state.global_step < self.state.max_steps

    @property
    def best(self) -> str:
        """Where the best weights lie, also if the folder of all checkpoints has been moved since."""
        return str(self.folder.with_name(f"{PREFIX_CHECKPOINT_DIR}-{self.state.best_global_step}"))


def last_checkpoint(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that was written whole, or None.

    The Trainer writes a checkpoint in its place, the state at the end: one without it was cut short by a
    kill, and is passed over. It is written anew when the training comes to its step again.
    """
    whole = []
    for path in folder.glob(f"{PREFIX_CHECKPOINT_DIR}-*"):
        try:
            state = TrainerState.load_from_json(str(path / TRAINER_STATE_NAME))
        except (OSError, ValueError):
            continue
        whole.append(Checkpoint(path, state))
    return max(whole, key=lambda one: one.state.global_step, default=None)
