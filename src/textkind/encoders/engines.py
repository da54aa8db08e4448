"""The engines that can run a transformer here, and the proof that a faster one agrees with float32."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from textkind.encoders.reading import Batch, Engine, Reading
from textkind.files import new_file

FLOAT32, BFLOAT16 = "torch float32", "torch bfloat16"
OPENVINO_BFLOAT16, INT8 = "openvino bfloat16", "openvino int8"

PRECISIONS = ("exact", "auto", "fast")
# Cosine to float32 that a text must have, and that all must have on average
LEAST = {BFLOAT16: (0.9998, 0.9998), OPENVINO_BFLOAT16: (0.9998, 0.9998), INT8: (0.95, 0.99)}


@dataclass(frozen=True)
class Agreement:
    """How near an engine's vectors are to those of torch in float32, on some of the user's texts."""

    engine: str
    texts: int
    cosine_mean: float
    cosine_min: float

    @classmethod
    def of(cls, engine: str, exact: np.ndarray, found: np.ndarray) -> Agreement:
        """Compare vectors (n, d) row by row."""
        products = np.einsum("nd,nd->n", exact, found, dtype=np.float64)
        lengths = np.linalg.norm(exact.astype(np.float64), axis=1) * np.linalg.norm(found, axis=1)
        cosines = np.where(lengths > 0, products / np.maximum(lengths, 1e-30), 1.0)
        return cls(engine, len(exact), float(cosines.mean()), float(cosines.min()))

    @property
    def holds(self) -> bool:
        """Whether it is near enough."""
        least, mean = LEAST[self.engine]
        return self.cosine_min >= least and self.cosine_mean >= mean

    def sentence(self) -> str:
        """Say it in one sentence."""
        return (
            f"encoded by {self.engine}: on {self.texts:,} training texts its vectors have a cosine to "
            f"float32's of {self.cosine_mean:.5f} on average, {self.cosine_min:.5f} at least"
        )

    def to_dict(self) -> dict:
        """Everything for JSON."""
        return asdict(self)


def candidates(precision: str) -> list[str]:
    """The engines to try before float32, the fastest first, that this machine can run."""
    from textkind.encoders.torch_engine import has_fast_bfloat16, on_gpu

    if precision == "exact":
        return []
    openvino = find_spec("openvino") is not None and not on_gpu()
    fast = [INT8] if precision == "fast" and openvino and find_spec("nncf") is not None else []
    bfloat16 = [OPENVINO_BFLOAT16 if openvino else BFLOAT16] if has_fast_bfloat16() else []
    return fast + bfloat16


def build_engine(
    name: str, reading: Reading, graph: Path | None = None, calibration: Sequence[Batch] = ()
) -> Engine:
    """Load an engine.

    Args:
        graph: of OpenVINO's engines: the folder of the converted model, made if it is missing.
        calibration: for int8, batches of texts like those to come.

    Raises:
        MissingExtraError: its packages are not installed.
    """
    from textkind.encoders.torch_engine import TorchEngine

    if graph is None:
        return TorchEngine(reading, precision=name.partition(" ")[2])
    from textkind.encoders.openvino_engine import OpenVinoEngine, convert

    if not graph.exists():
        convert(reading, graph, precision=name.partition(" ")[2], calibration=calibration)
    return OpenVinoEngine.load(graph)


def graph_name(name: str, reading: Reading, texts: Sequence[str] = ()) -> str:
    """A folder's name for an engine's graph: everything that it depends on, calibration texts included."""
    digest = sha256(f"{name} {reading.pretrained.sha256} {reading.layers} {reading.pooling}".encode())
    for text in texts:
        digest.update(sha256(text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()[:32]


def write_choice(path: Path, engine: str, agreement: Agreement | None) -> None:
    """Write which engine was chosen, and why, to a JSON file that appears whole."""
    chosen = {"engine": engine, "agreement": agreement.to_dict() if agreement else None}
    with new_file(path) as partial:
        partial.write_text(json.dumps(chosen) + "\n", "utf-8")


def read_choice(path: Path) -> tuple[str, Agreement | None]:
    """Read what `write_choice` wrote."""
    chosen = json.loads(path.read_text("utf-8"))
    return chosen["engine"], Agreement(**chosen["agreement"]) if chosen["agreement"] else None
