"""Recipe: the written choice of data, method and seed; strict keys, TOML in and out."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from textkind.errors import RecipeError, did_you_mean, listed

HeadName = Literal[
    "logistic_regression", "ridge", "linear_svm", "knn", "random_forest", "gradient_boosting", "mlp"
]
HEAD_KEYS: dict[str, tuple[tuple[str, ...], float]] = {  # key -> the heads that have it, its default
    "C": (("logistic_regression", "ridge", "linear_svm"), 1.0),
    "neighbors": (("knn",), 5),
    "min_leaf": (("random_forest",), 1),
    "learning_rate": (("gradient_boosting",), 0.1),
    "hidden": (("mlp",), 100),
}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataTable(_Table):
    """`[data]`: what to read; see textkind.data.sources.LoadOptions."""

    source: str
    text: str | None = None
    text_pair: str | None = None
    label: str | None = None
    names: str | None = None
    label_separator: str | None = None
    encoding: str = "utf-8"
    validation_share: Annotated[float, Field(ge=0, lt=0.9)] = 0.1
    test_share: Annotated[float, Field(ge=0, lt=0.9)] = 0.1
    group: str | None = None
    time: str | None = None
    corrections: str | None = None


class MajorityTable(_Table):
    """`[method]` for the dummy; it has no settings."""

    name: Literal["majority"] = "majority"


class _HeadTable(_Table):
    """The keys of a head, the same for every method that has one."""

    head: HeadName = "logistic_regression"
    C: Annotated[float, Field(gt=0)] | None = Field(None, validate_default=True)
    neighbors: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    min_leaf: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(None, validate_default=True)
    hidden: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    class_weight: Literal["balanced"] | None = None
    scale: bool = False
    resample: Literal["oversample", "undersample", "smote"] | None = None
    tune_seconds: Annotated[float, Field(ge=0)] = 0
    tune_trials: Annotated[int, Field(ge=1)] | None = None

    @field_validator(*HEAD_KEYS)
    @classmethod
    def _fits_the_head(cls, value: float | None, info: ValidationInfo) -> float | None:
        head, key = info.data.get("head"), str(info.field_name)
        heads, default = HEAD_KEYS[key]
        if head in heads:
            return default if value is None else value
        if value is not None and head is not None:
            raise ValueError(f"the head {head} has no {key}: leave it out, or use {listed(heads)}")
        return value

    @field_validator("tune_trials")
    @classmethod
    def _bounds_a_search(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("tune_seconds") == 0:
            raise ValueError("tune_seconds = 0 turns tuning off: set it too, to the most seconds to spend")
        return value


class _WordsTable(_HeadTable):
    """The keys of TF-IDF, alone or beside other features."""

    ngrams: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)
    min_count: Annotated[int, Field(ge=1)] = 1
    max_features: Annotated[int, Field(ge=1)] | None = None
    sublinear: bool = True


class TfidfTable(_WordsTable):
    """`[method]` for TF-IDF and a head."""

    name: Literal["tfidf"] = "tfidf"
    unit: Literal["word", "character"] = "word"


class FeaturesTable(_WordsTable):
    """`[method]` for frozen encoders, joined if there are several, and a head.

    `encoder` is a name, or names with " + " between them; `tfidf` and `tfidf-char` are names too. `weights`
    says how much each of them weighs.
    """

    name: Literal["features"] = "features"
    encoder: str = "minilm"
    weights: tuple[Annotated[float, Field(gt=0)], ...] | None = None
    revision: str | None = None
    pooling: Literal["mean", "cls", "first", "last", "max", "attention", "own"] = "mean"
    layers: Annotated[tuple[int, ...], Field(min_length=1)] = (-1,)
    max_tokens: Annotated[int, Field(ge=3)] | None = None
    long: Literal["head", "head+tail", "windows"] = "head"
    prompt: str | None = None
    precision: Literal["exact", "auto", "fast"] = "auto"


METHOD_TABLES: dict[str, type[_Table]] = {
    "majority": MajorityTable,
    "tfidf": TfidfTable,
    "features": FeaturesTable,
}


class Recipe(_Table):
    """Everything that decides a result.

    >>> recipe = Recipe.build({"data": {"source": "sample:emotion"}}, {"method.name": "tfidf"})
    >>> recipe.method.name, recipe.seed
    ('tfidf', 0)
    """

    data: DataTable
    method: MajorityTable | TfidfTable | FeaturesTable = FeaturesTable()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0

    @classmethod
    def build(cls, tables: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Self:
        """Build a recipe from nested tables, after setting dotted keys such as `method.C`.

        Raises:
            RecipeError: unknown keys (with the nearest known one) and bad values, all at once.
        """
        tables = {key: dict(value) if isinstance(value, Mapping) else value for key, value in tables.items()}
        for dotted, value in (overrides or {}).items():
            table, _, key = dotted.rpartition(".")
            target = tables.setdefault(table, {}) if table else tables
            if not isinstance(target, dict):
                raise RecipeError(f"recipe: [{table}] must be a table")
            target[key] = value
        problems = _problems(tables)
        if problems:
            raise RecipeError("recipe: " + "; ".join(problems))
        method: dict[str, Any] = tables.pop("method", {})
        chosen = METHOD_TABLES[method.get("name", "features")].model_validate(method)
        return cls.model_validate({**tables, "method": chosen})

    @classmethod
    def read(cls, path: Path) -> dict[str, Any]:
        """Read a TOML file into the tables that `build` takes.

        Raises:
            RecipeError: no such file, or it is not TOML.
        """
        try:
            return tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise RecipeError(f"cannot read the recipe {path}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"{path} is not TOML: {error}") from error

    def to_toml(self) -> str:
        """Write every key, defaults filled in; a key without a value is left out, as TOML has none."""
        import tomlkit

        return tomlkit.dumps(self.model_dump(exclude_none=True))

    def method_settings(self) -> dict[str, Any]:
        """The method's keys without its name."""
        return self.method.model_dump(exclude={"name"})


def _problems(tables: Mapping[str, Any]) -> list[str]:
    """Say everything that is wrong, table by table."""
    top = {key: value for key, value in tables.items() if key not in ("data", "method")}
    problems = _in_table("", Recipe, top)
    data, method = tables.get("data", {}), tables.get("method", {})
    problems += [
        f"[{key}] must be a table, found {table!r}"
        for key, table in (("data", data), ("method", method))
        if not isinstance(table, Mapping)
    ]
    if isinstance(data, Mapping):
        problems += _in_table("data.", DataTable, data)
    if isinstance(method, Mapping):
        name = method.get("name", "features")
        if name in METHOD_TABLES:
            problems += _in_table("method.", METHOD_TABLES[name], method)
        else:
            nearest = did_you_mean(name, METHOD_TABLES)
            problems.append(f"unknown method {name!r}: expected {listed(METHOD_TABLES)}.{nearest}")
    return problems


def _in_table(prefix: str, model: type[BaseModel], table: Mapping[str, Any]) -> list[str]:
    try:
        model.model_validate(dict(table))
    except ValidationError as error:
        known = list(model.model_fields)
        return [
            _problem(prefix, fault, known)
            for fault in error.errors()
            if not (model is Recipe and fault["loc"][0] in ("data", "method"))
        ]
    return []


def _problem(prefix: str, fault: Any, known: list[str]) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        return f"unknown key {prefix}{key}.{did_you_mean(key, known) or f' The keys are {listed(known)}.'}"
    if fault["type"] == "missing":
        return f"{prefix}{key} is missing"
    return f"{prefix}{key} = {fault['input']!r}: {fault['msg'][0].lower()}{fault['msg'][1:]}"
