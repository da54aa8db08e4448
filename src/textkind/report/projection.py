"""Bring features down to two dimensions, and say how far the picture can be believed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from textkind.extras import import_extra

NEIGHBOURS = 10  # that are asked for their label
_UMAP_NEIGHBOURS = 15  # of a point in its graph; the value of the paper's authors
_DENSE = 100  # dimensions that sparse features keep before UMAP, which takes dense ones

Features = np.ndarray | sparse.csr_matrix


@dataclass(frozen=True)
class Projection:
    """Coordinates in [0, 1] of the rows that were learned from and of others placed among them.

    Attributes:
        name: umap or pca.
        train: (n, 2) coordinates.
        placed: (m, 2) coordinates of the others.
        variance: for pca, the share of the variance of the training features along either axis.
    """

    name: str
    train: np.ndarray
    placed: np.ndarray
    variance: tuple[float, float] | None = None


def pca(train: Features, others: Features, *, seed: int = 0) -> Projection:
    """Principal components of `train` (n, d), with `others` (m, d) placed on the same axes.

    Sparse features are not centred (a truncated SVD, as in latent semantic analysis): they stay sparse.

    >>> rows = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
    >>> drawn = pca(rows, rows[:1])
    >>> drawn.train.shape, drawn.placed.shape, [round(share, 1) for share in drawn.variance]
    ((4, 2), (1, 2), [0.8, 0.2])
    """
    reducer = _reducer(train, 2, seed)
    learned = reducer.fit_transform(train)
    shares = np.nan_to_num(reducer.explained_variance_ratio_)
    variance = [float(share) for share in shares] + [0.0] * (2 - len(shares))
    return Projection(
        "pca", *_scaled(_wide(learned), _wide(reducer.transform(others))), (variance[0], variance[1])
    )


def umap(train: Features, others: Features, *, seed: int = 0) -> Projection:
    """UMAP of `train` (n, d) by the cosine of the features; `others` (m, d) are placed into that layout.

    McInnes, Healy and Melville, *UMAP: Uniform Manifold Approximation and Projection*, 2018. Near
    points are alike; distances between far groups, and the sizes of groups, mean nothing. Training rows
    do not move when others are placed.

    Raises:
        MissingExtraError: the package fastumap is not installed.
    """
    fastumap: Any = import_extra("fastumap", "map")
    if sparse.issparse(train) and train.shape[1] > _DENSE:
        reducer = _reducer(train, _DENSE, seed)
        train, others = reducer.fit_transform(train), reducer.transform(others)
    first, rest = _dense(train), _dense(others)
    near = min(_UMAP_NEIGHBOURS, max(2, len(first) - 1))
    model = fastumap.fit(first, metric="cosine", n_neighbors=near, random_state=seed)
    return Projection("umap", *_scaled(model.embedding, fastumap.transform(model, rest)))


def agreement(
    train: Features, others: Features, train_labels: np.ndarray, labels: np.ndarray, *, cosine: bool
) -> float:
    """The share of the nearest training rows of each other row that carry its label.

    Args:
        train: (n, d) features or coordinates.
        others: (m, d) of the rows that ask.
        train_labels: (n,) label numbers.
        labels: (m,) label numbers.
        cosine: near by the angle, as UMAP measures features; else by straight distance.

    >>> line = np.array([[0.0], [1.0]])
    >>> agreement(line, line, np.array([0, 1]), np.array([0, 0]), cosine=False)
    0.5
    """
    from sklearn.neighbors import NearestNeighbors

    near = min(NEIGHBOURS, train.shape[0])
    search = NearestNeighbors(n_neighbors=near, metric="cosine" if cosine else "euclidean").fit(train)
    found = search.kneighbors(others, return_distance=False)
    return float((train_labels[found] == labels[:, None]).mean())


def _reducer(train: Features, dimensions: int, seed: int) -> Any:
    from sklearn.decomposition import PCA, TruncatedSVD

    most = min(dimensions, *train.shape)
    if sparse.issparse(train):
        return TruncatedSVD(most, random_state=seed)
    return PCA(most, random_state=seed)


def _dense(features: Features) -> np.ndarray:
    rows = np.asarray(features if isinstance(features, np.ndarray) else features.toarray(), np.float64)
    return _wide(rows)


def _wide(rows: np.ndarray) -> np.ndarray:
    """At least two columns."""
    return np.pad(rows, ((0, 0), (0, max(0, 2 - rows.shape[1]))))


def _scaled(train: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both on [0, 1] by the same shift and stretch of each axis."""
    together = np.vstack([train, others])
    low = together.min(axis=0)
    span = together.max(axis=0) - low
    span[span == 0] = 1.0
    return (train - low) / span, (others - low) / span
