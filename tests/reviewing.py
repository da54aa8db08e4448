"""Rows, desks and servers for the tests of the review page."""

import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from textkind import LabelSet
from textkind.mistakes.judged import Judged
from textkind.review.desk import Desk
from textkind.review.log import ReviewLog
from textkind.review.rows import ReviewRows

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "</script><!-- {{ 7 * 7 }} javascript:alert(3)",
    "שלום עולם مرحبا بالعالم",
    "abc\u202etxt.exe\u202c zero\u200bwidth\ufeff nul\x00 bell\x07",
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "long " * 200_000,
    "",
    "line\nbreak\r\n\ttab and \u2028 separators",
)  # fmt: skip


def review_rows(texts, names=("joy", "sadness", "anger"), *, multi_label=False, places=True):
    """Rows with random answers, in the order of their doubt."""
    rng = np.random.default_rng(0)
    n, k = len(texts), len(names)
    proba = rng.dirichlet(np.ones(k) * 0.4, n)
    targets = (
        rng.integers(0, 2, (n, k)) if multi_label else (proba.argmax(axis=1) + (rng.random(n) < 0.2)) % k
    )
    cut = n * 9 // 10
    where = [("train", row) for row in range(cut)] + [("validation", row) for row in range(n - cut)]
    judged = Judged(texts, targets, proba, LabelSet(names, multi_label), where)
    scores = rng.random(n)
    suggested = 1 - targets if multi_label else (targets + 1) % k
    reasons = [[f"doubt {score:.2f}"] for score in scores]
    xy = rng.normal(proba[:, :2], 0.08) if places else None
    order = np.argsort(-scores, kind="stable")
    return ReviewRows(judged, order, suggested, scores, scores, reasons, places=xy)


def desk(path: Path, texts=tuple(f"text {row}" for row in range(20)), reviewer="A", **options):
    """A desk with a log at `path`."""
    return Desk("a run <b>", review_rows(texts, **options), ReviewLog(path), reviewer, ["textkind train <x>"])


@contextmanager
def listening(one: Desk):
    """Serve a desk from a thread of this process, as `textkind review` does; yields the server."""
    from textkind.review.server import ReviewServer

    server = ReviewServer(one)
    thread = threading.Thread(target=server.run)
    with server.listener:
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()


@contextmanager
def served(one: Desk):
    """The same; yields the address."""
    with listening(one) as server:
        yield server.address


def textkind(*arguments, environment=None):
    """Start the command line as a process of its own."""
    words = [sys.executable, "-m", "textkind", *map(str, arguments)]
    known = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "src"), **(environment or {})}
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=known)


def address_of(process):
    """The address that `textkind review` prints, once it listens."""
    for line in process.stdout:
        if line.startswith("review"):
            return line.split()[1]
    raise AssertionError("textkind review ended without an address")
