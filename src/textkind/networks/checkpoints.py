"""Checkpoints: which one a training goes on from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
