"""A time stamp authority over HTTP: one question, one answer, never longer than its time.

The only thing of the ledger that leaves the site, and only where the configuration names a
URL. What goes out is a SHA-256 digest.
"""

from __future__ import annotations

import http.client
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from cryptography import x509

from vision.ledger.checkpoints import Checkpoint
from vision.ledger.stamp_values import (
    NOT_UNDERSTOOD,
    ROOTS_UNREADABLE,
    UNREACHABLE,
    TimeStampError,
)
from vision.ledger.timestamps import MAX_ANSWER_BYTES, demand_signed, load_roots, question, read

ANSWER_WITHIN_S: Final = 30.0
_SILENT_S: Final = 10.0
_HEADERS = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Nothing goes to any place but the one that was configured."""

    def redirect_request(self, *_arguments: Any, **_more: Any) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


@dataclass(frozen=True, slots=True)
class TimeAuthority:
    """``ca_file``: what its certificate must lead to; None: nobody looks at who signed."""

    url: str
    ca_file: Path | None = None

    def stamp(self, checkpoint: Checkpoint) -> bytes:
        """A stamp over a checkpoint, as it came, checked. Raises TimeStampError."""
        roots = self._roots()
        asked = question(checkpoint)
        request = urllib.request.Request(self.url, asked.request, _HEADERS)  # noqa: S310 -- http(s), says the configuration
        try:
            with _OPENER.open(request, timeout=_SILENT_S) as response:
                answer = _all_of(response)
        except urllib.error.HTTPError as error:
            raise TimeStampError(UNREACHABLE, f"HTTP status {error.code}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise TimeStampError(UNREACHABLE, type(reason).__name__) from error
        read(answer, checkpoint, asked.nonce)
        if roots:
            demand_signed(answer, checkpoint, roots)
        return answer

    def _roots(self) -> tuple[x509.Certificate, ...]:
        if self.ca_file is None:
            return ()
        try:
            return load_roots(self.ca_file)
        except (OSError, ValueError) as error:
            why = f"{self.ca_file} holds no certificates that can be read"
            raise TimeStampError(ROOTS_UNREADABLE, why) from error


def _all_of(response: IO[bytes]) -> bytes:
    """The whole answer; one that is too long or too slow is none."""
    answer, until_s = b"", time.monotonic() + ANSWER_WITHIN_S
    while more := response.read1(MAX_ANSWER_BYTES):  # type: ignore[attr-defined]
        answer += more
        if len(answer) > MAX_ANSWER_BYTES:
            raise TimeStampError(NOT_UNDERSTOOD, "the answer is too long for a time stamp")
        if time.monotonic() > until_s:
            raise TimeoutError
    return answer
