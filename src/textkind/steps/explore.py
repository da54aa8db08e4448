"""Look at a data set before training: counts, lengths, words, and checks over all its splits."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from textkind import progress
from textkind.data.checks import CHECKS, findings
from textkind.data.exploration import Exploration
from textkind.data.repair import changes, write_cleaned
from textkind.data.sources import LoadOptions, load_dataset
from textkind.encoders.transformer import TransformerEncoder
from textkind.errors import DataError, MissingExtraError, listed
from textkind.files import new_folder
from textkind.findings import Finding

log = logging.getLogger("textkind")


@dataclass(frozen=True)
class Explored:
    """An Exploration and what its checks found."""

    exploration: Exploration
    findings: list[Finding]

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return {**self.exploration.to_dict(), "findings": [finding.to_dict() for finding in self.findings]}


def explore(
    source: str, options: LoadOptions = LoadOptions(), *, encoder: str = "minilm", muted: Iterable[str] = ()
) -> Explored:
    """Explore a data set as it is given: no split is made that the source does not have.

    Args:
        source, options: see `load_dataset`.
        encoder: whose tokens are counted against its limit; where it is not installed, none are.
        muted: codes of checks to leave out.

    Raises:
        DataError: data that cannot be read, or a code that is no check's.
    """
    muted = set(muted)
    unknown = sorted(muted - set(CHECKS))
    if unknown:
        raise DataError(f"no check {listed(unknown)}: the codes are {listed(CHECKS, most=99)}")
    with progress.job(f"Reading {source}"):
        dataset = load_dataset(source, replace(options, validation_share=0.0, test_share=0.0))
    for note in dataset.card.notes:
        log.warning("%s", note)
    reader = TransformerEncoder(model=encoder)
    tokens, limit = {}, None
    try:
        with progress.job("Counting tokens"):
            limit = reader.token_limit
            splits = dataset.audited_splits()
            tokens = {name: reader.token_counts(split.texts) for name, split in splits.items()}
    except MissingExtraError as error:
        log.warning("Tokens were not counted: %s", error)
    exploration = Exploration(dataset, tokens=tokens, token_limit=limit)
    with progress.job("Looking for equal and nearly equal texts"):
        found = findings(exploration, muted)
    return Explored(exploration, found)


def fix(explored: Explored, out: Path) -> int:
    """Write a cleaned copy of the data to the new folder `out`, with a log of every row left out.

    Returns:
        How many rows were left out; `out/changes.jsonl` says which and why. Nothing is edited in place.
    """
    found = changes(explored.exploration.audit)
    with new_folder(out) as folder:
        write_cleaned(explored.exploration.audit, found, folder)
    return len(found)
