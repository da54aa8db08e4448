"""textkind: from labelled texts to a classifier that you can trust, explain, repair and serve."""

from importlib import import_module

_HOMES = {
    "Cnn": "textkind.networks.scratch",
    "Dataset": "textkind.data.dataset",
    "FeatureClassifier": "textkind.classifiers.features",
    "FineTuned": "textkind.networks.finetuned",
    "LabelSet": "textkind.labels",
    "LoadOptions": "textkind.data.sources",
    "MajorityClassifier": "textkind.classifiers.majority",
    "NetworkClassifier": "textkind.classifiers.network",
    "Recipe": "textkind.recipe",
    "Report": "textkind.report.report",
    "Rnn": "textkind.networks.scratch",
    "Run": "textkind.artifact.run",
    "Suite": "textkind.behaviour.suite",
    "TextkindError": "textkind.errors",
    "TfidfEncoder": "textkind.encoders.tfidf",
    "Training": "textkind.networks.options",
    "TransformerEncoder": "textkind.encoders.transformer",
    "check": "textkind.steps.check",
    "error_analysis": "textkind.steps.errors",
    "evaluate": "textkind.steps.train",
    "feature_map": "textkind.steps.map",
    "load_dataset": "textkind.data.sources",
    "predict": "textkind.steps.predict",
    "register": "textkind.networks.kinds",
    "repair_report": "textkind.steps.repair_report",
    "resume": "textkind.steps.train",
    "train": "textkind.steps.train",
}

__all__ = sorted(_HOMES)  # noqa: PLE0605 - the names are loaded at first use, so that the import is quick


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'textkind' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
