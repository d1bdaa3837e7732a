"""What becomes of watchers as time passes; the time is the test's, the sockets are real."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.clips import make_clip
from tests.vision.evidence.packets import annexb_packets, later
from tests.vision.waiting import eventually
from vision.ingest.camera_source import CameraSource
from vision.live.line import ROOM_BYTES
from vision.live.pictures import SHARE, PictureDesk
from vision.live.protocol import (
    Dropped,
    LivePacket,
    LivePicture,
    Message,
    MessageReader,
    Refusal,
    Request,
    StreamBegins,
    Trouble,
    Want,
    encode_request,
)
from vision.live.serving import ANSWER_WITHIN_S, STALLED_S, Serving
from vision.settings import CameraSettings, DecodePolicy

BIG = (640, 480)


class Watcher:
    """One end of a connection whose other end is served."""

    def __init__(self, serving: Serving, want: Want, *, narrow: bool = False) -> None:
        self.end, served = socket.socketpair()
        if narrow:
            served.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        self.end.settimeout(0)
        self.end.sendall(encode_request(Request(want, "gate")))
        serving.accept(served, 0.0)
        serving.receive(served, 0.0)
        self._reader = MessageReader()

    def heard(self) -> list[Message]:
        """What has come until now."""
        found: list[Message] = []
        try:
            while data := self.end.recv(1 << 20):
                found += self._reader.feed(data)
        except BlockingIOError:
            return found
        return found


@pytest.fixture
def source() -> Iterator[CameraSource]:
    """A camera that is connected and sends nothing of its own: the test fills its ring."""
    settings = CameraSettings("gate", str(make_clip()), decode=DecodePolicy.PACKETS)
    with CameraSource(settings, loop_files=True) as made:
        eventually(lambda: made.health().connected)
        known = made.health()
        made.close()
        made.detect.health = lambda: known  # type: ignore[method-assign]
        yield made


@pytest.fixture
def serving(source: CameraSource) -> Iterator[Serving]:
    """A worker with one camera."""
    made = Serving({"gate": source}.get)
    yield made
    made.close(0.0)


def packets_in(messages: list[Message]) -> int:
    """How many pictures are in it."""
    return sum(isinstance(one, LivePacket) for one in messages)


def test_who_never_reads_is_sent_away(serving: Serving, source: CameraSource) -> None:
    """What waits for them is bounded, and so is the waiting; who reads misses nothing."""
    packets = annexb_packets(make_clip(size_wh=BIG, gop=50))
    for packet in packets:
        source.preroll.append(packet)
    dead, well = (Watcher(serving, Want.PACKETS, narrow=True) for _ in range(2))
    heard: list[Message] = []
    over: list[socket.socket] = []
    for turn in range(round(STALLED_S) + 2):
        for _ in range(50):
            over += serving.turn(float(turn))
            heard += well.heard()

    assert len(over) == 1
    assert packets_in(heard) == len(packets)
    for connection in over:
        connection.close()
    assert packets_in(dead.heard()) < len(packets)


def test_what_waits_for_one_watcher_is_bounded(serving: Serving, source: CameraSource) -> None:
    """By the room and one packet, however much comes; what is left out is told when they read."""
    (key, *_) = annexb_packets(make_clip())
    large = replace(key, data=key.data + bytes(300_000))
    slow = Watcher(serving, Want.PACKETS, narrow=True)
    for turn in range(20):
        source.preroll.append(later([large], 3.0 + turn)[0])
        serving.turn(0.0)

    (line,) = serving.lines
    assert line.waits
    assert sum(map(len, line._waiting)) <= ROOM_BYTES + 2 * large.size_bytes
    heard: list[Message] = []
    while line.waits:
        heard += slow.heard()
        serving.turn(0.0)
    assert [one for one in heard if isinstance(one, Dropped)]


def test_a_stream_without_a_key_frame_is_given_up(
    serving: Serving, source: CameraSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The camera is there; a watcher is told that nothing can be shown."""
    monkeypatch.setattr(source.preroll, "newest", lambda: None)
    watcher = Watcher(serving, Want.PACKETS)
    serving.turn(ANSWER_WITHIN_S)
    assert watcher.heard() == []
    serving.turn(ANSWER_WITHIN_S + 1.0)

    (refusal,) = watcher.heard()
    assert isinstance(refusal, Refusal)
    assert refusal.trouble is Trouble.NO_PICTURE_YET


def test_a_stream_of_another_codec_is_refused(serving: Serving, source: CameraSource) -> None:
    """By name, for a picture as for packets."""
    (key, *_) = later(annexb_packets(make_clip()), 10.0)
    source.preroll.append(replace(key, format=replace(key.format, codec="no_such_codec")))
    watchers = [Watcher(serving, want) for want in Want]
    serving.turn(0.0)

    for watcher in watchers:
        (refusal,) = watcher.heard()
        assert isinstance(refusal, Refusal)
        assert refusal.trouble is Trouble.UNSUPPORTED_STREAM


def test_a_camera_that_was_opened_anew_is_followed(source: CameraSource) -> None:
    """A change of the configuration gives a camera other streams; watchers stay."""
    cameras = {"gate": source}
    serving = Serving(cameras.get)
    watcher = Watcher(serving, Want.PACKETS)
    serving.turn(0.0)
    assert isinstance(watcher.heard()[0], StreamBegins)
    settings = CameraSettings("gate", str(make_clip("hevc")), decode=DecodePolicy.PACKETS)
    with CameraSource(settings, loop_files=True) as other:
        eventually(lambda: other.health().connected)
        cameras["gate"] = other
        codecs: set[str] = set()

        def follows() -> bool:
            serving.turn(0.0)
            heard = watcher.heard()
            codecs.update(one.format.codec for one in heard if isinstance(one, StreamBegins))
            return "hevc" in codecs

        eventually(follows)
    serving.close(0.0)


class TestPictures:
    """What pictures may cost."""

    def test_all_who_wait_get_the_same_one(self, serving: Serving) -> None:
        """One is made, whoever asks meanwhile."""
        watchers = [Watcher(serving, Want.PICTURE) for _ in range(3)]
        serving.turn(0.0)
        first, *others = [watcher.heard() for watcher in watchers]

        assert isinstance(first[0], LivePicture)
        assert others == [first, first]

    def test_after_one_the_desk_rests(self, source: CameraSource) -> None:
        """Nine parts of ten of the time, so that the eyes keep their core."""
        desk = PictureDesk()
        assert desk.is_open(0.0)
        assert isinstance(desk.picture_of(source, 0.0), LivePicture)

        assert not desk.is_open(0.0)
        assert desk.is_open(5.0 / SHARE)

    def test_who_waits_too_long_is_told(
        self, serving: Serving, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Rather than for ever."""
        monkeypatch.setattr(PictureDesk, "is_open", lambda _desk, _now_s: False)
        watcher = Watcher(serving, Want.PICTURE)
        serving.turn(0.0)
        serving.turn(ANSWER_WITHIN_S + 1.0)

        (refusal,) = watcher.heard()
        assert isinstance(refusal, Refusal)
        assert refusal.trouble is Trouble.BUSY
