"""Recipe: the written choice of data, method and seed; strict keys, TOML in and out."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, ValidationError

from textkind.errors import RecipeError, did_you_mean, listed
from textkind.tables import METHOD_TABLES, DataTable, FeaturesTable, MethodTable, Table


class Recipe(Table):
    """Everything that decides a result.

    With `seeds` above 1 the method is trained with so many seeds, `seed` and the numbers after it: the first
    one is kept, the others tell how far chance goes.

    >>> recipe = Recipe.build({"data": {"source": "sample:emotion"}}, {"method.name": "tfidf"})
    >>> recipe.method.name, recipe.seed
    ('tfidf', 0)
    """

    data: DataTable
    method: MethodTable = FeaturesTable()
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    seeds: Annotated[int, Field(ge=1)] = 1

    @classmethod
    def build(cls, tables: Mapping[str, Any], overrides: Mapping[str, Any] | None = None) -> Self:
        """Build a recipe from nested tables, after setting dotted keys such as `method.C`.

        Raises:
            RecipeError: unknown keys (with the nearest known one) and bad values, all at once.
        """
        tables = {key: dict(value) if isinstance(value, Mapping) else value for key, value in tables.items()}
        for dotted, value in (overrides or {}).items():
            *path, key = dotted.split(".")
            target = tables
            for number, table in enumerate(path, 1):
                target = target.setdefault(table, {})
                if not isinstance(target, dict):
                    raise RecipeError(f"recipe: [{'.'.join(path[:number])}] must be a table")
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
