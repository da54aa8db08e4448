"""OpenVinoEngine: the vectors that torch gives, whatever the batch, and a folder that is whole or absent."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino")
pytest.importorskip("torch")

from textkind.encoders import openvino_engine
from textkind.encoders.openvino_engine import OpenVinoEngine, convert
from textkind.encoders.pooling import POOLINGS
from textkind.encoders.pretrained import find_pretrained
from textkind.encoders.reading import Reading
from textkind.encoders.torch_engine import TorchEngine
from textkind.errors import MissingExtraError, RecipeError, RunError

SHAPES = [(1, 1), (3, 7), (2, 32), (40, 5), (3, 7)]
pytestmark = [
    pytest.mark.filterwarnings("default"),  # the tracer of torch warns of its own age
]


def batch(rows, tokens, seed=0):
    """Random ids; the padding grows from row to row."""
    ids = np.random.default_rng(seed).integers(5, 30, (rows, tokens))
    lengths = np.maximum(1, tokens - np.arange(rows) % tokens)
    return ids, (np.arange(tokens) < lengths[:, None]).astype(np.int64)


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


@pytest.fixture(scope="module")
def reading(tiny_model):
    return lambda layers=(2,), pooling="mean": Reading(find_pretrained(tiny_model), layers, pooling)


@pytest.fixture(scope="module")
def converted(reading, tmp_path_factory):
    """A function that converts once and loads."""
    root = tmp_path_factory.mktemp("openvino")

    def load(precision="float32", layers=(2,), pooling="mean", **options):
        folder = root / f"{precision}{layers}{pooling}"
        if not folder.exists():
            calibration = [batch(*shape, seed=seed) for seed, shape in enumerate([(4, 9), (20, 20)])]
            given = {"calibration": calibration} if precision == "int8" else {}
            convert(reading(layers, pooling), folder, precision=precision, **given)
        return OpenVinoEngine.load(folder, **options)

    return load


@pytest.mark.parametrize("pooling", POOLINGS)
def test_float32_equals_torch_in_any_shape(converted, reading, pooling):
    batches = [batch(*shape) for shape in SHAPES]
    expected = TorchEngine(reading((0, 2, 1), pooling)).run(batches)
    found = converted(layers=(0, 2, 1), pooling=pooling).run(batches)
    for ours, theirs in zip(found, expected, strict=True):
        assert (ours.shape, ours.dtype) == (theirs.shape, np.float32)
        np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize(("precision", "least"), [("bfloat16", 0.9998), ("int8", 0.95)])
def test_lower_precisions_stay_near(converted, reading, precision, least):
    batches = [batch(30, 12, seed=3)]
    [found], [expected] = converted(precision).run(batches), TorchEngine(reading()).run(batches)
    assert cosines(found, expected).min() >= least


def test_padding_beside_a_text_changes_nothing(converted):
    engine = converted()
    ids, mask = batch(1, 6)
    [alone] = engine.run([(ids, mask)])
    for pad_id in (0, 7):
        wide = np.full((4, 30), pad_id)
        wide[1:, :] = 9
        wide[0, :6] = ids
        wide_mask = np.ones((4, 30), np.int64)
        wide_mask[0, 6:] = 0
        [found] = engine.run([(wide, wide_mask)])
        np.testing.assert_allclose(found[0], alone[0], atol=1e-5)


def test_run_gives_every_batch_in_order_and_equal_to_a_call(converted):
    engine = converted()
    batches = [batch(1 + number % 5, 1 + number % 11, seed=number) for number in range(40)]
    for found, one in zip(engine.run(iter(batches)), batches, strict=True):
        np.testing.assert_allclose(found, next(engine.run([one])), atol=1e-6)
    assert list(engine.run([])) == []


def test_run_takes_batches_only_as_far_ahead_as_needed_and_may_be_left(converted):
    engine, taken = converted(threads=1), []

    def batches():
        for number in range(100):
            taken.append(number)
            yield batch(2, 5)

    run = engine.run(batches())
    next(run)
    assert len(taken) < 20
    run.close()
    assert next(engine.run([batch(2, 5)])).shape == (2, 16)


def test_a_fault_in_the_batches_comes_through(converted):
    def batches():
        yield batch(2, 5)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(converted().run(batches()))


def test_compiled_cache_gives_the_same(converted, tmp_path):
    batches = [batch(3, 7)]
    [fresh] = converted().run(batches)
    for _ in range(2):
        [cached] = converted(cache=tmp_path).run(batches)
        np.testing.assert_array_equal(cached, fresh)
    assert list(tmp_path.iterdir())


def test_broken_conversion_leaves_nothing(reading, tmp_path, monkeypatch):
    import openvino

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openvino, "save_model", full)
    with pytest.raises(RunError, match="could not be written .No space left on device"):
        convert(reading(), tmp_path / "new" / "here", precision="float32")
    assert not (tmp_path / "new").exists()


def test_two_processes_may_convert_at_once(reading, tmp_path, monkeypatch):
    target = tmp_path / "both"
    rename = os.rename

    def late(source, path):
        monkeypatch.setattr(os, "rename", rename)
        convert(reading(), target, precision="float32")
        rename(source, path)

    monkeypatch.setattr(os, "rename", late)
    convert(reading(), target, precision="float32")
    assert [path.name for path in tmp_path.iterdir()] == ["both"]
    OpenVinoEngine.load(target)


def test_wrong_choices_are_named(reading, tmp_path):
    def attempt(precision="float32"):
        convert(reading(), tmp_path / "x", precision=precision)

    with pytest.raises(RecipeError, match="unknown precision 'int4'.*'int8'"):
        attempt(precision="int4")
    with pytest.raises(RecipeError, match="int8 needs batches of texts to calibrate with"):
        attempt(precision="int8")
    (tmp_path / "x").mkdir()
    with pytest.raises(RunError, match="exists already"):
        attempt()


def test_damaged_or_foreign_folders_are_refused(reading, tmp_path):
    for folder in (tmp_path / "absent", tmp_path):
        with pytest.raises(RunError, match="remove the folder and convert again"):
            OpenVinoEngine.load(folder)
    convert(reading(), tmp_path / "cut", precision="float32")
    (tmp_path / "cut" / "model.bin").write_bytes(b"short")
    with pytest.raises(RunError, match="converted for OpenVINO"):
        OpenVinoEngine.load(tmp_path / "cut")


def test_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"'openvino', which is not installed.*textkind\[fast\]"):
        OpenVinoEngine.load(tmp_path)


def test_nothing_is_printed_and_nothing_is_reported(tiny_model, tmp_path):
    """In a process of its own: NNCF draws bars on stdout, and both packages report their use by default."""
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from textkind.encoders.reading import Reading\n"
        "from textkind.encoders.openvino_engine import convert\n"
        "from textkind.encoders.pretrained import find_pretrained\n"
        "ids = np.full((4, 9), 6)\n"
        f"reading = Reading(find_pretrained({tiny_model!r}), (2,), 'mean')\n"
        f"convert(reading, Path({str(tmp_path / 'q')!r}), precision='int8',"
        " calibration=[(ids, np.ones_like(ids))])\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([str(Path(openvino_engine.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not (home / "intel").exists()
