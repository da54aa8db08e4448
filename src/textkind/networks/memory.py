"""How much memory a training takes: told before it starts, measured when it is over."""

from __future__ import annotations

import ctypes
import resource
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import torch

from textkind.errors import RecipeError

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

    from textkind.networks.options import Plan

_MOMENTS = 8  # bytes that AdamW keeps of each trained value, beside 4 of its gradient
_BACKWARD = 1.5  # of what is kept, with what a backward pass holds beside: measured (docs/experiments.md)
_MEGABYTE = 1_000_000
_MMAP_THRESHOLD = -3  # glibc's M_MMAP_THRESHOLD; once it is set, it does not grow any more
_LARGE = 4_000_000  # bytes


def return_large_blocks() -> None:
    """Have glibc hand blocks above 4 MB back to the system as soon as they are freed; elsewhere, nothing.

    Batches come in many sizes. Without this a process keeps what does not fit the next one, and grows to two
    or three times what it needs (docs/experiments.md). It holds for the rest of the process.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def peak_megabytes() -> int:
    """The most memory that this process ever held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE)


def estimated_megabytes(model: PreTrainedModel, batch: Mapping[str, Tensor], *, bfloat16: bool) -> int:
    """What the process will hold at most when it trains on batches up to this one, in MB.

    What it holds now, gradients and AdamW's moments of what is trained, and what one forward pass over the
    batch keeps for the backward one (counted, not guessed: the pass is made).
    """
    kept: dict[int, int] = {}

    def count(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()  # the tensor itself would hold on to the node that holds it, for ever

    held = _held_bytes()
    model.train()
    inputs = {name: values for name, values in batch.items() if name != "labels"}
    with (
        torch.random.fork_rng(),
        torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=bfloat16),
    ):
        model(**inputs)
    for parameter in model.parameters():
        kept.pop(parameter.untyped_storage().data_ptr(), None)
    trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    more = trained * (4 + _MOMENTS) + _BACKWARD * sum(kept.values())
    return round((held + more) / _MEGABYTE)


def _held_bytes() -> int:
    """The memory that this process holds now."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: the most that it held, which is near
        return peak_megabytes() * _MEGABYTE


@contextmanager
def explained(plan: Plan) -> Generator[None]:
    """Say which key to turn when the memory is not enough.

    Raises:
        RecipeError: in place of torch's error.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        told: Any = str(error)
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "alloc" not in told:
            raise
        raise RecipeError(
            f"not enough memory for batches of {plan.batch_size} rows: halve method.batch_size (and with it "
            "method.learning_rate), or lower method.max_tokens"
        ) from error
