"""A frozen pretrained transformer as a feature extractor."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.base import clone

from textkind import progress
from textkind.encoders.contract import Encoder
from textkind.encoders.pooling import POOLINGS
from textkind.encoders.pretrained import Pretrained, find_pretrained
from textkind.encoders.store import FeatureStore
from textkind.errors import RecipeError, RunError, did_you_mean, listed
from textkind.text.batches import pad, token_budget_batches

_CHUNK = 4096  # texts that are tokenized, sorted and kept in the store at once
_BATCH_TOKENS = 2048  # fits the caches of a CPU core; larger batches run slower there

log = logging.getLogger("textkind")


class TransformerEncoder(Encoder):
    """The pooled last hidden states of a pretrained encoder, in float32.

    Each distinct text is encoded once, in batches of texts of like length. The model itself is loaded
    only when there is a text whose vector is not in `cache`.

    Args:
        model: `minilm` (the packaged all-MiniLM-L6-v2), a folder, or a name on the Hub.
        revision: of a Hub model: a branch, tag or commit.
        pooling: `mean` (over the real tokens), `cls`, `last` or `max`.
        max_tokens: cut texts there, special tokens included; None: at the model's own limit.
        cache: a folder to keep vectors in; None keeps none.

    Needs the extra `transformers`.
    """

    def __init__(
        self,
        *,
        model: str = "minilm",
        revision: str | None = None,
        pooling: str = "mean",
        max_tokens: int | None = None,
        cache: str | None = None,
    ) -> None:
        self.model = model
        self.revision = revision
        self.pooling = pooling
        self.max_tokens = max_tokens
        self.cache = cache

    def _learn(self, texts: list[str]) -> None:
        """Nothing is learned: find the model, check the arguments."""
        if self.pooling not in POOLINGS:
            raise RecipeError(
                f"unknown pooling {self.pooling!r}: expected {listed(POOLINGS)}."
                + did_you_mean(self.pooling, POOLINGS)
            )
        self._use(find_pretrained(self.model, self.revision))

    def _ready(self) -> Self:
        """The encoder with its tokenizer at hand; before `fit`, a copy of it."""
        if hasattr(self, "pretrained_"):
            return self
        return clone(self).fit([])

    def _use(self, pretrained: Pretrained) -> None:
        self.pretrained_ = pretrained
        self.sha256_ = pretrained.sha256
        limit = pretrained.limit
        if self.max_tokens is not None and not 3 <= self.max_tokens <= limit:
            raise RecipeError(
                f"max_tokens must lie between 3 and {limit}, the limit of {self.model!r}, "
                f"found {self.max_tokens}"
            )
        self.limit_ = self.max_tokens or limit

    @property
    def token_limit(self) -> int | None:
        return self._ready().limit_

    def _count(self, texts: list[str]) -> np.ndarray:
        tokenizer = self._ready().pretrained_.tokenizer
        tokenizer.no_truncation()
        counts = np.zeros(len(texts), np.int64)
        for start in range(0, len(texts), _CHUNK):
            encodings = tokenizer.encode_batch_fast(texts[start : start + _CHUNK])
            counts[start : start + _CHUNK] = [len(encoding) for encoding in encodings]
        return counts

    def _encode(self, texts: list[str]) -> np.ndarray:
        distinct = list(dict.fromkeys(texts))
        row = {text: number for number, text in enumerate(distinct)}
        vectors = self._distinct(distinct)
        if len(distinct) == len(texts):
            return vectors
        return vectors[[row[text] for text in texts]]

    def _distinct(self, texts: list[str]) -> np.ndarray:
        store = FeatureStore(Path(self.cache), self._identity()) if self.cache else None
        kept, known = store.get(texts) if store else (None, np.zeros(len(texts), bool))
        missing = np.flatnonzero(~known)
        vectors = kept
        if vectors is None:
            vectors = np.zeros((len(texts), self.pretrained_.config["hidden_size"]), np.float32)
        if not len(missing):
            return vectors
        _ = self.pretrained_.model  # loaded before the clock of the bar starts
        with progress.job("Encoding texts", total=len(missing)) as task:
            for start in range(0, len(missing), _CHUNK):
                rows = missing[start : start + _CHUNK]
                chunk = [texts[number] for number in rows]
                for batch, output in self._batches(chunk):
                    vectors[rows[batch]] = output
                    task.advance(len(batch))
                if store:
                    store = _keep(store, chunk, vectors[rows])
        return vectors

    def _batches(self, texts: list[str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield row numbers and their vectors, batch by batch."""
        import torch

        model, tokenizer = self.pretrained_.model, self.pretrained_.tokenizer
        tokenizer.enable_truncation(self.limit_)
        ids = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts)]
        pool = POOLINGS[self.pooling]
        pad_id = self.pretrained_.config.get("pad_token_id") or 0
        with torch.inference_mode():
            for batch in token_budget_batches([len(one) for one in ids], _BATCH_TOKENS):
                arrays = pad([ids[number] for number in batch], pad_id)
                padded, mask = (torch.from_numpy(array).to(model.device) for array in arrays)
                states = model(input_ids=padded, attention_mask=mask).last_hidden_state
                yield batch, pool(states, mask).float().cpu().numpy()

    def _identity(self) -> str:
        """Everything besides the text that changes a vector."""
        return f"{self.sha256_} {self.pooling} {self.limit_} float32 last-layer"

    def _settings(self) -> dict:
        return {**self.get_params(), "cache": None}  # a path of this machine

    def _save_state(self, folder: Path) -> None:
        (folder / "pretrained.json").write_text(json.dumps({"sha256": self.sha256_}) + "\n", "utf-8")

    def _load_state(self, folder: Path) -> None:
        """Find the same weights again; a Run names them by their sha256 and does not copy them."""
        expected = json.loads((folder / "pretrained.json").read_text("utf-8"))["sha256"]
        found = find_pretrained(self.model, self.revision)
        if found.sha256 != expected:
            raise RunError(
                f"the weights of {self.model!r} changed since training (sha256 {found.sha256[:12]}..., "
                f"expected {expected[:12]}...): restore them, or train again"
            )
        self._use(found)


def _keep(store: FeatureStore, texts: list[str], vectors: np.ndarray) -> FeatureStore | None:
    """Add to the store; a store that cannot be written is given up with a warning."""
    try:
        store.add(texts, vectors)
    except OSError as error:
        log.warning("Features are not kept: %s cannot be written (%s).", store.folder, error.strerror)
        return None
    return store
