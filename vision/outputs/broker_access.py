"""How to get at the broker: its secrets and its TLS. Holds no secret longer than one call."""

from __future__ import annotations

import os
import ssl

from vision.settings import MqttSettings, Secret, TlsSettings


class BrokerAccessError(ValueError):
    """A secret or a TLS file cannot be used; names it and the remedy, never its content."""


def credentials(settings: MqttSettings) -> tuple[str, str | None] | None:
    """User and password, read now; None where the broker asks for none.

    Raises BrokerAccessError.
    """
    if settings.username is None:
        return None
    user = _read(settings.username, "mqtt.username")
    return user, _read(settings.password, "mqtt.password") if settings.password else None


def _read(secret: Secret, key: str) -> str:
    if secret.env is not None:
        place, value = f"environment variable {secret.env}", os.environ.get(secret.env, "")
    elif secret.file is not None:
        place = f"secret file {secret.file}"
        try:
            value = secret.file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            # from None: the text of a decoding error quotes what it could not decode
            problem = f"{key}: {place} cannot be read ({type(error).__name__}); fix it"
            raise BrokerAccessError(problem) from None
    else:
        raise BrokerAccessError(f"{key}: names neither a variable nor a file; name one")
    if not value:
        raise BrokerAccessError(f"{key}: {place} is empty or not set; set it")
    return value


def tls_context(settings: TlsSettings | None) -> ssl.SSLContext | None:
    """The TLS of the connection, host name checked; None where it is not used.

    Raises BrokerAccessError for a file that cannot be used.
    """
    if settings is None:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except OSError as error:
        raise BrokerAccessError(f"mqtt.tls: a file cannot be used ({error}); fix it") from error
    return context
