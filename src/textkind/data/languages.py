"""Guess which languages the texts of a data set are in."""

import random
from collections import Counter
from collections.abc import Sequence

_SAMPLE = 2000  # texts of a split that are looked at
_READABLE = 20  # letters; the language of less is a guess
_READ = 2000  # characters of a text that its language is guessed from
_RARE = 0.01  # of a sample: an error of the guess rather than a language


def language_of(text: str) -> str | None:
    """Guess the language of a text, by ISO 639 code; None where it has too few letters.

    >>> language_of("This is a plain English sentence."), language_of("short")
    ('en', None)
    """
    import py3langid

    start = text[:_READ]
    return str(py3langid.classify(start)[0]) if sum(map(str.isalpha, start)) >= _READABLE else None


def language_mix(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of each language, by ISO 639 code, in a fixed sample of the texts.

    Texts with few letters are left out; languages below 1 % are one entry, "other". The guess is
    langid's (Lui and Baldwin, 2012), in the trained form of py3langid: sure for the large languages,
    weak between close ones.

    >>> language_mix(["This is a plain English sentence.", "short"])
    {'en': 1.0}
    """
    import py3langid

    readable = [text for text in texts if sum(map(str.isalpha, text)) >= _READABLE]
    sample = random.Random(0).sample(readable, min(_SAMPLE, len(readable)))  # noqa: S311 - no secret
    counts = Counter(str(py3langid.classify(text)[0]) for text in sample)
    shares = {code: count / len(sample) for code, count in counts.most_common()}
    common = {code: share for code, share in shares.items() if share >= _RARE}
    rest = 1 - sum(common.values())
    return {**common, "other": rest} if len(common) < len(shares) else common
