"""A frozen pretrained transformer as a feature extractor."""

from __future__ import annotations

import atexit
import logging
import random
import shutil
import tempfile
from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Self

import numpy as np
from sklearn.base import clone

from textkind import progress
from textkind.encoders.cache import cache_limit, review_folder, trim
from textkind.encoders.contract import Encoder
from textkind.encoders.engines import (
    BFLOAT16,
    FLOAT32,
    INT8,
    PRECISIONS,
    Agreement,
    build_engine,
    candidates,
    graph_name,
    read_choice,
    write_choice,
)
from textkind.encoders.pooling import POOLINGS
from textkind.encoders.pretrained import Pretrained, check_same, find_pretrained, note_same
from textkind.encoders.reader import Reader
from textkind.encoders.reading import Engine, Reading
from textkind.encoders.sentence import SentenceSettings, sentence_settings
from textkind.encoders.store import FeatureStore
from textkind.errors import RecipeError, did_you_mean, listed
from textkind.text.windows import LONG

OWN = "own"  # the pooling that a sentence-transformers folder names
_CHUNK = 4096  # texts that are tokenized, sorted and kept in the store at once
_WORTH = 200_000  # characters from which on trying another engine is worth its time: 2,000 tweets
_SAMPLE = 300  # texts that a faster engine is calibrated and judged on
_CHOSEN = "engine.json"

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
        precision: `exact`: torch in float32. `auto`: bfloat16, where the CPU or GPU is made for it, there
            are texts enough, and it agrees (`LEAST`) with float32 on a sample of the texts that it is
            fitted on. `fast`: int8 (extra `fast`) if that agrees, else as `auto`.
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
        precision: str = "exact",
        cache: str | None = None,
    ) -> None:
        self.model = model
        self.revision = revision
        self.pooling = pooling
        self.layers = layers
        self.max_tokens = max_tokens
        self.long = long
        self.prompt = prompt
        self.precision = precision
        self.cache = cache

    def _learn(self, texts: list[str]) -> None:
        """Nothing is learned of the texts but which engine agrees with float32 on them."""
        for name, value, known in (
            ("pooling", self.pooling, (*POOLINGS, OWN)),
            ("long", self.long, LONG),
            ("precision", self.precision, PRECISIONS),
        ):
            if value not in known:
                nearest = did_you_mean(value, known)
                raise RecipeError(f"unknown {name} {value!r}: expected {listed(known)}.{nearest}")
        self._use(find_pretrained(self.model, self.revision))
        self.settle(texts)

    def settle(self, texts: Sequence[str], *, without: Collection[str] = ()) -> None:
        """Choose the fastest engine that `precision` allows, is not in `without`, and agrees with float32.

        A few short texts are not worth the choice: they are encoded in float32.
        """
        self.engine_, self.agreement_ = FLOAT32, None
        if self.precision == "exact":
            return
        distinct = list(dict.fromkeys(texts))
        few = sum(map(len, distinct)) < _WORTH
        if not distinct or (self.precision == "auto" and few):
            return
        sample = random.Random(0).sample(distinct, min(_SAMPLE, len(distinct)))  # noqa: S311 - no secret
        installed = [name for name in ("openvino", "nncf") if find_spec(name)]
        asked = f"{self.precision} {sorted(without)} {installed} {self.reader_.limit} {self.long}"
        remembered = self._graphs() / f"{graph_name(asked, self.reader_.reading, sample)}.json"
        if not remembered.exists():
            self._try(sample, without)
            write_choice(remembered, self.engine_, self.agreement_)
        self.engine_, self.agreement_ = read_choice(remembered)
        if self.engine_ == INT8:
            self.graph_ = self._graphs() / graph_name(INT8, self.reader_.reading, sample)

    def _try(self, sample: list[str], without: Collection[str]) -> None:
        names = [name for name in candidates(self.precision) if name not in without]
        exact = self.vectors_by(FLOAT32, sample) if names else np.zeros((0, 0))
        for name in names:
            agreement = Agreement.of(name, exact, self.vectors_by(name, sample))
            if agreement.holds:
                self.engine_, self.agreement_ = name, agreement
                return
            log.warning("Not used, as too far from float32: %s.", agreement.sentence())

    def vectors_by(self, engine: str, texts: Sequence[str]) -> np.ndarray:
        """The vectors (n, d) of texts by one of the engines, past the store."""
        with progress.job(f"Trying {engine}") as task:
            return self.reader_.vectors(texts, self._build(engine, texts), task)

    def _ready(self) -> Self:
        """The encoder with its tokenizer at hand; before `fit`, a copy of it."""
        if hasattr(self, "reader_"):
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
        own = own if self.prompt is None else replace(own, prompt=self.prompt)
        reading = Reading(pretrained, _layer_numbers(self.layers, pretrained), own.pooling)
        self.reader_ = Reader(reading, own, self.max_tokens or limit, self.long)
        self._loaded: dict[str, Engine] = {}

    @property
    def _pretrained(self) -> Pretrained:
        return self.reader_.reading.pretrained

    @property
    def token_limit(self) -> int | None:
        return None if self.long == "windows" else self._ready().reader_.limit

    def _count(self, texts: list[str]) -> np.ndarray:
        reader = self._ready().reader_
        special = sum(map(len, reader.reading.pretrained.special_tokens))
        counts = np.zeros(len(texts), np.int64)
        for start in range(0, len(texts), _CHUNK):
            ids = reader.ids(texts[start : start + _CHUNK])
            counts[start : start + _CHUNK] = [len(one) + special for one in ids]
        return counts

    def _encode(self, texts: list[str]) -> np.ndarray:
        vectors = np.zeros((len(texts), self.reader_.width), np.float32)
        first: dict[str, int] = {}  # the row in which a text is computed
        for row, text in enumerate(texts):
            first.setdefault(text, row)
        store = FeatureStore(Path(self.cache), self._identity(), self._about()) if self.cache else None
        known = store.fill(vectors, first) if store else set()
        self._compute(vectors, texts, [row for row in first.values() if row not in known], store)
        again = [row for row, text in enumerate(texts) if first[text] != row]
        for start in range(0, len(again), _CHUNK):
            rows = again[start : start + _CHUNK]
            vectors[rows] = vectors[[first[texts[row]] for row in rows]]
        return vectors

    def _compute(
        self, vectors: np.ndarray, texts: list[str], rows: list[int], store: FeatureStore | None
    ) -> None:
        """Encode some of the texts, all different, into their rows of `vectors`, and keep them."""
        if not rows:
            return
        engine = self._engine()  # loaded before the clock of the bar starts
        with progress.job("Encoding texts", total=len(rows)) as task:
            for start in range(0, len(rows), _CHUNK):
                chunk = rows[start : start + _CHUNK]
                some = [texts[row] for row in chunk]
                vectors[chunk] = self.reader_.vectors(some, engine, task)
                if store:
                    store = _keep(store, some, vectors[chunk])
        if store:
            trim(cache_limit(), store.folder.parent, review_folder())

    def _engine(self) -> Engine:
        """The chosen engine, loaded once."""
        if self.engine_ not in self._loaded:
            with progress.job("Loading the encoder"):
                self._loaded[self.engine_] = self._build(self.engine_)
        return self._loaded[self.engine_]

    def __getstate__(self) -> dict:
        return {**super().__getstate__(), "_loaded": {}}  # a compiled graph cannot be copied

    def _build(self, engine: str, texts: Sequence[str] = ()) -> Engine:
        """Load an engine; one that is calibrated is made from `texts`, once, and then read from disk."""
        reading = self.reader_.reading
        if engine in (FLOAT32, BFLOAT16):
            return build_engine(engine, reading)
        if engine != INT8:
            return build_engine(engine, reading, self._graphs() / graph_name(engine, reading))
        if texts:
            self.graph_ = self._graphs() / graph_name(engine, reading, texts)
        return build_engine(engine, reading, self.graph_, list(self.reader_.batches(texts)))

    def _graphs(self) -> Path:
        """Where converted models are kept: beside the features, or as long as the process runs."""
        if self.cache:
            return Path(self.cache).parent / "graphs"
        if not hasattr(self, "_scratch"):
            self._scratch = tempfile.mkdtemp(prefix="textkind-")
            atexit.register(shutil.rmtree, self._scratch, ignore_errors=True)
        return Path(self._scratch)

    def _identity(self) -> str:
        """Everything besides the text that changes a vector."""
        reader, engine = self.reader_, self.graph_.name if self.engine_ == INT8 else self.engine_
        model = self._pretrained.sha256
        return f"{model} {reader.reading.layers} {reader.sentence} {reader.limit} {reader.long} {engine}"

    def _about(self) -> str:
        reader, layers = self.reader_, "+".join(map(str, self.reader_.reading.layers))
        read = f"{self.pooling}, layer {layers}, at most {reader.limit} tokens ({reader.long})"
        return f"{self.model}, {read}, {self.engine_}"

    def _settings(self) -> dict:
        return {**self.get_params(), "cache": None}  # a path of this machine

    def _save_state(self, folder: Path) -> None:
        note_same(folder, self._pretrained)
        write_choice(folder / _CHOSEN, self.engine_, self.agreement_)
        if self.engine_ == INT8:  # calibrated on texts that the Run does not keep
            shutil.copytree(self.graph_, folder / self.graph_.name)

    def _load_state(self, folder: Path) -> None:
        self._use(check_same(folder, find_pretrained(self.model, self.revision), self.model))
        self.engine_, self.agreement_ = read_choice(folder / _CHOSEN)
        if self.engine_ == INT8:
            self.graph_ = next(graph for graph in folder.iterdir() if graph.is_dir())


def _layer_numbers(layers: Sequence[int], pretrained: Pretrained) -> tuple[int, ...]:
    """Count from the embeddings, 0, up."""
    count = pretrained.config.get("num_hidden_layers") or pretrained.config.get("n_layers") or 0
    if not layers or not all(-count - 1 <= layer <= count for layer in layers):
        raise RecipeError(
            f"expected layers from 0, the embeddings, to {count}, the last one, or from -1 back to "
            f"{-count - 1}; found {list(layers)}"
        )
    return tuple(layer % (count + 1) for layer in layers)


def _keep(store: FeatureStore, texts: list[str], vectors: np.ndarray) -> FeatureStore | None:
    """Add to the store; a store that cannot be written is given up with a warning."""
    try:
        store.add(texts, vectors)
    except OSError as error:
        log.warning("Features are not kept: %s cannot be written (%s).", store.folder, error.strerror)
        return None
    return store
