"""What each watcher of a worker's cameras gets: requests answered, streams followed.

One turn after another, none of which waits. For the live thread alone, but that the cameras
belong to others: it only reads what is safe to read from any thread.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vision.ingest.camera_source import CameraSource
from vision.ingest.session import StreamSession
from vision.live.following import Following, UnsupportedStreamError
from vision.live.line import Line
from vision.live.pictures import PictureDesk
from vision.live.protocol import Refusal, Request, RequestError, Trouble, Want, parse_request

MOST_WATCHERS: Final = 16
"""Connections to one worker; each may hold ``line.ROOM_BYTES`` and a packet."""

ASK_WITHIN_S: Final = 2.0
STALLED_S: Final = 10.0
"""A watcher who takes nothing for so long is sent away."""

ANSWER_WITHIN_S: Final = 10.0
"""How long a picture, or a stream's first one, is waited for."""

Find = Callable[[str], CameraSource | None]
"""A worker's camera by its id; None where it has no such camera."""


@dataclass(slots=True)
class _Watcher:
    """One connection: what it asked for, and how far it got."""

    line: Line
    since_s: float
    request: Request | None = None
    source: CameraSource | None = None
    following: Following | None = None


class Serving:
    """All watchers of a worker. ``now_s`` is monotonic everywhere."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._desk = PictureDesk()
        self._watchers: dict[socket.socket, _Watcher] = {}

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(watcher.line for watcher in self._watchers.values())

    @property
    def has_work(self) -> bool:
        """Whether somebody waits for what comes from a camera."""
        return any(one.request is not None and not one.line.over for one in self._all())

    def accept(self, connection: socket.socket, now_s: float) -> None:
        """Take somebody in, or send them away where there are too many."""
        line = Line(connection, now_s)
        if len(self._watchers) >= MOST_WATCHERS:
            line.put(Refusal(Trouble.BUSY, "too many are watching; try again later"), now_s)
            line.send(now_s)
            line.close()
            return
        self._watchers[connection] = _Watcher(line, now_s)

    def receive(self, connection: socket.socket, now_s: float) -> None:
        """Read what somebody says."""
        watcher = self._watchers[connection]
        said = watcher.line.receive()
        if said is None:
            return
        is_second = watcher.request is not None
        try:
            watcher.request, watcher.since_s = parse_request(b"" if is_second else said), now_s
        except RequestError as error:
            watcher.line.put(error.refusal, now_s)

    def turn(self, now_s: float) -> tuple[socket.socket, ...]:
        """Give everybody what there is; the connections that are over, for who closes them."""
        for watcher in self._all():
            self._judge(watcher, now_s)
        self._give_pictures(now_s)
        for watcher in self._all():
            watcher.line.send(now_s)
        over = tuple(one for one, watcher in self._watchers.items() if watcher.line.over)
        for connection in over:
            del self._watchers[connection]
        return over

    def close(self, now_s: float) -> None:
        """Tell everybody that this is the end, as far as they listen."""
        for watcher in self._all():
            watcher.line.put(Refusal(Trouble.ENDING, "the worker ends; ask again later"), now_s)
            watcher.line.send(now_s)
            watcher.line.close()
        self._watchers.clear()

    def _all(self) -> tuple[_Watcher, ...]:
        return tuple(self._watchers.values())

    def _judge(self, watcher: _Watcher, now_s: float) -> None:
        line, request = watcher.line, watcher.request
        if request is None:
            if now_s - watcher.since_s > ASK_WITHIN_S:
                line.put(Refusal(Trouble.BAD_REQUEST, "nothing was asked for in time"), now_s)
        elif (source := self._find(request.camera_id)) is None:
            why = "this worker watches no such camera"
            line.put(Refusal(Trouble.UNKNOWN_CAMERA, why), now_s)
        elif (refusal := _offline(source, request.want)) is not None:
            line.put(refusal, now_s)
        elif request.want is Want.PACKETS:
            self._follow(watcher, source, now_s)
        if line.waits and now_s - line.changed_s > STALLED_S:
            line.over = True

    def _follow(self, watcher: _Watcher, source: CameraSource, now_s: float) -> None:
        if watcher.following is None or watcher.source is not source:
            watcher.source, watcher.following = source, Following(source.preroll)
        try:
            for message in watcher.following.take(watcher.line.room_bytes):
                watcher.line.put(message, now_s)
        except UnsupportedStreamError as error:
            watcher.line.put(Refusal(Trouble.UNSUPPORTED_STREAM, str(error)), now_s)
        if not watcher.following.begun and now_s - watcher.since_s > ANSWER_WITHIN_S:
            why = "the camera is there, but no key frame has come"
            watcher.line.put(Refusal(Trouble.NO_PICTURE_YET, why), now_s)

    def _give_pictures(self, now_s: float) -> None:
        """One camera's picture to all who wait for it, those first who have waited longest."""
        waiting = [w for w in self._all() if _wants_picture(w)]
        for watcher in waiting:
            if now_s - watcher.since_s > ANSWER_WITHIN_S:
                why = "too many pictures are asked for; try again later"
                watcher.line.put(Refusal(Trouble.BUSY, why), now_s)
        if not waiting or not self._desk.is_open(now_s):
            return
        first = min(waiting, key=lambda watcher: watcher.since_s).request
        source = None if first is None else self._find(first.camera_id)
        if source is None:
            return
        answer = self._desk.picture_of(source, now_s)
        for watcher in waiting:
            if watcher.request == first:
                watcher.line.put(answer, now_s)
                watcher.line.end()


def _wants_picture(watcher: _Watcher) -> bool:
    is_asked = watcher.request is not None and watcher.request.want is Want.PICTURE
    return is_asked and watcher.line.room_bytes > 0


def _offline(source: CameraSource, want: Want) -> Refusal | None:
    """Why a camera's stream does not deliver; None where it does."""
    session: StreamSession = source.detect
    if want is Want.PACKETS and source.record is not None:
        session = source.record
    health = session.health()
    if health.connected:
        return None
    return Refusal(Trouble.CAMERA_OFFLINE, str(health.reason))
