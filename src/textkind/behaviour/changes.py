"""Small changes of a text whose effect on a good answer is known beforehand; seeded.

Each takes one text that is not blank (a pair is changed side by side) and a `random.Random`, and gives the
text back as it was where there is nothing to change: such a row does not count as tried. None of them
makes a text blank.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from random import Random

from textkind.behaviour.words import AUXILIARIES, GROUPS, NEGATIONS, SENTENCES, SUBJECTS, VERBS

_WORD = re.compile(r"[^\W\d_]{4,}")  # shorter words become other words too easily
_SPECIAL = re.compile(
    r"[@#/\\\[\]<>_=\d]|\w\.\w"
)  # user names, tags, links, placeholders such as [NAME], numbers
_SPACE = re.compile(r"(?<=\S) (?=\S)")
_DOUBLED = 0.3  # share of the spaces that are doubled
_ENDS = ".!?"
_NEGATED = re.compile(
    rf"\b(?:{'|'.join(NEGATIONS)})\b"
    r"|\b(?:ai|are|ca|could|did|do|does|had|has|have|is|should|was|were|wo|would)n['’]?t\b",  # or "cant"
    re.IGNORECASE,
)
_AUXILIARY = re.compile(rf"(?<!\S)(?:{'|'.join(AUXILIARIES)})(?=\s+\w)", re.IGNORECASE)
_VERB = re.compile(rf"(?<!\S)(?:{'|'.join(SUBJECTS)})(?=\s+(?:{'|'.join(VERBS)})(?!\w))", re.IGNORECASE)


def upper_case(text: str, rng: Random) -> str:
    """All letters as capitals.

    >>> upper_case("So happy!", Random(0))
    'SO HAPPY!'
    """
    return text.upper()


def lower_case(text: str, rng: Random) -> str:
    """No capitals.

    >>> lower_case("So HAPPY!", Random(0))
    'so happy!'
    """
    return text.lower()


def spacing(text: str, rng: Random) -> str:
    """Some of the spaces between words doubled, one at least; a text of one word gets spaces around it.

    >>> spacing("so happy", Random(0))
    'so  happy'
    """
    places = [found.start() for found in _SPACE.finditer(text)]
    if not places:
        return f"  {text}  "
    chosen = [place for place in places if rng.random() < _DOUBLED] or [rng.choice(places)]
    for place in reversed(chosen):
        text = f"{text[:place]} {text[place:]}"
    return text


def punctuation(text: str, rng: Random) -> str:
    """Full stops, exclamation and question marks at the end removed; a text without gets a full stop.

    >>> punctuation("so happy!!", Random(0)), punctuation("so happy", Random(0))
    ('so happy', 'so happy.')
    """
    body = text.rstrip()
    if not body.endswith(tuple(_ENDS)):
        return f"{body}."
    return body.rstrip(_ENDS + " ") or text  # "?!" is all there is: it stays


def typo(text: str, rng: Random, edits: int = 1) -> str:
    """Typing mistakes: neighbouring letters swapped, a letter dropped or doubled, each in another word.

    Args:
        text: words of fewer than four letters, numbers, user names, tags and links stay as they are.
        rng: draws the words, the places and the kinds.
        edits: how many words get one, as far as there are enough.

    >>> typo("I am so happy", Random(0))
    'I am so hpapy'
    """
    words = [
        word
        for token in re.finditer(r"\S+", text)
        if not _SPECIAL.search(token.group())
        for word in _WORD.finditer(text, token.start(), token.end())
    ]
    chosen = rng.sample(words, min(edits, len(words)))
    for word in sorted(chosen, key=re.Match.start, reverse=True):  # from the end: earlier places stay valid
        text = text[: word.start()] + _mistyped(word.group(), rng) + text[word.end() :]
    return text


def _mistyped(word: str, rng: Random) -> str:
    place = rng.randrange(len(word))
    kind = rng.choice(("swap", "drop", "double"))
    differing = [at for at in range(len(word) - 1) if word[at] != word[at + 1]]
    if kind == "swap" and differing:
        at = rng.choice(differing)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]


def names(text: str, rng: Random, groups: Sequence[Sequence[str]] = GROUPS) -> str:
    """First names and places swapped for others of their group; the same draw swaps equal names equally.

    Args:
        text: names are found as whole words, whatever their case; all small or all capitals stays so.
        rng: draws how far each group is shifted: two names never become one.
        groups: names that may stand for each other.

    >>> names("Anna met Tom in rome", Random(0), [["Anna", "Lisa"], ["Rome", "Oslo"]])
    'Lisa met Tom in oslo'
    """
    shifts = [rng.randrange(1, len(group)) for group in groups]  # of a pair, both sides draw the same
    pattern, places = _finder(tuple(map(tuple, groups)))

    def swap(found: re.Match) -> str:
        name = found.group()
        place = places.get(name.casefold())
        if place is None:
            return name
        group, at = groups[place[0]], place[1]
        other = group[(at + shifts[place[0]]) % len(group)]
        if name == group[at]:
            return other
        return other.lower() if name.islower() else other.upper() if name.isupper() else other

    return pattern.sub(swap, text)


@lru_cache(maxsize=8)
def _finder(groups: tuple[tuple[str, ...], ...]) -> tuple[re.Pattern, dict[str, tuple[int, int]]]:
    """What finds any of the names, and the group and place of each."""
    places = {
        name.casefold(): (number, place)
        for number, group in enumerate(groups)
        for place, name in enumerate(group)
    }
    longest_first = sorted(places, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE), places


def length(text: str, rng: Random, sentences: Sequence[str] = SENTENCES) -> str:
    """A neutral sentence behind the text.

    >>> length("So happy", Random(0), ["I am writing this today."])
    'So happy. I am writing this today.'
    """
    body = text.rstrip()
    stop = "" if body.endswith((*_ENDS, ":", ",", "…")) else "."
    return f"{body}{stop} {rng.choice(sentences)}"


def negation(text: str, rng: Random) -> str:
    """An English "not" behind the first auxiliary, or "do not" before the first common verb.

    A text that holds a negation already stays as it is: a second one would turn it back.

    >>> negation("this is great", Random(0)), negation("I love it", Random(0))
    ('this is not great', 'I do not love it')
    """
    if _NEGATED.search(text):
        return text
    found = [(match.start(), match.end(), words)
             for pattern, words in ((_AUXILIARY, " not"), (_VERB, " do not"))
             if (match := pattern.search(text))]  # fmt: skip
    if not found:
        return text
    _, end, words = min(found)
    return text[:end] + words + text[end:]
