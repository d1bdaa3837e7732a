"""The zip that bundles are: what any program reads, and nothing but that."""

import io
import zipfile
import zlib

import pytest

from vision.bundles.zip_layout import Member, directory, header


def laid_out(files: dict[str, bytes]) -> bytes:
    """A zip of files in memory."""
    found = [Member(name, len(data), zlib.crc32(data)) for name, data in files.items()]
    pairs = zip(found, files.values(), strict=True)
    return b"".join(header(one) + data for one, data in pairs) + directory(found)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a": b""},
        {"evidence/gate.1.mp4": b"film", "\N{LATIN SMALL LETTER O WITH DIAERESIS}.txt": b"text"},
    ],
)
def test_python_reads_it(files):
    """Names, contents and checksums, however many there are."""
    with zipfile.ZipFile(io.BytesIO(laid_out(files))) as opened:
        assert opened.namelist() == list(files)
        assert [opened.read(name) for name in list(files)[:3]] == list(files.values())[:3]
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in opened.infolist())


def test_files_of_more_than_four_gib(tmp_path):
    """A file with holes in it stands for a day's clips."""
    first = Member("large", 5 << 30, 7)
    second = Member("after", 3, zlib.crc32(b"abc"))
    path = tmp_path / "large.zip"
    with path.open("wb") as file:
        file.write(header(first))
        file.seek(first.size_bytes, 1)
        file.write(header(second) + b"abc" + directory([first, second]))

    with zipfile.ZipFile(path) as opened:
        assert [info.file_size for info in opened.infolist()] == [5 << 30, 3]
        assert opened.read("after") == b"abc"
