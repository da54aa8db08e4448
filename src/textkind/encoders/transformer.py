"""A frozen pretrained transformer as a feature extractor."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.base import clone

from textkind import progress
from textkind.encoders.cache import cache_limit, trim
from textkind.encoders.contract import Encoder
from textkind.encoders.pooling import POOLINGS
from textkind.encoders.pretrained import Pretrained, check_same, find_pretrained, note_same
from textkind.encoders.sentence import SentenceSettings, sentence_settings
from textkind.encoders.store import FeatureStore
from textkind.encoders.torch_engine import Batch, TorchEngine
from textkind.errors import RecipeError, did_you_mean, listed
from textkind.text.batches import pad, token_budget_batches
from textkind.text.windows import LONG, pieces

OWN = "own"  # the pooling that a sentence-transformers folder names
_CHUNK = 4096  # texts that are tokenized, sorted and kept in the store at once
_BATCH_TOKENS = 2048  # fits the caches of a CPU core; larger batches run slower there

log = logging.getLogger("textkind")


class TransformerEncoder(Encoder):
    """The pooled hidden states of a pretrained encoder, in float32.

    Each distinct text is encoded once, in batches of texts of like length. The model itself is loaded
    only when there is a text whose vector is not in `cache`.

    Args:
        model: `minilm` (the packaged all-MiniLM-L6-v2), a folder, or a name on the Hub.
        revision: of a Hub model: a branch, tag or commit.
        pooling: `mean` (over the real tokens), `cls`, `first`, `last`, `max`, `attention`, or `own`: what a
            sentence-transformers folder says, its normalization, prompt and limit with it.
        layers: whose hidden states are pooled, one block of features each: 0 is the embeddings, -1 the
            last layer, -2 the one before.
        max_tokens: the most tokens of a piece, special tokens included; None: the model's own limit.
        long: what becomes of longer texts, see `textkind.text.windows.pieces`; the vectors of windows
            are averaged, weighted by their tokens.
        prompt: stands before every text, such as "query: ".
        cache: a folder to keep vectors in; None keeps none.

    Needs the extra `transformers`.
    """

    def __init__(  # noqa: PLR0913 - scikit-learn's parameters, one by one
        self,
        *,
        model: str = "minilm",
        revision: str | None = None,
        pooling: str = "mean",
        layers: Sequence[int] = (-1,),
        max_tokens: int | None = None,
        long: str = "head",
        prompt: str | None = None,
        cache: str | None = None,
    ) -> None:
        self.model = model
        self.revision = revision
        self.pooling = pooling
        self.layers = layers
        self.max_tokens = max_tokens
        self.long = long
        self.prompt = prompt
        self.cache = cache

    def _learn(self, texts: list[str]) -> None:
        """Nothing is learned: find the model, check the arguments."""
        for name, value, known in (
            ("pooling", self.pooling, (*POOLINGS, OWN)),
            ("long", self.long, LONG),
        ):
            if value not in known:
                nearest = did_you_mean(value, known)
                raise RecipeError(f"unknown {name} {value!r}: expected {listed(known)}.{nearest}")
        self._use(find_pretrained(self.model, self.revision))

    def _ready(self) -> Self:
        """The encoder with its tokenizer at hand; before `fit`, a copy of it."""
        if hasattr(self, "pretrained_"):
            return self
        return clone(self).fit([])

    def _use(self, pretrained: Pretrained) -> None:
        own = sentence_settings(pretrained.folder) if self.pooling == OWN else SentenceSettings(self.pooling)
        limit = min(pretrained.limit, own.max_tokens or pretrained.limit)
        if self.max_tokens is not None and not 3 <= self.max_tokens <= limit:
            raise RecipeError(
                f"max_tokens must lie between 3 and {limit}, the limit of {self.model!r}, "
                f"found {self.max_tokens}"
            )
        self.pretrained_ = pretrained
        self.sha256_ = pretrained.sha256
        self.sentence_ = own
        self.limit_ = self.max_tokens or limit
        self.layers_ = _layer_numbers(self.layers, pretrained)

    @property
    def token_limit(self) -> int | None:
        return None if self.long == "windows" else self._ready().limit_

    def _count(self, texts: list[str]) -> np.ndarray:
        ready = self._ready()
        special = sum(map(len, ready.pretrained_.special_tokens))
        counts = np.zeros(len(texts), np.int64)
        for start in range(0, len(texts), _CHUNK):
            ids = ready._ids(texts[start : start + _CHUNK])
            counts[start : start + _CHUNK] = [len(one) + special for one in ids]
        return counts

    def _ids(self, texts: list[str]) -> list[list[int]]:
        """The ids of whole texts, without special tokens."""
        prompt = self.sentence_.prompt if self.prompt is None else self.prompt
        texts = [prompt + text for text in texts] if prompt else texts
        texts = [text.lower() for text in texts] if self.sentence_.lowercase else texts
        encodings = self.pretrained_.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        return [encoding.ids for encoding in encodings]

    def _encode(self, texts: list[str]) -> np.ndarray:
        distinct = list(dict.fromkeys(texts))
        row = {text: number for number, text in enumerate(distinct)}
        vectors = self._distinct(distinct)
        if len(distinct) == len(texts):
            return vectors
        return vectors[[row[text] for text in texts]]

    def _distinct(self, texts: list[str]) -> np.ndarray:
        store = FeatureStore(Path(self.cache), self._identity(), self._about()) if self.cache else None
        kept, known = store.get(texts) if store else (None, np.zeros(len(texts), bool))
        missing = np.flatnonzero(~known)
        vectors = kept
        if vectors is None:
            vectors = np.zeros((len(texts), self._width), np.float32)
        if not len(missing):
            return vectors
        engine = self._engine()  # loaded before the clock of the bar starts
        with progress.job("Encoding texts", total=len(missing)) as task:
            for start in range(0, len(missing), _CHUNK):
                rows = missing[start : start + _CHUNK]
                chunk = [texts[number] for number in rows]
                vectors[rows] = self._vectors(chunk, engine, task)
                if store:
                    store = _keep(store, chunk, vectors[rows])
        if store:
            trim(store.folder.parent, cache_limit())
        return vectors

    @property
    def _width(self) -> int:
        config = self.pretrained_.config
        return (config.get("hidden_size") or config["dim"]) * len(self.layers_)

    def _engine(self) -> TorchEngine:
        with progress.job("Loading the encoder"):
            return TorchEngine(
                self.pretrained_.folder,
                layers=self.layers_,
                pooling=self.sentence_.pooling,
                start=len(self.pretrained_.special_tokens[0]),
            )

    def _vectors(self, texts: list[str], engine: TorchEngine, task: progress.Task) -> np.ndarray:
        """The vectors of texts (n, d): of each piece, then averaged over the pieces of a text."""
        before, behind = self.pretrained_.special_tokens
        room = self.limit_ - len(before) - len(behind)
        cut = [pieces(ids, room, self.long) for ids in self._ids(texts)]
        owner = np.repeat(np.arange(len(texts)), [len(parts) for parts in cut])
        ids = [[*before, *part, *behind] for parts in cut for part in parts]
        lengths = np.array([len(one) for one in ids])
        batches = list(token_budget_batches(lengths.tolist(), _BATCH_TOKENS))
        ends = np.append(owner[1:] != owner[:-1], True)  # the last piece of each text
        vectors = np.zeros((len(ids), self._width), np.float32)
        for batch, output in zip(batches, engine.run(self._padded(ids, batches)), strict=True):
            vectors[batch] = output
            task.advance(int(ends[batch].sum()))
        vectors[lengths == 0] = 0  # nothing is pooled of nothing
        vectors = _averaged(vectors, owner, lengths) if len(ids) > len(texts) else vectors
        return _normalized(vectors, len(self.layers_)) if self.sentence_.normalize else vectors

    def _padded(self, ids: list[list[int]], batches: list[np.ndarray]) -> Iterator[Batch]:
        for batch in batches:
            yield pad([ids[number] for number in batch], self.pretrained_.pad_id)

    def _identity(self) -> str:
        """Everything besides the text that changes a vector."""
        own, prompt = self.sentence_, self.prompt
        return " ".join(
            map(str, (self.sha256_, own, prompt, self.layers_, self.limit_, self.long, "float32"))
        )

    def _about(self) -> str:
        layers = "+".join(map(str, self.layers_))
        return f"{self.model}, {self.pooling}, layer {layers}, at most {self.limit_} tokens ({self.long})"

    def _settings(self) -> dict:
        return {**self.get_params(), "cache": None}  # a path of this machine

    def _save_state(self, folder: Path) -> None:
        note_same(folder, self.pretrained_)

    def _load_state(self, folder: Path) -> None:
        self._use(check_same(folder, find_pretrained(self.model, self.revision), self.model))


def _layer_numbers(layers: Sequence[int], pretrained: Pretrained) -> tuple[int, ...]:
    """Count from the embeddings, 0, up."""
    count = pretrained.config.get("num_hidden_layers") or pretrained.config.get("n_layers") or 0
    if not layers or not all(-count - 1 <= layer <= count for layer in layers):
        raise RecipeError(
            f"expected layers from 0, the embeddings, to {count}, the last one, or from -1 back to "
            f"{-count - 1}; found {list(layers)}"
        )
    return tuple(layer % (count + 1) for layer in layers)


def _averaged(vectors: np.ndarray, owner: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The mean vector of the pieces of each text, weighted by their tokens."""
    starts = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    weights = np.maximum(lengths, 1).astype(np.float32)
    return np.add.reduceat(vectors * weights[:, None], starts) / np.add.reduceat(weights, starts)[:, None]


def _normalized(vectors: np.ndarray, blocks: int) -> np.ndarray:
    """Vectors whose blocks have length 1."""
    parts = vectors.reshape(len(vectors), blocks, -1)
    lengths = np.linalg.norm(parts, axis=2, keepdims=True)
    return (parts / np.maximum(lengths, np.finfo(np.float32).tiny)).reshape(vectors.shape)


def _keep(store: FeatureStore, texts: list[str], vectors: np.ndarray) -> FeatureStore | None:
    """Add to the store; a store that cannot be written is given up with a warning."""
    try:
        store.add(texts, vectors)
    except OSError as error:
        log.warning("Features are not kept: %s cannot be written (%s).", store.folder, error.strerror)
        return None
    return store
