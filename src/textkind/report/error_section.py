"""What the part of a page about errors reads: texts in pieces by the weight of their words, and mix-ups."""

from collections.abc import Mapping, Sequence
from typing import Any

_MIXUPS = 8  # directions in which labels are probably wrong
_FAINT = 0.2  # of the largest weight of a text: below it a word is not marked
_STRONG = 0.5  # of it: from here on the weight itself is written
_SHOWN = 12  # slices and shortcuts


def context(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the part reads of the document that `textkind errors --json` prints."""
    return {
        "errors": document,
        "queue": [{**item, "pieces": pieces(item["text"], item["words"])} for item in document["queue"]],
        "mixups": mixups(document["wrong_labels"], document["n"]),
        "disagreeing": [one for one in map(_told, document["disagreements"]["examples"]) if one["places"]],
        "worse": [one for one in document["slices"] if one["worse"]][:_SHOWN],
        "shortcuts": document["shortcuts"][:_SHOWN],
    }


def pieces(text: str, words: Sequence[Mapping[str, Any]]) -> list[dict]:
    """Cut a text where words begin and end that do something for its answer.

    Args:
        text: as a document holds it, possibly shorter than the text that was weighed.
        words: with `start`, `end` and `weight`, in reading order.

    Returns:
        `text`, and for marked words `weight`, `share` (of the largest weight, 0 to 1) and `strong`.

    >>> words = [{"start": 0, "end": 5, "weight": 2.0}, {"start": 6, "end": 9, "weight": -0.5}]
    >>> [(piece["text"], piece.get("share")) for piece in pieces("happy not so", words)]
    [('happy', 1.0), (' ', None), ('not', 0.25), (' so', None)]
    """
    top = max((abs(word["weight"]) for word in words), default=0.0)
    found: list[dict] = []
    at = 0
    for word in words:
        start, end, share = word["start"], min(word["end"], len(text)), abs(word["weight"]) / (top or 1.0)
        if share < _FAINT or start < at or start >= end:  # the rest of a text that was cut is not there
            continue
        marked = {"weight": word["weight"], "share": share, "strong": share >= _STRONG}
        found += [{"text": text[at:start]}, {"text": text[start:end], **marked}]
        at = end
    return [piece for piece in [*found, {"text": text[at:]}] if piece["text"]]


def mixups(wrong: Mapping[str, Any], n: int) -> list[dict]:
    """The labels that are most often given in the place of another: given, probable, about how many rows.

    Args:
        wrong: `wrong_labels` of the document; with several labels a text it has no joint shares.
        n: all rows.

    >>> mixups({"labels": ["x", "y"], "joint": [[0.5, 0.1], [0.0, 0.4]]}, 50)
    [{'label': 'x', 'probably': 'y', 'rows': 5}]
    """
    names = wrong["labels"]
    found = [
        {"label": names[given], "probably": names[true], "rows": round(share * n)}
        for given, line in enumerate(wrong["joint"] or ())
        for true, share in enumerate(line)
        if given != true and round(share * n)
    ]
    return sorted(found, key=lambda one: -one["rows"])[:_MIXUPS]


def _told(found: Mapping[str, Any]) -> dict:
    """One disagreement: equal texts once, below all their places; sealed rows without their text."""
    sealed = [{**row, "text": None} for row in found["rows"] if row["label"] is None]
    opened = [row for row in found["rows"] if row["label"] is not None]
    if found["similarity"] == 1:
        opened = [*({**row, "text": None} for row in opened[:-1]), *opened[-1:]]
    return {"similarity": found["similarity"], "places": sealed + opened if opened else []}
