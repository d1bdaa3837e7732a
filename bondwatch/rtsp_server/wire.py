"""RTSP requests and answers as text: parsing, formatting, the session description.

Pure: no sockets. What is no request raises ValueError, and the connection ends.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bondwatch.rtsp_server.clips import CLOCK_HZ, Clip, nal_type
from bondwatch.rtsp_server.rtp import PAYLOAD_TYPE

REASONS = {
    200: "OK",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    454: "Session Not Found",
    461: "Unsupported Transport",
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def mount_name(self) -> str:
        """The first segment of the URL's path."""
        return urlsplit(self.url).path.strip("/").split("/")[0]


def parse_request(head: str) -> Request:
    """Read a request's head, without its blank line. Raises ValueError where it is none."""
    first, *lines = head.split("\r\n")
    method, url, version = first.split(" ")
    if not version.startswith("RTSP/1."):
        raise ValueError(f"not an RTSP 1 request: {version}")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Request(method, url, headers)


def answer(
    request: Request, code: int, headers: dict[str, str] | None = None, body: str = ""
) -> bytes:
    """One response with the request's sequence number."""
    lines = [f"RTSP/1.0 {code} {REASONS[code]}", f"CSeq: {request.headers.get('cseq', '0')}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def interleaved_channels(transport: str) -> tuple[int, int] | None:
    """The channels for RTP and RTCP that a SETUP asks for; None where it is not TCP."""
    if "RTP/AVP/TCP" not in transport:
        return None
    for option in transport.split(";"):
        name, _, value = option.partition("=")
        if name.strip() == "interleaved":
            rtp, _, rtcp = value.partition("-")
            return int(rtp), int(rtcp or int(rtp) + 1)
    return 0, 1


def describe(clip: Clip) -> str:
    """The SDP of one video track, parameter sets included."""
    encoding = "H264" if clip.codec == "h264" else "H265"
    lines = [
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        "s=bondwatch",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        "c=IN IP4 0.0.0.0",
        f"a=rtpmap:{PAYLOAD_TYPE} {encoding}/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {_format_parameters(clip)}",
        "a=control:trackID=0",
    ]
    return "\r\n".join(lines) + "\r\n"


def _format_parameters(clip: Clip) -> str:
    sets = {
        kind: ",".join(
            base64.b64encode(nal).decode()
            for nal in clip.parameter_sets
            if nal_type(clip.codec, nal) in kinds
        )
        for kind, kinds in _kinds_by_name(clip.codec).items()
    }
    if clip.codec == "h264":
        profile = clip.parameter_sets[0][1:4].hex()
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets['all']}"
    return f"sprop-vps={sets['vps']};sprop-sps={sets['sps']};sprop-pps={sets['pps']}"


def _kinds_by_name(codec: str) -> dict[str, set[int]]:
    return {"all": {7, 8}} if codec == "h264" else {"vps": {32}, "sps": {33}, "pps": {34}}
