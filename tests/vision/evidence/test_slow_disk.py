"""A disk that hangs: nobody waits for it, everybody hears of it, and what is lost is told."""

from __future__ import annotations

import threading

from tests.clips import make_clip
from tests.vision.evidence.evidence_site import EvidenceSite, evidence_site
from tests.vision.evidence.packets import annexb_packets, later, looped
from tests.vision.outputs.decisions import alarm
from tests.vision.waiting import eventually
from vision.core.values import Instant
from vision.evidence import writer
from vision.evidence.disk import Disk, OpenFile
from vision.evidence.values import Sight, Versions
from vision.ingest.ring import PrerollRing
from vision.outputs.evidence_values import EvidenceGap


class HangingDisk(Disk):
    """The real disk, whose writes wait for as long as it hangs."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.hangs = threading.Event()

    def append(self, file: OpenFile, data: bytes) -> None:
        self.hangs.set()
        self.goes_on.wait(60)
        super().append(file, data)


def sight(at_s: float) -> Sight:
    """Nothing to be seen."""
    return Sight(Instant(at_s, at_s), (), (), (), Versions({}, 1, "c", None))


def left_waiting(site: EvidenceSite) -> int:
    """How much the thread has still to do."""
    return len(site.writer._work)


def test_a_disk_that_hangs(tmp_path, monkeypatch):
    """What waits is bounded, ``slow`` is told, and the clip goes on with a gap."""
    monkeypatch.setattr(writer, "SLOW_AFTER_S", 0.2)
    disk, ring = HangingDisk(), PrerollRing(3.0, 64 << 20)
    stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
    with evidence_site(tmp_path, disk=disk, ring=ring) as site:
        site.feed(stream[:125])
        site.raise_alarm(stream[124].at)
        assert disk.hangs.wait(40)
        for index in range(writer.MOST_WAITING + 100):
            site.writer.saw("cam1", sight(float(index)), {})
        site.feed(later(stream, 5.0))

        assert left_waiting(site) == writer.MOST_WAITING
        eventually(lambda: site.writer.problem == "slow")

        disk.goes_on.set()
        eventually(lambda: [one for one in site.told if isinstance(one, EvidenceGap)])
        eventually(lambda: left_waiting(site) == 0)
        site.feed(later(stream[:50], 15.0))
        eventually(lambda: site.writer.problem is None)

    (gap,) = [one for one in site.told if isinstance(one, EvidenceGap)]
    assert gap.reason == "missed"
    assert [one.ended_by for one in site.kept("clip")][:1] == ["missed"]


def test_an_alarm_that_the_journal_does_not_take(tmp_path):
    """Its packets are held until it has an id, however long the ring is by then."""
    ring = PrerollRing(3.0, 64 << 20)
    stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
    with evidence_site(tmp_path, ring=ring) as site:
        site.feed(stream[:125])
        decision = alarm(at=stream[124].at)
        site.witness.decide([decision])
        for second in range(5):
            site.feed(stream[125 + 25 * second : 150 + 25 * second])
            eventually(lambda: left_waiting(site) == 0)
        site.writer.told(decision, "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0", decision.at.wall_utc)

    (clip,) = site.kept("clip")
    assert clip.begin_at == stream[50].at.wall_utc
    assert clip.end_at == stream[-1].at.wall_utc


def test_a_mistake_of_our_own_ends_one_recording(tmp_path, monkeypatch):
    """It is told, and the next alarm is recorded."""
    stream = looped(annexb_packets(make_clip(gop=25)), 5, 2.0)
    with evidence_site(tmp_path) as site:
        with monkeypatch.context() as patched:
            patched.setattr("vision.evidence.recording.Recording.work", broken)
            site.feed(stream[:125])
            site.raise_alarm(stream[124].at)
            eventually(lambda: site.writer.problem == "recording_failed")
        site.raise_alarm(stream[124].at, incident="another")

        assert site.wait_for("cam1.1.part.mp4")


def broken(*_: object) -> None:
    """What nobody thought of."""
    raise RuntimeError("scripted")
