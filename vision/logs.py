"""Structured logs: one JSON object a line, to standard error and to a rotated file.

Set up once per process, by whoever starts it. Everything goes the same way, our own events
and what libraries log through ``logging``, and the last step before the line is made takes the
secrets out. Each process has a file of its own, so no two ever rotate the same one. What makes
events, and what they say, belongs to the callers; nothing here may ever stop them.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import math
import os
import sys
from collections.abc import Collection, Mapping, MutableMapping
from typing import Any

import structlog

from vision.redaction import MASK, names_a_secret, redact
from vision.settings import LogSettings

_LONGEST_LIST = 32
_DEEPEST = 6
_FILE_MODE = 0o640

EventDict = MutableMapping[str, Any]


def configure_logs(settings: LogSettings, process: str) -> None:
    """Sends every log of this process to standard error and, where configured, to a file.

    ``process``: a name like ``worker-1``, in every line and in the file's name; no two running
    processes share one. A folder that cannot be written costs the file, not the daemon.
    """
    handlers: list[logging.Handler] = [_StderrHandler(sys.stderr)]
    complaint = None
    if settings.directory is not None:
        try:
            handlers.append(_file_handler(settings, process))
        except OSError as error:
            complaint = error.strerror or type(error).__name__
    for handler in handlers:
        handler.setFormatter(_formatter(process))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    root.handlers = handlers
    root.setLevel(settings.level.upper())
    _configure_structlog()
    if complaint is not None:
        logger("vision.logs").error("log_file_unwritable", why=complaint)


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; call it as ``logger(__name__).info("event_name", key=value)``."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def redact_event(_logger: object, _method: str, event: EventDict) -> EventDict:
    """The processor that takes secrets, pictures and embeddings out of an event. Never raises."""
    return {
        redact(str(key)): MASK if names_a_secret(str(key)) else _safe(value, _DEEPEST)
        for key, value in event.items()
    }


def _safe(value: object, depth: int) -> object:
    """The value as JSON can hold it, without secrets. Binary data is told by its kind alone."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray | memoryview) or hasattr(value, "__array__"):
        return f"<{type(value).__name__}>"
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return _safe_items(value, depth - 1)
    return _text(value)


def _safe_items(value: Collection[object], depth: int) -> object:
    if depth == 0 or len(value) > _LONGEST_LIST:
        return f"<{len(value)} items>"
    if isinstance(value, Mapping):
        return {
            redact(str(key)): MASK if names_a_secret(str(key)) else _safe(item, depth)
            for key, item in value.items()
        }
    return [_safe(item, depth) for item in value]


def _text(value: object) -> str:
    try:
        return redact(str(value))
    except Exception:  # noqa: BLE001 - any object may come here, and a log line must go out
        return f"<{type(value).__name__}>"


def _formatter(process: str) -> logging.Formatter:
    def about_process(_logger: object, _method: str, event: EventDict) -> EventDict:
        event["process"] = process
        event["pid"] = os.getpid()
        return event

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            about_process,
            structlog.processors.format_exc_info,
            redact_event,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )


def _dumps(event: object, **_options: object) -> str:
    """One line; a number that JSON cannot hold, and any surprise, becomes text."""
    return json.dumps(event, default=_text, ensure_ascii=False).replace("\u2028", " ")


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


class _Quiet(logging.Handler):
    """A handler whose own failures, a full disk for one, cost a line and nothing else.

    The standard answer prints the record with its arguments, unredacted.
    """

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        del record
        self.lost += 1


class _StderrHandler(_Quiet, logging.StreamHandler[Any]):
    """Standard error."""


class _FileHandler(_Quiet, logging.handlers.RotatingFileHandler):
    """One process's file; not for the whole world to read."""

    def _open(self) -> Any:
        stream = super()._open()
        os.fchmod(stream.fileno(), _FILE_MODE)
        return stream


def _file_handler(settings: LogSettings, process: str) -> logging.Handler:
    assert settings.directory is not None  # noqa: S101 - the caller has looked
    settings.directory.mkdir(parents=True, exist_ok=True)
    return _FileHandler(
        settings.directory / f"{process}.log",
        maxBytes=settings.max_bytes,
        backupCount=settings.keep,
        encoding="utf-8",
        errors="backslashreplace",
    )
