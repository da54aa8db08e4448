"""See what a tokenizer makes of texts: token by token, and in numbers over many texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_CHUNK = 4096  # texts that are tokenized at once
_SHOWN = 200  # characters of the longest text


@dataclass(frozen=True)
class TokenizedText:
    """One text as a model gets it: a row of a padded batch.

    Attributes:
        tokens, ids: of each place, padding included.
        special: 1 where the token stands for no part of the text.
        mask: the attention mask: 0 where it is padding.
        cut: tokens left out because the text is too long.
    """

    text: str
    tokens: tuple[str, ...]
    ids: tuple[int, ...]
    special: tuple[int, ...]
    mask: tuple[int, ...]
    cut: int

    def one_hot(self, vocabulary: int) -> np.ndarray:
        """The text as (tokens, vocabulary) zeros, with a single one in each row: at the token's id."""
        return np.eye(vocabulary, dtype=np.uint8)[list(self.ids)]

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class TokenStatistics:
    """What a tokenizer makes of many texts; special tokens are not counted.

    Attributes:
        texts, tokens: how many.
        used: different entries of the vocabulary that occur.
        unknown: share of the tokens that the vocabulary does not have.
        per_word: tokens for each run of characters between spaces.
        median, p95, longest: tokens per text.
        longest_text: the beginning of the longest one.
    """

    texts: int
    tokens: int
    used: int
    unknown: float
    per_word: float
    median: float
    p95: float
    longest: int
    longest_text: str

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return asdict(self)


def tokenized(
    tokenizer: Tokenizer, texts: Sequence[str], *, max_tokens: int | None = None, pad_id: int = 0
) -> list[TokenizedText]:
    """Return texts as the rows of one batch, padded to the longest and cut at `max_tokens`.

    Args:
        tokenizer: learned (`learn_tokenizer`) or a pretrained model's.
        texts: n texts.
        max_tokens: the most places of a row, special tokens included; None: no bound.
        pad_id: the id that fills up shorter rows.
    """
    copy = type(tokenizer).from_str(tokenizer.to_str())  # a tokenizer keeps its padding and its bound
    copy.no_truncation()
    copy.enable_padding(pad_id=pad_id, pad_token=copy.id_to_token(pad_id) or "[PAD]")
    whole = [sum(one.attention_mask) for one in copy.encode_batch(list(texts))]
    if max_tokens is not None:
        copy.enable_truncation(max_tokens)
    return [
        TokenizedText(
            text=text,
            tokens=tuple(copy.id_to_token(number) or "" for number in one.ids),  # "[UNK]" where that is read
            ids=tuple(one.ids),
            special=tuple(one.special_tokens_mask),
            mask=tuple(one.attention_mask),
            cut=before - sum(one.attention_mask),
        )
        for text, one, before in zip(texts, copy.encode_batch(list(texts)), whole, strict=True)
    ]


def token_statistics(tokenizer: Tokenizer, texts: Sequence[str]) -> TokenStatistics:
    """Count over whole texts: nothing is cut or padded.

    >>> from textkind.text.tokenizers import learn_tokenizer
    >>> texts = ["so happy", "so sad"]
    >>> counted = token_statistics(learn_tokenizer("character", texts), texts)
    >>> counted.tokens, counted.used, counted.unknown
    (14, 8, 0.0)
    """
    tokenizer.no_truncation()
    tokenizer.no_padding()
    lengths = np.zeros(len(texts), np.int64)
    counts = np.zeros(tokenizer.get_vocab_size(), np.int64)
    for start in range(0, len(texts), _CHUNK):
        encodings = tokenizer.encode_batch_fast(list(texts[start : start + _CHUNK]), add_special_tokens=False)
        lengths[start : start + _CHUNK] = [len(one) for one in encodings]
        ids = np.fromiter((number for one in encodings for number in one.ids), np.int64)
        counts += np.bincount(ids, minlength=len(counts))
    total, unknown = int(lengths.sum()), unknown_id(tokenizer)
    words = sum(len(text.split()) for text in texts)
    most = int(lengths.argmax()) if len(texts) else None
    return TokenStatistics(
        texts=len(texts),
        tokens=total,
        used=int((counts > 0).sum()),
        unknown=float(counts[unknown] / total) if total and unknown is not None else 0.0,
        per_word=total / max(1, words),
        median=float(np.median(lengths)) if len(texts) else 0.0,
        p95=float(np.quantile(lengths, 0.95)) if len(texts) else 0.0,
        longest=int(lengths.max(initial=0)),
        longest_text="" if most is None else texts[most][:_SHOWN],
    )


def unknown_id(tokenizer: Tokenizer) -> int | None:
    """The id of what is not in the vocabulary; None: the tokenizer can spell everything."""
    model = json.loads(tokenizer.to_str())["model"]
    if model.get("unk_id") is not None:
        return model["unk_id"]
    return tokenizer.token_to_id(model["unk_token"]) if model.get("unk_token") else None
