"""Reading a secret from where it comes from. Nothing here keeps one, or says one."""

from __future__ import annotations

import os

from enrolment.places import SecretSource
from enrolment.register_errors import RegisterError

_MAX_CHARS = 65536


class SecretMissingError(RegisterError):
    """A secret is not where it should be; names the place and the remedy, never the content."""


def read_secret(source: SecretSource) -> str:
    """The secret; a file's trailing line end is no part of it. ``SecretMissingError``."""
    if source.env is not None:
        value = os.environ.get(source.env, "")
    elif source.file is not None:
        try:
            with source.file.open(encoding="utf-8") as file:
                value = file.read(_MAX_CHARS).rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as exc:
            why = getattr(exc, "strerror", None) or "it is not UTF-8"
            raise SecretMissingError(f"{source} cannot be read: {why}; see config.yaml") from None
    else:
        raise SecretMissingError("a secret names neither a variable nor a file; name one")
    if not value:
        raise SecretMissingError(f"{source} is empty; put the secret there")
    return value
