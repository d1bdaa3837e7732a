"""The values of the register: people, their states, their templates.

Frozen values and the rules a single value must satisfy. No database and no pixels here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_NAME_CHARS = 200
MAX_REMARKS_CHARS = 2000
UNIT_TOLERANCE = 1e-3
"""How far a row's length may lie from 1: float32 rounding, not a forgotten normalisation."""

_NAMED = 3
_STAFF_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class PersonState(StrEnum):
    """Where somebody stands; only an active person may be on site at all."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    EXPIRED = "expired"


class BasisKind(StrEnum):
    """On what ground somebody's face is kept."""

    CONSENT = "consent"
    STATUTORY = "statutory"


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """Why the biometrics may be kept: the ground, what for, which notice was shown, by whom."""

    kind: BasisKind
    purpose: str
    notice_version: str
    taken_at: datetime
    taken_by: str


@dataclass(frozen=True, slots=True)
class OwnPermit:
    """A zone that one person may be in, whatever the groups say.

    ``spans``: ``(weekday 0-6, start minute, end minute)`` on the site's clock, a span whose end
    is not after its start runs past midnight; None means always.
    """

    zone_id: str
    spans: tuple[tuple[int, int, int], ...] | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """How an enrolment came about: who asked for it, and who decided what, and why."""

    by: str
    at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """One person of the register.

    ``valid_from`` and ``valid_to``: aware datetimes, half-open; None means without bound.
    ``permits``: zones and hours of their own; where there are any, the groups' count no more.
    ``badge``: how somebody without a face is known to the guard who vouches.
    ``watchlisted``: somebody who must not be here. ``revision`` grows with every change of the
    record; ``request`` and it are the register's to set, and no part of who somebody is.
    """

    staff_id: str
    name: str
    groups: frozenset[str]
    state: PersonState = PersonState.ACTIVE
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    organisation: str = ""
    badge: str = ""
    remarks: str = ""
    basis: LegalBasis | None = None
    permits: tuple[OwnPermit, ...] | None = None
    watchlisted: bool = False
    request: Request | None = field(default=None, compare=False)
    revision: int = field(default=0, compare=False)

    @property
    def active(self) -> bool:
        return self.state is PersonState.ACTIVE

    def checked(self) -> Person:
        """Return the person, or raise ``ValueError`` where the register could not hold it."""
        check_staff_id(self.staff_id)
        check_name(self.name)
        for what in ("organisation", "badge"):
            if getattr(self, what):
                check_name(getattr(self, what), what)
        if len(self.remarks) > MAX_REMARKS_CHARS:
            raise ValueError(f"the remarks are longer than {MAX_REMARKS_CHARS} characters")
        for moment in (self.valid_from, self.valid_to, self.created_at):
            if moment is not None and moment.tzinfo is None:
                raise ValueError("a moment without a time zone; give it one")
        if self.valid_from and self.valid_to and self.valid_from >= self.valid_to:
            raise ValueError("the validity ends before it begins; swap or correct the dates")
        return self


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """One enrolled embedding: ``(D,)`` float32, unit length, bound to its embedder.

    ``quality``: [0, 1], the best photo of a person has the highest.
    """

    embedding: NDArray[np.float32] = field(repr=False)  # biometric: never in a log
    embedding_id: str
    quality: float = 1.0
    added_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(frozen=True, slots=True, eq=False)
class Biometrics:
    """What is added to somebody: templates, and the photos behind them where those are kept."""

    templates: tuple[Template, ...] = ()
    photos: tuple[bytes, ...] = field(default=(), repr=False)


NO_BIOMETRICS = Biometrics()


def some_of(staff_ids: Sequence[str]) -> str:
    """The first few ids, for a sentence.

    >>> some_of(["a", "b", "c", "d"]), some_of(["a"])
    ('a, b, c, ...', 'a')
    """
    return ", ".join(staff_ids[:_NAMED]) + (", ..." if len(staff_ids) > _NAMED else "")


def check_staff_id(staff_id: str) -> None:
    """Raise ``ValueError`` unless the id is safe in messages, file names and commands."""
    if not _STAFF_ID.fullmatch(staff_id):
        raise ValueError(
            f"staff id {staff_id!r}: use 1 to 64 letters, digits, '.', '_' or '-', "
            "beginning with a letter or digit"
        )


def check_name(name: str, what: str = "name") -> None:
    """Raise ``ValueError`` for a name that is empty, too long, or could deceive a terminal."""
    if not name.strip():
        raise ValueError(f"the {what} is empty")
    if len(name) > MAX_NAME_CHARS:
        raise ValueError(f"the {what} is longer than {MAX_NAME_CHARS} characters")
    if any(unicodedata.category(c) in {"Cc", "Cs"} or c in _DIRECTION_MARKS for c in name):
        raise ValueError(f"the {what} holds control characters; type it again without them")


def unit_rows(rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return ``(N, D)`` embeddings as contiguous float32.

    ``ValueError`` where the shape is wrong or a row is not finite or not of unit length.
    """
    matrix = np.ascontiguousarray(rows, dtype=np.float32)
    if matrix.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise ValueError(f"embeddings of shape {matrix.shape}; (N, D) wanted")
    lengths = np.linalg.norm(matrix, axis=1)
    if not bool(np.all(np.abs(lengths - 1) <= UNIT_TOLERANCE)):  # false for NaN too
        raise ValueError("an embedding is not finite or not of unit length; normalise it")
    return matrix
