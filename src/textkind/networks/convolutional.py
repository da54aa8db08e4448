"""A convolutional network: embeddings, filters, their maximum over the text, a linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput

from textkind.networks.losses import default_loss


class CnnConfig(PretrainedConfig):
    """The sizes of a `CnnForSequenceClassification`."""

    model_type = "textkind_cnn"

    def __init__(
        self,
        vocab_size: int = 10_000,
        embedding_size: int = 128,
        widths: Sequence[int] = (3, 4, 5),
        filters: int = 100,
        dropout: float = 0.5,
        pad_token_id: int = 0,
        **kwargs: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.embedding_size = embedding_size
        self.widths = list(widths)
        self.filters = filters
        self.dropout = dropout
        self.pad_token_id = pad_token_id
        super().__init__(**kwargs)


class CnnForSequenceClassification(PreTrainedModel):
    """Slide filters over the words of a text and keep the strongest answer of each.

    Kim, *Convolutional Neural Networks for Sentence Classification*, 2014. A window may run over the end of a
    text, into zeros, but starts at a token, so that the answer never depends on the padding beside it.
    """

    config_class = CnnConfig
    base_model_prefix = "cnn"

    def __init__(self, config: CnnConfig) -> None:
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.embedding_size, config.pad_token_id)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(config.embedding_size, config.filters, width) for width in config.widths
        )
        self.dropout = nn.Dropout(config.dropout)
        self.classifier = nn.Linear(config.filters * len(config.widths), config.num_labels or 2)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Torch's own beginnings are kept."""

    def get_input_embeddings(self) -> nn.Embedding:
        return self.embeddings

    def pooled(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The strongest answer of each filter: (rows, tokens) -> (rows, widths * filters)."""
        if attention_mask is None:
            attention_mask = input_ids != self.config.pad_token_id
        mask = attention_mask.to(self.embeddings.weight.dtype)[:, None]  # (rows, 1, tokens)
        embedded = self.embeddings(input_ids).transpose(1, 2) * mask  # (rows, embedding, tokens)
        embedded = self.dropout(embedded)
        strongest = []
        for width, convolution in zip(self.config.widths, self.convolutions, strict=True):
            beyond = embedded.new_zeros(*embedded.shape[:2], width - 1)  # a window starts at each token
            answers = torch.relu(convolution(torch.cat([embedded, beyond], dim=2)))
            strongest.append((answers * mask).amax(dim=2))  # 0 is the least that ReLU leaves
        return torch.cat(strongest, dim=1)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, labels: Tensor | None = None
    ) -> SequenceClassifierOutput:
        """Logits (rows, k), and the loss if `labels` are given."""
        logits = self.classifier(self.dropout(self.pooled(input_ids, attention_mask)))
        loss = None if labels is None else default_loss(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
