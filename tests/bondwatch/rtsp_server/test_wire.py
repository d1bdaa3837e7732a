"""RTSP as text."""

from __future__ import annotations

import io

import pytest

from bondwatch.rtsp_server.clips import load_clip
from bondwatch.rtsp_server.connection import read_head
from bondwatch.rtsp_server.wire import (
    Request,
    answer,
    describe,
    interleaved_channels,
    parse_request,
)
from tests.clips import make_clip


def test_a_request_is_read() -> None:
    """Method, URL, headers in lower case, the mount's name."""
    request = parse_request("SETUP rtsp://h:1/cam/trackID=0 RTSP/1.0\r\nCSeq: 3\r\nX-A: b:c")

    assert request == Request("SETUP", "rtsp://h:1/cam/trackID=0", {"cseq": "3", "x-a": "b:c"})
    assert request.mount_name == "cam"


@pytest.mark.parametrize("head", ["", "GET / HTTP/1.1", "one two"])
def test_what_is_no_request_is_refused(head: str) -> None:
    """A browser, a port scan, nothing."""
    with pytest.raises(ValueError):  # noqa: PT011 -- any text will do, nobody reads it
        parse_request(head)


def test_an_answer_has_the_requests_number() -> None:
    """So that the client knows what was answered."""
    request = Request("OPTIONS", "rtsp://h/cam", {"cseq": "9"})

    assert answer(request, 200, {"A": "b"}, "xy") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 9\r\nA: b\r\nContent-Length: 2\r\n\r\nxy"
    )


@pytest.mark.parametrize(
    ("transport", "channels"),
    [
        ("RTP/AVP/TCP;unicast;interleaved=2-3", (2, 3)),
        ("RTP/AVP/TCP;unicast", (0, 1)),
        ("RTP/AVP;unicast;client_port=5000-5001", None),
    ],
)
def test_only_interleaved_transport_is_offered(
    transport: str, channels: tuple[int, int] | None
) -> None:
    """UDP is declined."""
    assert interleaved_channels(transport) == channels


@pytest.mark.parametrize(
    ("codec", "said"), [("h264", "sprop-parameter-sets="), ("hevc", "sprop-vps=")]
)
def test_a_description_holds_the_parameter_sets(codec: str, said: str) -> None:
    """A client can set up its decoder before the first picture."""
    assert said in describe(load_clip(make_clip(codec)))


def test_heads_are_read_past_the_clients_own_packets() -> None:
    """Receiver reports come on the same connection as requests."""
    stream = io.BytesIO(b"$\x01\x00\x02xyOPTIONS a RTSP/1.0\r\nCSeq: 1\r\n\r\n$\x01\x00\x01z")

    assert read_head(stream) == "OPTIONS a RTSP/1.0\r\nCSeq: 1"
    assert read_head(stream) is None


def test_a_head_without_end_is_given_up() -> None:
    """Memory is bounded, whoever sends."""
    with pytest.raises(ValueError, match="without an end"):
        read_head(io.BytesIO(b"a: b\r\n" * 10_000))
