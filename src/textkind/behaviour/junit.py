"""JUnit XML, which build servers read; texts in it are strangers'."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from textkind.behaviour.outcome import Outcome, Status

# What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class _Case:
    """One line of a build server's list; `details` only of one that failed."""

    name: str
    status: Status
    sentence: str
    details: Sequence[str] = ()


def junit(name: str, outcomes: Sequence[Outcome]) -> bytes:
    r"""One test case per test, with the rows that failed in its `failure`, as UTF-8.

    Each `[[must]]` is a case of its own, so that a build server tells which one broke, and since when.

    Args:
        name: of the run.
        outcomes: of `run_suite`.

    >>> junit("run", []).decode().splitlines()[0]
    "<?xml version='1.0' encoding='utf-8'?>"
    """
    cases = [case for one in outcomes for case in _cases(one)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(one.status == "failed" for one in cases)),
        "errors": "0",
        "skipped": str(sum(one.status == "not judged" for one in cases)),
    }
    root = ET.Element("testsuites", {"name": "textkind check", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **counts})
    for one in cases:
        case = ET.SubElement(suite, "testcase", {"classname": "textkind.behaviour", "name": one.name})
        sentence = _clean(one.sentence)
        if one.status == "failed":
            failure = ET.SubElement(case, "failure", {"message": sentence, "type": "behaviour"})
            failure.text = _clean("\n".join(one.details))
        elif one.status == "not judged":
            ET.SubElement(case, "skipped", {"message": sentence})
        else:
            ET.SubElement(case, "system-out").text = sentence
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _cases(outcome: Outcome) -> Iterator[_Case]:
    if outcome.test != "must":
        lines = [line for example in outcome.examples for line in example.lines()]
        yield _Case(
            outcome.test, outcome.status, outcome.sentence(), [f"Expected: {outcome.expected}.", *lines]
        )
        return
    broken = {example.row: example.lines() for example in outcome.examples}
    for row in range(1, outcome.failed.n + 1):
        if row in broken:
            yield _Case(f"must {row}", "failed", broken[row][0], broken[row])
        else:
            yield _Case(f"must {row}", "passed", outcome.expected)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
