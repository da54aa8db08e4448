"""Render an exploration as one HTML page that opens without a network."""

from collections.abc import Mapping
from typing import Any

from textkind.report.page import template


def render_data(document: Mapping[str, Any]) -> str:
    """Return a complete HTML document of what `textkind explore --json` prints; all texts are escaped."""
    longest = max((words["p95"] for words in document["words"].values() if words), default=1.0)
    most = max(document["label_counts"]["train"].values(), default=1)
    return template("data_page.html.j2").render(data=document, longest=max(1.0, longest), most=max(1, most))
