"""`textkind predict` and `doctor`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from textkind.cli.options import Json, RunFolder, print_json, stdout, watched


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
    from textkind.artifact.run import Run
    from textkind.errors import DataError

    if (file is None) != (out is None) or (file is not None and texts) or (file is None and not texts):
        raise DataError('expected texts (textkind predict RUN "some text"), or both --file and --out')
    with watched():
        from textkind.steps import predict as step

        opened = Run.load(run)
        if file and out:
            columns = {"text": text, "text_pair": text_pair, "encoding": encoding}
            summary = step.predict_file(opened, file, out, columns)
            _print_summary(out, summary, as_json)
            return
        answers = [answer.to_dict() for answer in step.predict(opened, _given(texts or [], pair))]
    if as_json:
        print_json({"run": str(run), "labels": list(opened.labels.names), "predictions": answers})
        return
    from textkind.terminal.report import show_prediction

    for answer in answers:
        show_prediction(stdout(), answer)


def doctor(as_json: Json = False) -> None:
    """Say what is installed, what each extra would add, and where features are kept."""
    from textkind.artifact.environment import doctor as examine

    document = examine()
    if as_json:
        print_json(document)
        return
    console = stdout()
    for key in ("python", "system", "processors", "cache"):
        console.print(f"{key:<12}{document[key]}", markup=False, highlight=False, soft_wrap=True)
    for name, version in document["packages"].items():
        console.print(f"{name:<22}{version}", markup=False, highlight=False)
    for extra, state in document["extras"].items():
        console.print(f"extra {extra:<16}{state}", markup=False, highlight=False)


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


def _print_summary(out: Path, summary: Any, as_json: bool) -> None:
    document = {"out": str(out), "rows": summary.rows, "empty": summary.empty, "truncated": summary.truncated}
    if as_json:
        print_json(document)
        return
    print(f"{summary.rows:,} rows -> {out}")
    if summary.empty:
        print(f"{summary.empty:,} rows without a text were left without an answer")
    if summary.truncated:
        print(f"{summary.truncated:,} texts were longer than the model reads: their ends were cut")
