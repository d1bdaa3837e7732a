"""Who may watch: Basic and Digest authentication (RFC 2617) of RTSP requests.

Pure but for the nonce. It never logs or raises anything that holds a password.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Literal

from bondwatch.rtsp_server.wire import Request

REALM = "bondwatch"
Scheme = Literal["basic", "digest"]
_PAIR = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Credentials:
    """One user. The password does not show in the representation."""

    username: str
    password: str = field(repr=False)
    scheme: Scheme = "digest"


class Gatekeeper:
    """Checks the requests of one connection."""

    def __init__(self, credentials: Credentials | None) -> None:
        self._credentials = credentials
        self._nonce = secrets.token_hex(16)

    def admits(self, request: Request) -> bool:
        """Whether the request may pass; always where no credentials are set."""
        if self._credentials is None:
            return True
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != self._credentials.scheme:
            return False
        if self._credentials.scheme == "basic":
            return self._basic_matches(self._credentials, rest)
        return self._digest_matches(self._credentials, request.method, rest)

    def challenge(self) -> dict[str, str]:
        """The header of a 401 answer."""
        if self._credentials is not None and self._credentials.scheme == "basic":
            return {"WWW-Authenticate": f'Basic realm="{REALM}"'}
        return {"WWW-Authenticate": f'Digest realm="{REALM}", nonce="{self._nonce}"'}

    def _basic_matches(self, wanted: Credentials, given: str) -> bool:
        try:
            user_and_password = base64.b64decode(given, validate=True)
        except binascii.Error:
            return False
        expected = f"{wanted.username}:{wanted.password}".encode()
        return hmac.compare_digest(user_and_password, expected)

    def _digest_matches(self, wanted: Credentials, method: str, given: str) -> bool:
        said = {name.lower(): quoted or bare for name, quoted, bare in _PAIR.findall(given)}
        if said.get("nonce") != self._nonce or said.get("username") != wanted.username:
            return False
        who = _md5(f"{wanted.username}:{REALM}:{wanted.password}")
        what = _md5(f"{method}:{said.get('uri', '')}")
        expected = _md5(f"{who}:{self._nonce}:{what}")
        return hmac.compare_digest(said.get("response", "").encode(), expected.encode())


def _md5(text: str) -> str:
    """Digest authentication as cameras speak it is defined over MD5."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
