"""JUnit XML, which build servers read; texts in it are strangers'."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from textkind.behaviour.outcome import Outcome

# What XML 1.0 cannot hold, not even escaped (https://www.w3.org/TR/xml/#charsets)
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(name: str, outcomes: Sequence[Outcome]) -> bytes:
    r"""One test case per test, with the rows that failed in its `failure`, as UTF-8.

    Args:
        name: of the run.
        outcomes: of `run_suite`.

    >>> junit("run", []).decode().splitlines()[0]
    "<?xml version='1.0' encoding='utf-8'?>"
    """
    counts = {
        "tests": str(len(outcomes)),
        "failures": str(sum(one.status == "failed" for one in outcomes)),
        "errors": "0",
        "skipped": str(sum(one.status == "not judged" for one in outcomes)),
    }
    root = ET.Element("testsuites", {"name": "textkind check", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **counts})
    for one in outcomes:
        case = ET.SubElement(suite, "testcase", {"classname": "textkind.behaviour", "name": one.test})
        if one.status == "failed":
            failure = ET.SubElement(case, "failure", {"message": one.sentence(), "type": "behaviour"})
            lines = [
                f"Expected: {one.expected}.",
                *(line for example in one.examples for line in example.lines()),
            ]
            failure.text = _clean("\n".join(lines))
        elif one.status == "not judged":
            ET.SubElement(case, "skipped", {"message": one.sentence()})
        else:
            ET.SubElement(case, "system-out").text = one.sentence()
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)
