"""`textkind review`."""

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Folds, RunFolder, watched


def review(  # noqa: PLR0913, PLR0917 - one parameter per option
    run: RunFolder,
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="The log of decisions; without it RUN.corrections.jsonl beside the run."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option(help="Who decides; without it the name of this user.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="To listen on; 0 is any that is free.")] = 0,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address alone.")] = False,
    folds: Folds = None,
) -> None:
    """Open a local page to judge rows, the most worth a look first; decisions go into a log."""
    from textkind.artifact.run import Run
    from textkind.extras import import_extra

    for package in ("fastapi", "uvicorn"):
        import_extra(package, "review")  # before the work, not after it
    with watched():
        from textkind.review.opening import browser_at
        from textkind.review.server import serve
        from textkind.steps import review as step

        desk = step.review(Run.load(run), reviewer=reviewer or _user(), data=data, log=log, folds=folds)

    def opened(address: str) -> None:
        print(f"review  {address}\nlog     {desk.log.path}\nCtrl-C ends it.", flush=True)
        if not no_browser:
            ended.enter_context(browser_at(address))

    with suppress(KeyboardInterrupt), ExitStack() as ended:
        serve(desk, port=port, opened=opened)
    decided = len({one["rank"] for one in desk.state()["decided"]})  # rows of this run alone
    print(
        f"\n{decided:,} of {len(desk.rows):,} rows decided. To train with them, and see what they were worth:"
    )
    print("\n".join(desk.commands))


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without users
        return "reviewer"
