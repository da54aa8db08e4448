"""What the documentation says is run: examples, commands, codes, keys."""

import doctest
import importlib
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import textkind
from textkind.cli.app import app
from textkind.data.checks import CHECKS as DATA_CHECKS
from textkind.networks.history import CHECKS as TRAINING_CHECKS
from textkind.recipe import Recipe
from textkind.report.checks import CHECKS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
MODULES = [
    found.name
    for found in pkgutil.walk_packages(textkind.__path__, "textkind.")
    if "__main__" not in found.name
]
README = PAGES[0].read_text()


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_run(name):
    failed, _ = doctest.testmod(
        importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    )
    assert not failed


@pytest.mark.parametrize("code", blocks("python"), ids=["estimators", "steps"])
def test_readme_python_runs(code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})


def test_readme_recipe_is_valid():
    (recipe,) = blocks("toml")
    assert Recipe.build(tomllib.loads(recipe))


def test_readme_names_make_demo_and_make_test_and_every_command():
    console = "".join(blocks("console"))
    assert "make demo" in console
    assert "make test" in console
    for command in app.registered_commands:
        assert f"textkind {command.callback.__name__.replace('_', '-')}" in README


def test_every_check_is_described():
    described = re.findall(r"^## (\w+)$", (ROOT / "docs" / "checks.md").read_text(), flags=re.MULTILINE)
    assert described == [*DATA_CHECKS, *CHECKS, *TRAINING_CHECKS]


def test_every_extra_is_in_the_readme():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert all(extra in README for extra in extras if extra != "dev")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_bundled_sample_has_its_licence_and_source_beside_it():
    folder = Path(textkind.__file__).parent / "data" / "samples"
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "GoEmotions" in (folder / "README.md").read_text()
    assert "not** the\nGoEmotions benchmark" in (folder / "README.md").read_text()
