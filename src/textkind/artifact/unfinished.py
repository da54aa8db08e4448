"""The folder beside a Run that is being trained: with it, a training that was killed can go on.

OUT.training/
  recipe.toml    the choice, defaults filled in
  data.json      the fingerprint of the data, and the corrections that were applied to it
  seed-N/        checkpoints of one seed
"""

import json
import logging
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from textkind.data.dataset import Dataset
from textkind.errors import DataError, RunError, listed
from textkind.files import new_folder
from textkind.recipe import Recipe

_SUFFIX = ".training"
_DATA = "data.json"
_PATIENCE = 1800  # seconds to wait for the first process: as long as torch does
_PAUSE = 0.1

log = logging.getLogger("textkind")


@dataclass(frozen=True)
class Unfinished:
    """A training that is under way, or was.

    Attributes:
        out: the folder that the Run is to have.
        recipe: its choices.
    """

    out: Path
    recipe: Recipe

    @property
    def folder(self) -> Path:
        """Where checkpoints are kept."""
        return unfinished_folder(self.out)

    def checkpoints(self, seed: int) -> str:
        """The folder for those of one seed."""
        return str(self.folder / f"seed-{seed}")

    @classmethod
    def find(cls, out: Path | None = None) -> Self:
        """Open the unfinished training of a Run, or the latest one in `runs`.

        Raises:
            RunError: there is none.
        """
        if out is not None:
            folder, known = unfinished_folder(out), sorted(out.parent.glob(f"*{_SUFFIX}"))
        else:
            known = sorted(Path("runs").glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)
            folder = known[-1] if known else Path("runs")
        if not (folder / "recipe.toml").exists():
            there = f"; unfinished are {listed(path.name.removesuffix(_SUFFIX) for path in known)}"
            raise RunError(
                f"nothing to go on with: {out or 'runs'} has no training that was interrupted"
                f"{there if known else ''}. Start one with `textkind train DATA`, or name its run with --out"
            )
        out = folder.with_name(folder.name.removesuffix(_SUFFIX))
        return cls(out, Recipe.build(Recipe.read(folder / "recipe.toml")))

    def corrections(self) -> list[dict] | None:
        """The decisions about rows that it began with, as the log may have grown; None: it has not begun."""
        return self._data()["corrections"] if self.folder.exists() else None

    def agreed(self) -> list[dict]:
        """The decisions that the first of several processes found in the log; wait until it has begun.

        Raises:
            RunError: it does not begin.
        """
        end = time.monotonic() + _PATIENCE
        while (found := self.corrections()) is None:
            if time.monotonic() > end:
                raise RunError(f"the process that is to write {self.folder} has not begun to train")
            time.sleep(_PAUSE)
        return found

    @contextmanager
    def kept(self, dataset: Dataset) -> Generator[None]:
        """Keep checkpoints while the block runs; they go when it ends well, or before the first one.

        Raises:
            DataError: the data is not what an earlier start was trained on.
        """
        if self.folder.exists():
            self._check(dataset)
        else:
            with new_folder(self.folder) as folder:
                (folder / "recipe.toml").write_text(self.recipe.to_toml(), "utf-8")
                data = {"fingerprint": dataset.fingerprint, "corrections": dataset.card.corrections}
                (folder / _DATA).write_text(json.dumps(data, ensure_ascii=False) + "\n", "utf-8")
        try:
            yield
        except BaseException:
            if any(self.folder.glob("seed-*/checkpoint-*")):
                log.warning(
                    "What was trained so far is kept: textkind train --resume --out %s goes on, removing %s "
                    "gives it up.", self.out, self.folder,
                )  # fmt: skip
            else:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        shutil.rmtree(self.folder, ignore_errors=True)

    def _data(self) -> dict:
        return json.loads((self.folder / _DATA).read_text("utf-8"))

    def _check(self, dataset: Dataset) -> None:
        if self._data()["fingerprint"] != dataset.fingerprint:
            raise DataError(
                f"{self.recipe.data.source} is not the data any more that the training of {self.out} began "
                f"with (fingerprint): restore it, or remove {self.folder} and train again"
            )


def unfinished_folder(out: Path) -> Path:
    """Where the unfinished training of a Run lies."""
    return out.with_name(out.name + _SUFFIX)


def refuse_unfinished(out: Path) -> None:
    """Raise RunError if a training of that Run was interrupted."""
    if unfinished_folder(out).exists():
        raise RunError(
            f"the training of {out} was interrupted: go on with `textkind train --resume --out {out}`, or "
            f"remove {unfinished_folder(out)}"
        )
