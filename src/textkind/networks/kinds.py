"""The kinds of networks by name, and how to read a saved one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textkind.errors import RunError, listed
from textkind.networks.contract import Network
from textkind.networks.finetuned import FineTuned
from textkind.networks.options import Training
from textkind.networks.scratch import Cnn, Rnn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

NETWORKS: Mapping[str, type[Network]] = {kind.kind: kind for kind in (FineTuned, Cnn, Rnn)}


def network_and_training(kind: str, settings: Mapping[str, Any]) -> tuple[Network, Training]:
    """Sort the keys of a recipe's `[method]` table into those of the network and those of its training."""
    names = {field.name for field in fields(Training)}
    training = {key: value for key, value in settings.items() if key in names}
    own = {key: value for key, value in settings.items() if key not in names}
    return network_from({"kind": kind, **own}), Training(**training)


def network_to(network: Network) -> dict[str, Any]:
    """A network's choices for JSON."""
    return {"kind": network.kind, **asdict(network)}  # ty: ignore[invalid-argument-type]  # all are dataclasses


def network_from(choices: Mapping[str, Any]) -> Network:
    """The network of choices that `network_to` gave.

    Raises:
        RunError: its kind is not known to this version.
    """
    kind = choices["kind"]
    if kind not in NETWORKS:
        raise RunError(f"unknown kind of network {kind!r}: this version knows {listed(NETWORKS)}")
    own = {name: tuple(value) if isinstance(value, list) else value for name, value in choices.items()}
    del own["kind"]
    return NETWORKS[kind](**own)


def load_network(folder: Path) -> PreTrainedModel:
    """Read a saved model of any kind, in float32, without running a stranger's code."""
    import torch
    from transformers import AutoModelForSequenceClassification
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    register()
    return AutoModelForSequenceClassification.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True, use_safetensors=True, trust_remote_code=False
    ).eval()


def register() -> None:
    """Tell transformers of the networks from scratch, so that its Auto classes and pipelines load them.

    Call it before `transformers.pipeline("text-classification", "RUN/model/network")` of a CNN or RNN; a
    fine-tuned network needs no call.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    from textkind.networks.convolutional import CnnConfig, CnnForSequenceClassification
    from textkind.networks.recurrent import RnnConfig, RnnForSequenceClassification

    for config, model in (
        (CnnConfig, CnnForSequenceClassification),
        (RnnConfig, RnnForSequenceClassification),
    ):
        AutoConfig.register(config.model_type, config, exist_ok=True)
        AutoModelForSequenceClassification.register(config, model, exist_ok=True)
