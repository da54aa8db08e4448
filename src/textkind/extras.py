"""Import a package of an optional extra, or say which pip line brings it."""

from importlib import import_module
from types import ModuleType

from textkind.errors import MissingExtraError


def import_extra(module: str, extra: str) -> ModuleType:
    """Return the imported `module`.

    Raises:
        MissingExtraError: its distribution is not installed. A failure *inside* an installed
            package is not hidden: it comes through as it is.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise MissingExtraError(
            f'this needs the package {error.name!r}, which is not installed: pip install "textkind[{extra}]"'
        ) from error
