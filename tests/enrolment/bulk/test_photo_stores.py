"""Folders and zips of photos: bytes or a reason, whatever somebody put into them."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from enrolment.bulk.photo_stores import PhotoStoreError, ZipPhotos, open_photos, table_in_zip
from enrolment.photos import PhotoLimits
from enrolment.refusals import PhotoRefusedError, Refusal

LIMITS = PhotoLimits(max_bytes=1000)


def zipped(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries:
            file.writestr(name, data)
    return path


def link(name: str) -> zipfile.ZipInfo:
    """Make an entry that says it is a link."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def reason(path: Path, name: str) -> Refusal:
    """Say why a photo is not read."""
    with open_photos(path, LIMITS) as store:
        list(store.names())
        with pytest.raises(PhotoRefusedError) as refused:
            store.read(name)
    return refused.value.reason


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_photos_are_read_by_their_plain_names(kind: str, tmp_path: Path) -> None:
    """Both kinds say the same names and give the same bytes."""
    place = tmp_path / "photos"
    if kind == "folder":
        (place / "in").mkdir(parents=True)
        (place / "in" / "a.jpg").write_bytes(b"abc")
    else:
        zipped(place, ("in/", b""), ("in\\a.jpg", b"abc"))

    with open_photos(place) as store:
        assert list(store.names()) == ["in/a.jpg"]
        assert store.read("in/a.jpg") == b"abc"


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    """Neither a linked photo nor a linked folder is read."""
    folder = tmp_path / "photos"
    folder.mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.jpg").write_bytes(b"key")
    (folder / "a.jpg").symlink_to(tmp_path / "secret" / "key.jpg")
    (folder / "sub").symlink_to(tmp_path / "secret")

    with open_photos(folder) as store:
        assert list(store.names()) == ["a.jpg"]
    assert reason(folder, "a.jpg") is Refusal.PATH_NOT_ALLOWED


def test_a_pipe_in_a_folder_holds_up_nobody(tmp_path: Path) -> None:
    """What is no file is no photo."""
    os.mkfifo(tmp_path / "a.jpg")

    assert reason(tmp_path, "a.jpg") is Refusal.UNREADABLE


def test_paths_that_lead_out_of_a_zip_are_not_there(tmp_path: Path) -> None:
    """Entries with '..' or from the root cannot be named at all."""
    path = zipped(tmp_path / "z", ("../up.jpg", b"x"), ("/etc/a.jpg", b"x"), ("ok.jpg", b"x"))

    with open_photos(path) as store:
        assert list(store.names()) == ["ok.jpg"]


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    """Its bytes are a path, not a photo."""
    path = zipped(tmp_path / "z", (link("a.jpg"), b"/etc/passwd"))

    assert reason(path, "a.jpg") is Refusal.PATH_NOT_ALLOWED


def test_a_bomb_in_a_zip_is_refused_on_its_size(tmp_path: Path) -> None:
    """A thousand times its packed size is more than a photo may have."""
    path = zipped(tmp_path / "z", ("a.jpg", bytes(1_000_000)))

    assert reason(path, "a.jpg") is Refusal.TOO_MANY_BYTES


def test_a_bomb_that_lies_about_its_size_does_not_swell(tmp_path: Path) -> None:
    """No more is unpacked than the entry claims, and then the check sum is wrong."""
    path = zipped(tmp_path / "z", ("a.jpg", bytes(1_000_000)))
    true, lie = struct.pack("<I", 1_000_000), struct.pack("<I", 10)
    path.write_bytes(path.read_bytes().replace(true, lie))

    assert reason(path, "a.jpg") is Refusal.UNREADABLE


def test_a_zip_with_a_password_says_so(tmp_path: Path) -> None:
    """There is nobody to ask for it."""
    path = zipped(tmp_path / "z", ("a.jpg", b"abc"))
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(data)

    assert reason(path, "a.jpg") is Refusal.UNREADABLE


def test_names_in_gbk_are_read(tmp_path: Path) -> None:
    """Chinese Windows packs names in its own letters and does not say so."""
    marked = "X" * len("王.jpg".encode("gbk"))
    path = zipped(tmp_path / "z", (marked, b"abc"))
    path.write_bytes(path.read_bytes().replace(marked.encode(), "王.jpg".encode("gbk")))

    with open_photos(path) as store:
        assert list(store.names()) == ["王.jpg"]
        assert store.read("王.jpg") == b"abc"


@pytest.mark.parametrize("data", [b"", b"text", b"PK\x05\x06"])
def test_what_is_no_zip_is_told(data: bytes, tmp_path: Path) -> None:
    """A wrong file as a whole is one error."""
    path = tmp_path / "z"
    path.write_bytes(data)

    with pytest.raises(PhotoStoreError, match="neither a folder nor a whole zip"):
        open_photos(path)


def test_a_zip_with_everything_holds_its_table(tmp_path: Path) -> None:
    """One CSV lies beside the photos."""
    path = zipped(tmp_path / "z.zip", ("people/list.CSV", b"id,name"), ("a.jpg", b"x"))

    assert table_in_zip(path) == b"id,name"


@pytest.mark.parametrize("tables", [0, 2])
def test_a_zip_with_no_or_two_tables_is_told(tables: int, tmp_path: Path) -> None:
    """Of two nobody knows which is meant."""
    entries = [(f"{number}.csv", b"id,name") for number in range(tables)]

    with pytest.raises(PhotoStoreError, match=f"holds {tables} CSV"):
        table_in_zip(zipped(tmp_path / "z.zip", *entries))


@settings(max_examples=80, deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6)), max_size=5))
def test_a_damaged_zip_gives_bytes_or_a_reason(
    damage: list[tuple[int, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nothing but our own errors is ever raised, and nothing beyond the limit is read."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.jpg", b"abc" * 100)
        file.writestr("in/王.jpg", b"xyz")
    data = bytearray(packed.getvalue())
    for offset, values in damage:
        data[offset : offset + len(values)] = values
    path = tmp_path_factory.mktemp("zip") / "z"
    path.write_bytes(data)

    try:
        with ZipPhotos(path, LIMITS) as store:
            for name in list(store.names()):
                try:
                    assert len(store.read(name)) <= LIMITS.max_bytes + 1
                except PhotoRefusedError as refused:
                    assert refused.reason in Refusal  # noqa: PT017 - either outcome is right
    except PhotoStoreError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right
