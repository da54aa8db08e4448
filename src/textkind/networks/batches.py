"""The batches of a training: rows of like length, padded, in an order that can be told again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, Sampler

from textkind.networks.tokens import Rows
from textkind.text.batches import length_grouped, pad, rounded


@dataclass(frozen=True)
class Labelled(Dataset):
    """Token rows with the targets of their texts: (n,) numbers or an (n, k) 0/1 matrix in float32."""

    rows: Rows
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        item = {"input_ids": self.rows.ids[index], "labels": self.targets[self.rows.owner[index]]}
        if self.rows.types is not None:
            item["token_type_ids"] = self.rows.types[index]
        return item


class EpochOrder(Sampler):
    """Row numbers by `length_grouped`, another order in each epoch and the same one after a restart."""

    def __init__(self, lengths: np.ndarray, batch_size: int, seed: int, epoch: Callable[[], int]) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self):  # noqa: ANN204 - an iterator of int
        return iter(length_grouped(self.lengths, self.batch_size, seed=(self.seed, self.epoch())).tolist())


@dataclass(frozen=True)
class Collator:
    """Pad the rows of a batch to about the longest of them.

    Attributes:
        pad_id: of the tokenizer.
        most: tokens that the network takes. Batches come in few sizes below: torch keeps memory for each.
    """

    pad_id: int
    most: int

    def __call__(self, items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        width = rounded(max(1, *(len(item["input_ids"]) for item in items)), self.most)
        ids, mask = pad([item["input_ids"] for item in items], self.pad_id, width)
        batch = {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": np.stack([item["labels"] for item in items]),
        }
        if "token_type_ids" in items[0]:
            batch["token_type_ids"], _ = pad([item["token_type_ids"] for item in items], 0, width)
        return {name: torch.from_numpy(values) for name, values in batch.items()}
