"""Run a transformer with torch: batches of token ids in, pooled vectors out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from textkind.encoders.pooling import POOLINGS
from textkind.encoders.reading import Batch, Reading
from textkind.extras import import_extra

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

# Where the layers of a model are, if nothing follows the last one: then the first k of them are a model
_STACKS = ("encoder.layer", "transformer.layer")


class TorchEngine:
    """The layers of a model, as far as they are needed, on a GPU if there is one.

    Args:
        reading: what is read of which model.
        precision: `float32` or `bfloat16`, of weights and states; vectors are pooled in float32.
    """

    def __init__(self, reading: Reading, precision: str = "float32") -> None:
        self.layers = reading.layers
        self.pool = POOLINGS[reading.pooling]
        self.start = reading.start
        self.model = _shortened(load_model(reading.pretrained.folder, precision), max(reading.layers))

    def run(self, batches: Iterable[Batch]) -> Iterator[np.ndarray]:
        """Yield, for each batch, the vectors (rows, layers * d) in float32."""
        import torch

        device = self.model.device
        for ids, mask in batches:
            with torch.inference_mode():
                vectors = self.vectors(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
                yield vectors.cpu().numpy()

    def vectors(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The vectors (rows, layers * d) of one batch."""
        import torch

        states = self.model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
        return torch.cat([self.pool(states[layer].float(), mask, self.start) for layer in self.layers], dim=1)


def load_model(folder: Path, precision: str = "float32") -> PreTrainedModel:
    """Load a model without running a stranger's code, for inference, on a GPU if there is one."""
    torch = import_extra("torch", "transformers")
    transformers = import_extra("transformers", "transformers")
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModel.from_pretrained(
        folder,
        dtype=getattr(torch, precision),
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
    )
    return model.eval().to("cuda" if on_gpu() else "cpu")


def on_gpu() -> bool:
    """Whether torch finds a GPU."""
    return import_extra("torch", "transformers").cuda.is_available()


def has_fast_bfloat16() -> bool:
    """Whether this machine multiplies matrices in bfloat16 faster than in float32."""
    torch = import_extra("torch", "transformers")
    if on_gpu():
        return torch.cuda.is_bf16_supported(including_emulation=False)
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, check, bool)() for check in checks)


def _shortened(model: PreTrainedModel, layers: int) -> PreTrainedModel:
    """Drop the layers above the last one that is read."""
    for stack in _STACKS:
        parent, _, name = stack.rpartition(".")
        try:
            holder = attrgetter(parent)(model)
            every = getattr(holder, name)
        except AttributeError:
            continue
        if len(every) == model.config.num_hidden_layers > layers:
            setattr(holder, name, every[: max(1, layers)])
        return model
    return model
