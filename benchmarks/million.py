"""The memory and disk that a million texts take to encode, features kept.

    python benchmarks/million.py [ROWS]

Only the first layer of MiniLM runs: the vectors are as long as the last layer's, and come sooner.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

from near_duplicates import grown
from textkind.encoders.transformer import TransformerEncoder


def peak():
    """The most memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    texts = grown(rows)
    with tempfile.TemporaryDirectory() as folder:
        encoder = TransformerEncoder(layers=[1], precision="auto", cache=str(Path(folder) / "features"))
        encoder.fit(texts[:5000])
        before, start = peak(), time.perf_counter()
        vectors = encoder.transform(texts)
        seconds = time.perf_counter() - start
        kept = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file()) / 1e6
    print("| rows | engine | seconds | vectors, MB | on disk, MB | peak memory, MB | of it before |")
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {rows:,} | {encoder.engine_} | {seconds:.0f} | {vectors.nbytes / 1e6:,.0f} | {kept:,.0f} | "
        f"{peak():,.0f} | {before:,.0f} |"
    )


if __name__ == "__main__":
    main()
