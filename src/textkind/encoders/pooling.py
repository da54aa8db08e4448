"""Turn the hidden states of a text's tokens into one vector."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def mean(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the real tokens; padding does not count.

    states: (rows, tokens, d); mask: (rows, tokens) of 0 and 1. Returns (rows, d).
    """
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def cls(states: Tensor, mask: Tensor) -> Tensor:
    """The state of the first token, [CLS] in BERT's family."""
    return states[:, 0]


def last(states: Tensor, mask: Tensor) -> Tensor:
    """The state of the last real token; the padding lies to its right."""
    ends = mask.sum(1).clamp(min=1) - 1
    return states[range(len(states)), ends]


def maximum(states: Tensor, mask: Tensor) -> Tensor:
    """The largest value of each dimension over the real tokens."""
    return states.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).amax(1)


POOLINGS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mean": mean,
    "cls": cls,
    "last": last,
    "max": maximum,
}
