"""Coded checks on a data set before training; each is described in docs/checks.md."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from textkind.data.audit import Label, Row
from textkind.data.cleaning import lookalikes
from textkind.data.exploration import Exploration, words_of
from textkind.errors import listed
from textkind.findings import Finding, Severity
from textkind.text.inputs import readable

_EXAMPLES = 3
_SHOWN = 100  # characters of an example
_TINY = 10  # training rows of a label
_IMBALANCE = 10  # times as many rows of the largest label as of the smallest
_SHORT = 2  # words
_DAMAGE = re.compile(r"\ufffd|Ã[\x80-\xbf©¨ª¤¶¼±]|â€[™œ\x9d“¦\x93\x94]|Â[\xa0£©®°»«]")
_MARKUP = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|&(?:amp|lt|gt|quot|nbsp|#\d+);", re.IGNORECASE)
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_SURE = 0.98  # share of one label among the rows with a word that gives the label away
_GIVEN = 0.2  # share of that label's rows that have the word
_RUNS_Z = -6.0  # standard deviations below the runs that a shuffled order has
_DRIFT = 0.1  # total variation between the label shares of two splits


@dataclass(frozen=True)
class Found:
    """What one check says: a sentence, and a few of the rows it is about."""

    message: str
    rows: tuple[Row, ...] = ()


Check = Callable[[Exploration], Found | None]


def test_rows_in_train(data: Exploration) -> Found | None:
    """D001: the test split repeats training rows, so that a score on it is partly memory."""
    return _overlap(data, "test", "train")


def other_overlaps(data: Exploration) -> Found | None:
    """D002: validation repeats training rows, or test repeats validation rows."""
    found = [_overlap(data, "validation", "train"), _overlap(data, "test", "validation")]
    said = [one for one in found if one]
    return Found(" ".join(one.message for one in said), said[0].rows) if said else None


def _overlap(data: Exploration, split: str, other: str) -> Found | None:
    rows = data.audit.overlaps.get((split, other), [])
    if not rows:
        return None
    total = data.dataset.sizes[split]
    message = f"{_count(rows, 'row')} of {split} ({len(rows) / total:.1%}) {_are(rows)} also in {other}."
    if other == "train":
        known = data.audit.memoriser(split)
        message += f" One who knows train by heart gets {known.right} of these {known.rows} right."
    return Found(message, tuple(rows))


def repeated_rows(data: Exploration) -> Found | None:
    """D003: one text several times in a split."""
    counts = {name: count for name, count in data.audit.repeated.items() if count}
    if not counts:
        return None
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    rows = [rows[-1] for rows in data.audit.groups.values() if len(rows) > len({row.split for row in rows})]
    return Found(f"Rows that repeat an earlier one of their split: {told}.", tuple(rows))


def near_duplicates_across(data: Exploration) -> Found | None:
    """D004: rows of test or validation that are almost a training row."""
    pairs = {name: data.audit.near_rows(name, "train") for name in ("validation", "test")}
    told = [f"{name} {len(found):,}" for name, found in pairs.items() if found]
    if not told:
        return None
    rows = [row for found in pairs.values() for pair in found for row in pair]
    return Found(f"Rows that are almost, but not quite, a training row: {', '.join(told)}.", tuple(rows))


def conflicting_labels(data: Exploration) -> Found | None:
    """D005: one text with several different labels."""
    conflicts = data.audit.conflicts
    if not conflicts:
        return None
    train = sum(all(row.split == "train" for row in rows) for rows in conflicts)
    verb = "carries" if len(conflicts) == 1 else "carry"
    message = f"{_count(conflicts, 'text')} {verb} more than one label ({train} of them inside train)."
    return Found(message, tuple(row for rows in conflicts for row in rows[:2]))


def tiny_labels(data: Exploration) -> Found | None:
    """D006: labels with too few training rows to learn from."""
    counts = data.label_counts["train"]
    tiny = [f"{name} ({count})" for name, count in counts.items() if 0 < count < _TINY]
    return Found(f"Fewer than {_TINY} training rows of {listed(tiny)}.") if tiny else None


def imbalance(data: Exploration) -> Found | None:
    """D007: one label has many times the rows of another."""
    counts = {name: count for name, count in data.label_counts["train"].items() if count}
    most, least = max(counts, key=lambda name: counts[name]), min(counts, key=lambda name: counts[name])
    if counts[most] < _IMBALANCE * counts[least]:
        return None
    ratio = counts[most] / counts[least]
    return Found(
        f"{most!r} has {ratio:.0f} times the training rows of {least!r} ({counts[most]:,} and "
        f"{counts[least]:,}): look at macro F1, and try --set method.class_weight=balanced."
    )


def missing_labels(data: Exploration) -> Found | None:
    """D008: a label that a split does not have."""
    told = [
        f"{name} lacks {listed(lacking)}"
        for name, counts in data.label_counts.items()
        if (lacking := [label for label, count in counts.items() if not count])
    ]
    return Found(f"Labels without rows: {'; '.join(told)}.") if told else None


def short_texts(data: Exploration) -> Found | None:
    """D009: texts of one word or none."""
    rows = [row for row in data.audit.rows if len(words_of(row)) < _SHORT]
    share = len(rows) / len(data.audit.rows)
    return (
        Found(f"{_count(rows, 'text')} ({share:.1%}) {_have(rows)} one word or none.", tuple(rows))
        if rows
        else None
    )


def cut_texts(data: Exploration) -> Found | None:
    """D010: texts that are longer than the encoder reads."""
    told = [f"{name}: {cut.sentence()}" for name, cut in data.truncation.items() if cut.rows_cut]
    return Found(" ".join(told)) if told else None


def damaged_texts(data: Exploration) -> Found | None:
    """D011: texts whose encoding went wrong on the way."""
    rows = _matching(data, _DAMAGE)
    return Found(f"{_count(rows, 'text')} {_look(rows)} wrongly decoded.", rows) if rows else None


def markup(data: Exploration) -> Found | None:
    """D012: HTML tags, entities or links in the texts."""
    tags, links = _matching(data, _MARKUP), _matching(data, _LINK)
    if not tags and not links:
        return None
    return Found(f"Texts with markup: {len(tags):,}; with links: {len(links):,}.", (*tags, *links))


def alike_labels(data: Exploration) -> Found | None:
    """D013: label names that differ in case, spaces or hyphens only."""
    told = lookalikes(data.dataset.labels.names)
    return Found(" ".join(told)) if told else None


def giveaway_words(data: Exploration) -> Found | None:
    """D014: a word, or the first word, that all but names the label."""
    labels: Counter[Label] = Counter(row.label for row in data.audit.rows if row.split == "train")
    seen: dict[str, Counter[Label]] = {}
    for row, words in zip(data.audit.rows, data.row_words, strict=True):
        for word in set(words) if row.split == "train" else ():
            seen.setdefault(word, Counter())[row.label] += 1
    told = []
    for word, counts in seen.items():
        label, hits = counts.most_common(1)[0]
        if hits >= _TINY and hits / counts.total() >= _SURE and hits / labels[label] >= _GIVEN:
            told.append(f"{word!r} -> {label} ({hits:,} of {counts.total():,} rows with it)")
    if not told:
        return None
    words = "; ".join(sorted(told)[:_EXAMPLES])
    return Found(f"Words that all but name the label: {words}. Will they be there in use?")


def sorted_by_label(data: Exploration) -> Found | None:
    """D015: the training rows come in the order of their labels (Wald and Wolfowitz's runs, 1940)."""
    labels = [row.label for row in data.audit.rows if row.split == "train"]
    n = len(labels)
    shares = np.array(list(Counter(labels).values())) / n
    runs = 1 + sum(one != other for one, other in pairwise(labels))
    same = float((shares**2).sum())
    expected, spread = 1 + (n - 1) * (1 - same), np.sqrt(max(1e-9, (n - 1) * same * (1 - same)))
    if n < 2 * _TINY or (runs - expected) / spread > _RUNS_Z:
        return None
    return Found(
        f"The training rows are in the order of their labels: {runs:,} runs, {expected:,.0f} if shuffled."
    )


def label_drift(data: Exploration) -> Found | None:
    """D016: the labels have other shares in a split than in train."""
    shares = {}
    for name, counts in data.label_counts.items():
        values = np.array(list(counts.values()), float)
        shares[name] = values / max(1.0, values.sum())
    moved = {name: float(np.abs(share - shares["train"]).sum() / 2) for name, share in shares.items()}
    told = [f"{name} {distance:.2f}" for name, distance in moved.items() if distance > _DRIFT]
    return Found(f"Label shares differ from train's (total variation): {', '.join(told)}.") if told else None


CHECKS: Mapping[str, tuple[Severity, Check]] = {
    "D001": ("issue", test_rows_in_train),
    "D002": ("issue", other_overlaps),
    "D003": ("tip", repeated_rows),
    "D004": ("tip", near_duplicates_across),
    "D005": ("issue", conflicting_labels),
    "D006": ("issue", tiny_labels),
    "D007": ("tip", imbalance),
    "D008": ("issue", missing_labels),
    "D009": ("tip", short_texts),
    "D010": ("issue", cut_texts),
    "D011": ("issue", damaged_texts),
    "D012": ("tip", markup),
    "D013": ("issue", alike_labels),
    "D014": ("tip", giveaway_words),
    "D015": ("tip", sorted_by_label),
    "D016": ("tip", label_drift),
}


def findings(data: Exploration, muted: Iterable[str] = (), *, unquoted: str | None = None) -> list[Finding]:
    """Run every check that is not muted.

    Args:
        data: what the checks look at.
        muted: codes of checks to leave out.
        unquoted: a split whose rows are counted, but not given as examples.
    """
    wanted = {code: check for code, check in CHECKS.items() if code not in set(muted)}
    found = ((code, severity, check(data)) for code, (severity, check) in wanted.items())
    return [
        Finding(code, severity, said.message, tuple(_example(row) for row in quoted[:_EXAMPLES]))
        for code, severity, said in found
        if said
        for quoted in [[row for row in said.rows if row.split != unquoted]]
    ]


def _example(row: Row) -> str:
    text = readable(row.text)
    label = row.label if isinstance(row.label, str) else ", ".join(row.label)
    return f"{row.split} row {row.number} ({label}): {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}"


def _matching(data: Exploration, pattern: re.Pattern[str]) -> tuple[Row, ...]:
    return tuple(
        row
        for row in data.audit.rows
        if any(pattern.search(text) for text in ([row.text] if isinstance(row.text, str) else row.text))
    )


def _count(things: Iterable, noun: str) -> str:
    number = len(list(things))
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _are(rows: list[Row]) -> str:
    return "is" if len(rows) == 1 else "are"


def _have(rows: list[Row]) -> str:
    return "has" if len(rows) == 1 else "have"


def _look(rows: tuple[Row, ...]) -> str:
    return "looks" if len(rows) == 1 else "look"
