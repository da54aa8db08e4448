"""Write src/textkind/data/known_sets.json: rows and checksums of public data sets, from a folder of them.

    python benchmarks/known_sets.py FOLDER

FOLDER holds a folder of Parquet files for each set below. No text goes into the catalog.
"""

import json
import sys
from pathlib import Path

from textkind.data.cleaning import Rows
from textkind.data.known_sets import checksum
from textkind.data.sources import LoadOptions, load_dataset

SETS = {  # name: aliases, licence as its publishers state it
    "emotion": (["emotion", "carer"], "research and education only (dair-ai/emotion_dataset)"),
    "imdb": (["imdb", "aclimdb"], "none stated (Maas et al., 2011, ask for a citation)"),
    "tweet_eval_emotion": (
        ["tweet_eval_emotion"],
        "free but for the terms of SemEval and Twitter",
    ),
    "banking77": (["banking77"], "CC-BY-4.0"),
    "mrpc": (["mrpc"], "Microsoft Shared Source, non-commercial"),
    "nusax_sentiment": (["nusax_sentiment", "nusax-senti", "nusax"], "CC-BY-SA-4.0"),
    "movie_polarity2": (["movie_polarity2", "review_polarity"], "none stated (Pang and Lee, 2004)"),
    "go_emotions": (["go_emotions", "goemotions"], "Apache-2.0"),
    "go_emotions_ekman": (["go_emotions_ekman"], "Apache-2.0"),
    "snips_intents": (["snips_intents", "snips"], "CC0-1.0"),
    "noisy_ag_news": (["noisy_ag_news"], "annotations MIT, texts non-commercial (AG News)"),
}


def entry(folder, aliases, licence):
    """Rows and checksum of each split as textkind loads it."""
    dataset = load_dataset(str(folder), LoadOptions(validation_share=0, test_share=0))
    splits = {}
    for name, split in dataset.audited_splits().items():
        rows = Rows(list(split.texts), dataset.labels.name(split.targets))
        splits[name] = [len(split), f"{checksum(rows):016x}"]
    return {"aliases": aliases, "licence": licence, "splits": splits}


def main():
    root, target = Path(sys.argv[1]), Path(__file__).parents[1] / "src/textkind/data/known_sets.json"
    catalog = {name: entry(root / name, *about) for name, about in SETS.items()}
    target.write_text(json.dumps(catalog, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
