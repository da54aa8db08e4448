"""The tables of a recipe: every key, what it may hold, and its default."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from textkind.errors import listed

HeadName = Literal[
    "logistic_regression", "ridge", "linear_svm", "knn", "random_forest", "gradient_boosting", "mlp"
]
HEAD_KEYS: dict[str, tuple[tuple[str, ...], float]] = {  # key -> the heads that have it, its default
    "C": (("logistic_regression", "ridge", "linear_svm"), 1.0),
    "neighbors": (("knn",), 5),
    "min_leaf": (("random_forest",), 1),
    "learning_rate": (("gradient_boosting",), 0.1),
    "hidden": (("mlp",), 100),
}


class Table(BaseModel):
    """A table of a recipe: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataTable(Table):
    """`[data]`: what to read; see textkind.data.sources.LoadOptions."""

    source: str
    text: str | None = None
    text_pair: str | None = None
    label: str | None = None
    names: str | None = None
    label_separator: str | None = None
    encoding: str = "utf-8"
    validation_share: Annotated[float, Field(ge=0, lt=0.9)] = 0.1
    test_share: Annotated[float, Field(ge=0, lt=0.9)] = 0.1
    group: str | None = None
    time: str | None = None
    corrections: str | None = None


class MajorityTable(Table):
    """`[method]` for the dummy; it has no settings."""

    name: Literal["majority"] = "majority"


class _HeadTable(Table):
    """The keys of a head, the same for every method that has one."""

    head: HeadName = "logistic_regression"
    C: Annotated[float, Field(gt=0)] | None = Field(None, validate_default=True)
    neighbors: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    min_leaf: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    learning_rate: Annotated[float, Field(gt=0, le=1)] | None = Field(None, validate_default=True)
    hidden: Annotated[int, Field(ge=1)] | None = Field(None, validate_default=True)
    class_weight: Literal["balanced"] | None = None
    scale: bool = False
    resample: Literal["oversample", "undersample", "smote"] | None = None
    tune_seconds: Annotated[float, Field(ge=0)] = 0
    tune_trials: Annotated[int, Field(ge=1)] | None = None

    @field_validator(*HEAD_KEYS)
    @classmethod
    def _fits_the_head(cls, value: float | None, info: ValidationInfo) -> float | None:
        head, key = info.data.get("head"), str(info.field_name)
        heads, default = HEAD_KEYS[key]
        if head in heads:
            return default if value is None else value
        if value is not None and head is not None:
            raise ValueError(f"the head {head} has no {key}: leave it out, or use {listed(heads)}")
        return value

    @field_validator("tune_trials")
    @classmethod
    def _bounds_a_search(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("tune_seconds") == 0:
            raise ValueError("tune_seconds = 0 turns tuning off: set it too, to the most seconds to spend")
        return value


class _WordsTable(_HeadTable):
    """The keys of TF-IDF, alone or beside other features."""

    ngrams: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] = (1, 1)
    min_count: Annotated[int, Field(ge=1)] = 1
    max_features: Annotated[int, Field(ge=1)] | None = None
    sublinear: bool = True


class TfidfTable(_WordsTable):
    """`[method]` for TF-IDF and a head."""

    name: Literal["tfidf"] = "tfidf"
    unit: Literal["word", "character"] = "word"


class FeaturesTable(_WordsTable):
    """`[method]` for frozen encoders, joined if there are several, and a head.

    `encoder` is a name, or names with " + " between them; `tfidf` and `tfidf-char` are names too. `weights`
    says how much each of them weighs.
    """

    name: Literal["features"] = "features"
    encoder: str = "minilm"
    weights: tuple[Annotated[float, Field(gt=0)], ...] | None = None
    revision: str | None = None
    pooling: Literal["mean", "cls", "first", "last", "max", "attention", "own"] = "mean"
    layers: Annotated[tuple[int, ...], Field(min_length=1)] = (-1,)
    max_tokens: Annotated[int, Field(ge=3)] | None = None
    long: Literal["head", "head+tail", "windows"] = "head"
    prompt: str | None = None
    precision: Literal["exact", "auto", "fast"] = "auto"


class _TrainingTable(Table):
    """The keys of every network; see textkind.networks.options.Training."""

    epochs: Annotated[float, Field(gt=0)] | None = None
    batch_size: Annotated[int, Field(ge=1)] | None = None
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.1
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    class_weight: Literal["balanced"] | None = None
    metric: Literal["macro_f1", "accuracy", "loss"] = "macro_f1"
    patience: Annotated[int, Field(ge=0)] = 3
    evaluations: Annotated[int, Field(ge=1)] | None = None
    max_minutes: Annotated[float, Field(gt=0)] | None = None
    precision: Literal["auto", "exact"] = "auto"
    trainer: dict[str, Any] = Field(default_factory=dict)


class FinetuneTable(_TrainingTable):
    """`[method]` for fine-tuning; see textkind.networks.finetuned.FineTuned."""

    name: Literal["finetune"] = "finetune"
    encoder: str = "minilm"
    revision: str | None = None
    max_tokens: Annotated[int, Field(ge=3)] | None = None
    long: Literal["head", "head+tail", "windows"] = "head"
    train_layers: Annotated[int, Field(ge=0)] | None = None
    freeze_embeddings: bool = True
    lora_rank: Annotated[int, Field(ge=0)] = 0


class _ScratchTable(_TrainingTable):
    """The keys of networks from scratch; see textkind.networks.scratch.Scratch."""

    tokenizer: str = "word"
    vocabulary: Annotated[int, Field(ge=3)] = 20_000
    min_count: Annotated[int, Field(ge=1)] = 2
    max_tokens: Annotated[int, Field(ge=3)] = 512
    long: Literal["head", "head+tail", "windows"] = "head"
    embeddings: str = "random"
    dimension: Annotated[int, Field(ge=1)] | None = None
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5


class CnnTable(_ScratchTable):
    """`[method]` for a convolutional network."""

    name: Literal["cnn"] = "cnn"
    widths: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)] = (1, 2, 3)
    filters: Annotated[int, Field(ge=1)] = 128


class RnnTable(_ScratchTable):
    """`[method]` for a recurrent network."""

    name: Literal["rnn"] = "rnn"
    cell: Literal["rnn", "gru", "lstm"] = "gru"
    activation: Literal["tanh", "relu"] = "tanh"
    hidden: Annotated[int, Field(ge=1)] = 128
    layers: Annotated[int, Field(ge=1)] = 1
    bidirectional: bool = True


MethodTable = MajorityTable | TfidfTable | FeaturesTable | FinetuneTable | CnnTable | RnnTable
METHOD_TABLES: dict[str, type[Table]] = {
    "majority": MajorityTable,
    "tfidf": TfidfTable,
    "features": FeaturesTable,
    "finetune": FinetuneTable,
    "cnn": CnnTable,
    "rnn": RnnTable,
}
