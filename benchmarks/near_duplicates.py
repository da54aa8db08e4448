"""How the near-duplicate search grows: 10,000, 100,000 and 1,000,000 rows grown from real texts.

Each size runs in a process of its own, so that its peak memory is its own. Growth: words of one real text
are exchanged for words of others until it is a new text, and one row in ten is a near-copy of another.
"""

import json
import random
import resource
import subprocess
import sys
import time

from textkind import load_dataset

SIZES = (10_000, 100_000, 1_000_000)


def grown(n):
    """Return n texts: nine in ten mixed from two real ones, one in ten an earlier one with a word changed."""
    seeds = [text.split() for text in load_dataset("sample:emotion").split("train").texts]
    rng = random.Random(0)
    texts = []
    for number in range(n):
        if number % 10 == 9:
            words = texts[rng.randrange(len(texts))].split()
            words[rng.randrange(len(words))] += "s"
        else:
            one, other = rng.choice(seeds), rng.choice(seeds)
            words = one[: len(one) // 2] + other[len(other) // 2 :] + [str(number)]
        texts.append(" ".join(words))
    return texts


def measure(n):
    from textkind.data.near_duplicates import near_duplicates

    texts = list(dict.fromkeys(grown(n)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = near_duplicates(texts)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows": len(texts),
        "pairs": len(found),
        "seconds": seconds,
        "texts_mb": before / 1024,
        "peak_mb": peak / 1024,
    }


def main():
    print("| rows | pairs found | seconds | seconds per 10,000 rows | peak memory, MB | of it before |")
    print("|---|---|---|---|---|---|")
    for n in SIZES:
        told = subprocess.run([sys.executable, __file__, str(n)], check=True, capture_output=True, text=True)
        row = json.loads(told.stdout)
        print(
            f"| {row['rows']:,} | {row['pairs']:,} | {row['seconds']:.1f} | "
            f"{row['seconds'] / row['rows'] * 1e4:.2f} | {row['peak_mb']:,.0f} | {row['texts_mb']:,.0f} |"
        )


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1])))) if len(sys.argv) > 1 else main()
