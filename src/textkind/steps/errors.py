"""Error analysis of a Run: rows judged by models that have not seen them; the test split stays sealed."""

import logging
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from textkind import progress
from textkind.artifact.run import Run
from textkind.classifiers import catalog
from textkind.classifiers.contract import TextClassifier
from textkind.classifiers.held_out import FOLDS, out_of_fold
from textkind.classifiers.tuning import TunedClassifier
from textkind.data.audit import Audit
from textkind.data.dataset import Dataset
from textkind.data.splits import folded
from textkind.data.writers import check_suffix, open_writer
from textkind.encoders.cache import feature_folder
from textkind.files import new_file
from textkind.mistakes.attribution import occlusion, placed
from textkind.mistakes.confusions import Confusion, confusions
from textkind.mistakes.disagreements import Disagreement, disagreements
from textkind.mistakes.groups import grouped
from textkind.mistakes.judged import Judged
from textkind.mistakes.queue import Queue, review_queue
from textkind.mistakes.ranking import Ranking, ranking
from textkind.mistakes.shortcuts import Shortcut, shortcuts
from textkind.mistakes.slices import Slice, slices
from textkind.mistakes.wrong_labels import WrongLabels, wrong_labels
from textkind.tables import METHOD_TABLES
from textkind.text.inputs import Text, readable

log = logging.getLogger("textkind")


@dataclass(frozen=True, eq=False)
class ErrorAnalysis:
    """What a Run's method gets wrong, and which labels probably are.

    Attributes:
        name, method: of the Run.
        judged: train rows by models of the other folds, validation rows by the Run's model.
        together: the same rows by the mean of the method and TF-IDF, which wrong labels are looked for with.
        queue: all rows in the order of review.
        words: the words of the first rows of the queue with their weights, as `placed` gives them.
    """

    name: str
    method: str
    judged: Judged
    together: Judged
    wrong: WrongLabels
    ranking: Ranking
    confusions: list[Confusion]
    disagreements: list[Disagreement]
    slices: list[Slice]
    shortcuts: list[Shortcut]
    queue: Queue
    words: list[list[dict]]

    def to_dict(self) -> dict:
        """Everything for JSON, whose shape docs/json.md describes; lists are as long as `words`."""
        rows = len(self.words)
        queue = [
            {**item.to_dict(), "words": words}
            for item, words in zip(self.queue.items(rows), self.words, strict=True)
        ]
        return {
            "run": self.name,
            "method": self.method,
            "n": len(self.judged),
            "splits": Counter(split for split, _ in self.judged.places or ()),
            "accuracy": self.judged.report.metrics.accuracy.to_dict(),
            "wrong_labels": self.wrong.to_dict(),
            "queue": queue,
            "ranking": self.ranking.to_dict(rows),
            "confusions": [one.to_dict() for one in self.confusions],
            "disagreements": {
                "equal": sum(one.equal for one in self.disagreements),
                "near": sum(not one.equal for one in self.disagreements),
                "examples": [one.to_dict() for one in self.disagreements[:rows]],
            },
            "slices": [one.to_dict() for one in self.slices],
            "shortcuts": [one.to_dict() for one in self.shortcuts],
        }

    def write_queue(self, path: Path) -> None:
        """Write every row in the order of review, with its whole text, to .csv, .tsv, .jsonl or .parquet.

        CSV is safe to open in a spreadsheet, see `textkind.data.writers`.
        """
        import pyarrow as pa

        check_suffix(path)
        rows = [item.to_dict() for item in self.queue.items(len(self.judged))]
        for row, number in zip(rows, self.queue.order, strict=True):
            row["text"] = readable(self.judged.texts[number])
            row["reasons"] = "; ".join(row["reasons"])
        with new_file(path) as partial, open_writer(partial, path.suffix) as write:
            write(pa.Table.from_pylist(rows))


def error_analysis(
    run: Run, *, data: str | None = None, rows: int = 20, by: Sequence[str] = (), folds: int | None = None
) -> ErrorAnalysis:
    """Judge a Run's train and validation rows, and order them for review.

    The method is fitted anew without each fold of the training rows to answer these; validation rows
    are answered by the Run's own model, which weighs the words, too. Wrong labels are looked for with the
    mean of the method and TF-IDF. A tuned Run keeps the settings that were found. Rows have the numbers of
    the data as it was read, before corrections dropped some.

    Args:
        run: an open Run.
        data: where the data lies now, if it moved.
        rows: of each list that are explained and shown.
        by: columns of the data to look for slices by; empty: all that make groups, see `grouped`.
        folds: two or more; fewer take less time, and judge by models that have learned from fewer rows.
            None: five.

    Raises:
        DataError: the data is not what the Run was trained on, or a column in `by` makes no groups.
    """
    from textkind.steps.train import run_data

    return analysed(run, run_data(run, data, keep=tuple(by) or "all"), rows=rows, by=by, folds=folds)


def analysed(
    run: Run,
    dataset: Dataset,
    *,
    rows: int,
    by: Sequence[str] = (),
    folds: int | None = None,
    audit: Audit | None = None,
) -> ErrorAnalysis:
    """Do what `error_analysis` does for who has read the Run's data already, and maybe looked through it."""
    groups = grouped(dataset, by)  # a column that makes none is told before the work, not after it
    with _cached(run.classifier):
        judged, together = _judged(run, dataset, groups, folds or FOLDS)
        cut = _cut(run.classifier, judged)
    with progress.job("Looking for texts that disagree"):
        found = disagreements(audit or Audit(dataset))
    with progress.job("Looking for slices and shortcuts"):
        wrong = wrong_labels(together)
        queue = review_queue(judged, wrong, found)
        tested, misleading = slices(judged, cut), shortcuts(judged)
    with progress.job("Weighing words"):
        words = _explained(run, judged, queue.order[:rows])
    return ErrorAnalysis(
        name=run.path.name,
        method=run.method,
        judged=judged,
        together=together,
        wrong=wrong,
        ranking=ranking(judged),
        confusions=confusions(judged),
        disagreements=found,
        slices=tested,
        shortcuts=misleading,
        queue=queue,
        words=words,
    )


def _judged(run: Run, dataset: Dataset, groups: dict[str, list[str]], folds: int) -> tuple[Judged, Judged]:
    """The rows by the Run's method, and by the mean of it and TF-IDF.

    Wrong labels are looked for with the mean: two models that err on different rows find more of them
    than either alone (docs/experiments.md).
    """
    splits = dataset.open_splits()
    models = {run.method: run.classifier, "tfidf": run.baselines["tfidf"]}
    if run.method in catalog.NETWORKS:
        log.warning(
            "%s is trained %d times, so that each row is answered by a model that has not seen it; fewer "
            "--folds take less time.",
            run.method,
            folds,
        )
    learned = {folded(text): row for row, text in enumerate(splits[0].texts)}
    proba = {}
    for name, fitted in models.items():
        train = out_of_fold(
            unfitted(run, name),
            splits[0].texts,
            splits[0].targets,
            folds=folds,
            groups=dataset.groups("train"),
        )
        others = [_unlearned(fitted, split.texts, learned, train) for split in splits[1:]]
        proba[name] = np.concatenate([train, *others])
    own = Judged.of(dataset, proba[run.method], groups)
    return own, replace(own, proba=np.mean(list(proba.values()), axis=0))


def _unlearned(
    fitted: TextClassifier, texts: Sequence[Text], learned: Mapping[object, int], held_out: np.ndarray
) -> np.ndarray:
    """Answer texts; one that the classifier learned from gets the answer of the fold that left it out.

    `learned` are the training rows by their folded texts, `held_out` (n, k) what answered these.
    """
    proba = fitted.predict_proba(texts)
    for number, text in enumerate(texts):
        if (row := learned.get(folded(text))) is not None:
            proba[number] = held_out[row]
    return proba


def unfitted(run: Run, name: str) -> TextClassifier:
    """The Run's method as its recipe builds it, tuned with the settings that were found; or a baseline.

    Args:
        run: an open Run.
        name: its method, or `tfidf` or `majority`.
    """
    table = METHOD_TABLES[name]()
    if name == run.method:
        tuned = isinstance(run.classifier, TunedClassifier)
        settings = run.classifier.best_settings_ if tuned else run.recipe.method_settings()
        table = METHOD_TABLES[name].model_validate(settings)  # JSON knows no tuples
    settings = table.model_dump(exclude={"name"})
    cache = str(feature_folder())
    return catalog.build(name, settings, labels=run.labels.names, seed=run.recipe.seed, cache=cache)


@contextmanager
def _cached(classifier: TextClassifier) -> Generator[None]:
    """Let a classifier use the cache while the block runs: texts with words left out need not be kept."""
    classifier.cache_in(str(feature_folder()))
    try:
        yield
    finally:
        classifier.cache_in(None)


def _cut(classifier: TextClassifier, judged: Judged) -> dict[str, Sequence]:
    """Whether each text is longer than the model reads; nothing where it reads all."""
    limit = classifier.token_limit
    if limit is None:
        return {}
    over = np.any(classifier.token_counts(judged.texts) > limit, axis=1)
    return {"truncated": ["yes" if one else "no" for one in over]}


def _explained(run: Run, judged: Judged, numbers: np.ndarray) -> list[list[dict]]:
    texts = [judged.texts[number] for number in numbers]
    columns = judged.proba[numbers].argmax(axis=1)
    parts = occlusion(run.predict_proba, texts, columns) if texts else []
    return [placed(text, own) for text, own in zip(texts, parts, strict=True)]
