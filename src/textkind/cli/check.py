"""`textkind check`."""

from pathlib import Path
from typing import Annotated

import typer

from textkind.cli.options import Json, RunFolder, print_json, stdout, watched


def check(
    run: RunFolder,
    suite: Annotated[
        Path | None, typer.Option(help="A suite in TOML; without it the standard tests.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="Where the data lies now, if it moved.")] = None,
    rows: Annotated[
        int | None, typer.Option(min=1, help="Validation rows that each test changes at most.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML for a build server.")] = None,
    as_json: Json = False,
) -> None:
    """Test behaviour: do answers stay under typos, case, names? Exits with 1 if a test fails."""
    from textkind.artifact.run import Run

    with watched():
        from textkind.behaviour.suite import Suite
        from textkind.steps import check as step

        chosen = Suite.read(suite) if suite else Suite()
        chosen = chosen if rows is None else chosen.model_copy(update={"rows": rows})
        checked = step.check(Run.load(run), chosen, data=data)
    if junit:
        from textkind.behaviour.junit import junit as render
        from textkind.files import new_file

        with new_file(junit) as partial:
            partial.write_bytes(render(checked.run, checked.outcomes))
    if as_json:
        print_json(checked.to_dict())
    else:
        from textkind.terminal.check import show_check

        show_check(stdout(), checked.outcomes)
    if not checked.passed:
        raise typer.Exit(1)
