"""`textkind tokenize`."""

from typing import Annotated

import typer

from textkind.cli.options import (
    DATA,
    Encoding,
    Json,
    LabelColumn,
    PairColumn,
    TextColumn,
    print_json,
    stdout,
    watched,
)


def tokenize(  # noqa: PLR0913, PLR0917 - one parameter per option
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="Texts to look at.")] = None,
    data: Annotated[
        str | None, typer.Option(help=f"Count over a data set, and learn from its train: {DATA}")
    ] = None,
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="character, word, wordpiece, bpe, unigram, or a pretrained model. Repeatable.",
        ),
    ] = None,
    size: Annotated[int, typer.Option("--vocabulary", help="The most entries of a learned one.")] = 10_000,
    min_count: Annotated[int, typer.Option(help="An entry must occur that often.")] = 1,
    max_tokens: Annotated[int | None, typer.Option(help="Cut texts there.")] = None,
    one_hot: Annotated[bool, typer.Option("--one-hot", help="Show the one-hot matrix, if it fits.")] = False,
    text: TextColumn = None,
    text_pair: PairColumn = None,
    label: LabelColumn = None,
    encoding: Encoding = None,
    as_json: Json = False,
) -> None:
    """See texts, or a data set, as tokens and ids under several tokenizers side by side."""
    from textkind.data.sources import LoadOptions

    load = LoadOptions(text=text, text_pair=text_pair, label=label, encoding=encoding or "utf-8")
    with watched():
        from textkind.steps import tokenize as step

        options = step.TokenizerOptions(size=size, min_count=min_count, max_tokens=max_tokens)
        found = step.tokenize(texts or (), source=data, load=load, names=with_, options=options)
    document = {
        "texts": texts or [],
        "source": data,
        "tokenizers": [tokenizer.to_dict() for tokenizer in found],
    }
    if as_json:
        print_json(document)
    else:
        from textkind.terminal.tokens import show_tokens

        show_tokens(stdout(), document, one_hot=one_hot)
