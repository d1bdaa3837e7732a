"""What a crash leaves of sealed files: made whole, still sealed, as far as it is true."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from enrolment.evidence_keys import EvidenceKey, EvidenceKeys
from enrolment.places import KeyPlace
from tests.clips import make_clip
from tests.vision.evidence.evidence_site import ALARM_ID, plain, site_keys
from tests.vision.evidence.packets import annexb_packets, frames_in, looped
from vision.evidence.disk import Disk
from vision.evidence.fragment_muxer import FragmentMuxer
from vision.evidence.growing_file import GrowingFile
from vision.evidence.leftovers import make_whole
from vision.evidence.mp4_boxes import whole_fragments_bytes
from vision.evidence.place import DiskHealth, Store
from vision.evidence.reading import EvidenceReader, key_of
from vision.evidence.sealed_form import FILE_ID_BYTES, HEAD_BYTES, FileSeal
from vision.outputs.evidence_values import EvidenceEntry, EvidenceFile

CLIP, TIMELINE = "cam1.1.mp4", "cam1.1.jsonl"


@pytest.fixture(scope="module")
def fragments() -> list[bytes]:
    """What a muxer gives out of six seconds: the beginning, then a fragment a second."""
    packets = looped(annexb_packets(make_clip(gop=25)), 3, 2.0)
    muxer = FragmentMuxer(packets[0])
    return [data for data in (*map(muxer.add, packets), muxer.finish()) if data]


@dataclass
class Crashed:
    """An alarm's folder in a data directory, its key, and what is told when it is mended."""

    data: Path
    keys: KeyPlace
    key: EvidenceKey
    told: list[EvidenceEntry] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.data / "evidence" / "2026-01-01" / ALARM_ID

    def write(self, name: str, pieces: Iterable[bytes]) -> Path:
        """A sealed file that nobody finished."""
        self.folder.mkdir(parents=True, exist_ok=True)
        seal = FileSeal(self.key.cipher, self.key.key_id, bytes(FILE_ID_BYTES), ALARM_ID, name)
        file = GrowingFile(Disk(), self.folder, name, seal)
        for piece in pieces:
            file.append(piece)
        file.give_up()
        (growing,) = self.folder.glob("*.part.*")
        return growing

    def mend(self, keys: KeyPlace | None = None) -> None:
        """As the next worker does."""
        place = keys or self.keys
        make_whole(Store(Disk(), self.data, 0, DiskHealth(), self.told.append, None, place))


@pytest.fixture
def crashed(tmp_path: Path) -> Crashed:
    """Nothing written yet."""
    keys = site_keys(tmp_path / "keys")
    with EvidenceKeys.open(keys) as store:
        (key,) = store.make(1)
    return Crashed(tmp_path / "data", keys, key)


@pytest.mark.parametrize("torn_bytes", [0, 1, 5_000, 20_000])
def test_a_torn_clip_is_cut_to_its_last_whole_fragment(
    crashed: Crashed, fragments: list[bytes], torn_bytes: int
) -> None:
    """Whatever is missing at its end; the index tells of the content that is left."""
    growing = crashed.write(CLIP, fragments)
    with growing.open("ab") as file:
        file.truncate(max(growing.stat().st_size - torn_bytes, HEAD_BYTES))
    whole = whole_fragments_bytes([plain(growing, crashed.keys)])

    crashed.mend()

    content = b"".join(fragments)[:whole]
    (told,) = crashed.told
    assert isinstance(told, EvidenceFile)
    assert (told.name, told.ended_by, told.size_bytes) == (CLIP, "crashed", whole)
    assert plain(crashed.folder / CLIP, crashed.keys) == content
    assert frames_in(content) > 0
    with EvidenceReader(crashed.keys) as reader:
        assert reader.fault_of(crashed.data, told) is None


def test_a_cut_in_the_middle_of_a_chunk(crashed: Crashed, fragments: list[bytes]) -> None:
    """What is kept of the chunk is sealed anew; what is not is nowhere in the file."""
    content = b"".join(fragments)
    whole = whole_fragments_bytes([content])
    crashed.write(CLIP, [content[: whole + 3]])

    crashed.mend()

    assert plain(crashed.folder / CLIP, crashed.keys) == content[:whole]


def test_a_torn_timeline_keeps_its_whole_lines(crashed: Crashed) -> None:
    """And says in the end, sealed as well, that it was torn."""
    crashed.write(TIMELINE, [b'{"type":"head"}\n{"type":', b'"frame"}\n{"ty'])

    crashed.mend()

    assert key_of(crashed.folder / TIMELINE) == crashed.key.key_id
    assert plain(crashed.folder / TIMELINE, crashed.keys) == (
        b'{"type":"head"}\n{"type":"frame"}\n{"type":"end","why":"crashed"}\n'
    )


@pytest.mark.parametrize("left_bytes", [0, 3, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 40])
def test_nothing_whole_is_nothing_kept(
    crashed: Crashed, fragments: list[bytes], left_bytes: int
) -> None:
    """A head alone, or less, is taken away."""
    growing = crashed.write(CLIP, fragments[:2])
    with growing.open("ab") as file:
        file.truncate(left_bytes)

    crashed.mend()

    assert list(crashed.folder.iterdir()) == []
    assert crashed.told == []


def test_a_file_without_content_can_be_whole(crashed: Crashed) -> None:
    """Nothing was written to it, and that is sealed too."""
    crashed.folder.mkdir(parents=True)
    seal = FileSeal(crashed.key.cipher, crashed.key.key_id, bytes(FILE_ID_BYTES), ALARM_ID, CLIP)

    GrowingFile(Disk(), crashed.folder, CLIP, seal).finish()

    assert key_of(crashed.folder / CLIP) == crashed.key.key_id
    assert plain(crashed.folder / CLIP, crashed.keys) == b""


def test_what_cannot_be_opened_is_left_as_it_is(
    crashed: Crashed, fragments: list[bytes], tmp_path: Path
) -> None:
    """Without its key a file is neither cut nor named; with it, it is mended later."""
    growing = crashed.write(CLIP, fragments)
    before = growing.read_bytes()

    crashed.mend(site_keys(tmp_path / "other"))
    assert growing.read_bytes() == before
    assert crashed.told == []

    crashed.mend()
    assert [one.name for one in crashed.told if isinstance(one, EvidenceFile)] == [CLIP]
