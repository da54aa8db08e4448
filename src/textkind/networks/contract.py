"""What a network is before it is trained: its tokenizer, its layers, and how it likes to be trained."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textkind.networks.tokens import TextTokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True)
class Habits:
    """How a kind of network is trained if nothing else is said.

    Attributes:
        learning_rate: the highest.
        batch_size: rows before a step of the optimizer.
        epochs: fewest and most; between them, as many as `steps` steps take.
        bfloat16: whether it gains from it on a CPU that is made for it.
    """

    learning_rate: float
    batch_size: int
    epochs: tuple[int, int]
    steps: int
    bfloat16: bool


class Network(ABC):
    """A choice of layers and tokenizer; a plain description that nothing is learned into."""

    kind: ClassVar[str]

    @abstractmethod
    def tokens(self, texts: Sequence[str]) -> TextTokens:
        """How texts become ids; `texts` are what a tokenizer that must be learned is learned from."""

    @abstractmethod
    def build(self, tokens: TextTokens, columns: int, *, multi_label: bool) -> PreTrainedModel:
        """A new model with `columns` outputs, ready to be trained; torch's seed decides its beginnings."""

    @property
    @abstractmethod
    def limit(self) -> int | None:
        """The most tokens of a text that is read; None: all are."""

    @abstractmethod
    def habits(self) -> Habits:
        """How it is trained if nothing else is said."""

    def finish(self, model: PreTrainedModel) -> PreTrainedModel:
        """The model to keep of a trained one."""
        return model

    def hub_tokenizer(self, tokens: TextTokens) -> PreTrainedTokenizerBase:
        """The tokenizer as transformers' pipelines load it."""
        from transformers import PreTrainedTokenizerFast

        known = tokens.tokenizer.get_vocab()
        marks = {
            f"{name}_token": mark
            for name, mark in (("pad", "[PAD]"), ("unk", "[UNK]"), ("sep", "[SEP]"))
            if mark in known
        }
        return PreTrainedTokenizerFast(
            tokenizer_object=tokens.tokenizer,
            model_max_length=tokens.limit,
            model_input_names=["input_ids", "attention_mask"],
            **marks,
        )
