"""Secrets from the environment or a file, and the URL that carries them to the camera.

The only module of this room that holds a password, and only for the length of one call.
Errors name the variable or the file and what to do, never what was in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from vision.ingest.reasons import Reason, StreamFaultError
from vision.redaction import has_userinfo, redact_url
from vision.settings import Secret

MAX_USERINFO_BYTES = 127
"""libavformat keeps ``user:password``, percent-encoded, in 128 bytes and cuts the rest off."""

_SAFE = "!$&'()*+,;="


def read_secret(secret: Secret, environ: Mapping[str, str]) -> str:
    """The secret's value; a file's trailing line end is no part of it.

    Raises StreamFaultError (no_credentials) naming the variable or file and the remedy.
    """
    if secret.env is not None:
        value = environ.get(secret.env, "")
        place = f"environment variable {secret.env}"
    elif secret.file is not None:
        place = f"secret file {secret.file}"
        try:
            value = secret.file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise _missing(f"{place} cannot be read ({type(error).__name__}); fix it") from None
    else:
        raise _missing("the secret names neither a variable nor a file; name one")
    if not value:
        raise _missing(f"{place} is empty or not set; set it")
    return value


def authenticated_url(
    url: str, username: Secret | None, password: Secret | None, environ: Mapping[str, str]
) -> str:
    """The URL with percent-encoded credentials, for the call that opens it and for nothing else.

    Raises StreamFaultError (no_credentials) where the URL brings its own, a secret is
    missing, or the protocol cannot carry them.
    """
    if has_userinfo(url):
        raise _missing(f"{redact_url(url)} holds credentials itself; move them into secrets")
    if username is None and password is None:
        return url
    user = "" if username is None else read_secret(username, environ)
    if ":" in user:
        raise _missing("the user name holds a colon, which RTSP cannot carry; rename the user")
    word = "" if password is None else ":" + quote(read_secret(password, environ), safe=_SAFE)
    userinfo = quote(user, safe=_SAFE) + word
    if len(userinfo) > MAX_USERINFO_BYTES:
        raise _missing(
            f"user name and password take more than {MAX_USERINFO_BYTES} bytes, special"
            " characters counting three; choose shorter ones"
        )
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))


def _missing(detail: str) -> StreamFaultError:
    return StreamFaultError(Reason.NO_CREDENTIALS, detail)
