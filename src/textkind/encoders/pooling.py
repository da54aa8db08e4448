"""Turn the hidden states of a text's tokens into one vector.

Every pooling takes the states (rows, tokens, d), the mask (rows, tokens) of 0 and 1 with the padding on
the right, and how many special tokens stand before the text; it returns (rows, d).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def mean(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The mean over the real tokens; padding does not count."""
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def cls(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The state of the first token, [CLS] in BERT's family."""
    return states[:, 0]


def first(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The state of the first token of the text itself, behind the special tokens."""
    return _at(states, (mask.sum(1) - 1).clamp(min=0, max=start))


def last(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The state of the last real token."""
    return _at(states, (mask.sum(1) - 1).clamp(min=0))


def maximum(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The largest value of each dimension over the real tokens."""
    return states.masked_fill(mask.unsqueeze(-1) == 0, float("-inf")).amax(1)


def attention(states: Tensor, mask: Tensor, start: int) -> Tensor:
    """The mean weighted by the attention that the first token's state pays to each real token's.

    The scaled dot product of Vaswani et al. (2017), equation 1, with the states themselves as queries,
    keys and values: there is nothing to learn.
    """
    scores = (states @ states[:, :1].transpose(1, 2)).squeeze(-1) / states.shape[-1] ** 0.5
    weights = scores.masked_fill(mask == 0, float("-inf")).softmax(1)
    return (states * weights.unsqueeze(-1)).sum(1)


def _at(states: Tensor, places: Tensor) -> Tensor:
    """The state at one place (rows,) of each row, in operations that can be traced for any number of rows."""
    places = places[:, None, None].expand(-1, 1, states.shape[2])
    return states.gather(1, places).squeeze(1)


Pooling = Callable[["Tensor", "Tensor", int], "Tensor"]

POOLINGS: dict[str, Pooling] = {
    "mean": mean,
    "cls": cls,
    "first": first,
    "last": last,
    "max": maximum,
    "attention": attention,
}
