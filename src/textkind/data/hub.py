"""Fetch a data set from the Hugging Face Hub as one Arrow table per split."""

import pyarrow as pa

from textkind.data.folders import SPLIT_NAMES
from textkind.data.tables import dataset_table
from textkind.errors import DataError, listed


def hub_tables(name: str) -> tuple[dict[str, pa.Table], str | None]:
    """Load a data set with the `datasets` library; integer labels get their ClassLabel names.

    Args:
        name: `owner/name`, `owner/name:configuration` where it has several, either with `@revision`, a
            branch, tag or commit.

    Returns:
        A table per split of ours, and the licence that the data set's card states.

    Raises:
        DataError: there is no such data set, the Hub cannot be reached, or it has no train split.
    """
    import datasets

    repository, _, revision = name.partition("@")
    repository, _, configuration = repository.partition(":")
    try:
        loaded = datasets.load_dataset(repository, configuration or None, revision=revision or None)
    except Exception as error:  # the library raises its own, httpx's, OSError, ValueError ...
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"{name!r} is neither a file nor a folder here, and no Hub data set of that name could be "
            f"loaded ({type(error).__name__}: {reason}): check the name, or the network"
        ) from error
    splits = {SPLIT_NAMES[str(split)]: rows for split, rows in loaded.items() if split in SPLIT_NAMES}
    if "train" not in splits:
        raise DataError(f"the Hub data set {name!r} has no train split: found {listed(loaded)}")
    licence = splits["train"].info.license or None
    return {split: dataset_table(rows) for split, rows in splits.items()}, licence
