"""The encoders by name: a recipe's keys in, an unfitted Encoder out."""

from typing import Any

from textkind.encoders.contract import Encoder
from textkind.errors import RecipeError

WORDS = ("tfidf", "tfidf-char")
_WORD_KEYS = ("ngrams", "min_count", "max_features", "sublinear")
_CHARACTERS = (2, 5)  # in a row, for tfidf-char


def encoder_names(joined: str) -> list[str]:
    """Split `minilm + tfidf` into its names.

    Raises:
        RecipeError: a name is missing, or there twice.

    >>> encoder_names("minilm + tfidf")
    ['minilm', 'tfidf']
    """
    names = [name.strip() for name in joined.split(" + ")]
    if not all(names) or len(set(names)) < len(names):
        raise RecipeError(
            f"expected an encoder, or different ones with ' + ' between them, such as "
            f"'minilm + tfidf', found {joined!r}"
        )
    return names


def build_encoder(settings: dict[str, Any], cache: str | None = None) -> Encoder:
    """Build the encoder, or the joined ones, that `settings["encoder"]` names.

    Args:
        settings: the keys of a recipe's table for `features`, those of its head left out.
        cache: a folder for features that are slow to compute.

    Raises:
        RecipeError: a name that does not fit, or that is nowhere to be found.
    """
    from textkind.encoders.joined import JoinedEncoder

    encoders = [_one(name, settings, cache) for name in encoder_names(settings["encoder"])]
    joined = JoinedEncoder(encoders, settings["weights"])
    return encoders[0] if len(encoders) == 1 and settings["weights"] is None else joined


def _one(name: str, settings: dict[str, Any], cache: str | None) -> Encoder:
    words = {key: settings[key] for key in _WORD_KEYS}
    if name in WORDS:
        from textkind.encoders.tfidf import TfidfEncoder

        return TfidfEncoder(
            **words if name == "tfidf" else {**words, "unit": "character", "ngrams": _CHARACTERS}
        )
    from textkind.encoders.static import StaticEncoder, is_static

    if is_static(name, settings["revision"]):
        return StaticEncoder(model=name, revision=settings["revision"])
    from textkind.encoders.transformer import TransformerEncoder

    reading = {
        key: value for key, value in settings.items() if key not in (*_WORD_KEYS, "encoder", "weights")
    }
    return TransformerEncoder(model=name, cache=cache, **reading)
