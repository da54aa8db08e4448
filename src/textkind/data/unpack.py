"""Unpack a compressed file, or fetch one, into a temporary folder."""

import bz2
import gzip
import lzma
import shutil
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib import error as url_error
from urllib import parse, request

import pyarrow as pa

from textkind import progress
from textkind.errors import DataError, listed

PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_CHUNK_BYTES = 1 << 20
# What the unpackers raise on damaged, encrypted or strange files
_DAMAGE = (
    OSError, EOFError, ValueError, RuntimeError, struct.error, zlib.error,
    zipfile.BadZipFile, lzma.LZMAError, pa.ArrowException,
)  # fmt: skip
_SECONDS = 60  # without a byte before a download is given up


@contextmanager
def unpacked(path: Path) -> Generator[Path]:
    """Yield the file inside a packed one, under its own name; it is gone after the block.

    Raises:
        DataError: the file is damaged, or a zip file does not hold exactly one file.
    """
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / path.stem
        try:
            if path.suffix.lower() == ".zip":
                inner = _unzip(path, Path(folder))
            else:
                with _opened(path) as source, inner.open("wb") as target:
                    shutil.copyfileobj(source, target, _CHUNK_BYTES)
        except DataError:
            raise
        except _DAMAGE as error:
            raise DataError(f"{path} cannot be unpacked ({error}): fetch or pack it again") from error
        yield inner


def _opened(path: Path) -> IO[bytes]:
    suffix = path.suffix.lower()
    if suffix == ".zst":
        return pa.input_stream(str(path), compression="zstd")
    openers: dict[str, Callable[[Path], Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    return openers[suffix](path)


def _unzip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = [one for one in archive.infolist() if not one.is_dir()]
        if len(files) != 1:
            names = listed((one.filename for one in files), most=5)
            raise DataError(
                f"{path} should hold one file, found {len(files)} ({names}): unpack it into a folder"
            )
        inner = folder / Path(files[0].filename).name  # the name alone: an archive cannot choose a folder
        with archive.open(files[0]) as source, inner.open("wb") as target:
            shutil.copyfileobj(source, target, _CHUNK_BYTES)
        return inner


@contextmanager
def fetched(source: str) -> Generator[Path]:
    """Yield a local copy of a URL (http or https), or of standard input (`-`: CSV or JSON lines).

    Raises:
        DataError: the URL cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        if source == "-":
            content = sys.stdin.buffer.read()
            kind = ".jsonl" if content.lstrip()[:1] == b"{" else ".csv"
            path = Path(folder) / f"stdin{kind}"
            path.write_bytes(content)
        else:
            path = Path(folder) / (Path(parse.urlsplit(source).path).name or "download")
            _download(source, path)
        yield path


def _download(url: str, path: Path) -> None:
    try:
        with request.urlopen(url, timeout=_SECONDS) as answer, path.open("wb") as target:  # noqa: S310 - http(s)
            total = int(answer.headers.get("Content-Length") or 0) or None
            with progress.job(f"Fetching {path.name}", total) as task:
                while chunk := answer.read(_CHUNK_BYTES):
                    target.write(chunk)
                    task.advance(len(chunk))
    except (url_error.URLError, OSError, ValueError) as error:
        raise DataError(f"{url} cannot be fetched ({error}): check the address, or the network") from error
