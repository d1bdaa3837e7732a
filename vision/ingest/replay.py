"""A file as fast as it goes, on a simulated clock: the same file gives the same Instants.

For replaying recordings through the pipeline. Playing a file at its own pace, as a camera, is
``sources.FileSource``'s work.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vision.core.values import Instant
from vision.ingest.decoding import Decoder
from vision.ingest.frame import Frame
from vision.ingest.packets import EncodedPacket
from vision.ingest.reasons import REMEDIES, Reason, StreamFaultError, attempt
from vision.ingest.sources import RawPacket, open_file, raw_packet, video_of

_TOLERANCE_S = 1e-6


def read_file(path: Path, start_wall_utc: float, *, min_gap_s: float = 0.0) -> Iterator[Frame]:
    """The file's frames in presentation order.

    ``stream_s`` is the PTS from the first picture on, ``wall_utc`` that much after
    ``start_wall_utc`` (POSIX seconds). Frames that follow the last one given by less than
    ``min_gap_s`` are decoded and left out. Raises StreamFaultError where the file is none,
    has no video, or ends in the middle; packets that do not decode are skipped.
    """
    due_s = float("-inf")
    for frame in _frames(path, start_wall_utc):
        if frame.at.stream_s >= due_s - _TOLERANCE_S:
            due_s = _next_due_s(due_s, frame.at.stream_s, min_gap_s)
            yield frame


def _next_due_s(due_s: float, now_s: float, gap_s: float) -> float:
    """On the even grid where the frames allow it, so that a rate is met on average."""
    return max(due_s + gap_s, now_s + gap_s / 2) if due_s > float("-inf") else now_s + gap_s


def _frames(path: Path, start_wall_utc: float) -> Iterator[Frame]:
    shown_s = float("-inf")
    for frame in _decoded(path, start_wall_utc):
        if frame.at.stream_s > shown_s:
            shown_s = frame.at.stream_s
            yield frame


def _decoded(path: Path, start_wall_utc: float) -> Iterator[Frame]:
    """Everything the decoder gives, packet by packet."""
    with open_file(path) as container:
        stream, form = video_of(container, str(path))
        decoder = Decoder(form)
        origin = stream.start_time or 0
        last_s = 0.0
        demuxed = container.demux(stream)
        while not isinstance(packet := attempt(lambda: next(demuxed, None)), Reason):
            if packet is None:
                yield from decoder.finish().frames
                return
            if packet.size:
                raw = raw_packet(packet)
                last_s = _stream_s(raw, origin, float(form.time_base), last_s)
                at = Instant(last_s, start_wall_utc + last_s)
                sent = EncodedPacket(raw.data, raw.pts, raw.dts, raw.is_key, at, form)
                yield from decoder.decode(sent).frames
    raise StreamFaultError(packet, f"{path}; {REMEDIES.get(packet, '')}")


def _stream_s(raw: RawPacket, origin: int, tick_s: float, last_s: float) -> float:
    """Seconds since the first picture; a packet that does not say shares the one before's."""
    return last_s if raw.pts is None else (raw.pts - origin) * tick_s
