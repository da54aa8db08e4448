"""Test how a Run behaves on its validation rows when they are changed; never on the sealed test split."""

from dataclasses import dataclass

from textkind.artifact.run import Run
from textkind.behaviour.outcome import Outcome
from textkind.behaviour.runner import run_suite
from textkind.behaviour.suite import Suite
from textkind.steps.train import run_data


@dataclass(frozen=True)
class Checked:
    """What a suite found.

    Attributes:
        run: the name of the Run.
        suite: as it was run.
        validation_rows: rows that tests could draw from; None if the suite has `[[must]]` only.
        outcomes: one per test.
    """

    run: str
    suite: Suite
    validation_rows: int | None
    outcomes: list[Outcome]

    @property
    def passed(self) -> bool:
        """Whether no test failed."""
        return all(one.status != "failed" for one in self.outcomes)

    def to_dict(self) -> dict:
        """Everything for JSON and for the terminal."""
        return {
            "run": self.run,
            "passed": self.passed,
            "split": "validation",
            "validation_rows": self.validation_rows,
            "seed": self.suite.seed,
            "rows": self.suite.rows,
            "min_rows": self.suite.min_rows,
            "skipped": list(self.suite.skip),
            "tests": [{**one.to_dict(), "sentence": one.sentence()} for one in self.outcomes],
        }


def check(run: Run, suite: Suite | None = None, *, data: str | None = None) -> Checked:
    """Try a suite of behaviour tests on a Run.

    Args:
        run: an open Run.
        suite: None: the standard tests. One of `[[must]]` alone needs no data.
        data: where the data lies now, if it moved.

    Raises:
        RecipeError: `[[must]]` rows that do not fit the Run.
        DataError: the data is not what the Run was trained on, or no test could be judged.
    """
    suite = suite or Suite()
    suite.check_must(run.labels, pairs=run.data["pairs"])
    texts = run_data(run, data).split("validation").texts if suite.tests else None
    outcomes = run_suite(suite, texts or (), run.predict_proba, run.labels)
    return Checked(run.path.name, suite, None if texts is None else len(texts), outcomes)
