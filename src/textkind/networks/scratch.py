"""CNN and RNN: networks that are trained from scratch, with a tokenizer and embeddings of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textkind.encoders.pretrained import find_pretrained
from textkind.errors import RecipeError, listed
from textkind.networks.contract import Habits, Network
from textkind.networks.embeddings import RANDOM, starting_table
from textkind.networks.tokens import SEPARATOR, TextTokens, check_long, pretrained_tokens
from textkind.text.tokenizers import LEARNED, learn_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel

ACTIVATIONS = ("tanh", "relu")


@dataclass(frozen=True, kw_only=True)
class Scratch(Network):
    """What a CNN and an RNN have in common.

    Args:
        tokenizer: one of `textkind.text.tokenizers.LEARNED`, learned from the training texts; or the name or
            folder of a pretrained model, whose tokenizer is taken.
        vocabulary: the most entries of a learned one.
        min_count: how often a word or piece must occur to be learned.
        max_tokens: the most tokens of a row.
        long: what becomes of longer texts, see `textkind.text.windows.pieces`.
        embeddings: where the vectors of the entries begin: `random`; a file in the format of GloVe or
            word2vec; or the name or folder of a pretrained model, whose table (and tokenizer) are taken.
        dimension: the length of a vector; None: 128, or that of `embeddings`.
        dropout: the share of values that are left out in training, of vectors and of what is pooled.
    """

    tokenizer: str = "word"
    vocabulary: int = 20_000
    min_count: int = 2
    max_tokens: int = 512
    long: str = "head"
    embeddings: str = RANDOM
    dimension: int | None = None
    dropout: float = 0.5

    def tokens(self, texts: Sequence[str]) -> TextTokens:
        check_long(self.long)
        if self.tokenizer not in LEARNED:
            pretrained = find_pretrained(self.tokenizer)
            limit = min(self.max_tokens, pretrained.limit)
            return pretrained_tokens(pretrained, self.tokenizer, max_tokens=limit, long=self.long)
        from tokenizers.processors import TemplateProcessing

        learned = learn_tokenizer(self.tokenizer, texts, size=self.vocabulary, min_count=self.min_count)
        learned.add_special_tokens([SEPARATOR])
        learned.post_processor = TemplateProcessing(
            single="$A",
            pair=f"$A {SEPARATOR} $B",
            special_tokens=[(SEPARATOR, learned.token_to_id(SEPARATOR))],
        )
        return TextTokens(learned, self.max_tokens, self.long)

    def build(self, tokens: TextTokens, columns: int, *, multi_label: bool) -> PreTrainedModel:
        import torch

        vocabulary = tokens.tokenizer.get_vocab()
        table = starting_table(self.embeddings, vocabulary, self.dimension, tokenizer=self.tokenizer)
        sizes = {
            "vocab_size": len(table),
            "embedding_size": table.shape[1],
            "pad_token_id": tokens.pad_id,
            "num_labels": columns,
            "problem_type": "multi_label_classification" if multi_label else "single_label_classification",
        }
        model = self._model(sizes)
        table[tokens.pad_id] = 0
        with torch.no_grad():
            model.get_input_embeddings().weight.copy_(torch.from_numpy(table))  # ty: ignore[not-callable]
        return model

    @property
    def limit(self) -> int | None:
        return None if self.long == "windows" else self.max_tokens

    def _model(self, sizes: Mapping[str, Any]) -> PreTrainedModel:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Cnn(Scratch):
    """A convolutional network; see `CnnForSequenceClassification`, and `Scratch` for the other keys.

    Args:
        widths: how many tokens each kind of filter sees at once.
        filters: how many filters there are of each width.

    >>> Cnn(widths=(2, 3)).kind
    'cnn'
    """

    kind: ClassVar[str] = "cnn"
    widths: tuple[int, ...] = (1, 2, 3)
    filters: int = 128

    def habits(self) -> Habits:
        return Habits(learning_rate=1e-3, batch_size=64, epochs=(5, 40), steps=1500, bfloat16=False)

    def _model(self, sizes: Mapping[str, Any]) -> PreTrainedModel:
        from textkind.networks.convolutional import CnnConfig, CnnForSequenceClassification

        config = CnnConfig(widths=self.widths, filters=self.filters, dropout=self.dropout, **sizes)
        return CnnForSequenceClassification(config)


@dataclass(frozen=True, kw_only=True)
class Rnn(Scratch):
    """A recurrent network; see `RnnForSequenceClassification`, and `Scratch` for the other keys.

    Args:
        cell: `rnn`, `gru` or `lstm`.
        activation: of an `rnn`: `tanh` or `relu`.
        hidden: the length of a state.
        layers: how many stand above each other.
        bidirectional: whether another one reads from the end.

    >>> Rnn(cell="lstm").kind
    'rnn'
    """

    kind: ClassVar[str] = "rnn"
    cell: str = "gru"
    activation: str = "tanh"
    hidden: int = 128
    layers: int = 1
    bidirectional: bool = True

    def __post_init__(self) -> None:
        cells = ("rnn", "gru", "lstm")
        for name, value, known in (("cell", self.cell, cells), ("activation", self.activation, ACTIVATIONS)):
            if value not in known:
                raise RecipeError(f"unknown {name} {value!r}: expected {listed(known)}")

    def habits(self) -> Habits:
        return Habits(learning_rate=2e-3, batch_size=64, epochs=(5, 40), steps=1500, bfloat16=False)

    def _model(self, sizes: Mapping[str, Any]) -> PreTrainedModel:
        from textkind.networks.recurrent import RnnConfig, RnnForSequenceClassification

        config = RnnConfig(
            cell=self.cell,
            activation=self.activation,
            hidden_size=self.hidden,
            num_hidden_layers=self.layers,
            bidirectional=self.bidirectional,
            dropout=self.dropout,
            **sizes,
        )
        return RnnForSequenceClassification(config)
