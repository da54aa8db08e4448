"""Where the embeddings of a network begin: drawn, read from a file of word vectors, or a pretrained table."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from textkind.encoders.pretrained import find_pretrained
from textkind.errors import DataError, RecipeError

RANDOM = "random"
_DIMENSION = 128
_SPREAD = 0.1  # standard deviation of a drawn value: about that of GloVe and word2vec after scaling
_LONGEST = 1000  # bytes of a word; more is no file of word vectors

log = logging.getLogger("textkind")


def starting_table(
    source: str, vocabulary: Mapping[str, int], dimension: int | None, *, tokenizer: str
) -> np.ndarray:
    """Return the vectors (entries, d) in float32 that training starts from.

    What is drawn depends on torch's seed.

    Args:
        source: `random`, a file (text, gzipped text, or word2vec's `.bin`), or a pretrained model.
        vocabulary: entry -> id.
        dimension: d; None: what `source` has, 128 where it is drawn.
        tokenizer: its name; with a pretrained table it must be the same model's.

    Raises:
        RecipeError: a table of another model than the tokenizer's, or another d than asked for.
        DataError: the file holds no word vectors.
    """
    import torch

    size = max(vocabulary.values()) + 1
    if source == RANDOM:
        return (torch.randn(size, dimension or _DIMENSION) * _SPREAD).numpy()
    if not Path(source).is_file():
        found = _pretrained_table(source, tokenizer)
    else:
        known = read_word_vectors(Path(source), vocabulary)
        width = len(next(iter(known.values())))
        spread = float(np.std(np.stack(list(known.values()))))
        found = (torch.randn(size, width) * spread).numpy()
        for entry, vector in known.items():
            found[vocabulary[entry]] = vector
        log.info("%s has vectors for %s of %s entries", source, f"{len(known):,}", f"{size:,}")
    if dimension not in (None, found.shape[1]):
        raise RecipeError(
            f"dimension = {dimension} does not fit {source}, whose vectors have {found.shape[1]}: "
            "leave it out"
        )
    return found


def read_word_vectors(path: Path, wanted: Mapping[str, int]) -> dict[str, np.ndarray]:
    """Read the vectors of the wanted words from a file in the format of GloVe or word2vec.

    Args:
        path: a line `word 0.1 -0.2 ...` for each word (GloVe), after a first line with the counts of words
            and dimensions or without; gzipped if it ends in `.gz`, word2vec's binary format if in `.bin`.
        wanted: the words to keep; of a word that is there twice, the first.

    Raises:
        DataError: it is not such a file, or holds none of the words.
    """
    opener: Any = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        entries = _binary(file, path) if path.suffix == ".bin" else _lines(file, path)
        found: dict[str, np.ndarray] = {}
        for word, vector in entries:
            if word in wanted and word not in found:
                found[word] = vector
    if not found:
        raise DataError(
            f"{path} has a vector for none of the {len(wanted):,} entries: is it another language?"
        )
    return found


def _lines(file: IO[bytes], path: Path) -> Iterator[tuple[str, np.ndarray]]:
    width = 0
    for number, line in enumerate(file, 1):
        word, *values = line.decode("utf-8", "replace").rstrip().split(" ")
        if number == 1 and len(values) == 1:
            continue  # word2vec's header
        width = width or len(values)
        try:
            vector = np.array(values[len(values) - width :], np.float32)
        except ValueError:
            vector = np.zeros(0, np.float32)
        if not width or len(vector) != width:
            raise DataError(f"expected a word and {width or 'its'} numbers in {path} line {number}")
        yield " ".join([word, *values[: len(values) - width]]), vector  # a word may hold spaces


def _binary(file: IO[bytes], path: Path) -> Iterator[tuple[str, np.ndarray]]:
    try:
        count, width = map(int, file.readline(_LONGEST).split())
    except ValueError as error:
        raise DataError(f"expected the counts of words and dimensions in the first line of {path}") from error
    for number in range(1, count + 1):
        word = bytearray()
        while (byte := file.read(1)) not in (b" ", b""):
            word += byte
            if len(word) > _LONGEST:
                break
        values = file.read(4 * width)
        if len(values) < 4 * width or len(word) > _LONGEST:
            raise DataError(f"{path} ends or breaks at word {number:,} of {count:,}: load it again")
        yield word.decode("utf-8", "replace").strip(), np.frombuffer(values, "<f4")


def _pretrained_table(source: str, tokenizer: str) -> np.ndarray:
    from textkind.encoders.torch_engine import load_model

    if source != tokenizer:
        raise RecipeError(
            f"the table of {source!r} has a row for each entry of its own tokenizer: "
            f"set tokenizer = {source!r}"
        )
    table: Any = load_model(find_pretrained(source).folder).get_input_embeddings()
    return table.weight.detach().float().cpu().numpy()
