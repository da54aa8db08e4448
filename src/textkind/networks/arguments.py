"""Everything that transformers' Trainer is told, in one place."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, TrainingArguments

from textkind.encoders.torch_engine import has_fast_bfloat16, on_gpu
from textkind.errors import RecipeError, did_you_mean
from textkind.networks.batches import Labelled
from textkind.networks.options import Plan, Training
from textkind.networks.tokens import TextTokens

_OURS = {  # TrainingArguments that have a key of their own, and that key
    "num_train_epochs": "epochs",
    "per_device_train_batch_size": "batch_size",
    "learning_rate": "learning_rate",
    "warmup_steps": "warmup",
    "weight_decay": "weight_decay",
    "label_smoothing_factor": "label_smoothing",
    "metric_for_best_model": "metric",
    "bf16": "precision",
    "seed": "seed",
}
_FIXED = {  # what the loop is built on
    "output_dir", "eval_strategy", "save_strategy", "load_best_model_at_end", "greater_is_better",
    "remove_unused_columns", "label_names", "train_sampling_strategy", "use_cpu", "batch_eval_metrics",
    "per_device_eval_batch_size", "prediction_loss_only", "include_for_metrics", "eval_do_concat_batches",
}  # fmt: skip
_EVERY_JOB: dict[str, Any] = {  # unless its `trainer` table says otherwise
    "eval_strategy": "steps",
    "save_strategy": "steps",
    "save_total_limit": 2,  # the best and the last, which a limit of 1 would remove once training has ended
    "load_best_model_at_end": True,
    "restore_callback_states_from_checkpoint": True,
    "logging_nan_inf_filter": False,
    "remove_unused_columns": False,
    "disable_tqdm": True,
    "log_level": "error",
    "report_to": "none",
}
_LOGS = 5  # points of the training loss between two evaluations


@dataclass(frozen=True)
class Job:
    """One training.

    Attributes:
        model: with as many outputs as there are columns in the targets; it is trained in place.
        train, validation: the rows to learn from, and those to watch.
        options, plan: how, and what that comes to for these rows.
        bfloat16: whether the network gains by it on a CPU that is made for it.
        seed: of dropout and of the order of the rows.
        folder: checkpoints are kept there; training goes on from the last one that it finds.
        tokens: how texts became rows.
    """

    model: PreTrainedModel
    train: Labelled
    validation: Labelled
    options: Training
    plan: Plan
    seed: int
    folder: Path
    tokens: TextTokens
    bfloat16: bool


def training_arguments(job: Job) -> TrainingArguments:
    """Translate the options of a job, with what its `trainer` table adds.

    Raises:
        RecipeError: that table has a key that is unknown, or that textkind sets by another name; or several
            processes cannot share a batch.
    """
    _check(job.options.trainer)
    options, plan = job.options, job.plan
    processes = int(os.environ.get("WORLD_SIZE", "1"))  # set by torchrun and accelerate
    if plan.batch_size % processes:
        raise RecipeError(
            f"batch_size = {plan.batch_size} cannot be shared by {processes} processes: take a multiple"
        )
    settings: dict[str, Any] = _EVERY_JOB | {
        "output_dir": str(job.folder),
        "num_train_epochs": plan.epochs,
        "per_device_train_batch_size": plan.batch_size // processes,
        "per_device_eval_batch_size": 2 * plan.batch_size,
        "learning_rate": plan.learning_rate,
        "warmup_steps": options.warmup,  # below 1: a share of all steps
        "weight_decay": options.weight_decay,
        "eval_steps": plan.between,
        "save_steps": plan.between,
        "logging_steps": max(1, plan.between // _LOGS),
        "metric_for_best_model": f"eval_{options.metric}",
        "greater_is_better": options.metric != "loss",
        "bf16": job.bfloat16 and options.precision == "auto" and has_fast_bfloat16(),
        "use_cpu": not on_gpu(),
        "dataloader_pin_memory": on_gpu(),
        "seed": job.seed,
    }
    settings |= options.trainer
    try:
        return TrainingArguments(**settings)
    except (ValueError, TypeError, ImportError) as error:
        raise RecipeError(f"method.trainer does not fit transformers' Trainer: {error}") from error


def _check(extra: Mapping[str, object]) -> None:
    known = {field.name for field in dataclasses.fields(TrainingArguments) if field.init}
    problems = [f"{key} is set by the key {_OURS[key]!r}" for key in extra if key in _OURS]
    problems += [f"{key} is textkind's own: leave it out" for key in extra if key in _FIXED]
    problems += [
        f"transformers.TrainingArguments has no {key!r}.{did_you_mean(key, known)}"
        for key in extra
        if key not in known
    ]
    if problems:
        raise RecipeError("method.trainer: " + "; ".join(problems))
