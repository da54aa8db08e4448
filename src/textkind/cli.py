"""The command line: parse, call a step, print."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

# OpenMP threads that spin while they wait make torch 20 times slower on a busy machine; libraries read
# this when they are loaded
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)

_FIVE = (
    ("textkind train sample:emotion", "train on the bundled sample, see how good it is"),
    ("textkind train FILE --label COLUMN", "the same with your own CSV, JSONL or Parquet file"),
    ('textkind predict RUN "some text"', "the answer and its probabilities"),
    ("textkind show RUN", "the figures of a run again"),
    ("textkind evaluate RUN --split test", "open the sealed test split, at the end"),
)

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document on stdout; everything else goes to stderr.")
]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run's folder.")]


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

        from textkind.terminal import show_welcome

        show_welcome(Console(), _FIVE)


@app.command()
def train(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="sample:emotion, a file, a folder with train.*, or a Hub name."),
    ] = None,
    method: Annotated[str | None, typer.Option(help="majority, tfidf or features (the default).")] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe in TOML; options override it.")] = None,
    text: Annotated[str | None, typer.Option(help="The column of the texts.")] = None,
    text_pair: Annotated[str | None, typer.Option(help="The column of the other side, for pairs.")] = None,
    label: Annotated[str | None, typer.Option(help="The column of the labels.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of a text file, if it is not UTF-8.")] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Set any recipe key, such as method.C=10. Repeatable."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    out: Annotated[Path | None, typer.Option(help="The new run's folder.")] = None,
    as_json: Json = False,
) -> None:
    """Train a classifier beside its baselines, and report on the validation split."""
    from textkind import terminal
    from textkind.recipe import Recipe

    options = {
        "data.source": data, "data.text": text, "data.text_pair": text_pair, "data.label": label,
        "data.encoding": encoding, "method.name": method, "seed": seed,
    }  # fmt: skip
    overrides = {key: value for key, value in options.items() if value is not None} | _settings(set_ or [])
    chosen = Recipe.build(Recipe.read(recipe) if recipe else {}, overrides)
    with terminal.watching(_stderr()):
        from textkind.steps import train as step

        run, report = step.train(chosen, out)
    document = {"run": str(run.path), **run.describe(report)}
    _print(document, as_json)
    if not as_json:
        terminal.show_paths(_stdout(), run.path, run.path / "report.html")


@app.command()
def evaluate(
    run: RunFolder,
    split: Annotated[
        str, typer.Option(help="validation, train, or test: each opening of test is counted.")
    ] = "validation",
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    as_json: Json = False,
) -> None:
    """Report on one split of a run's data; the only door to the test split."""
    from textkind import terminal

    with terminal.watching(_stderr()):
        from textkind.artifact.run import Run
        from textkind.steps import train as step

        opened = Run.load(run)
        report, folder = step.evaluate(opened, split, data)
    document = {"run": str(run), "report": str(folder / "report.html"), **opened.describe(report)}
    _print(document, as_json)
    if not as_json:
        openings = opened.openings
        _stdout().print(f"report  {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True)
        _stdout().print(f"test split opened {openings} time{'' if openings == 1 else 's'}", highlight=False)


@app.command()
def show(run: RunFolder, as_json: Json = False) -> None:
    """Print a run's figures on the validation split again."""
    from textkind import terminal
    from textkind.artifact.run import Run

    opened = Run.load(run)
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    _print({"run": str(run), **metrics, **opened.state()}, as_json)
    if not as_json:
        terminal.show_paths(_stdout(), run, run / "report.html")


@app.command()
def predict(  # noqa: PLR0913, PLR0917 - one parameter per option
    run: RunFolder,
    texts: Annotated[
        list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts, or - for one per line on stdin.")
    ] = None,
    pair: Annotated[list[str] | None, typer.Option(help="The other side of each text, for pairs.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="Answer every row of this CSV, TSV, JSONL or Parquet file ...")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="... and write it here with the answers.")] = None,
    text: Annotated[str | None, typer.Option(help="The column of the texts in --file.")] = None,
    text_pair: Annotated[str | None, typer.Option(help="The column of the other side in --file.")] = None,
    encoding: Annotated[str | None, typer.Option(help="Of --file, if it is not UTF-8.")] = None,
    as_json: Json = False,
) -> None:
    """Answer texts: the label, and the probability of every label."""
    from textkind import terminal
    from textkind.artifact.run import Run
    from textkind.errors import DataError

    if (file is None) != (out is None) or (file is not None and texts) or (file is None and not texts):
        raise DataError('expected texts (textkind predict RUN "some text"), or both --file and --out')
    with terminal.watching(_stderr()):
        from textkind.steps import predict as step

        opened = Run.load(run)
        if file and out:
            columns = {"text": text, "text_pair": text_pair, "encoding": encoding}
            summary = step.predict_file(opened, file, out, columns)
            _print_summary(out, summary, as_json)
            return
        answers = [answer.to_dict() for answer in step.predict(opened, _given(texts or [], pair))]
    if as_json:
        _print({"run": str(run), "labels": list(opened.labels.names), "predictions": answers}, as_json)
        return
    for answer in answers:
        terminal.show_prediction(_stdout(), answer)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Say what is installed, what each extra would add, and where features are kept."""
    from textkind.artifact.environment import doctor as examine

    document = examine()
    if as_json:
        _print(document, as_json)
        return
    console = _stdout()
    for key in ("python", "system", "processors", "cache"):
        console.print(f"{key:<12}{document[key]}", markup=False, highlight=False, soft_wrap=True)
    for name, version in document["packages"].items():
        console.print(f"{name:<22}{version}", markup=False, highlight=False)
    for extra, state in document["extras"].items():
        console.print(f"extra {extra:<16}{state}", markup=False, highlight=False)


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
        return _complain("interrupted: nothing was saved", code=130)
    return code if isinstance(code, int) else 0


def _complain(message: str, code: int = 2) -> int:
    from textkind.terminal import plain

    print(f"error: {plain(message)}", file=sys.stderr)
    return code


def _settings(pairs: list[str]) -> dict[str, Any]:
    """`KEY=VALUE` words; a value that is not TOML is a text."""
    import tomllib

    from textkind.errors import RecipeError

    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise RecipeError(f"expected --set KEY=VALUE such as method.C=10, found {pair!r}")
        try:
            settings[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            settings[key.strip()] = value
    return settings


def _given(texts: list[str], pair: list[str] | None) -> list:
    from textkind.errors import DataError
    from textkind.text.inputs import encodable

    if texts == ["-"]:
        texts = [line.rstrip("\n") for line in sys.stdin]
    texts = [encodable(text) for text in texts]  # bytes that are not UTF-8 come in as half surrogates
    if pair is None:
        return texts
    if len(pair) != len(texts):
        raise DataError(f"expected one --pair for each text, found {len(pair)} for {len(texts)} texts")
    return list(zip(texts, pair, strict=True))


def _print(document: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        from textkind.terminal import show_report

        show_report(_stdout(), document)


def _print_summary(out: Path, summary: Any, as_json: bool) -> None:
    document = {"out": str(out), "rows": summary.rows, "empty": summary.empty, "truncated": summary.truncated}
    if as_json:
        print(json.dumps(document))
        return
    print(f"{summary.rows:,} rows -> {out}")
    if summary.empty:
        print(f"{summary.empty:,} rows without a text were left without an answer")
    if summary.truncated:
        print(f"{summary.truncated:,} texts were longer than the model reads: their ends were cut")


def _stdout():  # noqa: ANN202 - rich is imported at the point of use
    from rich.console import Console

    return Console()


def _stderr():  # noqa: ANN202
    from rich.console import Console

    return Console(stderr=True)


if __name__ == "__main__":
    main()
