"""The one training loop of all networks: transformers' Trainer, with batches of like length."""

from __future__ import annotations

import logging
from typing import Any, cast

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler
from transformers import EarlyStoppingCallback, PreTrainedModel, PrinterCallback, Trainer
from transformers.utils.logging import disable_progress_bar

from textkind import progress
from textkind.encoders.torch_engine import on_gpu
from textkind.networks.arguments import Job, training_arguments
from textkind.networks.batches import Collator, EpochOrder
from textkind.networks.checkpoints import Checkpoint, last_checkpoint
from textkind.networks.figures import Figures, majority_f1
from textkind.networks.history import Evaluation, History
from textkind.networks.losses import Loss, balanced
from textkind.networks.memory import estimated_megabytes, explained, peak_megabytes, return_large_blocks
from textkind.networks.watching import Clock, Watcher

log = logging.getLogger("textkind")


def train_network(job: Job) -> tuple[PreTrainedModel, History]:
    """Train until the epochs, the patience or the time are over, and go back to the best checkpoint.

    Returns:
        The model, on the CPU and ready to predict, and how it went.

    Raises:
        RecipeError: settings that the Trainer does not have, a loss that is no number, or too little memory.
    """
    disable_progress_bar()
    return_large_blocks()
    watcher = Watcher()
    trainer = _trainer(job, [Clock(job.options.max_minutes), watcher])
    estimate = _estimate(job, trainer)
    with progress.job("Training the network", total=job.plan.steps) as task, explained(job.plan):
        watcher.task = task
        clock = _train(trainer, last_checkpoint(job.folder))
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()  # all read the folder of checkpoints, which the first will remove
    early = trainer.state.global_step < trainer.state.max_steps
    about = {
        "rows": len(job.train),
        "validation_rows": len(job.validation),
        "learning_rate": job.plan.learning_rate,
        "batch_size": job.plan.batch_size,
        "precision": "bfloat16" if trainer.args.bf16 else "float32",
        "processes": trainer.args.world_size,
        "seconds": round(clock.seconds, 2),
        "estimated_megabytes": estimate,
        "peak_megabytes": peak_megabytes(),
    }
    stopped = "max_minutes" if clock.over else "patience" if early else "epochs"
    # accelerate's wrapper would compute predictions in bfloat16, too
    model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return model.cpu().eval(), _history(job, trainer.state.log_history, stopped, about)


def _trainer(job: Job, callbacks: list[Any]) -> GroupedTrainer:
    weights = balanced(job.train.targets) if job.options.class_weight else None
    trainer = GroupedTrainer(
        model=job.model,
        args=training_arguments(job),
        data_collator=Collator(job.tokens.pad_id, job.tokens.limit),
        train_dataset=job.train,
        eval_dataset=job.validation,
        compute_loss_func=Loss(weights, job.options.label_smoothing),
        compute_metrics=Figures(job.validation),
        callbacks=callbacks,
    )
    trainer.job = job
    trainer.remove_callback(PrinterCallback)
    if job.options.patience:
        trainer.add_callback(EarlyStoppingCallback(job.options.patience))
    return trainer


def _train(trainer: Trainer, checkpoint: Checkpoint | None) -> Clock:
    """Train, from the checkpoint on if there is one; the clock that went with it."""
    if checkpoint is None or not checkpoint.stopped:
        trainer.train(resume_from_checkpoint=str(checkpoint.folder) if checkpoint else None)
        return cast("Clock", trainer.pop_callback(Clock))  # a restart puts another one in the place of ours
    trainer.state = checkpoint.state  # there is neither time nor patience for one more step
    trainer.state.best_model_checkpoint = checkpoint.best
    trainer._load_best_model()
    return Clock.from_state(checkpoint.kept("Clock"))


def _estimate(job: Job, trainer: Trainer) -> int | None:
    """Say how much memory the largest batch will take, before it is too late to say it; on a CPU only."""
    order = EpochOrder(job.train.rows.lengths, job.plan.batch_size, job.seed, lambda: 0)
    rows = list(order)[: trainer.args.per_device_train_batch_size]  # the longest row is among the first
    batch = Collator(job.tokens.pad_id, job.tokens.limit)([job.train[row] for row in rows])
    estimate = None if on_gpu() else estimated_megabytes(job.model, batch, bfloat16=trainer.args.bf16)
    memory = "" if estimate is None else f"; memory: about {estimate:,} MB"
    longest = job.train.rows.lengths.max()
    log.info(
        "%s steps of %s rows with up to %s tokens%s",
        f"{job.plan.steps:,}", job.plan.batch_size, longest, memory,
    )  # fmt: skip
    return estimate


class GroupedTrainer(Trainer):
    """A Trainer whose batches hold rows of like length, in an order that seed and epoch alone decide."""

    job: Job

    def _get_train_sampler(self, train_dataset: Dataset | None = None) -> Sampler:
        lengths = self.job.train.rows.lengths
        return EpochOrder(lengths, self.job.plan.batch_size, self.job.seed, self._epoch)

    def _epoch(self) -> int:
        return int(self.state.epoch or 0)


def _history(job: Job, logs: list[dict[str, Any]], stopped: str, about: dict[str, Any]) -> History:
    steps = [(entry["step"], float(entry["loss"])) for entry in logs if "loss" in entry]
    evaluations, before = [], 0
    for entry in logs:
        if "eval_loss" not in entry:
            continue
        since = [loss for step, loss in steps if before < step <= entry["step"]]
        before = entry["step"]
        evaluations.append(
            Evaluation(
                step=entry["step"],
                epoch=round(entry["epoch"], 4),
                training_loss=float(np.mean(since)) if since else None,
                loss=entry["eval_loss"],
                accuracy=entry["eval_accuracy"],
                macro_f1=entry["eval_macro_f1"],
            )
        )
    metric = job.options.metric
    figures = [getattr(one, metric) for one in evaluations]
    best = figures.index(min(figures) if metric == "loss" else max(figures))
    return History(
        evaluations=tuple(evaluations),
        steps=tuple(steps),
        best=best,
        metric=metric,
        stopped=stopped,
        majority_f1=majority_f1(job.validation.targets),
        about=about,
    )
