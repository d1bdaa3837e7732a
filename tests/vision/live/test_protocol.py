"""What a worker and a watcher say to each other."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.core.values import Instant
from vision.ingest.packets import StreamFormat
from vision.live.protocol import (
    MAX_LINE_BYTES,
    Dropped,
    LivePacket,
    LivePicture,
    Message,
    MessageReader,
    NotUnderstoodError,
    Refusal,
    Request,
    RequestError,
    StreamBegins,
    Trouble,
    Want,
    as_encoded,
    encode,
    encode_request,
    parse_request,
)

FORMAT = StreamFormat("hevc", None, Fraction(1, 90_000), (1920, 1080))
BEGINS = StreamBegins(FORMAT, b"\0\0\0\1sets")
PACKET = LivePacket(b"\n{picture}\n", 90, None, is_key=True, at=Instant(1.5, 2.5))
MESSAGES: list[Message] = [
    BEGINS,
    PACKET,
    Dropped(7),
    LivePacket(b"", None, 3, is_key=False, at=Instant(1.6, 2.6)),
    LivePicture(b"\xff\xd8jpeg", (640, 480), 3.5),
    Refusal(Trouble.CAMERA_OFFLINE, "no_answer"),
]


def wire(*messages: Message) -> bytes:
    """Messages as they go over a socket."""
    return b"".join(head + payload for head, payload in map(encode, messages))


def read(data: bytes) -> list[Message]:
    """What a client makes of bytes that come at once."""
    return list(MessageReader().feed(data))


class TestRequests:
    """What a watcher asks."""

    @pytest.mark.parametrize("want", list(Want))
    def test_a_request_comes_back_as_it_was(self, want: Want) -> None:
        """One line, one want, one camera."""
        request = Request(want, "gate")

        assert parse_request(encode_request(request)) == request

    @pytest.mark.parametrize(
        ("line", "trouble"),
        [
            (b"", Trouble.BAD_REQUEST),
            (b"GET / HTTP/1.1\r\n", Trouble.BAD_REQUEST),
            (b"[" * 100_000, Trouble.BAD_REQUEST),
            (b"\xff\xfe\n", Trouble.BAD_REQUEST),
            (b"[1]\n", Trouble.BAD_REQUEST),
            (b'{"want": "packets", "camera": "gate"}\n', Trouble.BAD_REQUEST),
            (b'{"version": "1", "want": "packets", "camera": "gate"}\n', Trouble.BAD_REQUEST),
            (b'{"version": 2, "want": "smells"}\n', Trouble.UNSUPPORTED_VERSION),
            (b'{"version": 1, "want": "smells", "camera": "gate"}\n', Trouble.BAD_REQUEST),
            (b'{"version": 1, "want": ["x"], "camera": "gate"}\n', Trouble.BAD_REQUEST),
            (b'{"version": 1, "want": "packets", "camera": 5}\n', Trouble.BAD_REQUEST),
        ],
    )
    def test_anything_else_is_refused_by_name(self, line: bytes, trouble: Trouble) -> None:
        """The code tells a client that is too new from one that is wrong."""
        with pytest.raises(RequestError) as refused:
            parse_request(line)

        assert refused.value.refusal.trouble is trouble

    @given(st.binary(max_size=200))
    def test_garbage_is_never_more_than_refused(self, line: bytes) -> None:
        """No bytes whatever raise anything else."""
        with pytest.raises(RequestError):
            parse_request(line)


class TestMessages:
    """What a worker answers."""

    @given(st.lists(st.integers(1, 40), max_size=40))
    def test_messages_come_back_however_they_are_cut(self, sizes: list[int]) -> None:
        """A socket cuts anywhere; a payload may hold what looks like a line."""
        data, reader, found = wire(*MESSAGES), MessageReader(), []
        for size in sizes:
            found += reader.feed(data[:size])
            data = data[size:]
        found += reader.feed(data)

        assert found == MESSAGES

    def test_types_and_keys_to_come_are_passed_over(self) -> None:
        """A newer worker may say more than this client knows."""
        line = json.dumps({"type": "dropped", "packets": 2, "colour": "red"}).encode() + b"\n"
        data = b'{"type":"sound","bytes":3}\nabc' + line

        assert read(data) == [Dropped(2)]

    @pytest.mark.parametrize("why", ['"error":"tired"', '"error":"tired","why":"it is late"'])
    def test_a_trouble_to_come_is_told_by_its_name(self, why: str) -> None:
        """What is wrong matters more than whether it is known here."""
        (refusal,) = read(f'{{"type":"error",{why}}}\n'.encode())

        assert refusal == Refusal(Trouble.NOT_UNDERSTOOD, "tired")

    @pytest.mark.parametrize(
        "data",
        [
            b"x" * MAX_LINE_BYTES,
            b"HTTP/1.1 200 OK\r\n",
            b'{"type":"packet","bytes":-1}\n',
            b'{"type":"packet","bytes":1e3}\n',
            b'{"type":"packet","bytes":99999999999}\n',
            b'{"type":"packet"}\n',
            b'{"type":"dropped","packets":"many"}\n',
            b'{"type":"picture","size":[1],"wall_utc":1}\n',
            b'{"type":"stream","codec":"h264","time_base":[1,0],"size":[1,1]}\n',
        ],
    )
    def test_what_is_no_message_ends_it(self, data: bytes) -> None:
        """Nothing is guessed, and no memory is spent on it."""
        with pytest.raises(NotUnderstoodError):
            read(data)

    def test_a_line_may_take_its_time(self) -> None:
        """Half a line is no message yet."""
        assert read(b'{"type":"dro') == []


def test_a_packet_is_what_muxers_take() -> None:
    """With the parameter sets that its stream began with."""
    encoded = as_encoded(PACKET, BEGINS)

    assert (encoded.data, encoded.is_key, encoded.at) == (PACKET.data, True, PACKET.at)
    assert (encoded.format.codec, encoded.format.extradata) == ("hevc", BEGINS.parameter_sets)
