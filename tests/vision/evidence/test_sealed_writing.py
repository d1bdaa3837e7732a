"""Evidence of a site that seals it: written, read again, and what happens without a key."""

from __future__ import annotations

import errno
import hashlib
import json
from pathlib import Path

import pytest

from enrolment.evidence_keys import EvidenceKeys
from enrolment.key_rotation import rotate
from enrolment.places import KeyPlace
from tests.clips import make_clip
from tests.vision.evidence.evidence_site import EvidenceSite, evidence_site, plain, site_keys
from tests.vision.evidence.packets import annexb_packets, frames_in, looped
from tests.vision.waiting import eventually
from vision.evidence.evidence_errors import EvidenceDamagedError, EvidenceKeyMissingError
from vision.evidence.key_stock import AT_HAND, KeyStock, is_for_want_of_a_key
from vision.evidence.reading import EvidenceReader, copy_plain, key_of
from vision.evidence.sealed_form import MAGIC
from vision.ingest.packets import EncodedPacket
from vision.outputs.evidence_values import EvidenceFile, EvidenceGap

SECOND = 25


@pytest.fixture(scope="module")
def stream() -> list[EncodedPacket]:
    """Ten seconds of a camera, a key frame each second."""
    return looped(annexb_packets(make_clip(gop=25)), 5, 2.0)


@pytest.fixture
def keys(tmp_path: Path) -> KeyPlace:
    """The site's keys, apart from the data."""
    return site_keys(tmp_path / "keys")


def record(site: EvidenceSite, stream: list[EncodedPacket]) -> list[EvidenceFile]:
    """One alarm's clip and timeline, whole."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.clear(stream[5 * SECOND].at)
    site.feed(stream[5 * SECOND :])
    return site.wait_kept("clip") + site.wait_kept("timeline")


@pytest.fixture
def written(
    tmp_path: Path, keys: KeyPlace, stream: list[EncodedPacket]
) -> tuple[EvidenceSite, list[EvidenceFile]]:
    """A sealed alarm; its writer has ended."""
    with evidence_site(tmp_path / "data", keys=keys) as site:
        files = record(site, stream)
    return site, files


def test_what_lies_on_the_disk_is_sealed_and_the_index_tells_of_the_content(
    written: tuple[EvidenceSite, list[EvidenceFile]],
) -> None:
    """Size and digest are those of the clip in the clear, which plays once it is opened."""
    site, files = written
    for file in files:
        stored, content = (site.folder / file.name).read_bytes(), site.plain(file.name)
        assert stored.startswith(MAGIC)
        assert (file.size_bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert b"mdat" not in stored
        assert b"alarm" not in stored
        assert len(stored) - len(content) < 2000
    assert frames_in(site.plain("cam1.1.mp4")) in {4 * SECOND, 4 * SECOND + 1}
    assert json.loads(site.plain("cam1.1.jsonl").splitlines()[0])["type"] == "head"


def test_the_reader_says_what_is_wrong_with_which_file(
    written: tuple[EvidenceSite, list[EvidenceFile]], keys: KeyPlace, tmp_path: Path
) -> None:
    """Damaged: where. Changed behind a seal's back: by the index. Nothing is left of a copy."""
    site, (clip, timeline) = written
    path, target = site.folder / clip.name, tmp_path / "out.mp4"
    whole = path.read_bytes()
    with EvidenceReader(keys) as reader:
        assert [reader.fault_of(site.data_dir, one) for one in (clip, timeline)] == [None, None]
        copy_plain(path, target, reader)
        assert target.stat().st_mode & 0o077 == 0
        assert hashlib.sha256(target.read_bytes()).hexdigest() == clip.sha256

        path.write_bytes(whole[:-1])
        with pytest.raises(EvidenceDamagedError, match=r"cam1\.1\.mp4 is damaged.*at byte") as told:
            copy_plain(path, target, reader)
        assert not target.exists()
        assert reader.fault_of(site.data_dir, clip) == f"damaged at byte {told.value.at_byte}"

        path.write_bytes(b"a video of another day")
        assert reader.fault_of(site.data_dir, clip) == "has 22 bytes"
        path.write_bytes(bytes(clip.size_bytes))
        assert reader.fault_of(site.data_dir, clip) == "changed"
        path.unlink()
        assert reader.fault_of(site.data_dir, clip) == "not there"


def test_files_that_changed_places_are_found_out(
    written: tuple[EvidenceSite, list[EvidenceFile]],
) -> None:
    """Under another name, or as another alarm's, a file does not open."""
    site, (clip, _) = written
    stored, other = site.folder / clip.name, site.folder.with_name("0" * 36)
    renamed = stored.rename(stored.with_name("cam1.2.mp4"))
    other.mkdir()
    moved = other / clip.name
    moved.write_bytes(renamed.read_bytes())

    for path in (renamed, moved):
        with pytest.raises(EvidenceDamagedError, match="closing seal does not open"):
            plain(path, site.keys)


def test_a_key_that_is_not_there_is_named(
    written: tuple[EvidenceSite, list[EvidenceFile]], tmp_path: Path
) -> None:
    """No keys at all, or those of another site: which key is wanted, and the way to it."""
    site, (clip, _) = written
    path = site.folder / clip.name
    key_id = key_of(path)

    with pytest.raises(EvidenceKeyMissingError, match=f"{key_id}: no site key is set up"):
        copy_plain(path, tmp_path / "out.mp4")
    others = site_keys(tmp_path / "other")
    with pytest.raises(EvidenceKeyMissingError, match=f"{key_id} is not in the key store"):
        plain(path, others)
    with EvidenceReader(others) as reader:
        said = reader.fault_of(site.data_dir, clip)
    assert said is not None
    assert said.startswith(f"cannot be opened with key {key_id}")


def test_evidence_of_before_stays_readable(
    tmp_path: Path, keys: KeyPlace, stream: list[EncodedPacket]
) -> None:
    """A site that seals from now on reads both, and so does one that has stopped sealing."""
    data = tmp_path / "data"
    with evidence_site(data) as site:
        record(site, stream)
    before = site.plain("cam1.1.mp4")
    with evidence_site(data, keys=keys) as site:
        record(site, stream)

    files = [site.folder / name for name in ("cam1.1.mp4", "cam1.2.mp4")]
    assert [key_of(path) is None for path in files] == [True, False]
    assert plain(files[0], keys) == before
    assert frames_in(plain(files[1], keys)) >= 4 * SECOND


def test_a_rotation_changes_no_file_and_all_open_after_it(
    written: tuple[EvidenceSite, list[EvidenceFile]], keys: KeyPlace
) -> None:
    """Keys are wrapped anew, and what they sealed stays as it is."""
    site, (clip, _) = written
    before = (site.folder / clip.name).read_bytes()

    rotate(keys)

    assert (site.folder / clip.name).read_bytes() == before
    assert hashlib.sha256(site.plain(clip.name)).hexdigest() == clip.sha256


def test_without_a_key_nothing_is_written_and_everybody_hears(
    tmp_path: Path, keys: KeyPlace, stream: list[EncodedPacket]
) -> None:
    """Never in the clear; the gap says why, and with the key back the clip goes on, sealed."""
    assert keys.key.file
    hidden = keys.key.file.rename(tmp_path / "hidden")
    with evidence_site(tmp_path / "data", keys=keys) as site:
        assert site.writer.problem == "keys_missing"
        site.feed(stream[: 5 * SECOND])
        site.raise_alarm(stream[5 * SECOND - 1].at)
        eventually(lambda: not site.writer._work)
        site.clear(stream[5 * SECOND].at)
        site.feed(stream[5 * SECOND :])
        eventually(lambda: gaps(site, "key"))
        assert not list(site.data_dir.glob("evidence/*/*/*"))
        (gap, *_) = gaps(site, "key")
        assert gap.from_at == pytest.approx(stream[2 * SECOND].at.wall_utc)

        hidden.rename(keys.key.file)
        eventually(lambda: site.writer.problem is None)
        site.raise_alarm(stream[-1].at, "7f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0", incident="next")
        site.clear(stream[-1].at, incident="next")
        site.feed(looped(stream, 2, 10.0)[len(stream) :])
        (clip,) = site.wait_kept("clip")

    assert key_of(site.data_dir / clip.folder / clip.name)


def gaps(site: EvidenceSite, reason: str) -> list[EvidenceGap]:
    """What is missing, and why."""
    return [one for one in site.told if isinstance(one, EvidenceGap) and one.reason == reason]


class TestStock:
    """Keys at hand."""

    def test_alarms_get_keys_while_the_store_cannot_be_asked(self, keys: KeyPlace) -> None:
        """As many as were made ahead; then there are none, and that is told at once."""
        assert keys.store_file
        with KeyStock(lambda: EvidenceKeys.open(keys), retry_s=600.0) as stock:
            hidden = keys.store_file.rename(keys.store_file.with_name("hidden"))
            drawn = [stock.draw() for _ in range(AT_HAND)]
            eventually(lambda: stock.problem == "keys_missing")
            with pytest.raises(OSError, match="key") as told:
                stock.draw()
            hidden.rename(keys.store_file)

        assert told.value.errno == errno.ENOKEY
        assert is_for_want_of_a_key(told.value)
        assert len({key.key_id for key in drawn}) == AT_HAND

    def test_more_alarms_at_once_than_keys_at_hand(self, keys: KeyPlace) -> None:
        """They wait the moment that it takes to make more."""
        with KeyStock(lambda: EvidenceKeys.open(keys)) as stock:
            drawn = [stock.draw() for _ in range(5 * AT_HAND)]

        assert len({key.key_id for key in drawn}) == 5 * AT_HAND

    def test_what_was_not_used_is_not_kept(self, keys: KeyPlace) -> None:
        """A worker that ends leaves no keys of nothing behind."""
        with KeyStock(lambda: EvidenceKeys.open(keys)) as stock:
            used = stock.draw()
            eventually(lambda: len(stock._at_hand) == AT_HAND)
            unused = [key.key_id for key in stock._at_hand]
        eventually(lambda: stock.ended)

        with EvidenceKeys.open(keys) as store:
            store.cipher(used.key_id)
            for key_id in unused:
                with pytest.raises(Exception, match="is not in the key store"):
                    store.cipher(key_id)
