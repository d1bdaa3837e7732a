"""Where packets come from: an RTSP camera, or a file played as if it were one.

A source is opened anew for each connection. It yields packets, or None when a short wait
brought nothing, so that whoever reads can look whether it is time to stop. Timestamps stay
those of the stream; giving them a meaning is ``stream_time``'s work.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

import av
from av.container import InputContainer

from vision.ingest.credentials import authenticated_url
from vision.ingest.packets import StreamFormat
from vision.ingest.reasons import REMEDIES, Reason, StreamFaultError, attempt
from vision.redaction import redact_url
from vision.settings import Secret

SLICE_S = 1.0
"""How long one read may block; a read that is interrupted between packets loses nothing."""


@dataclass(frozen=True, slots=True)
class RawPacket:
    """A demuxed access unit; times count the stream's time base."""

    data: bytes
    pts: int | None
    dts: int | None
    is_key: bool


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """How to reach one stream. ``loop``: a file begins again at its end."""

    url: str
    username: Secret | None = None
    password: Secret | None = None
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 5.0
    loop: bool = False

    @property
    def is_file(self) -> bool:
        return urlsplit(self.url).scheme in {"", "file"}


class PacketSource(Protocol):
    """One opened stream. Raises StreamFaultError where it fails; the iterator ends with it."""

    format: StreamFormat

    def packets(self) -> Iterator[RawPacket | None]: ...

    def close(self) -> None: ...


def open_source(settings: SourceSettings, closing: threading.Event) -> PacketSource:
    """Connect. Blocks up to twice ``connect_timeout_s``. Raises StreamFaultError."""
    if settings.is_file:
        return FileSource(settings, closing)
    return RtspSource(settings)


class RtspSource:
    """A camera over RTSP, interleaved in its TCP connection; video only."""

    def __init__(self, settings: SourceSettings) -> None:
        self._container = open_container(
            settings.url,
            authenticated_url(settings.url, settings.username, settings.password, os.environ),
            _rtsp_options(settings),
            (settings.connect_timeout_s, min(SLICE_S, settings.read_timeout_s)),
        )
        with _closing_on_error(self._container):
            self._stream, self.format = video_of(self._container, settings.url)

    def packets(self) -> Iterator[RawPacket | None]:
        while True:
            demuxed = self._container.demux(self._stream)
            while not isinstance(packet := attempt(lambda: next(demuxed, None)), Reason):  # noqa: B023 -- called at once
                if packet is None:
                    return
                if packet.size:
                    yield raw_packet(packet)
            if packet is not Reason.NO_ANSWER:
                # A connection that stood and broke was ended, whatever the network calls it.
                reason = Reason.ENDED if packet is Reason.UNREACHABLE else packet
                raise StreamFaultError(reason, REMEDIES.get(reason, ""))
            yield None

    def close(self) -> None:
        self._container.close()


class FileSource:
    """A file at the pace of its own timestamps; the loop goes on without a seam in them."""

    def __init__(self, settings: SourceSettings, closing: threading.Event) -> None:
        self._closing = closing
        self._loop = settings.loop
        self._container = open_file(path_of(settings.url))
        with _closing_on_error(self._container):
            self._stream, self.format = video_of(self._container, settings.url)

    def packets(self) -> Iterator[RawPacket | None]:
        started_s = time.monotonic()
        origin: int | None = None
        for packet in self._endless():
            due = packet.dts if packet.dts is not None else packet.pts
            if due is not None:
                origin = due if origin is None else origin
                due_s = started_s + float((due - origin) * self.format.time_base)
                while time.monotonic() < due_s and not self._closing.is_set():
                    if self._closing.wait(min(SLICE_S, max(0.0, due_s - time.monotonic()))):
                        return
            yield packet

    def close(self) -> None:
        self._container.close()

    def _endless(self) -> Iterator[RawPacket]:
        """The file's packets, over and over where it loops, timestamps running on."""
        shift = 0
        while True:
            first = last = None
            for packet in _file_packets(self._container, self._stream):
                times = [time for time in (packet.pts, packet.dts) if time is not None]
                first = min([*times, *([] if first is None else [first])], default=None)
                last = max([*times, *([] if last is None else [last])], default=None)
                yield _shifted(packet, shift)
            if not self._loop or first is None or last is None or last == first:
                return
            shift += last - first + self._step()
            rewound = attempt(lambda: self._container.seek(0))
            if isinstance(rewound, Reason):
                raise StreamFaultError(rewound, "the file cannot be played from its start again")

    def _step(self) -> int:
        rate = self._stream.average_rate or 25
        return max(1, round(1 / (rate * self.format.time_base)))


def _file_packets(container: InputContainer, stream: av.VideoStream) -> Iterator[RawPacket]:
    demuxed = container.demux(stream)
    while not isinstance(packet := attempt(lambda: next(demuxed, None)), Reason):
        if packet is None:
            return
        if packet.size:
            yield raw_packet(packet)
    raise StreamFaultError(packet, REMEDIES.get(packet, ""))


def _shifted(packet: RawPacket, shift: int) -> RawPacket:
    if not shift:
        return packet
    pts = None if packet.pts is None else packet.pts + shift
    dts = None if packet.dts is None else packet.dts + shift
    return replace(packet, pts=pts, dts=dts)


def raw_packet(packet: av.Packet[av.VideoStream]) -> RawPacket:
    """A demuxed packet as a value of our own."""
    return RawPacket(bytes(packet), packet.pts, packet.dts, packet.is_keyframe)


def path_of(url: str) -> Path:
    """The file that a path or a ``file:`` URL names."""
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else Path(url)


def open_file(path: Path) -> InputContainer:
    """A file's container; what it refers to may only be files. Raises StreamFaultError."""
    return open_container(str(path), str(path), {"protocol_whitelist": "file"}, (None, None))


def open_container(
    shown_url: str,
    url: str,
    options: dict[str, str],
    timeout_s: tuple[float | None, float | None],
) -> InputContainer:
    """Open with libav. Raises StreamFaultError with the redacted URL and what to do."""
    began_s = time.monotonic()
    opened = attempt(lambda: av.open(url, options=options, timeout=timeout_s))
    if isinstance(opened, Reason):
        limit_s = timeout_s[0]
        if limit_s is not None and time.monotonic() - began_s >= limit_s:
            opened = Reason.NO_ANSWER  # libav calls an answer cut short by our time-out invalid
        raise StreamFaultError(opened, f"{redact_url(shown_url)}; {REMEDIES.get(opened, '')}")
    return opened


def video_of(container: InputContainer, url: str) -> tuple[av.VideoStream, StreamFormat]:
    """The first video stream and its format. Raises StreamFaultError (no_video)."""
    streams = container.streams.video
    context = streams[0].codec_context if streams else None
    if context is None:
        remedy = REMEDIES[Reason.NO_VIDEO]
        raise StreamFaultError(Reason.NO_VIDEO, f"{redact_url(url)}; {remedy}")
    stream = streams[0]
    time_base = stream.time_base
    if time_base is None:
        raise StreamFaultError(Reason.NO_VIDEO, f"{redact_url(url)}: it has no time base")
    size_wh = (context.width, context.height)
    return stream, StreamFormat(context.name, context.extradata, time_base, size_wh)


def _rtsp_options(settings: SourceSettings) -> dict[str, str]:
    return {
        "rtsp_transport": "tcp",
        "allowed_media_types": "video",
        # A second guard, in microseconds, for when PyAV's own time-out should not fire.
        "timeout": str(round((2 * settings.read_timeout_s + SLICE_S) * 1e6)),
        # RTSP says in its description what a stream is: probing only delays the first frame.
        "probesize": "32",
    }


class _closing_on_error(AbstractContextManager["_closing_on_error"]):  # noqa: N801 -- reads like contextlib's
    """Close a container whose owner could not be built."""

    def __init__(self, container: InputContainer) -> None:
        self._container = container

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._container.close()
