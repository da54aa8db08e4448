"""A recurrent network: embeddings, an RNN, GRU or LSTM, its last valid state, a linear layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from textkind.networks.losses import default_loss

CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class RnnConfig(PretrainedConfig):
    """The sizes of an `RnnForSequenceClassification`."""

    model_type = "textkind_rnn"

    def __init__(  # noqa: PLR0913, PLR0917 - transformers' configs name each size
        self,
        vocab_size: int = 10_000,
        embedding_size: int = 128,
        cell: str = "gru",
        activation: str = "tanh",
        hidden_size: int = 128,
        num_hidden_layers: int = 1,
        bidirectional: bool = True,
        dropout: float = 0.3,
        pad_token_id: int = 0,
        **kwargs: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.embedding_size = embedding_size
        self.cell = cell
        self.activation = activation
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.bidirectional = bidirectional
        self.dropout = dropout
        self.pad_token_id = pad_token_id
        super().__init__(**kwargs)


class RnnForSequenceClassification(PreTrainedModel):
    """Read a text word by word and answer from the last state that a word made, never a padding.

    The states of Elman (*Finding Structure in Time*, 1990), Hochreiter and Schmidhuber (*Long Short-Term
    Memory*, 1997) or Cho et al. (GRU, 2014); of two directions (Schuster and Paliwal, 1997) the forward state
    at the last token and the backward state at the first are joined.
    """

    config_class = RnnConfig
    base_model_prefix = "rnn"

    def __init__(self, config: RnnConfig) -> None:
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.embedding_size, config.pad_token_id)
        nonlinear = {"nonlinearity": config.activation} if config.cell == "rnn" else {}
        self.cells = CELLS[config.cell](
            config.embedding_size,
            config.hidden_size,
            config.num_hidden_layers,
            batch_first=True,
            bidirectional=config.bidirectional,
            dropout=config.dropout if config.num_hidden_layers > 1 else 0.0,
            **nonlinear,
        )
        self.dropout = nn.Dropout(config.dropout)
        width = config.hidden_size * (2 if config.bidirectional else 1)
        self.classifier = nn.Linear(width, config.num_labels or 2)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Torch's own beginnings are kept."""

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embeddings

    def last_states(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The last valid state of each row: (rows, tokens) -> (rows, directions * hidden)."""
        if attention_mask is None:
            attention_mask = input_ids != self.config.pad_token_id
        lengths = attention_mask.sum(dim=1).clamp(min=1).cpu()  # a text without a token reads one padding
        embedded = self.dropout(self.embeddings(input_ids))
        packed = nn.utils.rnn.pack_padded_sequence(embedded, lengths, batch_first=True, enforce_sorted=False)
        _, state = self.cells(packed)
        hidden = state[0] if isinstance(state, tuple) else state  # an LSTM gives its memory, too
        directions = 2 if self.config.bidirectional else 1
        return torch.cat(list(hidden[-directions:]), dim=1)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, labels: Tensor | None = None
    ) -> SequenceClassifierOutput:
        """Logits (rows, k), and the loss if `labels` are given."""
        logits = self.classifier(self.dropout(self.last_states(input_ids, attention_mask)))
        loss = None if labels is None else default_loss(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
