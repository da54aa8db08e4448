"""Turn texts into the rows of token ids that a network reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from textkind.encoders.pretrained import Pretrained
from textkind.errors import RecipeError, did_you_mean, listed
from textkind.text.inputs import Text
from textkind.text.windows import LONG, pieces

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SEPARATOR = "[SEP]"  # between the two sides of a pair, for a learned tokenizer
_CHUNK = 4096  # texts that are tokenized at once
_SETTINGS = "tokens.json"


@dataclass(frozen=True)
class Rows:
    """The token rows of n texts: one a text, or several where long texts become windows.

    Attributes:
        ids: the token ids of each row, special tokens included.
        types: which side of a pair each token belongs to; None if the network does not ask.
        owner: (rows,) the number of the text that a row belongs to.
    """

    ids: list[np.ndarray]
    types: list[np.ndarray] | None
    owner: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def lengths(self) -> np.ndarray:
        """(rows,) tokens of each."""
        return np.array([len(row) for row in self.ids], np.int64)

    def by_length(self) -> Rows:
        """The same rows, the longest first: in batches, they need little padding."""
        order = np.argsort(-self.lengths, kind="stable")
        types = None if self.types is None else [self.types[row] for row in order]
        return Rows([self.ids[row] for row in order], types, self.owner[order])

    def of_texts(self, values: np.ndarray) -> np.ndarray:
        """The mean over the rows of each text: (rows, k) -> (n, k)."""
        sums = np.zeros((self.owner.max() + 1 if len(self) else 0, values.shape[1]))
        np.add.at(sums, self.owner, values)
        return sums / np.bincount(self.owner)[:, None]


@dataclass(frozen=True)
class TextTokens:
    """A tokenizer with the bounds of the network that it feeds.

    Attributes:
        tokenizer: of the library `tokenizers`, without padding and truncation of its own.
        limit: the most tokens of a row, special tokens included.
        long: what becomes of longer texts, see `textkind.text.windows.pieces`; of pairs, tokens of the longer
            side are cut first.
        pad_id: fills up shorter rows; the mask hides it.
        typed: whether the network is told which side of a pair a token belongs to.
    """

    tokenizer: Tokenizer
    limit: int
    long: str = "head"
    pad_id: int = 0
    typed: bool = False

    def rows(self, texts: Sequence[Text]) -> Rows:
        """Tokenize n texts or pairs.

        Raises:
            RecipeError: pairs, but `long` is for single texts.
        """
        ids: list[np.ndarray] = []
        types: list[np.ndarray] = []
        owner: list[int] = []
        for start in range(0, len(texts), _CHUNK):
            for place, found in enumerate(self._pieces(texts[start : start + _CHUNK]), start):
                ids += [np.array(piece, np.int32) for piece, _ in found]
                types += [np.array(sides, np.int32) for _, sides in found]
                owner += [place] * len(found)
        return Rows(ids, types if self.typed else None, np.array(owner, np.int64))

    def _pieces(self, texts: Sequence[Text]) -> Iterator[list[tuple[list[int], list[int]]]]:
        """Of each text the ids, and the side that each belongs to, of its pieces."""
        if isinstance(texts[0], str):
            before, behind = self._special
            room = self.limit - len(before) - len(behind)
            for encoding in self.tokenizer.encode_batch_fast(list(texts), add_special_tokens=False):
                found = pieces(encoding.ids, room, self.long)
                yield [
                    ([*before, *piece, *behind], [0] * (len(piece) + self.limit - room)) for piece in found
                ]
            return
        if self.long != "head":
            raise RecipeError(f"long = {self.long!r} is for single texts, these are pairs: use 'head'")
        for encoding in self._for_pairs.encode_batch(list(texts)):
            yield [(encoding.ids, encoding.type_ids)]

    def counts(self, texts: Sequence[Text]) -> np.ndarray:
        """(n, 1) tokens of each text or pair before anything is cut, special tokens included."""
        found = []
        for start in range(0, len(texts), _CHUNK):
            chunk = list(texts[start : start + _CHUNK])
            found += [len(encoding) for encoding in self.tokenizer.encode_batch(chunk)]
        return np.array(found, np.int64).reshape(-1, 1)

    @cached_property
    def _special(self) -> tuple[list[int], list[int]]:
        """The ids before and behind a text."""
        marks = self.tokenizer.encode("a")
        inner = [place for place, mark in enumerate(marks.special_tokens_mask) if not mark]
        return (marks.ids[: inner[0]], marks.ids[inner[-1] + 1 :]) if inner else ([], [])

    @cached_property
    def _for_pairs(self) -> Tokenizer:
        copy = type(self.tokenizer).from_str(self.tokenizer.to_str())
        copy.enable_truncation(self.limit, strategy="longest_first")
        return copy

    def save(self, folder: Path) -> None:
        """Write tokenizer.json, as every library reads it, and the bounds beside it."""
        self.tokenizer.save(str(folder / "tokenizer.json"))
        settings = asdict(self, dict_factory=lambda pairs: {k: v for k, v in pairs if k != "tokenizer"})
        (folder / _SETTINGS).write_text(json.dumps(settings) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote."""
        from tokenizers import Tokenizer

        settings = json.loads((folder / _SETTINGS).read_text("utf-8"))
        return cls(Tokenizer.from_file(str(folder / "tokenizer.json")), **settings)


def pretrained_tokens(
    pretrained: Pretrained, name: str, *, max_tokens: int | None, long: str, typed: bool = False
) -> TextTokens:
    """The tokens of a pretrained model.

    Raises:
        RecipeError: more tokens than the model takes, an unknown `long`, or a tokenizer with more entries
            than the model has embeddings.
    """
    check_long(long)
    if max_tokens is not None and not 3 <= max_tokens <= pretrained.limit:
        raise RecipeError(
            f"max_tokens must lie between 3 and {pretrained.limit}, the limit of {name!r}, found {max_tokens}"
        )
    entries = max(pretrained.tokenizer.get_vocab().values()) + 1
    known = pretrained.config.get("vocab_size", entries)
    if entries > known:
        raise RecipeError(
            f"the tokenizer of {name!r} does not fit its model: it has {entries:,} entries, the model "
            f"embeddings for {known:,}; take the tokenizer that the model was trained with"
        )
    limit = max_tokens or pretrained.limit
    return TextTokens(pretrained.tokenizer, limit, long, pretrained.pad_id, typed)


def check_long(long: str) -> None:
    """Raise RecipeError for an unknown way to treat long texts."""
    if long not in LONG:
        raise RecipeError(f"unknown long {long!r}: expected {listed(LONG)}.{did_you_mean(long, LONG)}")
