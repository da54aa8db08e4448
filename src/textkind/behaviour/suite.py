"""Suite: which behaviour is tested and how much of it must hold; strict keys, TOML in."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from textkind.behaviour.words import GROUPS, SENTENCES
from textkind.errors import RecipeError, did_you_mean, listed
from textkind.labels import LabelSet
from textkind.text.inputs import Text

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Words = Annotated[str, Field(min_length=1, pattern=r"\S")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Surface(_Table):
    """Changes that no reader notices much: case, spacing, the mark at the end."""

    at_most: Share = 0.10


class Typo(_Table):
    """`[typo]`: words with a typing mistake, and the share of changed answers that may be."""

    at_most: Share = 0.15
    edits: Count = 1


class Names(_Table):
    """`[names]`: groups of names that may stand for each other."""

    at_most: Share = 0.15
    groups: Annotated[tuple[Annotated[tuple[Words, ...], Field(min_length=2)], ...], Field(min_length=1)] = (
        GROUPS
    )


class Length(_Table):
    """`[length]`: neutral sentences, one of which is put behind a text."""

    at_most: Share = 0.15
    sentences: Annotated[tuple[Words, ...], Field(min_length=1)] = SENTENCES


class Negation(_Table):
    """`[negation]`: a rise of the answer's probability by more than `rise` counts as one."""

    at_most: Share = 0.40
    rise: Share = 0.01


class Must(_Table):
    """`[[must]]`: a text (or pair) and the label that has to be the answer."""

    text: Words
    text_pair: Words | None = None
    label: tuple[str, ...]
    at_least: Share | None = None

    @field_validator("label", mode="before")
    @classmethod
    def _as_several(cls, value: object) -> object:
        if isinstance(value, int | float):
            raise ValueError(f'expected a label by name, found the number {value}: write "{value}"')
        return (value,) if isinstance(value, str) else value

    @property
    def row(self) -> Text:
        """The text, or the pair."""
        return self.text if self.text_pair is None else (self.text, self.text_pair)


class Suite(_Table):
    """The tests of a classifier's behaviour, after Ribeiro et al. (2020).

    "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", ACL 2020: invariance tests (a change
    that must not change the answer), directional tests (a change after which the answer's probability
    must not rise), and rows that must be answered right. The thresholds are starting points.

    Attributes:
        seed: of the choice of rows and of every change.
        rows: that each test changes at most.
        min_rows: a test that can change fewer is not judged.
        skip: names of tests that are left out.
        must: rows that must be answered right; every other attribute is the table of the test of its name.

    >>> suite = Suite.build({"skip": ["negation"], "typo": {"at_most": 0.2}})
    >>> suite.tests
    ('upper_case', 'lower_case', 'spacing', 'punctuation', 'typo', 'names', 'length')
    """

    seed: Annotated[int, Field(ge=0, strict=True)] = 0
    rows: Count = 500
    min_rows: Count = 20
    skip: tuple[str, ...] = ()
    upper_case: Surface = Surface()
    lower_case: Surface = Surface()
    spacing: Surface = Surface()
    punctuation: Surface = Surface()
    typo: Typo = Typo()
    names: Names = Names()
    length: Length = Length()
    negation: Negation = Negation()
    must: tuple[Must, ...] = ()

    @field_validator("skip")
    @classmethod
    def _knows_the_tests(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if name not in TABLES:
                raise ValueError(
                    f"unknown test {name!r}: expected {listed(TABLES)}.{did_you_mean(name, TABLES)}"
                )
        return value

    @classmethod
    def build(cls, tables: Mapping[str, Any]) -> Self:
        """Build a suite from nested tables.

        Raises:
            RecipeError: unknown keys (with the nearest known one) and bad values, all at once; or
                there is nothing left to test.
        """
        try:
            suite = cls.model_validate(dict(tables))
        except ValidationError as error:
            raise RecipeError("suite: " + "; ".join(map(_problem, error.errors()))) from error
        if not suite.tests and not suite.must:
            raise RecipeError("suite: every test is skipped and there is no [[must]]: leave one of them in")
        return suite

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a suite from a TOML file.

        Raises:
            RecipeError: no such file, it is not TOML, or as `build` says.
        """
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise RecipeError(f"cannot read the suite {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{path} is not TOML: {error}") from error
        return cls.build(tables)

    @property
    def tests(self) -> tuple[str, ...]:
        """The names of the tests that change texts and are not skipped."""
        return tuple(name for name in TABLES if name not in self.skip)

    def check_must(self, labels: LabelSet, *, pairs: bool) -> None:
        """Check that the `[[must]]` rows fit a classifier.

        Raises:
            RecipeError: unknown labels, several where a text has one, texts where pairs are read or the
                other way round, all at once.
        """
        problems = []
        for number, must in enumerate(self.must, start=1):
            place = f"[[must]] {number}"
            problems += [
                f"{place}: unknown label {name!r}, the labels are {listed(labels.names)}."
                + did_you_mean(name, labels.names)
                for name in must.label
                if name not in labels.names
            ]
            if not labels.multi_label and len(must.label) != 1:
                problems.append(f"{place}: expected one label, found {len(must.label)}: a text has one here")
            if pairs != (must.text_pair is not None):
                found = "has no text_pair, but the run was trained on pairs: add it"
                other = "has a text_pair, but the run was trained on single texts: leave it out"
                problems.append(f"{place} {found if pairs else other}")
        if problems:
            raise RecipeError("suite: " + "; ".join(problems))


TABLES: dict[str, type[_Table]] = {
    name: field.annotation
    for name, field in Suite.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Table)
}


def _problem(fault: Any) -> str:
    """One of pydantic's faults in the words of a recipe's; `loc` is such as ("must", 0, "label")."""
    table, *inner = fault["loc"]
    if table == "must" and inner:
        number, *inner = inner
        prefix, model = f"[[must]] {int(number) + 1}: ", Must
    elif inner:
        prefix, model = f"{table}.", TABLES.get(table, Suite)
    else:
        prefix, model, inner = "", Suite, [table]
    key = ".".join(map(str, inner))
    if fault["type"] == "extra_forbidden":
        known = list(model.model_fields)
        return f"unknown key {prefix}{key}.{did_you_mean(key, known) or f' The keys are {listed(known)}.'}"
    if fault["type"] == "missing":
        return f"{prefix}{key} is missing"
    plainly = {"model_type": "expected a table", "tuple_type": "expected a list"}
    said = plainly.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return f"{prefix}{key} = {fault['input']!r}: {said[0].lower()}{said[1:]}"
