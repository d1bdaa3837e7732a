"""The watcher's side of the live picture: for consoles and commands of this machine.

    with follow(settings.run_dir, "gate") as messages:
        for message in messages: ...

Which worker has a camera is found by asking all of them. Blocking, with time-outs.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Final

from vision.live.protocol import (
    LivePicture,
    Message,
    MessageReader,
    NotUnderstoodError,
    Refusal,
    Request,
    Trouble,
    Want,
    encode_request,
)
from vision.live.sockets import connect, socket_names

TIMEOUT_S: Final = 15.0
"""Longer than a worker needs to say why it has nothing to show."""

_CHUNK_BYTES = 256 * 1024


class LiveError(Exception):
    """There is nothing to see; ``trouble`` is a stable code, ``why`` for people."""

    def __init__(self, trouble: Trouble, why: str) -> None:
        super().__init__(f"{trouble.value}: {why}")
        self.trouble, self.why = trouble, why


def picture(run_dir: Path, camera_id: str, timeout_s: float = TIMEOUT_S) -> LivePicture:
    """A camera's newest frame. Raises LiveError."""
    with _asked(run_dir, Request(Want.PICTURE, camera_id), timeout_s) as messages:
        for message in messages:
            if isinstance(message, LivePicture):
                return message
    raise LiveError(Trouble.NOT_UNDERSTOOD, "the worker answered with something else")


@contextmanager
def follow(
    run_dir: Path, camera_id: str, timeout_s: float = TIMEOUT_S
) -> Iterator[Iterator[Message]]:
    """A camera's packets from its newest key frame on, each stream after its ``StreamBegins``.

    ``timeout_s``: how long nothing may come. Raises LiveError, then and at the end.
    """
    with _asked(run_dir, Request(Want.PACKETS, camera_id), timeout_s) as messages:
        yield messages


@contextmanager
def _asked(run_dir: Path, request: Request, timeout_s: float) -> Iterator[Iterator[Message]]:
    """What the worker answers that has the camera, whichever it is."""
    nobody = LiveError(Trouble.NOT_RUNNING, "no worker serves the live picture here")
    for name in socket_names(run_dir):
        try:
            connection = connect(run_dir, name, timeout_s)
        except BlockingIOError:
            nobody = LiveError(Trouble.BUSY, "too many want to watch")
            continue
        except OSError:
            continue  # left behind by a worker that was killed
        with closing(connection):
            with suppress(BrokenPipeError):  # who sends us away may do so before we have asked
                connection.sendall(encode_request(request))
            messages = _messages(connection)
            try:
                first = next(messages)
            except LiveError as error:
                if error.trouble not in {Trouble.UNKNOWN_CAMERA, Trouble.ENDING}:
                    raise
                nobody = error
                continue
            yield chain((first,), messages)
            return
    raise nobody


def _messages(connection: socket.socket) -> Iterator[Message]:
    """Everything that comes. Raises LiveError at the end, whatever the end is."""
    reader = MessageReader()
    while data := _received(connection):
        try:
            for message in reader.feed(data):
                if isinstance(message, Refusal):
                    raise LiveError(message.trouble, message.why)
                yield message
        except NotUnderstoodError as error:
            raise LiveError(Trouble.NOT_UNDERSTOOD, str(error)) from error
    raise LiveError(Trouble.ENDING, "the worker has closed the connection")


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(_CHUNK_BYTES)
    except TimeoutError as error:
        raise LiveError(Trouble.NO_ANSWER, "the worker says nothing") from error
    except ConnectionError:
        return b""
