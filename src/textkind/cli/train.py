"""`textkind train`, `evaluate` and `show`."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from textkind.cli.options import (
    DATA,
    Encoding,
    Json,
    LabelColumn,
    PairColumn,
    RunFolder,
    TextColumn,
    print_report,
    stdout,
    watched,
)


def train(  # noqa: PLR0913, PLR0917 - one parameter per option
    data: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help=DATA),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="majority, tfidf, features (the default), finetune, cnn or rnn."),
    ] = None,
    recipe: Annotated[Path | None, typer.Option(help="A recipe in TOML; options override it.")] = None,
    text: TextColumn = None,
    text_pair: PairColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = None,
    corrections: Annotated[
        str | None, typer.Option(help="A log of decisions about rows, applied to the data as it is read.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Set any recipe key, such as method.C=10. Repeatable."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Train with so many, to see how far chance goes.")] = None,
    out: Annotated[Path | None, typer.Option(help="The new run's folder.")] = None,
    resume: Annotated[
        bool,
        typer.Option(help="Go on with a network's training that was interrupted: the latest, or --out's."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a classifier beside its baselines, and report on the validation split."""
    from textkind.errors import RecipeError, listed
    from textkind.recipe import Recipe

    options = {
        "data.source": data, "data.text": text, "data.text_pair": text_pair, "data.label": label,
        "data.encoding": encoding, "data.corrections": corrections, "method.name": method, "seed": seed,
        "seeds": seeds,
    }  # fmt: skip
    overrides = {key: value for key, value in options.items() if value is not None} | _settings(set_ or [])
    if resume and (overrides or recipe):
        given = listed([*(["recipe"] if recipe else []), *overrides])
        raise RecipeError(f"--resume takes all choices from the interrupted training: leave out {given}")
    chosen = None if resume else Recipe.build(Recipe.read(recipe) if recipe else {}, overrides)
    with watched():
        from textkind.steps import train as step

        if int(os.environ.get("RANK", "0")):  # one of several processes, and not the one that speaks
            step.assist(chosen, out)
            return
        run, report = step.train(chosen, out) if chosen else step.resume(out)
    document = {"run": str(run.path), **run.describe(report)}
    print_report(document, as_json)
    if not as_json:
        _print_paths(run.path)


def evaluate(
    run: RunFolder,
    split: Annotated[
        str, typer.Option(help="validation, train, or test: each opening of test is counted.")
    ] = "validation",
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    as_json: Json = False,
) -> None:
    """Report on one split of a run's data; the only door to the test split."""
    with watched():
        from textkind.artifact.run import Run
        from textkind.steps import train as step

        opened = Run.load(run)
        report, folder = step.evaluate(opened, split, data)
    document = {"run": str(run), "report": str(folder / "report.html"), **opened.describe(report)}
    print_report(document, as_json)
    if not as_json:
        openings = opened.openings
        stdout().print(f"report  {folder / 'report.html'}", markup=False, highlight=False, soft_wrap=True)
        stdout().print(f"test split opened {openings} time{'' if openings == 1 else 's'}", highlight=False)


def show(run: RunFolder, as_json: Json = False) -> None:
    """Print a run's figures on the validation split again."""
    from textkind.artifact.run import Run

    opened = Run.load(run)
    metrics = json.loads((run / "metrics.json").read_text("utf-8"))
    print_report({"run": str(run), **metrics, **opened.state()}, as_json)
    if not as_json:
        _print_paths(run)


def _print_paths(run: Path) -> None:
    from textkind.terminal.report import show_paths

    show_paths(stdout(), run, run / "report.html")


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
