"""Save an encoder under the name of its kind, and load it by that name from a closed list."""

from importlib import import_module
from pathlib import Path

from textkind.encoders.contract import Encoder
from textkind.errors import RunError, listed

KINDS = {  # class -> module; imported when one is loaded
    "TfidfEncoder": "textkind.encoders.tfidf",
    "StaticEncoder": "textkind.encoders.static",
    "TransformerEncoder": "textkind.encoders.transformer",
    "JoinedEncoder": "textkind.encoders.joined",
}


def save_encoder(encoder: Encoder, parent: Path) -> None:
    """Write a fitted encoder to a new folder in `parent` that is named after its kind."""
    folder = parent / type(encoder).__name__
    folder.mkdir(parents=True)
    encoder.save(folder)


def load_encoder(parent: Path) -> Encoder:
    """Read the one encoder in `parent`.

    Raises:
        RunError: there is none of a known kind, or more than one.
    """
    found = [name for name in KINDS if (parent / name).is_dir()]
    if len(found) != 1:
        raise RunError(f"{parent} should hold the folder of one encoder, one of {listed(KINDS)}")
    kind: type[Encoder] = getattr(import_module(KINDS[found[0]]), found[0])
    return kind.load(parent / found[0])
