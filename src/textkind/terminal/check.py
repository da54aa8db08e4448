"""Print how tests of behaviour went."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.behaviour.outcome import Outcome
from textkind.terminal.plain import plain
from textkind.terminal.report import figure

_STYLES = {"passed": "green", "failed": "bold red", "not judged": "yellow"}
_SHOWN = 2  # examples of a failed test; every row of `must`


def show_check(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Print a table of the tests, then what the failed ones expected, with some rows."""
    table = Table(title="share of rows that failed, 95 % intervals", title_justify="left")
    for name in ("test", "rows", "share failed", "at most", ""):
        table.add_column(name, justify="left" if name in ("test", "") else "right", no_wrap=True)
    for one in outcomes:
        cells = (one.test, f"{one.failed.n:,}", figure(asdict(one.failed)), f"{one.at_most:.3f}")
        table.add_row(*cells, Text(one.status, _STYLES[one.status]))
    console.print(table)
    failed = [one for one in outcomes if one.status == "failed"]
    for one in failed:
        console.print(Text(f"{one.test}: expected that {one.expected}", "bold"))
        for example in one.examples if one.test == "must" else one.examples[:_SHOWN]:
            for line in example.lines():
                console.print(Text(f"  {plain(line)}"), overflow="ellipsis", no_wrap=True)
    judged = sum(one.status != "not judged" for one in outcomes)
    console.print(f"{judged - len(failed)} of {judged} tests passed", highlight=False)
