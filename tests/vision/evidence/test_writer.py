"""An alarm's clip, from the camera's packets to whole files: the thread, the disk, the journal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from tests.clips import make_clip
from tests.vision.evidence.evidence_site import (
    ALARM_ID,
    RULES,
    evidence_site,
    indexed,
)
from tests.vision.evidence.packets import annexb_packets, frames_in, later, looped, nals_in
from tests.vision.waiting import eventually
from vision.core.values import AlarmKind
from vision.evidence.annexb import nal_units
from vision.evidence.clip_plan import PartEnd
from vision.ingest.packets import EncodedPacket
from vision.ingest.ring import PrerollRing
from vision.outputs.evidence_values import EvidenceGap

SECOND = 25
"""Packets of a second."""


@pytest.fixture
def stream() -> list[EncodedPacket]:
    """Ten seconds of a camera, a key frame each second."""
    return looped(annexb_packets(make_clip(gop=25)), 5, 2.0)


@pytest.fixture
def site(tmp_path):
    """A camera and a writer."""
    with evidence_site(tmp_path) as made:
        yield made


def test_a_clip_of_an_alarm(site, stream):
    """Pre-roll, alarm and post-roll in one file, which the journal knows by its digest."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.clear(stream[5 * SECOND].at)
    site.feed(stream[5 * SECOND :])

    (clip,) = site.wait_kept("clip")
    eventually(lambda: indexed(site.data_dir)[0])

    data = (site.folder / clip.name).read_bytes()
    assert (clip.alarm_id, clip.name, clip.ended_by) == (ALARM_ID, "cam1.1.mp4", "post_roll")
    assert clip.begin_at == pytest.approx(stream[2 * SECOND].at.wall_utc)
    assert clip.end_at == pytest.approx(stream[6 * SECOND].at.wall_utc, abs=0.1)
    assert (clip.size_bytes, clip.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert clip in indexed(site.data_dir)[0]
    sent = [nal for one in stream[2 * SECOND :] for nal in nal_units(one.data)]
    found = list(nals_in(data))
    assert found == sent[: len(found)]
    assert frames_in(data) in {4 * SECOND, 4 * SECOND + 1}


def test_it_can_be_played_while_it_grows(site, stream):
    """Nobody has to wait for the end of an alarm to see what happens."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.feed(stream[5 * SECOND : 7 * SECOND])

    growing = site.wait_for("cam1.1.part.mp4")

    eventually(lambda: growing.stat().st_size and frames_in(growing) >= 3 * SECOND)


def test_alarms_that_overlap_have_whole_clips_each(site, stream):
    """The second alarm's pre-roll is in the first one's file too; none is cut short."""
    other = "0f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed1"
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.feed(stream[5 * SECOND : 6 * SECOND])
    site.raise_alarm(stream[6 * SECOND - 1].at, other, incident="another")
    site.clear(stream[6 * SECOND].at)
    site.clear(stream[6 * SECOND].at, incident="another")
    site.feed(stream[6 * SECOND :])

    clips = {clip.alarm_id: clip for clip in site.wait_kept("clip", 2)}

    begins = [clips[one].begin_at - stream[0].at.wall_utc for one in (ALARM_ID, other)]
    assert begins == pytest.approx([2.0, 3.0])
    assert clips[ALARM_ID].end_at == clips[other].end_at


def test_a_camera_lost_in_the_middle(site, stream):
    """The part ends there and says so; a second follows, and the gap between is told."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    again = [replace(one, format=replace(one.format)) for one in later(stream[: 2 * SECOND], 20.0)]
    description = again[0].format
    site.wait_for("cam1.1.part.mp4")
    site.feed([replace(one, format=description) for one in again])
    site.clear(again[-1].at)
    site.feed(replace(one, format=description) for one in later(stream[2 * SECOND :], 20.0))

    first, second = site.wait_kept("clip", 2)
    gaps = [one for one in site.told if isinstance(one, EvidenceGap)]

    assert (first.ended_by, second.ended_by) == ("camera_lost", "post_roll")
    assert [second.begin_at, gaps[0].to_at] == pytest.approx([again[0].at.wall_utc] * 2)
    assert (gaps[0].from_at, gaps[0].reason) == (first.end_at, "camera_lost")


def test_a_camera_that_falls_silent_for_good(site, stream):
    """The part is made whole without waiting for a packet that never comes."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)

    (clip,) = site.wait_kept("clip")

    assert clip.ended_by == "camera_lost"


def test_another_resolution_begins_another_part(site, stream):
    """A file has one picture size."""
    other = later(annexb_packets(make_clip(size_wh=(320, 240), gop=25)), 5.0)
    same = [replace(one, format=stream[0].format) for one in other]
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.feed(same)
    site.clear(same[0].at)
    site.feed(later(same, 2.0))

    first, second = site.wait_kept("clip", 2)

    assert (first.ended_by, second.ended_by) == ("new_picture", "post_roll")
    assert frames_in(site.folder / second.name) >= SECOND


def test_a_time_jump_begins_another_part(site, stream):
    """The camera's clock jumped: in one file the pictures would stand still for an hour."""
    jumped = [
        replace(one, pts=one.pts + 3600 * 90_000, dts=one.dts + 3600 * 90_000)
        for one in stream[5 * SECOND :]
    ]
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.clear(stream[5 * SECOND].at)
    site.feed(jumped)

    assert [one.ended_by for one in site.wait_kept("clip", 2)] == ["time_jump", "post_roll"]


def test_missing_key_frames(site, stream):
    """Packets that nothing can be made of wait for the next key frame; the gap is told."""
    lost = [one for one in stream[5 * SECOND : 7 * SECOND] if not one.is_key]
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 1].at)
    missing = [replace(one, format=replace(one.format)) for one in lost]
    site.feed(replace(one, format=missing[0].format) for one in missing)
    site.feed(replace(one, format=missing[0].format) for one in stream[7 * SECOND : 8 * SECOND])
    site.clear(stream[8 * SECOND].at)
    site.feed(replace(one, format=missing[0].format) for one in stream[8 * SECOND :])

    first, second = site.wait_kept("clip", 2)

    assert second.begin_at == pytest.approx(stream[7 * SECOND].at.wall_utc)
    assert first.end_at == pytest.approx(stream[5 * SECOND - 1].at.wall_utc)


def test_what_the_ring_dropped_unread_is_a_gap(tmp_path, stream):
    """A disk that is too slow for the camera loses packets, and never silently."""
    ring = PrerollRing(2.0, 64 << 20)
    with evidence_site(tmp_path, ring=ring) as site:
        site.feed(stream[: 3 * SECOND])
        decision = site.raise_alarm(stream[3 * SECOND - 1].at)
        site.wait_for("cam1.1.part.mp4")
        with site.writer._news:
            site.writer._work.append(lambda: site.feed(later(stream, 3.0)))
        eventually(lambda: [one for one in site.told if isinstance(one, EvidenceGap)])
        site.clear(replace(decision.at, wall_utc=decision.at.wall_utc + 10))

        first, _ = site.wait_kept("clip", 2)

    assert first.ended_by == "missed"
    assert [one.reason for one in site.told if isinstance(one, EvidenceGap)] == ["missed"]


def test_an_alarm_without_a_camera_has_no_evidence(site, stream):
    """A part of the system that is no camera has no pictures."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[0].at, camera_id=None)
    site.raise_alarm(stream[0].at, camera_id="elsewhere")

    assert not list(site.data_dir.glob("evidence/*/*"))


def test_the_end_of_the_worker_makes_clips_whole(tmp_path, stream):
    """What is recorded when the daemon ends is kept, and says why it ended."""
    with evidence_site(tmp_path) as site:
        site.feed(stream[: 5 * SECOND])
        site.raise_alarm(stream[5 * SECOND - 1].at)
        site.wait_for("cam1.1.part.mp4")

    (files, gaps, _) = indexed(tmp_path)
    assert {one.ended_by for one in files if one.kind == "clip"} == {PartEnd.STOPPED}
    assert not list(tmp_path.glob("evidence/*/*/*.part.*"))
    assert gaps == ()


def test_the_longest_clip(tmp_path, stream):
    """An alarm that never ends is recorded for so long and no longer."""
    with evidence_site(tmp_path, replace(RULES, longest_s=2.0)) as site:
        site.feed(stream[: 5 * SECOND])
        site.raise_alarm(stream[5 * SECOND - 1].at)
        site.feed(stream[5 * SECOND :])

        (clip,) = site.wait_kept("clip")

    assert clip.ended_by == "longest"


def test_the_timeline_tells_each_decision_once(site, stream):
    """The alarm's beginning, what follows and its end, whether a frame was analysed or not."""
    site.feed(stream[: 5 * SECOND])
    site.raise_alarm(stream[5 * SECOND - 2].at, incident="earlier", kind=AlarmKind.CAMERA_LAGGING)
    site.raise_alarm(stream[5 * SECOND - 1].at)
    site.clear(stream[5 * SECOND].at)
    site.clear(stream[5 * SECOND].at, incident="earlier")
    site.feed(stream[5 * SECOND :])
    site.wait_kept("timeline", 2)

    told = [
        [
            (line["incident"], line["change"])
            for line in map(json.loads, path.open())
            if is_alarm(line)
        ]
        for path in sorted(site.folder.glob("*.jsonl"))
    ]
    everything = [
        ("earlier", "raised"),
        ("dock/cam1", "raised"),
        ("dock/cam1", "cleared"),
        ("earlier", "cleared"),
    ]
    assert told == [everything, everything]


def is_alarm(line: dict[str, str]) -> bool:
    """Whether a line of the timeline tells of an alarm."""
    return line["type"] == "alarm"
