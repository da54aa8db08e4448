"""Print what the cache holds."""

from collections.abc import Mapping
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from textkind.terminal.plain import plain


def show_cache(console: Console, document: Mapping[str, Any]) -> None:
    """Print what is kept, its size and last use, and what was removed."""
    stores = document["stores"]
    total = sum(store["size"] for store in stores)
    told = f"{document['folder']}: {_size(total)} of at most {_size(document['limit'])}"
    console.print(Text(plain(told), "bold"), soft_wrap=True)
    if document["removed"]:
        freed = sum(store["size"] for store in document["removed"])
        console.print(f"removed {len(document['removed'])} stores, {_size(freed)}")
    if not stores:
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("kept", overflow="fold")
    for name in ("texts", "size", "last used"):
        table.add_column(name, justify="right", no_wrap=True)
    for store in stores:
        when = store["used"].replace("T", " ")[:16]
        texts = f"{store['texts']:,}" if store["texts"] else "–"
        table.add_row(Text(plain(store["about"] or store["name"])), texts, _size(store["size"]), when)
    console.print(table)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
