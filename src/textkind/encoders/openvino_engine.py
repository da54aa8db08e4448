"""Run an encoder with OpenVINO: in bfloat16 or int8 it is several times faster on a CPU than torch."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from textkind import progress
from textkind.encoders.reading import Batch, Reading
from textkind.encoders.torch_engine import TorchEngine
from textkind.errors import RecipeError, RunError, did_you_mean, listed
from textkind.extras import import_extra
from textkind.files import new_folder, refuse_existing

if TYPE_CHECKING:
    from types import ModuleType

    from openvino import CompiledModel, Core, InferRequest, Model
    from torch import Tensor
    from torch.nn import Module

PRECISIONS = ("float32", "bfloat16", "int8")
_SETTINGS = "openvino.json"  # written last: a folder without it was not written by `convert`
_GRAPH = "model.xml"
# Of what SmoothQuant can move, how much goes from the activations to the weights; 0.95 is NNCF's own for
# transformers, and without it the mean cosine falls from 0.997 to 0.991 (docs/experiments.md)
_SMOOTHING = 0.95


class OpenVinoEngine:
    """The pooled layers of a converted encoder.

    Any number of rows and tokens is taken. The vectors of a text do not depend on the padding beside it,
    up to the last bits of the precision. Get one by `OpenVinoEngine.load`. Needs the extra `fast`.
    """

    def __init__(self, compiled: CompiledModel) -> None:
        self._compiled = compiled

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, cache: Path | None = None) -> Self:
        """Read and compile what `convert` wrote.

        Args:
            folder: written by `convert`.
            threads: CPU threads to use; None: what OpenVINO finds best for this CPU.
            cache: a folder to keep the compiled model in; the next start takes a third of the time.

        Raises:
            MissingExtraError: OpenVINO is not installed.
            RunError: the folder was not written by `convert`, or is damaged.
        """
        core = _openvino().Core()
        try:
            settings = json.loads((folder / _SETTINGS).read_text("utf-8"))
            # Threads tied to cores would share one core with those of another process
            options = {"PERFORMANCE_HINT": "THROUGHPUT", "ENABLE_CPU_PINNING": False}
            options["INFERENCE_PRECISION_HINT"] = _arithmetic(core, settings["precision"])
            if threads is not None:
                options["INFERENCE_NUM_THREADS"] = threads
            if cache is not None:
                options["CACHE_DIR"] = str(cache)
            return cls(core.compile_model(str(folder / _GRAPH), "CPU", options))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            reason = " ".join(str(error).split())[:200]
            raise RunError(
                f"expected a model that textkind converted for OpenVINO in {folder}, found none that can "
                f"be read ({type(error).__name__}: {reason}): remove the folder and convert again"
            ) from error

    def run(self, batches: Iterable[Batch]) -> Iterator[np.ndarray]:
        """Yield, for each batch, the vectors (rows, layers * d) in float32, while later ones are computed.

        A CPU computes several batches at once with one thread each faster than one batch with all of
        its threads. Batches are taken from the iterator only as far ahead as that needs.
        """
        # Two for each stream, so that a long batch at the head of the line leaves no stream idle
        ahead = 2 * self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        waiting: deque[InferRequest] = deque()
        free: list[InferRequest] = []
        try:
            for batch in batches:
                done = None
                if len(waiting) == ahead:
                    done = _finish(waiting, free)
                request = free.pop() if free else self._compiled.create_infer_request()
                request.start_async([np.ascontiguousarray(array, np.int64) for array in batch])
                waiting.append(request)
                if done is not None:
                    yield done
            while waiting:
                yield _finish(waiting, free)
        finally:  # the caller left early, or a batch failed: nothing may run on unseen
            for request in waiting:
                request.cancel()


def _finish(waiting: deque[InferRequest], free: list[InferRequest]) -> np.ndarray:
    """Wait for the oldest request and copy what it gives: its memory is used again."""
    request = waiting.popleft()
    request.wait()
    free.append(request)
    return request.output_tensors[0].data.astype(np.float32)


def convert(reading: Reading, folder: Path, *, precision: str, calibration: Sequence[Batch] = ()) -> None:
    """Write an encoder to `folder` as an OpenVINO graph; the folder appears whole or not at all.

    Args:
        reading: what is read of which model; the pooling becomes a part of the graph, so that little
            leaves it.
        folder: a new folder. If another process writes the same one first, that one stays.
        precision: `float32`; `bfloat16` (weights stay float32 on disk, a CPU without bfloat16 computes
            in float32); or `int8` (linear layers only: SmoothQuant, Xiao et al., 2023, by NNCF).
        calibration: for int8: ids and mask of a few hundred texts like those to come, in batches.

    Raises:
        MissingExtraError: OpenVINO, or for int8 NNCF, is not installed.
        RecipeError: a precision or calibration that does not fit.
        RunError: `folder` exists, or cannot be written.
    """
    _check(precision, calibration)
    refuse_existing(folder)
    openvino = _openvino()
    with progress.job(f"Converting the encoder to {precision}"):
        graph = _graph(reading)
        if precision == "int8":
            graph = _quantized(graph, calibration)
        settings = {"precision": precision, "openvino": openvino.__version__}
        try:
            with new_folder(folder) as partial:
                openvino.save_model(graph, str(partial / _GRAPH), compress_to_fp16=False)
                (partial / _SETTINGS).write_text(json.dumps(settings) + "\n", "utf-8")
        except RunError:
            if not (folder / _SETTINGS).exists():  # else another process was first: its work is the same
                raise


def _check(precision: str, calibration: Sequence[Batch]) -> None:
    if precision not in PRECISIONS:
        raise RecipeError(
            f"unknown precision {precision!r}: expected {listed(PRECISIONS)}."
            + did_you_mean(precision, PRECISIONS)
        )
    if precision == "int8" and not calibration:
        raise RecipeError(
            "int8 needs batches of texts to calibrate with, found none: give a few hundred texts"
        )


def _openvino() -> ModuleType:
    """Import OpenVINO without openvino_telemetry, which reports its use to a web service by default."""
    if "openvino_telemetry" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # ty: ignore[invalid-assignment]  # as if not installed
    return import_extra("openvino", "fast")


def _arithmetic(core: Core, precision: str) -> str:
    """What a graph computes in where it is not int8; OpenVINO would take bfloat16 for float32 as well."""
    able = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return "bf16" if able and precision != "float32" else "f32"


def _graph(reading: Reading) -> Model:
    """Trace the encoder; rows and tokens stay free."""
    openvino = _openvino()
    torch = import_extra("torch", "transformers")
    # Two rows and some padding: a mask of ones can be left out of the trace
    ids = torch.ones((2, 8), dtype=torch.int64)
    mask = torch.ones_like(ids)
    mask[1, 5:] = 0
    free = openvino.PartialShape([-1, -1])
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's, of branches that depend on a shape
        return openvino.convert_model(
            _traced(reading), example_input={"ids": ids, "mask": mask}, input=[("ids", free), ("mask", free)]
        )


def _traced(reading: Reading) -> Module:
    """A module from ids and mask to the vectors (rows, layers * d)."""
    torch = import_extra("torch", "transformers")
    engine = TorchEngine(reading)

    class Vectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = engine.model

        def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
            return engine.vectors(ids, mask)

    return Vectors().eval()


def _quantized(graph: Model, calibration: Sequence[Batch]) -> Model:
    """Weights and activations of the linear layers in int8."""
    with redirect_stdout(io.StringIO()):  # its bars and notes; stdout belongs to the caller
        nncf = import_extra("nncf", "fast")
        logging.getLogger("nncf").setLevel(logging.ERROR)  # its own function quietens other handlers too
        smoothing = nncf.AdvancedSmoothQuantParameters(matmul=_SMOOTHING)
        return nncf.quantize(
            graph,
            nncf.Dataset([{"ids": ids, "mask": mask} for ids, mask in calibration]),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(calibration),
            # The correction of biases takes a third of the time and changes no cosine in four digits
            advanced_parameters=nncf.AdvancedQuantizationParameters(
                smooth_quant_alphas=smoothing, disable_bias_correction=True
            ),
        )
