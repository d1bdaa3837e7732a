"""Time stamps of RFC 3161 over checkpoints: what is asked, and whether an answer is right.

Bytes in and out; no network and no ledger. A stamp is over a checkpoint's text as it is published,
so that `openssl ts -verify` can check the same without anything of ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from vision.ledger.checkpoints import Checkpoint
from vision.ledger.stamp_values import (
    NOT_UNDERSTOOD,
    REFUSED,
    UNTRUSTED,
    WRONG,
    Stamp,
    TimeStampError,
)

MAX_ANSWER_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Question:
    """What an authority is asked, and what its answer must repeat."""

    request: bytes
    nonce: int | None


def question(checkpoint: Checkpoint) -> Question:
    """Ask for a stamp over a checkpoint; it holds a digest alone, nothing of the entries."""
    builder = TimestampRequestBuilder().data(_bytes(checkpoint))
    request = builder.hash_algorithm(HashAlgorithm.SHA256).build()
    return Question(request.as_bytes(), request.nonce)


def read(answer: bytes, checkpoint: Checkpoint, nonce: int | None = None) -> Stamp:
    """What an answer says, where it is about this checkpoint; who signed it is not looked at.

    Raises TimeStampError.
    """
    response = _decoded(answer)
    try:
        info = response.tst_info
        imprint, given = info.message_imprint.message, info.nonce
        stamp = Stamp(info.gen_time.timestamp(), _authority(response))
    except Exception as error:
        raise TimeStampError(NOT_UNDERSTOOD, "the answer has no time stamp in it") from error
    if nonce is not None and given != nonce:
        raise TimeStampError(WRONG, "the answer is to another question")
    if imprint != hashlib.sha256(_bytes(checkpoint)).digest():
        raise TimeStampError(WRONG, "the time stamp is of something else")
    return stamp


def demand_signed(
    answer: bytes, checkpoint: Checkpoint, roots: Sequence[x509.Certificate]
) -> Stamp:
    """What an answer says, where an authority that these roots stand for has signed it.

    Certificates count as of the stamp's own time; whether they were revoked is not looked up.
    Raises TimeStampError.
    """
    stamp = read(answer, checkpoint)
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(_decoded(answer), _bytes(checkpoint))
    except Exception as error:
        why = str(error) if isinstance(error, VerificationError) else type(error).__name__
        raise TimeStampError(UNTRUSTED, f"its signature does not hold: {why}") from error
    return stamp


def load_roots(path: Path) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file. Raises OSError, and ValueError where there are none."""
    return tuple(dict.fromkeys(x509.load_pem_x509_certificates(path.read_bytes())))


def _bytes(checkpoint: Checkpoint) -> bytes:
    return str(checkpoint).encode()


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(answer)
        status, said = response.status, "; ".join(response.status_string)
    except Exception as error:
        raise TimeStampError(NOT_UNDERSTOOD, "the answer is no time stamp") from error
    if status != PKIStatus.GRANTED:
        said = "".join(char for char in said if char.isprintable())[:200]
        raise TimeStampError(REFUSED, f"the authority refuses ({status}): {said}")
    return response


def _authority(response: TimeStampResponse) -> str:
    """The subject of the certificate that the signer names."""
    (signer,) = response.signed_data.signer_infos
    for raw in response.signed_data.certificates:
        found = x509.load_der_x509_certificate(raw)
        if found.serial_number == signer.serial_number and found.issuer == signer.issuer:
            return found.subject.rfc4514_string()
    raise ValueError("the signer's certificate is not in it")
