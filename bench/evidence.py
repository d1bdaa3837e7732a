"""What evidence costs: pre-roll of many cameras, cutting a clip, verifying a bundle of it.

``python -m bench.evidence`` from the repository's root. Pre-roll: the packets of a camera at
1080p25 and 4 Mbit/s go into as many rings as there are cameras, copied as demuxing copies them; the
CPU time of that is set against the seconds of video, the growth of the resident set against the
rings' bound. Clip: an evidence writer cuts 25 s out of a ring onto this disk; all the process's CPU
time counts, indexing in a journal included. Sealing: the same packets, a second in a piece, sealed
in memory and opened again. Verifying: that clip in a bundle, and the time that an auditor waits for
``bondwatch verify``. ``bench/README.md`` says how to read it.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import av
import psutil

from bench.bundles import bundled, verify_s
from bench.figures import table
from bench.footage import footage
from enrolment.sealing import Cipher, new_key
from vision.core.values import AlarmDecision, AlarmKind, Change, Instant
from vision.evidence.clip_plan import ClipRules
from vision.evidence.disk import Disk
from vision.evidence.index import EvidenceIndex
from vision.evidence.pictures import snapshot_jpeg
from vision.evidence.place import DiskHealth, Store
from vision.evidence.sealed_form import FILE_ID_BYTES, FileSeal
from vision.evidence.values import Picture
from vision.evidence.witness import Witness
from vision.evidence.writer import EvidenceWriter
from vision.ingest.frame import Frame, PictureConverter
from vision.ingest.packets import EncodedPacket, StreamFormat
from vision.ingest.ring import PrerollRing
from vision.outputs.journal import Journal
from vision.settings import CameraSettings

REACH_CORE_PERCENT = 2.0
REACH_CUT_MS = 150.0
REACH_VERIFY_S = 1.0
RULES = ClipRules()
_CAMERA = CameraSettings("", "")
_MIB = 1024 * 1024
_NOON = 1_767_268_800.0
_ALARM_ID = "6f1ed002-ab55-4bb5-8f2f-8a8c6f6f1ed0"


@dataclass(frozen=True, slots=True)
class Figures:
    """``core_percent``: of one core, for each stream. All ``_ms`` but ``cut_wall_ms``: CPU."""

    streams: int
    core_percent: float
    rings_mib: float
    grown_mib: float
    bound_mib: float
    clip_mb: float
    cut_ms: float
    cut_wall_ms: float
    jpeg_ms: float
    seal_ms: float
    open_ms: float
    bundle_mb: float
    verify_cpu_s: float
    verify_s: float


def packets_of(clip: Path, seconds: float) -> list[EncodedPacket]:
    """So many seconds of a camera that shows the clip again and again."""
    with av.open(str(clip)) as source:
        stream = source.streams.video[0]
        context, base = stream.codec_context, stream.time_base
        assert base is not None  # noqa: S101 -- an MP4 of our own has one
        form = StreamFormat(context.name, context.extradata, base, (context.width, context.height))
        once = [one for one in source.demux(stream) if one.size]
        step = round(1 / (25 * base))
        found = []
        for index in range(round(seconds * 25)):
            one, time_at = once[index % len(once)], index * step
            at_s = index / 25
            at = Instant(at_s, _NOON + at_s)
            found.append(EncodedPacket(bytes(one), time_at, time_at, one.is_keyframe, at, form))
        return found


def keep(packets: Sequence[EncodedPacket], streams: int) -> tuple[float, float, float]:
    """CPU in percent of a core for each stream, MiB in the rings, MiB that the process grew."""
    process = psutil.Process()
    rings = [PrerollRing(_CAMERA.preroll_s, _CAMERA.preroll_bytes) for _ in range(streams)]
    before_bytes = process.memory_info().rss
    began_s = time.process_time()
    for packet in packets:
        for ring in rings:
            ring.append(replace(packet, data=bytes(bytearray(packet.data))))
    spent_s = time.process_time() - began_s
    grown_bytes = process.memory_info().rss - before_bytes
    held_bytes = sum(ring.counts().size_bytes for ring in rings)
    seconds = packets[-1].at.stream_s
    percent = 100 * spent_s / seconds / streams
    return percent, held_bytes / _MIB, grown_bytes / _MIB


def cut(packets: Sequence[EncodedPacket], folder: Path) -> tuple[float, float, int]:
    """Cut one clip of 25 s: CPU and wall time in ms, and its size in bytes."""
    told = []
    journal_path = folder / "journal.db"
    Journal.open(journal_path).close()
    index = EvidenceIndex(lambda: Journal.open(journal_path))
    store = Store(Disk(), folder, 0, DiskHealth(), lambda e: (told.append(e), index.tell(e))[0])
    ring = PrerollRing(60.0, 64 * _MIB)
    for packet in packets:
        ring.append(packet)
    at = Instant(RULES.pre_s + 2.0, _NOON + RULES.pre_s + 2.0)
    raised = _alarm(Change.RAISED, at)
    with EvidenceWriter(store, RULES, index) as writer:
        witness = Witness(writer, RULES, lambda _: False)
        witness.attach("cam1", ring)
        time.sleep(0.5)
        cpu_s, wall_s = time.process_time(), time.monotonic()
        witness.decide([raised, _alarm(Change.CLEARED, at)])
        writer.told(raised, _ALARM_ID, at.wall_utc)
        while True:
            with closing(Journal.open(journal_path)) as journal:
                if any(one.files for one in journal.evidence()):
                    break
            time.sleep(0.05)
        cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - wall_s
    clip = next(folder.glob("evidence/*/*/*.mp4"))
    return cpu_s * 1000, wall_s * 1000, clip.stat().st_size


def seal(packets: Sequence[EncodedPacket], rounds: int) -> tuple[float, float]:
    """CPU in ms of sealing 25 s of packets, a second in one piece, and of opening them again."""
    seconds = [packets[at : at + 25] for at in range(0, 25 * 25, 25)]
    pieces = [b"".join(one.data for one in second) for second in seconds]
    own = FileSeal(Cipher.of(new_key()), "00" * 8, bytes(FILE_ID_BYTES), "bench", "cam1.1.mp4")
    spent = [_sealed_ms(own, pieces) for _ in range(rounds)]
    return median(sealed for sealed, _ in spent), median(opened for _, opened in spent)


def _sealed_ms(own: FileSeal, pieces: Sequence[bytes]) -> tuple[float, float]:
    began_s, index, stored = time.process_time(), 0, [own.head()]
    for piece in pieces:
        chunks, index = own.chunks(index, piece)
        stored.append(chunks)
    sealed_s = time.process_time()
    source = io.BytesIO(b"".join(stored))
    joined_s = time.process_time()
    count = sum(1 for _ in own.opened(source))
    opened_s = time.process_time()
    assert count == index  # noqa: S101 -- else nothing was measured
    return (sealed_s - began_s) * 1000, (opened_s - joined_s) * 1000


def verifying(packets: Sequence[EncodedPacket], rounds: int) -> tuple[float, float, float]:
    """A bundle with a clip of 25 s: its size in MB; verifying it: seconds of CPU, and waited."""
    with tempfile.TemporaryDirectory(prefix="bondwatch-bench-") as folder:
        cut(packets, Path(folder))
        bundle = bundled(Path(folder), _ALARM_ID)
        spent = [verify_s(bundle) for _ in range(rounds)]
        cpu_s, waited_s = (median(one[at] for one in spent) for at in (0, 1))
        return bundle.path.stat().st_size / 1e6, cpu_s, waited_s


def jpeg(clip: Path, rounds: int) -> float:
    """CPU of one snapshot in ms, the median."""
    with av.open(str(clip)) as source:
        picture = next(source.decode(video=0))
    frame = Frame(picture, Instant(0.0, 0.0), PictureConverter())
    return median(_spent_ms(Picture(frame)) for _ in range(rounds))


def _spent_ms(picture: Picture) -> float:
    began_s = time.process_time()
    snapshot_jpeg(picture)
    return (time.process_time() - began_s) * 1000


def _alarm(change: Change, at: Instant) -> AlarmDecision:
    kind = AlarmKind.UNREGISTERED_PERSON
    return AlarmDecision("bench", change, kind, "cam1", at, "entered", zone_id="floor")


def measure(clip: Path, streams: int, rounds: int) -> Figures:
    """Everything, the medians of so many rounds."""
    percent, rings_mib, grown_mib = keep(packets_of(clip, 30.0), streams)
    sealed_ms, opened_ms = seal(packets_of(clip, 30.0), rounds)
    cuts = list(_cuts(packets_of(clip, 30.0), rounds))
    bundle_mb, verify_cpu_s, waited_s = verifying(packets_of(clip, 30.0), rounds)
    return Figures(
        streams=streams,
        core_percent=percent,
        rings_mib=rings_mib,
        grown_mib=grown_mib,
        bound_mib=streams * _CAMERA.preroll_bytes / _MIB,
        clip_mb=median(size for *_, size in cuts) / 1e6,
        cut_ms=median(cpu for cpu, *_ in cuts),
        cut_wall_ms=median(wall for _, wall, _ in cuts),
        jpeg_ms=jpeg(clip, rounds),
        seal_ms=sealed_ms,
        open_ms=opened_ms,
        bundle_mb=bundle_mb,
        verify_cpu_s=verify_cpu_s,
        verify_s=waited_s,
    )


def _cuts(packets: Sequence[EncodedPacket], rounds: int) -> Iterator[tuple[float, float, int]]:
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="bondwatch-bench-") as folder:
            yield cut(packets, Path(folder))


def main() -> int:
    """Print the figures; the exit status is 1 where a reach is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--streams", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    found = measure(footage(), wanted.streams, wanted.rounds)
    if wanted.json:
        print(json.dumps(asdict(found)))
    else:
        print(table(("", "measured", "reach"), _rows(found)))
    reached = found.core_percent <= REACH_CORE_PERCENT and found.cut_ms <= REACH_CUT_MS
    reached = reached and found.verify_s <= REACH_VERIFY_S
    return 0 if reached and found.rings_mib <= found.bound_mib else 1


def _rows(found: Figures) -> list[list[str | float | None]]:
    return [
        [
            f"pre-roll of {found.streams} streams, % of a core each",
            found.core_percent,
            REACH_CORE_PERCENT,
        ],
        ["in the rings, MiB", found.rings_mib, found.bound_mib],
        ["the process grew by, MiB", found.grown_mib, None],
        [f"cutting 25 s ({found.clip_mb:.1f} MB), ms of CPU", found.cut_ms, REACH_CUT_MS],
        ["until it is in the index, ms", found.cut_wall_ms, None],
        ["a snapshot, ms of CPU", found.jpeg_ms, None],
        ["sealing the clip's packets, ms of CPU", found.seal_ms, None],
        ["opening them again, ms of CPU", found.open_ms, None],
        [f"verifying a bundle ({found.bundle_mb:.1f} MB), s", found.verify_s, REACH_VERIFY_S],
        ["of that, s of CPU", found.verify_cpu_s, None],
    ]


if __name__ == "__main__":
    sys.exit(main())
