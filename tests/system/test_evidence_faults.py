"""Evidence when a process is killed, and when the disk is full: what was recorded plays."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from enrolment.places import KeyPlace
from tests.clips import make_clip
from tests.system.small_disk import SmallDisk, demand_mount
from tests.vision.evidence.evidence_site import (
    RULES,
    EvidenceSite,
    evidence_site,
    indexed,
    plain,
    site_keys,
)
from tests.vision.evidence.packets import annexb_packets, frames_in, later, looped
from tests.vision.waiting import eventually
from vision.evidence.reading import key_of
from vision.outputs.evidence_values import EvidenceGap

pytestmark = pytest.mark.system

ROOT = Path(__file__).parents[2]


def keys_of(folder: Path, *, seals: bool) -> KeyPlace | None:
    """The keys of a site that seals its evidence; None of one that does not."""
    return site_keys(folder / "keys") if seals else None


def killed_while_writing(data_dir: Path, clip: Path, keys: KeyPlace | None = None) -> None:
    """A process writes a clip and is killed in the middle of it."""
    command = [sys.executable, "-m", "tests.system.evidence_writing", str(data_dir), str(clip)]
    if keys is not None and keys.key.file is not None:
        command.append(str(keys.key.file.parent))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"growing\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL


@pytest.mark.parametrize(("codec", "seals"), [("h264", False), ("hevc", False), ("h264", True)])
def test_killed_in_the_middle_of_a_clip(tmp_path: Path, codec: str, *, seals: bool) -> None:
    """The growing file plays as it is; the next writer makes it whole and tells the journal."""
    keys = keys_of(tmp_path, seals=seals)
    killed_while_writing(tmp_path, make_clip(codec, gop=25), keys)
    (growing,) = tmp_path.glob("evidence/*/*/*.part.mp4")
    frames = frames_in(plain(growing, keys))
    assert frames > 50
    assert (key_of(growing) is not None) is seals

    with evidence_site(tmp_path, keys=keys) as site:
        (clip,) = site.wait_kept("clip")
        eventually(lambda: indexed(tmp_path)[0])

    whole = site.folder / clip.name
    assert clip.ended_by == "crashed"
    assert (key_of(whole) is not None) is seals
    assert clip.sha256 == hashlib.sha256(site.plain(clip.name)).hexdigest()
    assert frames_in(site.plain(clip.name)) >= frames - 25
    assert not list(tmp_path.glob("evidence/*/*/*.part.*"))
    assert clip in indexed(tmp_path)[0]
    assert site.timeline()[-1] == {"type": "end", "why": "crashed"}


def test_a_torn_fragment_is_cut_off(tmp_path: Path) -> None:
    """What the kernel had not written any more is left out; what is whole plays."""
    killed_while_writing(tmp_path, make_clip(gop=25))
    (growing,) = tmp_path.glob("evidence/*/*/*.part.mp4")
    with growing.open("ab") as file:
        file.truncate(growing.stat().st_size - 7)

    with evidence_site(tmp_path) as site:
        (clip,) = site.wait_kept("clip")

    assert frames_in(site.folder / clip.name) >= 50


def test_another_process_is_still_writing(tmp_path: Path) -> None:
    """A growing file that somebody holds is theirs."""
    stream = looped(annexb_packets(make_clip(gop=25)), 3, 2.0)
    with evidence_site(tmp_path) as first:
        first.feed(stream[:50])
        first.raise_alarm(stream[49].at)
        growing = first.wait_for("cam1.1.part.mp4")
        with evidence_site(tmp_path) as second:
            eventually(lambda: growing.stat().st_size)

        assert second.told == []
        assert growing.exists()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallDisk]:
    """A file system of its own."""
    demand_mount()
    disk = SmallDisk(tmp_path / "data", "64m")
    yield disk
    disk.close()


@pytest.fixture(params=[False, True], ids=["plain", "sealed"])
def site(
    small: SmallDisk, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[EvidenceSite]:
    """A camera and a writer on it; its keys, where it seals, are on another disk."""
    keys = keys_of(tmp_path, seals=request.param)
    with evidence_site(small.folder, replace(RULES, longest_s=3600.0), keys=keys) as made:
        yield made


def test_a_full_disk(small: SmallDisk, site: EvidenceSite) -> None:
    """It is told, the clip so far plays, and a second part follows when there is room again."""
    stream = looped(annexb_packets(make_clip(gop=25)), 4, 2.0)
    site.feed(stream[:125])
    site.raise_alarm(stream[124].at)
    site.wait_for("cam1.1.part.mp4")

    small.fill()
    site.feed(stream[125:])
    site.wait_kept("clip")
    assert site.writer.problem == "no_room"
    small.make_room()
    eventually(lambda: site.writer.problem is None)

    second = iter(range(8, 10_000))

    def second_part() -> bool:
        site.feed(later(stream[:25], float(next(second))))
        time.sleep(0.2)
        return bool(list(site.data_dir.glob("evidence/*/*/cam1.2.*mp4")))

    eventually(second_part)
    assert site.writer.problem is None
    gaps = [one for one in site.told if isinstance(one, EvidenceGap) and one.reason == "disk"]
    assert gaps
    first = site.kept("clip")[0]
    assert first.ended_by == "disk"
    assert frames_in(site.plain(first.name)) == 25 * round(first.end_at - first.begin_at)
    assert gaps[0].from_at == first.end_at
