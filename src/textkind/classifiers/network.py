"""A neural network that is trained on the texts: fine-tuned, convolutional or recurrent."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from textkind import progress
from textkind.classifiers.columns import learned_columns, strata
from textkind.classifiers.contract import TextClassifier
from textkind.data.splits import deal_folds
from textkind.encoders.torch_engine import on_gpu
from textkind.errors import DataError
from textkind.extras import import_extra
from textkind.networks.contract import Network
from textkind.networks.finetuned import FineTuned
from textkind.networks.history import History
from textkind.networks.kinds import load_network, network_from, network_to
from textkind.networks.options import Training
from textkind.networks.tokens import Rows, TextTokens
from textkind.text.batches import pad, token_budget_batches
from textkind.text.inputs import Text, every_side

if TYPE_CHECKING:
    from textkind.networks.batches import Labelled

_FOLDS = 10  # of the training rows, one is watched if no others are given
_BATCH_TOKENS = 4096
_FOLDER = "network"  # of a saved classifier: what transformers' pipelines load


class NetworkClassifier(TextClassifier):
    """Texts -> token ids -> network -> probabilities.

    Args:
        network: `FineTuned`, `Cnn` or `Rnn`; None: `FineTuned()`.
        training: how it is trained; None: `Training()`.
        checkpoints: a folder to keep checkpoints in; training goes on from the last whole one that it finds
            there, and one that patience or time has ended stays as it is. None: a temporary one.
        labels: the columns, see TextClassifier.
        seed: of the beginnings, of dropout and of the order of the rows.

    Without `X_val`, `fit` sets a tenth of its rows aside to watch (equal texts stay together). The network
    has outputs only for labels that the training rows have; the others get probability 0.

    Attributes:
        history_: how the training went.

    Needs the extra `transformers`.
    """

    kind = "network"

    def __init__(
        self,
        network: Network | None = None,
        training: Training | None = None,
        *,
        checkpoints: str | None = None,
        labels: Sequence | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(labels=labels, seed=seed)
        self.network = network
        self.training = training
        self.checkpoints = checkpoints

    def _watch(self, texts: list[Text], targets: np.ndarray) -> None:
        self._watched = (texts, targets)

    def _keep_together(self, groups: list) -> None:
        self._groups = groups

    def _fit(self, texts: list[Text], targets: np.ndarray) -> None:
        import_extra("transformers", "transformers")
        torch = import_extra("torch", "transformers")
        import_extra("accelerate", "transformers")
        from textkind.networks.arguments import Job
        from textkind.networks.training import train_network

        network = self._network()
        self.columns_, self.constant_ = learned_columns(targets, len(self.classes_))
        if not len(self.columns_):
            raise DataError("a network needs training rows of two labels or more, these have a single one")
        watched, groups = self.__dict__.pop("_watched", None), self.__dict__.pop("_groups", None)
        if watched is None:
            texts, targets, watched = _set_aside(texts, targets, groups, self.seed)
        self.tokens_ = network.tokens(every_side(texts))
        training = self.training or Training()
        with _kept_randomness(), _checkpoints(self.checkpoints) as folder:
            torch.manual_seed(self.seed)
            model = network.build(self.tokens_, len(self.columns_), multi_label=self.multi_label_)
            names = {number: str(self.classes_[column]) for number, column in enumerate(self.columns_)}
            model.config.id2label = names
            model.config.label2id = {name: number for number, name in names.items()}
            train = self._labelled(texts, targets)
            job = Job(
                model=model,
                train=train,
                validation=self._labelled(*watched, sort=True),
                options=training,
                plan=training.plan(len(train), network.habits()),
                seed=self.seed,
                folder=folder,
                tokens=self.tokens_,
                bfloat16=network.habits().bfloat16,
            )
            trained, self.history_ = train_network(job)
        self.model_ = network.finish(trained)

    def _labelled(self, texts: list[Text], targets: np.ndarray, *, sort: bool = False) -> Labelled:
        """The rows of texts whose labels the network has outputs for, with their numbers among these."""
        from textkind.networks.batches import Labelled

        if targets.ndim == 2:
            targets = targets[:, self.columns_].astype(np.float32)
        else:
            known = np.isin(targets, self.columns_)
            texts = [text for text, keep in zip(texts, known, strict=True) if keep]
            targets = np.searchsorted(self.columns_, targets[known])
        if not texts:
            raise DataError("none of the rows to watch has a label that training rows have: give others")
        rows = self.tokens_.rows(texts)
        return Labelled(rows.by_length() if sort else rows, targets)

    def _network(self) -> Network:
        return self.network if self.network is not None else FineTuned()

    def _proba(self, texts: list[Text]) -> np.ndarray:
        from textkind.networks.figures import probabilities

        rows = self.tokens_.rows(texts)
        each = probabilities(self._logits(rows), multi_label=self.multi_label_)
        proba = np.tile(self.constant_, (len(texts), 1))
        proba[:, self.columns_] = rows.of_texts(each)
        return proba

    def _logits(self, rows: Rows) -> np.ndarray:
        """What the network answers to each row of tokens: (rows, columns) in float64."""
        import torch

        device = "cuda" if on_gpu() else "cpu"
        model = self.model_.eval().to(device)
        batches = list(token_budget_batches(rows.lengths.tolist(), _BATCH_TOKENS))
        logits = np.zeros((len(rows), len(self.columns_)))
        with progress.job("Predicting", total=len(rows)) as task, torch.inference_mode():
            for batch in batches:
                ids, mask = pad([rows.ids[row] for row in batch], self.tokens_.pad_id)
                inputs = {"input_ids": ids, "attention_mask": mask}
                if rows.types is not None:
                    inputs["token_type_ids"], _ = pad([rows.types[row] for row in batch], 0)
                tensors = {name: torch.from_numpy(values).to(device) for name, values in inputs.items()}
                logits[batch] = model(**tensors).logits.double().cpu().numpy()
                task.advance(len(batch))
        return logits

    @property
    def notes(self) -> list[str]:
        return [f"{self.history_.sentence()}."]

    @property
    def token_limit(self) -> int | None:
        tokens = getattr(self, "tokens_", None)
        if tokens is not None:
            return None if tokens.long == "windows" else tokens.limit
        return self._network().limit

    def token_counts(self, X: Sequence) -> np.ndarray:
        """Tokens of each text or pair before anything is cut: (n, 1).

        Before `fit`, a tokenizer that has to be learned is learned from `X`.
        """
        tokens = getattr(self, "tokens_", None) or self._network().tokens(every_side(X))
        return tokens.counts(X)

    def _save(self, folder: Path) -> None:
        self.model_.save_pretrained(folder / _FOLDER)
        self._network().hub_tokenizer(self.tokens_).save_pretrained(folder / _FOLDER)
        self.tokens_.save(folder)
        state = {"columns": self.columns_.tolist(), "constant": self.constant_.tolist()}
        (folder / "columns.json").write_text(json.dumps(state) + "\n", "utf-8")
        (folder / "network.json").write_text(json.dumps(network_to(self._network())) + "\n", "utf-8")
        self.history_.save(folder)

    @classmethod
    def _load(cls, folder: Path) -> Self:
        import_extra("transformers", "transformers")
        import_extra("torch", "transformers")
        state = json.loads((folder / "columns.json").read_text("utf-8"))
        classifier = cls(network_from(json.loads((folder / "network.json").read_text("utf-8"))))
        classifier.columns_ = np.array(state["columns"], np.int64)
        classifier.constant_ = np.array(state["constant"])
        classifier.tokens_ = TextTokens.load(folder)
        classifier.model_ = load_network(folder / _FOLDER)
        classifier.history_ = History.load(folder)
        return classifier


def _set_aside(
    texts: list[Text], targets: np.ndarray, groups: list | None, seed: int
) -> tuple[list[Text], np.ndarray, tuple[list[Text], np.ndarray]]:
    """Take a tenth of the rows away to be watched; of a label that has one row only, it is learned from."""
    folds = np.array(deal_folds(texts, strata(targets), _FOLDS, seed=seed, groups=groups))
    kept, held = np.flatnonzero(folds != 0), np.flatnonzero(folds == 0)
    watched = ([texts[row] for row in held], targets[held])
    return [texts[row] for row in kept], targets[kept], watched


@contextmanager
def _checkpoints(folder: str | None) -> Generator[Path]:
    if folder is not None:
        yield Path(folder)
        return
    temporary = tempfile.mkdtemp(prefix="textkind-")
    try:
        yield Path(temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _kept_randomness() -> Generator[None]:
    """Leave the caller's random numbers as they were; the Trainer seeds all generators."""
    import random

    import torch

    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
