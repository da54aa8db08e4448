"""Learn a tokenizer of characters, words or subwords from texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from textkind.errors import DataError, RecipeError, did_you_mean, listed

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from tokenizers.trainers import Trainer

PAD, UNKNOWN = "[PAD]", "[UNK]"  # ids 0 and 1 of every learned tokenizer
_SPECIAL = [PAD, UNKNOWN]
_DIGITS, _STEP = 6, 1e-4  # of a unigram score, a natural logarithm; between characters kept by force
_CONTINUED = "##"  # WordPiece's mark of a piece that does not start a word

LEARNED: Mapping[str, str] = {
    "character": "single characters, spaces included",
    "word": "runs of letters and digits, and runs of other signs",
    "wordpiece": "subwords, merged where that makes the texts likelier (Schuster and Nakajima, 2012)",
    "bpe": "subwords, the most frequent pairs merged first (Sennrich et al., 2016)",
    "unigram": "subwords of a unigram language model (Kudo, 2018)",
}


def learn_tokenizer(
    kind: str, texts: Iterable[str], *, size: int = 10_000, min_count: int = 1, lowercase: bool = True
) -> Tokenizer:
    """Learn a vocabulary and return a tokenizer of the library `tokenizers`; equal texts, equal tokenizer.

    Args:
        kind: one of `LEARNED`.
        texts: to learn from: training texts alone, or a score on others is not honest.
        size: the most entries of the vocabulary, `[PAD]` (id 0) and `[UNK]` (id 1) included.
        min_count: a character, word or merge must occur that often; unigram has no such bound.
        lowercase: fold capitals; texts are brought to Unicode's NFKC in any case.

    Raises:
        RecipeError: an unknown kind, or a vocabulary too small to hold anything.
        DataError: the texts hold nothing to learn from.

    >>> tokenizer = learn_tokenizer("word", ["so happy", "so sad"], min_count=2)
    >>> tokenizer.encode("so glad").tokens, tokenizer.encode("so glad").ids
    (['so', '[UNK]'], [2, 1])
    """
    if kind not in LEARNED:
        raise RecipeError(
            f"unknown tokenizer {kind!r}: expected {listed(LEARNED)}.{did_you_mean(kind, LEARNED)}"
        )
    if size <= len(_SPECIAL) or min_count < 1:
        raise RecipeError(
            f"expected a vocabulary of more than {len(_SPECIAL)} entries and a least count of 1 or more, "
            f"found {size} and {min_count}"
        )
    texts = list(texts)
    if not any(text.strip() for text in texts):
        raise DataError(f"the {len(texts):,} text(s) hold nothing to learn a tokenizer from")
    tokenizer = _untrained(kind, lowercase)
    if kind == "wordpiece":
        return _wordpiece(tokenizer, texts, size, min_count)
    tokenizer.train_from_iterator(texts, _trainer(kind, size, min_count))
    if tokenizer.get_vocab_size() <= len(_SPECIAL):
        raise DataError(
            f"nothing occurs {min_count} times or more in the {len(texts):,} text(s): lower min_count"
        )
    return _in_fixed_order(tokenizer) if kind == "unigram" else tokenizer


def _untrained(kind: str, lowercase: bool) -> Tokenizer:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    parts = [normalizers.NFKC(), *([normalizers.Lowercase()] if lowercase else [])]
    model, pieces, decoder = {
        "character": (
            models.WordLevel(unk_token=UNKNOWN),
            pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated"),
            decoders.Fuse(),
        ),
        "word": (models.WordLevel(unk_token=UNKNOWN), pre_tokenizers.Whitespace(), None),
        "wordpiece": (models.WordPiece(unk_token=UNKNOWN), pre_tokenizers.Whitespace(), decoders.WordPiece()),
        "bpe": (models.BPE(unk_token=UNKNOWN), pre_tokenizers.Metaspace(), decoders.Metaspace()),
        "unigram": (models.Unigram(), pre_tokenizers.Metaspace(), decoders.Metaspace()),
    }[kind]
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(parts)
    tokenizer.pre_tokenizer = pieces
    if decoder:
        tokenizer.decoder = decoder
    return tokenizer


def _trainer(kind: str, size: int, min_count: int) -> Trainer:
    from tokenizers import trainers

    if kind == "bpe":
        return trainers.BpeTrainer(
            vocab_size=size, min_frequency=min_count, special_tokens=_SPECIAL, show_progress=False
        )
    if kind == "unigram":
        return trainers.UnigramTrainer(
            vocab_size=size, special_tokens=_SPECIAL, unk_token=UNKNOWN, show_progress=False
        )
    return trainers.WordLevelTrainer(
        vocab_size=size, min_frequency=min_count, special_tokens=_SPECIAL, show_progress=False
    )


def _wordpiece(tokenizer: Tokenizer, texts: list[str], size: int, min_count: int) -> Tokenizer:
    """Train with the alphabet given in order: the trainer itself numbers it in another order each time."""
    from tokenizers import models, trainers

    words = (
        piece
        for text in texts
        for piece, _ in tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(text))
    )
    starts, inner = set(), set()
    for word in words:
        starts.add(word[0])
        inner.update(word[1:])
    alphabet = sorted(starts) + sorted(_CONTINUED + character for character in inner)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_count,
        special_tokens=[*_SPECIAL, *alphabet],
        continuing_subword_prefix=_CONTINUED,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    learned = models.WordPiece(tokenizer.get_vocab(), unk_token=UNKNOWN)
    fresh = _untrained("wordpiece", lowercase=False)
    fresh.normalizer, fresh.model = tokenizer.normalizer, learned  # the alphabet is special no longer
    fresh.add_special_tokens(_SPECIAL)
    return fresh


def _in_fixed_order(tokenizer: Tokenizer) -> Tokenizer:
    """Undo the two ways in which the unigram trainer never gives the same twice.

    It sums in any order (rounded away), and it numbers the characters that it must keep, but did not
    learn, from the lowest score up, a step each, in any order (all get the lowest score).
    """
    from tokenizers import models

    vocabulary = json.loads(tokenizer.to_str())["model"]["vocab"]
    special, pieces = vocabulary[: len(_SPECIAL)], vocabulary[len(_SPECIAL) :]
    lowest = min(score for _, score in pieces)
    kept = lowest + _STEP * (1 + sum(len(piece) == 1 for piece, _ in pieces))
    entries = [
        (piece, round(lowest if len(piece) == 1 and score < kept else score, _DIGITS))
        for piece, score in pieces
    ]
    entries.sort(key=lambda entry: (-entry[1], entry[0]))
    tokenizer.model = models.Unigram([*map(tuple, special), *entries], unk_id=_SPECIAL.index(UNKNOWN))
    return tokenizer
