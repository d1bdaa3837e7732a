"""An RTSP server by GStreamer, to have a second opinion on what RTSP is.

Run by Debian's own python3, since no virtual environment can import ``gi``. Access units come
from a file that the test has written: a line of JSON with the caps, then for each unit its
PTS and duration in nanoseconds and its size (three big-endian 64-bit numbers), and its bytes.
They are pushed over and over with timestamps that run on. Prints its port.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 -- after the versions are chosen


def read_units(path: str) -> tuple[str, str, list[tuple[int, int, bytes]]]:
    """The caps, the payloader's name and the units ``(pts_ns, duration_ns, data)``."""
    raw = Path(path).read_bytes()
    head, _, rest = raw.partition(b"\n")
    about = json.loads(head)
    units, at = [], 0
    while at < len(rest):
        pts, duration, size = struct.unpack_from(">QQQ", rest, at)
        units.append((pts, duration, rest[at + 24 : at + 24 + size]))
        at += 24 + size
    return about["caps"], about["payloader"], units


class LoopingFactory(GstRtspServer.RTSPMediaFactory):
    """Pushes the units into each new media's appsrc whenever it wants data."""

    def __init__(self, path: str) -> None:
        super().__init__()
        caps, payloader, self._units = read_units(path)
        self._span = sum(duration for _, duration, _ in self._units)
        self._next = 0
        self.set_launch(
            f'( appsrc name=source is-live=true format=time block=false caps="{caps}"'
            f" ! {payloader} name=pay0 pt=96 config-interval=-1 )"
        )
        self.set_shared(True)

    def do_configure(self, media: GstRtspServer.RTSPMedia) -> None:
        """GStreamer's own name for what is called before a media plays."""
        source = media.get_element().get_child_by_name("source")
        self._next = 0
        source.connect("need-data", self._push)

    def _push(self, source: Gst.Element, _wanted: int) -> None:
        loop, index = divmod(self._next, len(self._units))
        pts, duration, data = self._units[index]
        buffer = Gst.Buffer.new_wrapped(data)
        buffer.pts = buffer.dts = loop * self._span + pts
        buffer.duration = duration
        self._next += 1
        source.emit("push-buffer", buffer)


def main() -> None:
    """Serve ``/cam`` to one user until killed."""
    path, user, password = sys.argv[1:4]
    Gst.init(None)
    server = GstRtspServer.RTSPServer(address="127.0.0.1", service="0")
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "watcher")
    auth.add_digest(user, password, token)
    server.set_auth(auth)
    factory = LoopingFactory(path)
    role = Gst.Structure.new_empty("watcher")
    role.set_value("media.factory.access", True)  # noqa: FBT003 -- GStreamer's signature
    role.set_value("media.factory.construct", True)  # noqa: FBT003 -- GStreamer's signature
    factory.add_role_from_structure(role)
    server.get_mount_points().add_factory("/cam", factory)
    server.attach(None)
    sys.stdout.write(f"{server.get_bound_port()}\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
