"""Reading acknowledgements: whatever a console, or anybody else, sends to ``alarm/+/ack``.

Pure. Everything here is hostile until it has been read.
"""

from __future__ import annotations

import json
from typing import Any

from vision.outputs import messages, topics
from vision.outputs.journal_values import AckRequest

MAX_BYTES = 8 * 1024
MAX_OPERATOR = 100
MAX_NOTE = 1000
_KEYS = frozenset({"version", "operator", "note", "revision"})


class AckRejectedError(ValueError):
    """This is no acknowledgement; the message says why, without repeating what was sent."""


def read_ack(topic: str, payload: bytes, *, retain: bool) -> AckRequest:
    """The acknowledgement in a message. Raises AckRejectedError.

    ``topic`` is below the site's root. A retained message is none: it would be
    acknowledged again and again by nobody.
    """
    alarm_id = topics.acknowledged_alarm_id(topic)
    _require("topic", valid=alarm_id is not None)
    _require("retained", valid=not retain)
    message = _object(payload)
    _require("unknown_key", valid=message.keys() <= _KEYS)
    _require("version", valid=message.get("version") == messages.VERSION)
    operator = _text(message.get("operator"), MAX_OPERATOR, "operator")
    _require("operator", valid=operator.isprintable() and operator.strip() != "")
    note = _text(message.get("note", ""), MAX_NOTE, "note")
    revision = message.get("revision")
    _require("revision", valid="revision" not in message or _is_revision(revision))
    return AckRequest(str(alarm_id), operator, note, revision)


def _object(payload: bytes) -> dict[str, Any]:
    _require("too_large", valid=len(payload) <= MAX_BYTES)
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        raise AckRejectedError("not_json") from None
    if not isinstance(message, dict):
        raise AckRejectedError("not_an_object")
    return message


def _text(value: object, longest: int, reason: str) -> str:
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise AckRejectedError(reason)
    # a lone surrogate is JSON, but no text that could be stored or sent
    _require(reason, valid=not any("\ud800" <= letter <= "\udfff" for letter in value))
    return value


def _is_revision(value: object) -> bool:
    return type(value) is int and value >= 1


def _require(reason: str, *, valid: bool) -> None:
    if not valid:
        raise AckRejectedError(reason)
