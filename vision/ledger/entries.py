"""What the ledger holds: drafts that sources hand in, and entries that they become. Pure.

An entry names what happened and when, and commits to its content by a salted digest; it holds
no personal data itself. Content and salt can be erased, the entry never.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from vision.ledger import merkle

SALT_BYTES = 16
VERSION = 1


class Kind(StrEnum):
    """What an entry is about."""

    LEDGER_BEGUN = "ledger_begun"
    ALARM_REVISION = "alarm_revision"
    PASSAGE = "passage"
    OPERATOR_ACTION = "operator_action"
    CLIP = "clip"
    TIMELINE = "timeline"
    PICTURE = "picture"
    REGISTER_CHANGE = "register_change"
    CONFIGURATION = "configuration"
    MODELS = "models"
    RETENTION_DELETION = "retention_deletion"
    SOURCE_RESTORED = "source_restored"


@dataclass(frozen=True, slots=True)
class Draft:
    """Something to be entered.

    ``kind`` is one of ``Kind``; what another writer calls by another name is entered as that.
    ``ref`` identifies it among its kind and must name nobody; ``at`` is POSIX seconds, UTC.
    ``content`` is what the digest covers. ``subject`` is the person by whose erasure the content
    goes too. ``source`` and ``source_seq`` say where it was read; both empty for what the ledger
    says itself.
    """

    kind: str
    ref: str
    at: float
    content: str
    subject: str | None = None
    source: str = ""
    source_seq: int = 0


@dataclass(frozen=True)
class Entry:
    """One entry. ``number`` counts from 0; ``at_ms`` is POSIX milliseconds, UTC."""

    number: int
    kind: str
    ref: str
    at_ms: int
    source: str
    source_seq: int
    digest: bytes

    @cached_property
    def leaf(self) -> bytes:
        """The bytes that are hashed: JSON, keys in order, ASCII, no spaces."""
        fields = {
            "at_ms": self.at_ms,
            "digest": self.digest.hex(),
            "kind": self.kind,
            "number": self.number,
            "ref": self.ref,
            "source": self.source,
            "source_seq": self.source_seq,
            "v": VERSION,
        }
        return json.dumps(fields, separators=(",", ":")).encode()

    @property
    def leaf_hash(self) -> bytes:
        return merkle.leaf_hash(self.leaf)


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry commits to, as long as nobody has erased it."""

    salt: bytes
    text: str

    @property
    def digest(self) -> bytes:
        """HMAC-SHA256 of the text under the salt."""
        return hmac.digest(self.salt, self.text.encode(), "sha256")


def entered(draft: Draft, number: int, salt: bytes) -> tuple[Entry, Content]:
    """What a draft becomes as the ``number``-th entry."""
    content = Content(salt, draft.content)
    entry = Entry(
        number=number,
        kind=str(draft.kind),
        ref=draft.ref,
        at_ms=round(draft.at * 1000),
        source=draft.source,
        source_seq=draft.source_seq,
        digest=content.digest,
    )
    return entry, content
