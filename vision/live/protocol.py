"""What a worker and a watcher of its live picture say to each other (docs/live.md). Pure.

Every message is one line of JSON; where it has the key ``bytes``, so many bytes follow the line.
Keys and types that are not known are for the other side to pass over.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, Final

from vision.core.values import Instant
from vision.ingest.packets import EncodedPacket, StreamFormat

VERSION: Final = 1
MAX_LINE_BYTES: Final = 4096
MAX_PAYLOAD_BYTES: Final = 64 * 1024 * 1024


class Want(StrEnum):
    """What a watcher asks for."""

    PACKETS = "packets"
    PICTURE = "picture"


class Trouble(StrEnum):
    """Why there is nothing to see, or nothing more. Stable codes; a client alone finds the last."""

    BAD_REQUEST = "bad_request"
    UNSUPPORTED_VERSION = "unsupported_version"
    UNKNOWN_CAMERA = "unknown_camera"
    CAMERA_OFFLINE = "camera_offline"
    NO_PICTURE_YET = "no_picture_yet"
    UNSUPPORTED_STREAM = "unsupported_stream"
    BUSY = "busy"
    ENDING = "ending"
    NOT_RUNNING = "not_running"
    NO_ANSWER = "no_answer"
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class Request:
    """The one thing that a connection is for."""

    want: Want
    camera_id: str


@dataclass(frozen=True, slots=True)
class StreamBegins:
    """How the packets after it are to be read; ``parameter_sets`` with start codes, or empty."""

    format: StreamFormat
    parameter_sets: bytes


@dataclass(frozen=True, slots=True)
class LivePacket:
    """One access unit with start codes. ``pts``, ``dts`` count the time base; None: unknown."""

    data: bytes
    pts: int | None
    dts: int | None
    is_key: bool
    at: Instant


@dataclass(frozen=True, slots=True)
class Dropped:
    """So many packets were left out here; the next is a key frame."""

    packets: int


@dataclass(frozen=True, slots=True)
class LivePicture:
    """The newest frame as JPEG, and when it came, POSIX seconds."""

    jpeg: bytes
    size_wh: tuple[int, int]
    wall_utc: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last message of a connection where something is wrong; ``why`` is for people."""

    trouble: Trouble
    why: str


Message = StreamBegins | LivePacket | Dropped | LivePicture | Refusal


class RequestError(Exception):
    """A request that cannot be served; holds the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.why)
        self.refusal = refusal


class NotUnderstoodError(Exception):
    """What came is not this protocol."""


def encode_request(request: Request) -> bytes:
    """A request as its line."""
    return _line({"version": VERSION, "want": request.want.value, "camera": request.camera_id})


def parse_request(line: bytes) -> Request:
    """What a watcher asks for. Raises RequestError."""
    fields = _object(line)
    if fields is None or not isinstance(fields.get("version"), int):
        raise _refused(Trouble.BAD_REQUEST, "a request is one line of JSON with a version")
    if fields["version"] != VERSION:
        raise _refused(Trouble.UNSUPPORTED_VERSION, f"this worker speaks version {VERSION}")
    want, camera_id = fields.get("want"), fields.get("camera")
    if want not in list(Want) or not isinstance(camera_id, str):
        raise _refused(Trouble.BAD_REQUEST, "want is packets or picture, camera an id")
    return Request(Want(want), camera_id)


def _refused(trouble: Trouble, why: str) -> RequestError:
    return RequestError(Refusal(trouble, why))


def encode(message: Message) -> tuple[bytes, bytes]:
    """A message as its line and what follows it."""
    fields, payload = _fields(message)
    if payload is not None:
        fields["bytes"] = len(payload)
    return _line(fields), payload or b""


def _fields(message: Message) -> tuple[dict[str, Any], bytes | None]:
    match message:
        case StreamBegins(format=stream, parameter_sets=sets):
            base = (stream.time_base.numerator, stream.time_base.denominator)
            facts = {"codec": stream.codec, "time_base": base, "size": stream.size_wh}
            return {"type": "stream"} | facts, sets
        case LivePacket(data=data, pts=pts, dts=dts, is_key=key, at=at):
            times = {"pts": pts, "dts": dts, "stream_s": at.stream_s, "wall_utc": at.wall_utc}
            return {"type": "packet", "key": key} | times, data
        case LivePicture(jpeg=jpeg, size_wh=size_wh, wall_utc=wall_utc):
            return {"type": "picture", "size": size_wh, "wall_utc": wall_utc}, jpeg
        case Dropped(packets=packets):
            return {"type": "dropped", "packets": packets}, None
    return {"type": "error", "error": message.trouble.value, "why": message.why}, None


class MessageReader:
    """Cuts what comes from a worker into messages; memory stays bounded whatever comes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: dict[str, Any] | None = None
        self._wanted = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """The messages that are whole now. Raises NotUnderstoodError."""
        self._buffer += data
        while self._head is not None or self._read_head():
            if len(self._buffer) < self._wanted:
                return
            payload = bytes(self._buffer[: self._wanted])
            del self._buffer[: self._wanted]
            head, self._head = self._head, None
            message = _message(head or {}, payload)
            if message is not None:
                yield message

    def _read_head(self) -> bool:
        """Whether the line of another message is there."""
        end = self._buffer.find(b"\n", 0, MAX_LINE_BYTES)
        if end < 0:
            if len(self._buffer) >= MAX_LINE_BYTES:
                raise NotUnderstoodError("a line without an end")
            return False
        head = _object(bytes(self._buffer[:end]))
        size = None if head is None else head.get("bytes", 0)
        if head is None or not isinstance(size, int) or not 0 <= size <= MAX_PAYLOAD_BYTES:
            raise NotUnderstoodError("a line that is no message")
        del self._buffer[: end + 1]
        self._head, self._wanted = head, size
        return True


def _message(head: Mapping[str, Any], payload: bytes) -> Message | None:
    """A message out of its parts; None where this version does not know its type."""
    try:
        match head.get("type"):
            case "stream":
                return StreamBegins(_format(head), payload)
            case "packet":
                at = Instant(float(head["stream_s"]), float(head["wall_utc"]))
                return LivePacket(payload, head["pts"], head["dts"], bool(head["key"]), at)
            case "picture":
                return LivePicture(payload, _size(head), float(head["wall_utc"]))
            case "dropped":
                return Dropped(int(head["packets"]))
            case "error":
                return _refusal(head)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise NotUnderstoodError("a message without what belongs in it") from error
    return None


def _format(head: Mapping[str, Any]) -> StreamFormat:
    numerator, denominator = map(int, head["time_base"])
    base = Fraction(numerator, denominator)
    return StreamFormat(str(head["codec"]), None, base, _size(head))


def _size(head: Mapping[str, Any]) -> tuple[int, int]:
    width, height = map(int, head["size"])
    return width, height


def _refusal(head: Mapping[str, Any]) -> Refusal:
    code, why = str(head["error"]), str(head.get("why", ""))
    known = code in set(Trouble)
    return Refusal(Trouble(code) if known else Trouble.NOT_UNDERSTOOD, why if known else code)


def as_encoded(packet: LivePacket, begins: StreamBegins) -> EncodedPacket:
    """A packet as muxers and decoders of this program take them."""
    stream = begins.format
    form = StreamFormat(stream.codec, begins.parameter_sets, stream.time_base, stream.size_wh)
    return EncodedPacket(packet.data, packet.pts, packet.dts, packet.is_key, packet.at, form)


def _line(fields: Mapping[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
