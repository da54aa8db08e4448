"""OpenVinoModel: the states that torch gives, whatever the batch, and a folder that is whole or absent."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("openvino")
torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from textkind.encoders import openvino_model  # noqa: E402
from textkind.encoders.openvino_model import OpenVinoModel, convert  # noqa: E402
from textkind.errors import MissingExtraError, RecipeError, RunError  # noqa: E402

SHAPES = [(1, 1), (3, 7), (2, 32), (40, 5), (3, 7)]
pytestmark = [
    pytest.mark.filterwarnings("default"),  # the tracer of torch warns of its own age
]


def batch(rows, tokens, seed=0):
    """Random ids; the padding grows from row to row."""
    ids = np.random.default_rng(seed).integers(5, 30, (rows, tokens))
    lengths = np.maximum(1, tokens - np.arange(rows) % tokens)
    return ids, (np.arange(tokens) < lengths[:, None]).astype(np.int64)


def expected(model, ids, mask):
    with torch.inference_mode():
        output = model(
            input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask), output_hidden_states=True
        )
    return [states.numpy() for states in output.hidden_states]


@pytest.fixture(scope="module")
def model(tiny_model):
    return transformers.AutoModel.from_pretrained(tiny_model).eval()


@pytest.fixture(scope="module")
def converted(model, tmp_path_factory):
    """A function that converts once and loads."""
    root = tmp_path_factory.mktemp("openvino")

    def load(precision="float32", layers=(0, 2, 1), *, pooled=False, **options):
        folder = root / f"{precision}{layers}{pooled}"
        if not folder.exists():
            calibration = [batch(*shape, seed=seed) for seed, shape in enumerate([(4, 9), (20, 20)])]
            given = {"calibration": calibration} if precision == "int8" else {}
            convert(model, folder, precision=precision, layers=layers, pooled=pooled, **given)
        return OpenVinoModel.load(folder, **options)

    return load


def test_float32_states_equal_torch_in_any_shape(converted, model):
    engine = converted()
    assert (engine.layers, engine.precision, engine.pooled) == ((0, 2, 1), "float32", False)
    for shape in SHAPES:
        ids, mask = batch(*shape)
        found = engine(ids, mask)
        assert [(one.shape, one.dtype) for one in found] == [((*shape, 16), np.float32)] * 3
        states = expected(model, ids, mask)
        for one, layer in zip(found, engine.layers, strict=True):
            np.testing.assert_allclose(one[mask == 1], states[layer][mask == 1], atol=1e-4)


def test_pooled_outputs_are_masked_means(converted, model):
    ids, mask = batch(5, 9)
    [found] = converted(layers=(2,), pooled=True)(ids, mask)
    states = expected(model, ids, mask)[2]
    means = np.stack([one[row == 1].mean(0) for one, row in zip(states, mask, strict=True)])
    np.testing.assert_allclose(found, means, atol=1e-4)


@pytest.mark.parametrize(("precision", "least"), [("bfloat16", 0.9998), ("int8", 0.95)])
def test_lower_precisions_stay_near(converted, model, precision, least):
    ids, mask = batch(30, 12, seed=3)
    [found] = converted(precision, (2,))(ids, mask)
    a, b = found[mask == 1], expected(model, ids, mask)[2][mask == 1]
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    assert cosines.min() >= least


def test_padding_beside_a_text_changes_nothing(converted):
    engine = converted(layers=(2,), pooled=True)
    ids, mask = batch(1, 6)
    [alone] = engine(ids, mask)
    for pad_id in (0, 7):
        wide = np.full((4, 30), pad_id)
        wide[1:, :] = 9
        wide[0, :6] = ids
        wide_mask = np.ones((4, 30), np.int64)
        wide_mask[0, 6:] = 0
        np.testing.assert_allclose(engine(wide, wide_mask)[0][0], alone[0], atol=1e-5)


def test_run_gives_every_batch_in_order_and_equal_to_a_call(converted):
    engine = converted(layers=(2,))
    batches = [batch(1 + number % 5, 1 + number % 11, seed=number) for number in range(40)]
    kept = list(engine.run(iter(batches)))
    assert [number for number, _ in kept] == list(range(40))
    for (_, [states]), one in zip(kept, batches, strict=True):
        np.testing.assert_allclose(states, engine(*one)[0], atol=1e-6)
    assert list(engine.run([])) == []


def test_run_takes_batches_only_as_far_ahead_as_needed_and_may_be_left(converted):
    engine, taken = converted(layers=(2,), threads=1), []

    def batches():
        for number in range(100):
            taken.append(number)
            yield batch(2, 5)

    run = engine.run(batches())
    next(run)
    assert len(taken) < 20
    run.close()
    assert engine(*batch(2, 5))[0].shape == (2, 5, 16)


def test_a_fault_in_the_batches_comes_through(converted):
    def batches():
        yield batch(2, 5)
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(converted(layers=(2,)).run(batches()))


def test_compiled_cache_gives_the_same(converted, tmp_path):
    ids, mask = batch(3, 7)
    [fresh] = converted(layers=(2,))(ids, mask)
    for _ in range(2):
        [cached] = converted(layers=(2,), cache=tmp_path)(ids, mask)
        np.testing.assert_array_equal(cached, fresh)
    assert list(tmp_path.iterdir())


def test_broken_conversion_leaves_nothing(model, tmp_path, monkeypatch):
    import openvino

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openvino, "save_model", full)
    with pytest.raises(RunError, match="could not be written .No space left on device"):
        convert(model, tmp_path / "new" / "here", precision="float32", layers=[2])
    assert not list((tmp_path / "new").iterdir())


def test_two_processes_may_convert_at_once(model, tmp_path, monkeypatch):
    target = tmp_path / "both"
    rename = os.rename

    def late(source, path):
        monkeypatch.setattr(os, "rename", rename)
        convert(model, target, precision="float32", layers=[1])
        rename(source, path)

    monkeypatch.setattr(os, "rename", late)
    convert(model, target, precision="float32", layers=[1])
    assert [path.name for path in tmp_path.iterdir()] == ["both"]
    assert OpenVinoModel.load(target).layers == (1,)


def test_wrong_choices_are_named(model, tmp_path):
    def attempt(**options):
        convert(model, tmp_path / "x", **{"precision": "float32", "layers": [2], **options})

    with pytest.raises(RecipeError, match="unknown precision 'int4'.*'int8'"):
        attempt(precision="int4")
    for layers in ([], [3], [-1]):
        with pytest.raises(RecipeError, match=r"some of 0 to 2 for this encoder, found \["):
            attempt(layers=layers)
    with pytest.raises(RecipeError, match="int8 needs batches of texts to calibrate with"):
        attempt(precision="int8")
    (tmp_path / "x").mkdir()
    with pytest.raises(RunError, match="exists already"):
        attempt()


def test_damaged_or_foreign_folders_are_refused(model, tmp_path):
    for folder in (tmp_path / "absent", tmp_path):
        with pytest.raises(RunError, match="remove the folder and convert again"):
            OpenVinoModel.load(folder)
    convert(model, tmp_path / "cut", precision="float32", layers=[2])
    (tmp_path / "cut" / "model.bin").write_bytes(b"short")
    with pytest.raises(RunError, match="converted for OpenVINO"):
        OpenVinoModel.load(tmp_path / "cut")


def test_missing_package_names_the_extra(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match=r"'openvino', which is not installed.*textkind\[fast\]"):
        OpenVinoModel.load(tmp_path)


def test_nothing_is_printed_and_nothing_is_reported(tiny_model, tmp_path):
    """In a process of its own: NNCF draws bars on stdout, and both packages report their use by default."""
    code = (
        "import sys, numpy as np, transformers\n"
        "from pathlib import Path\n"
        "from textkind.encoders.openvino_model import convert\n"
        "transformers.utils.logging.disable_progress_bar()\n"
        f"model = transformers.AutoModel.from_pretrained({tiny_model!r}).eval()\n"
        "ids = np.full((4, 9), 6)\n"
        f"convert(model, Path({str(tmp_path / 'q')!r}), precision='int8', layers=[2],"
        " calibration=[(ids, np.ones_like(ids))])\n"
        "assert sys.modules['openvino_telemetry'] is None\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    path = os.pathsep.join([str(Path(openvino_model.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert not (home / "intel").exists()
