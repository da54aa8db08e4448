"""Look at texts, or at a data set, through several tokenizers side by side."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from textkind import progress
from textkind.data.dataset import Dataset
from textkind.data.sources import LoadOptions, load_dataset
from textkind.encoders.pretrained import CATALOG, find_pretrained
from textkind.errors import DataError, MissingExtraError, RecipeError, did_you_mean
from textkind.text.inputs import every_side
from textkind.text.tokenizers import LEARNED, learn_tokenizer
from textkind.text.tokens import TokenizedText, TokenStatistics, token_statistics, tokenized

DEFAULT = ("character", "word", "bpe", "minilm")
_FEWEST = 3  # a start, an end and one token between them

log = logging.getLogger("textkind")


@dataclass(frozen=True, kw_only=True)
class TokenizerOptions:
    """How tokenizers are learned and texts cut.

    Attributes:
        size: the most entries of a learned vocabulary.
        min_count: see `learn_tokenizer`.
        max_tokens: cut texts there; None: at the limit of a pretrained model, learned ones nowhere.
    """

    size: int = 10_000
    min_count: int = 1
    max_tokens: int | None = None


@dataclass(frozen=True)
class Tokenized:
    """What one tokenizer makes of the texts, and of each split of the data.

    Attributes:
        name: a kind in `LEARNED`, or a pretrained model's name.
        learned_from: texts that it was learned from; None: it came with the model.
        vocabulary: its entries.
        limit: the most tokens of a text.
    """

    name: str
    learned_from: int | None
    vocabulary: int
    limit: int | None
    texts: list[TokenizedText]
    splits: dict[str, TokenStatistics]

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {
            "name": self.name,
            "learned_from": self.learned_from,
            "vocabulary": self.vocabulary,
            "limit": self.limit,
            "texts": [text.to_dict() for text in self.texts],
            "splits": {name: counted.to_dict() for name, counted in self.splits.items()},
        }


def tokenize(
    texts: Sequence[str] = (),
    *,
    source: str | None = None,
    load: LoadOptions = LoadOptions(),
    names: Sequence[str] | None = None,
    options: TokenizerOptions = TokenizerOptions(),
) -> list[Tokenized]:
    """Tokenize texts, and count over a data set, with every tokenizer in `names`.

    Args:
        texts: shown token by token, as one padded batch.
        source, load: the data set, see `load_dataset`. Tokenizers are learned from its training texts
            alone; without data, from `texts`.
        names: kinds in `LEARNED`, `minilm`, folders or Hub names; None: `DEFAULT`, as far as installed.
        options: see TokenizerOptions.

    Raises:
        DataError: neither texts nor data.
        RecipeError: an unknown tokenizer, or bounds that leave no room.

    >>> [one.vocabulary for one in tokenize(["so happy"], names=["character", "word"])]
    [9, 4]
    """
    if not texts and source is None:
        raise DataError("expected texts or a data set: textkind tokenize 'some text', or --data FILE")
    if options.max_tokens is not None and options.max_tokens < _FEWEST:
        raise RecipeError(f"max_tokens must be {_FEWEST} or more, found {options.max_tokens}")
    dataset = None
    if source is not None:
        with progress.job(f"Reading {source}"):
            dataset = load_dataset(source, replace(load, validation_share=0.0, test_share=0.0))
    _check_names(names or ())
    splits = _split_texts(dataset) if dataset else {}
    found = []
    for name in names or DEFAULT:
        try:
            with progress.job(f"Tokenizing with {name}"):
                found.append(_tokenized(name, texts, splits, options))
        except MissingExtraError as error:
            if names:
                raise
            log.warning("%s is left out: %s", name, error)
    return found


def _tokenized(
    name: str, texts: Sequence[str], splits: Mapping[str, list[str]], options: TokenizerOptions
) -> Tokenized:
    learned_from, pad_id, limit = None, 0, options.max_tokens
    if name in LEARNED:
        corpus = splits.get("train", texts)
        learned_from = len(corpus)
        tokenizer = learn_tokenizer(name, corpus, size=options.size, min_count=options.min_count)
    else:
        pretrained = find_pretrained(name)
        tokenizer, pad_id = pretrained.tokenizer, pretrained.pad_id
        limit = min(limit or pretrained.limit, pretrained.limit)
    return Tokenized(
        name,
        learned_from,
        tokenizer.get_vocab_size(),
        limit,
        tokenized(tokenizer, texts, max_tokens=limit, pad_id=pad_id),
        {split: token_statistics(tokenizer, rows) for split, rows in splits.items()},
    )


def _check_names(names: Sequence[str]) -> None:
    """Take a slip of the pen for what it is before the Hub is asked for it."""
    for name in names:
        nearest = did_you_mean(name, [*LEARNED, *CATALOG])
        if nearest and name not in {*LEARNED, *CATALOG} and not Path(name).is_dir():
            raise RecipeError(f"unknown tokenizer {name!r}.{nearest}")


def _split_texts(dataset: Dataset) -> dict[str, list[str]]:
    """All texts of each split, the sealed one included: counting tokens chooses nothing."""
    return {name: every_side(split.texts) for name, split in dataset.audited_splits().items()}
