"""Each tier, installed into a bare environment, does its part; an extra that is missing is named."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")

pytestmark = [
    pytest.mark.tiers,
    pytest.mark.skipif(
        not UV.exists(), reason="the environments are made with uv, which `make test` installs"
    ),
]


class Bare:
    """An environment that starts with nothing but Python and only grows."""

    def __init__(self, folder):
        self.folder = folder
        self._uv("venv", "--python", sys.executable, str(folder / "venv"))

    def _uv(self, *arguments):
        environment = {**os.environ, "VIRTUAL_ENV": str(self.folder / "venv")}
        command = [str(UV), "--quiet", *arguments]
        subprocess.run(command, check=True, env=environment, capture_output=True, text=True)

    def install(self, extras=""):
        """Install textkind from this checkout, not editable, as a user would."""
        self._uv(
            "pip",
            "install",
            "--constraint",
            str(ROOT / "constraints.txt"),
            f"textkind{extras} @ {ROOT.as_uri()}",
        )

    def __call__(self, *arguments):
        """Call `textkind` far from the checkout, without the tests' packages."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        command = [str(self.folder / "venv" / "bin" / "textkind"), *map(str, arguments)]
        return subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )

    def document(self, *arguments):
        """The JSON document that a command prints."""
        result = self(*arguments, "--json")
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return Bare(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module")
def core(bare):
    bare.install()
    return bare


@pytest.fixture(scope="module")
def with_transformers(core):
    core.install("[transformers]")
    return core


@pytest.fixture(scope="module")
def with_minilm(with_transformers):
    with_transformers.install("[transformers,minilm]")
    return with_transformers


def test_core_trains_evaluates_and_predicts_without_torch(core):
    packages = core.document("doctor")["packages"]
    assert "torch" not in packages
    assert "transformers" not in packages
    run = core.document("train", "sample:emotion", "--method", "tfidf")["run"]
    assert core.document("evaluate", run, "--split", "test")["test_openings"] == 1
    assert core.document("predict", run, "so happy")["predictions"][0]["label"] == "joy"


def test_core_names_what_is_missing(core):
    result = core("train", "sample:emotion")
    assert result.returncode == 2
    assert 'pip install "textkind[transformers,minilm]"' in result.stderr
    assert len(result.stderr.splitlines()) == 1
    result = core("train", "sample:emotion", "--method", "cnn")
    assert (result.returncode, len(result.stderr.splitlines()[-1:])) == (2, 1)
    assert 'pip install "textkind[transformers]"' in result.stderr
    assert not list((core.folder / "runs").glob("*.training"))
    assert core.document("doctor")["extras"]["transformers"].startswith("missing: pip install")


def test_transformers_trains_on_a_local_encoder(with_transformers, tiny_model, toy_csv):
    arguments = ["--set", f"method.encoder={tiny_model}", "--out", "tiny-run"]
    assert with_transformers.document("train", toy_csv, *arguments)["method"] == "features"
    assert 'textkind[transformers,minilm]"' in with_transformers("train", "sample:emotion").stderr


def test_minilm_trains_offline(with_minilm, toy_csv):
    document = with_minilm.document("train", toy_csv, "--out", "minilm-run")
    assert document["accuracy"]["value"] > 0.6
    answer = with_minilm.document("predict", "minilm-run", "this makes me furious")["predictions"][0]
    assert answer["label"] == "anger"
