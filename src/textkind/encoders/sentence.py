"""Read how a sentence-transformers folder wants its texts encoded."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from textkind.errors import RecipeError, listed

_POOLINGS = {"cls": "cls", "mean": "mean", "max": "max", "lasttoken": "last"}
_FLAGS = {  # of folders written before version 3
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
_STEPS = ("Transformer", "Pooling", "Normalize")


@dataclass(frozen=True)
class SentenceSettings:
    """What makes a sentence vector of hidden states.

    Attributes:
        pooling: a name in `POOLINGS`.
        normalize: whether vectors have length 1.
        max_tokens: cut texts there, special tokens included; None: at the model's limit.
        prompt: stands before every text.
        lowercase: fold capitals first.
    """

    pooling: str = "mean"
    normalize: bool = False
    max_tokens: int | None = None
    prompt: str = ""
    lowercase: bool = False


def sentence_settings(folder: Path) -> SentenceSettings:
    """Return the settings in a model's folder; without `modules.json`, the mean of the last layer.

    Raises:
        RecipeError: the folder asks for a step that cannot be done here.
    """
    if not (folder / "modules.json").exists():
        return SentenceSettings()
    modules = json.loads((folder / "modules.json").read_text("utf-8"))
    steps = {module["type"].rpartition(".")[2]: module["path"] for module in modules}
    strange = [step for step in steps if step not in _STEPS]
    if strange or "Pooling" not in steps:
        raise RecipeError(
            f"{folder} asks for the steps {listed(steps)}; those that can be done are {listed(_STEPS)}: "
            "set pooling to one of your own instead of 'own'"
        )
    reading = _json(folder / steps.get("Transformer", "") / "sentence_bert_config.json")
    prompts = _json(folder / "config_sentence_transformers.json")
    prompt = prompts.get("prompts", {}).get(prompts.get("default_prompt_name") or "", "")
    pooling = _json(folder / steps["Pooling"] / "config.json")
    if prompt and not pooling.get("include_prompt", True):
        raise RecipeError(f"{folder} leaves its prompt out of the pooling, which cannot be done here")
    return SentenceSettings(
        pooling=_pooling(pooling, folder),
        normalize="Normalize" in steps,
        max_tokens=reading.get("max_seq_length"),
        prompt=prompt,
        lowercase=bool(reading.get("do_lower_case")),
    )


def _pooling(config: dict[str, Any], folder: Path) -> str:
    modes = [mode for flag, mode in _FLAGS.items() if config.get(flag)] or [
        config.get("pooling_mode", "mean")
    ]
    if len(modes) != 1 or modes[0] not in _POOLINGS:
        raise RecipeError(
            f"{folder} pools by {listed(modes)}; what can be done is one of {listed(_POOLINGS)}: "
            "set pooling to one of your own instead of 'own'"
        )
    return _POOLINGS[modes[0]]


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.exists() else {}
