"""The rules of the house, kept by a test: imports point down, modules and functions stay small."""

import ast
from pathlib import Path

import pytest

import textkind

PACKAGE = Path(textkind.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
LAYERS = [
    {"errors", "findings", "progress"},
    {"extras", "files", "labels", "scores", "tables"},
    {"recipe", "text"},
    {"data"},
    {"encoders"},
    {"networks"},
    {"classifiers", "report"},
    {"mistakes"},
    {"artifact", "behaviour", "review"},
    {"steps", "terminal"},
    {"cli"},
    {"__main__"},
]
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40  # without the docstring
MAX_PARAMETERS = 6  # without self
LONG_FUNCTIONS: dict[str, str] = {}
MANY_PARAMETERS = {
    "cli/train.train": "typer reads one parameter per option",
    "cli/explore.explore": "typer reads one parameter per option",
    "cli/tokenize.tokenize": "typer reads one parameter per option",
    "cli/predict.predict": "typer reads one parameter per option",
    "cli/errors.errors": "typer reads one parameter per option",
    "cli/review.review": "typer reads one parameter per option",
    "encoders/transformer.__init__": "scikit-learn's parameters stand in __init__, one by one",
    "networks/recurrent.__init__": "transformers' configs name each size",
    "report/report.__init__": "the nouns that meet in a Report, each named",
}


TUNNELS = {
    **dict.fromkeys(
        ("networks/convolutional.__init__", "networks/recurrent.__init__"),
        "transformers' configs keep what they do not know",
    ),
    **dict.fromkeys(
        (f"networks/watching.{name}" for name in ("on_step_end", "on_log", "on_evaluate")),
        "transformers' callbacks are handed more than they ask for",
    ),
}


def imported(path):
    """Yield the dotted name of each import in a module of ours."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write absolute imports"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def named(path):
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def functions(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{named(path)}.{node.name}", node


def test_imports_point_down():
    upward = []
    for path in MODULES:
        part = named(path).partition("/")[0]
        if part == "__init__":
            continue
        for name in imported(path):
            ours, _, rest = name.partition(".")
            other = rest.partition(".")[0]
            if ours == "textkind" and other != part and LEVEL.get(other, len(LAYERS)) >= LEVEL[part]:
                upward.append(f"{named(path)} imports {name}")
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize("part", ["mistakes", "review"])
def test_mistakes_and_reviews_see_probabilities_and_never_a_model(part):
    for path in (PACKAGE / part).glob("*.py"):
        assert not [name for name in imported(path) if name.startswith("textkind.classifiers")], path


def test_no_cycle_inside_a_folder():
    reach = {}
    names = {f"textkind.{named(path).replace('/', '.')}" for path in MODULES}
    for path in MODULES:
        found = {name if name in names else name.rpartition(".")[0] for name in imported(path)}
        own = f"textkind.{named(path).replace('/', '.')}"
        reach[own] = (found & names) - {own}
    for _ in names:
        reach = {name: others.union(*(reach[other] for other in others)) for name, others in reach.items()}
    # report and checks name each other for the types only
    cyclic = {name for name, others in reach.items() if name in others}
    assert cyclic <= {"textkind.report.report", "textkind.report.checks"}


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_module_is_small_and_says_its_duty(path):
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_MODULE_LINES
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(text)), "no module docstring"


def test_functions_are_short():
    long = {}
    for path in MODULES:
        for name, node in functions(path):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = node.end_lineno - body[0].lineno + 1 if body else 0
            if lines > MAX_FUNCTION_LINES:
                long[name] = lines
    assert set(long) == set(LONG_FUNCTIONS), long


def test_functions_take_few_parameters_and_no_kwargs():
    many, tunnels = set(), set()
    for path in MODULES:
        for name, node in functions(path):
            given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            if len([one for one in given if one.arg not in ("self", "cls")]) > MAX_PARAMETERS:
                many.add(name)
            if node.args.kwarg:
                tunnels.add(name)
    assert many == set(MANY_PARAMETERS)
    assert tunnels == set(TUNNELS)


def test_public_things_have_docstrings():
    bare = [
        f"{named(path)}.{node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not bare


def test_all_names_of_the_root_can_be_loaded():
    assert dir(textkind) == textkind.__all__
    for name in textkind.__all__:
        assert getattr(textkind, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = textkind.nothing


def test_nothing_runs_code_from_a_file():
    for path in MODULES:
        names = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
        assert not names & {"eval", "exec", "compile"}, path
        assert not {"pickle", "joblib", "marshal", "shelve"} & set(imported(path)), path
        assert "trust_remote_code=True" not in path.read_text()
