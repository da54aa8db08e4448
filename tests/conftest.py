"""Tiny data, a tiny pretrained model, and the command line in this process."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
SHARED = Path(__file__).parents[2] / "shared" / "data"

JOY = ["what a joy", "so happy today", "happy happy joy", "a wonderful day", "I love this", "great fun"]
SAD = ["how sad", "I cry all day", "so sad and alone", "a terrible loss", "tears again", "I miss her"]
ANGER = ["I hate this", "so angry now", "what a rage", "angry and loud", "furious again", "stop it now"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache, nor the network."""
    monkeypatch.setenv("TEXTKIND_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture(scope="session")
def toy() -> tuple[list[str], list[str]]:
    """18 texts of three emotions and their labels."""
    return JOY + SAD + ANGER, ["joy"] * 6 + ["sadness"] * 6 + ["anger"] * 6


@pytest.fixture
def toy_csv(tmp_path, toy) -> Path:
    """72 rows in one CSV file, every text distinct."""
    path = tmp_path / "toy.csv"
    rows = [f"{text} {number},{label}" for number in range(4) for text, label in zip(*toy, strict=True)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory) -> str:
    """A folder with a random BERT of two layers whose tokenizer file pads and cuts at 8, a known trap."""
    return make_tiny(tmp_path_factory.mktemp("tiny-bert"))


@pytest.fixture(scope="session")
def tiny_cased(tmp_path_factory) -> str:
    """The same as a BERT that tells capitals apart."""
    return make_tiny(tmp_path_factory.mktemp("tiny-cased"), lowercase=False)


@pytest.fixture(scope="session")
def tiny_distilbert(tmp_path_factory) -> str:
    """A random DistilBERT, whose layers and sizes have other names and which knows no sides of a pair."""
    return make_tiny(tmp_path_factory.mktemp("tiny-distilbert"), kind="DistilBert")


def make_tiny(folder: Path, *, kind: str = "Bert", lowercase: bool = True, dropout: float = 0.2) -> str:
    """Write a random model of two layers that knows the words of the toy texts."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from tokenizers import BertWordPieceTokenizer
    from tokenizers.processors import BertProcessing

    words = sorted(
        {word for text in JOY + SAD + ANGER for word in (text.lower() if lowercase else text).split()}
    )
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]  # training a vocabulary is not repeatable
    known = {token: number for number, token in enumerate(tokens)}
    tokenizer = BertWordPieceTokenizer(known, lowercase=lowercase)
    marks = [(mark, tokenizer.token_to_id(mark)) for mark in ("[SEP]", "[CLS]")]
    tokenizer.post_processor = BertProcessing(*marks)
    tokenizer.enable_padding(length=8)
    tokenizer.enable_truncation(8)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 32}))
    torch.manual_seed(0)
    common = {"vocab_size": len(tokens), "max_position_embeddings": 32, "pad_token_id": known["[PAD]"]}
    common["initializer_range"] = 0.2  # with the usual 0.02 so small a model hardly tells texts apart
    if kind == "Bert":
        sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": min(0.1, dropout)}
    else:
        sizes = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
        rates = {"dropout": dropout, "attention_dropout": min(0.1, dropout), "seq_classif_dropout": dropout}
    config = getattr(transformers, f"{kind}Config")(**common, **sizes, **rates)
    getattr(transformers, f"{kind}Model")(config).save_pretrained(folder)
    return str(folder)


@dataclass
class Result:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@pytest.fixture
def cli(capsys) -> Callable[..., Result]:
    """Call the command line: `cli("train", path, "--json")`."""
    from textkind.cli.app import run

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def shared() -> Path:
    """The folder of real data sets; skips where it is absent."""
    if not SHARED.is_dir():
        pytest.skip(f"the real data sets are not here ({SHARED})")
    return SHARED


def toy_run(folder, toy, method):
    """A Run of a method on toy data, in a new folder."""
    from textkind import Recipe, train

    rows = [f"{text} {number},{label}" for number in range(4) for text, label in zip(*toy, strict=True)]
    (folder / "toy.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    recipe = Recipe.build({"data": {"source": str(folder / "toy.csv")}, "method": {"name": method}})
    run, _ = train(recipe, folder / "run")
    return run


@pytest.fixture(scope="session")
def tfidf_run(tmp_path_factory, toy):
    """A Run of the method tfidf on toy data."""
    return toy_run(tmp_path_factory.mktemp("data"), toy, "tfidf")


def rows_of_kind(kind, toy):
    """Toy rows as JSON lines: with `several` labels a text, or as `pairs`."""
    lines = []
    for number in range(4):
        for text, label in zip(*toy, strict=True):
            row = {"text": f"{text} {number}", "label": label}
            row |= {"label": [label, "joy"] if number % 2 else [label]} if kind == "several" else {}
            row |= {"text_pair": "and then"} if kind == "pairs" else {}
            lines.append(json.dumps(row))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def browser():
    """Chromium; without it, or playwright, the test is skipped and says so."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium here: install the package chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
