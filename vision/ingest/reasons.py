"""Why a stream does not deliver: named reasons, and the one place that reads libav's errors.

The text of a libav exception holds the whole URL, password included. So such an exception is
classified here by its type and dropped; what leaves this room is our own sentence.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar

import av
import av.error
from av.codec.codec import UnknownCodecError

T = TypeVar("T")


class Reason(StrEnum):
    """Stable codes: they appear in health reports, alarms and logs."""

    CONNECTING = "connecting"
    DELIVERING = "delivering"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 -- a code, not a password
    NO_CREDENTIALS = "no_credentials"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    STOPPED_SENDING = "stopped_sending"
    GARBAGE = "garbage"
    ENDED = "ended"
    CLOSED = "closed"
    INTERNAL_ERROR = "internal_error"


REMEDIES = {
    Reason.UNREACHABLE: "check the camera's power, network and address",
    Reason.NO_ANSWER: "nothing answered in time; check power, network, address and port",
    Reason.WRONG_PASSWORD: "check the camera's user name and password",
    Reason.NO_CREDENTIALS: "set the secret that the configuration names",
    Reason.NOT_FOUND: "check the path in the camera's URL",
    Reason.NO_VIDEO: "the source has no video that can be decoded; check the path and the codec",
    Reason.STOPPED_SENDING: "the connection stands but nothing comes; check the camera",
    Reason.GARBAGE: "what comes cannot be decoded; check the camera's encoder and the network",
    Reason.ENDED: "the other side ended the stream",
}


class StreamFaultError(Exception):
    """A stream failed for a named reason. The text is ours and holds no credentials."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(": ".join(part for part in (reason.value, detail) if part))


_BY_TYPE: tuple[tuple[type[BaseException], Reason], ...] = (
    (av.error.HTTPUnauthorizedError, Reason.WRONG_PASSWORD),
    (av.error.HTTPForbiddenError, Reason.WRONG_PASSWORD),
    (av.error.HTTPNotFoundError, Reason.NOT_FOUND),
    (av.error.FileNotFoundError, Reason.NOT_FOUND),
    (UnknownCodecError, Reason.NO_VIDEO),
    (av.error.ExitError, Reason.NO_ANSWER),
    (av.error.TimeoutError, Reason.UNREACHABLE),
    (av.error.InvalidDataError, Reason.GARBAGE),
    (av.error.EOFError, Reason.ENDED),
    (ConnectionError, Reason.UNREACHABLE),
    (OSError, Reason.UNREACHABLE),
)


def classify(error: BaseException) -> Reason:
    """The reason an error's type stands for; its text is never looked at."""
    return next(
        (reason for kind, reason in _BY_TYPE if isinstance(error, kind)), Reason.UNREACHABLE
    )


def attempt(call: Callable[[], T]) -> T | Reason:
    """The call's result, or the reason why libav failed.

    Returning instead of raising matters: an exception raised while another is handled keeps
    it, URL and all, as its context, where a log may find it.
    """
    try:
        return call()
    except (av.FFmpegError, UnknownCodecError) as error:
        return classify(error)
