"""The command line: parse, call a step, print."""

import os
import sys
from typing import Annotated

import typer

from textkind.cli import map as feature_map
from textkind.cli.cache import cache
from textkind.cli.check import check
from textkind.cli.errors import errors
from textkind.cli.explore import explore
from textkind.cli.predict import doctor, predict
from textkind.cli.repair_report import repair_report
from textkind.cli.report import report
from textkind.cli.review import review
from textkind.cli.tokenize import tokenize
from textkind.cli.train import evaluate, show, train

# OpenMP threads that spin while they wait make torch 20 times slower on a busy machine; libraries read
# this when they are loaded
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_FIRST = (
    ("textkind train sample:emotion", "train on the bundled sample, see how good it is"),
    ("textkind explore FILE", "look at your own data before training"),
    ("textkind train FILE --label COLUMN", "the same with your own CSV, JSONL or Parquet file"),
    ('textkind predict RUN "some text"', "the answer and its probabilities"),
    ("textkind evaluate RUN --split test", "open the sealed test split, at the end"),
)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """From labelled texts to a classifier that you can trust, explain, repair and serve."""
    if version:
        from importlib import metadata

        typer.echo(f"textkind {metadata.version('textkind')}")
    elif context.invoked_subcommand is None:
        from rich.console import Console

        from textkind.terminal.report import show_welcome

        show_welcome(Console(), _FIRST)


_COMMANDS = (
    explore, tokenize, train, predict, show, feature_map.map, check, evaluate, errors, report, review,
    repair_report, cache,
    doctor,
)  # fmt: skip
for command in _COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line; errors on purpose are one line and exit code 2."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit code."""
    from textkind.errors import TextkindError

    try:
        code = app(arguments, prog_name="textkind", standalone_mode=False)
    except TextkindError as error:
        return _complain(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # no second error at exit
        return 1
    except OSError as error:
        return _complain(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}")
    except Exception as error:
        said = getattr(error, "format_message", None)
        if said is None:  # not the parser's: a fault of ours, with its traceback
            raise
        return _complain(f"{said()} Try textkind --help.")
    if code == 130:
        return _complain("interrupted: no run was saved", code=130)
    return code if isinstance(code, int) else 0


def _complain(message: str, code: int = 2) -> int:
    from textkind.terminal.plain import plain

    print(f"error: {plain(message)}", file=sys.stderr)
    return code
