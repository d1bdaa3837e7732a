"""The parts of a person that the tables hold as one JSON text each, there and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from enrolment.people import BasisKind, LegalBasis, OwnPermit, Person, Request


def documents_of(person: Person) -> dict[str, str | None]:
    """The texts by column."""
    found = {
        "basis": None if person.basis is None else _basis(person.basis),
        "permits": None if person.permits is None else [_permit(p) for p in person.permits],
        "request": None if person.request is None else _request(person.request),
    }
    return {
        name: None if value is None else json.dumps(value, sort_keys=True, ensure_ascii=False)
        for name, value in found.items()
    }


def parts_of(basis: str | None, permits: str | None, request: str | None) -> dict[str, Any]:
    """The same back, as fields of a person; ValueError, KeyError, TypeError where damaged."""
    if basis is None and permits is None and request is None:
        return {}
    return {
        "basis": None if basis is None else _to_basis(json.loads(basis)),
        "permits": None if permits is None else tuple(_to_permit(p) for p in json.loads(permits)),
        "request": None if request is None else _to_request(json.loads(request)),
    }


def _basis(basis: LegalBasis) -> dict[str, str]:
    return {
        "kind": basis.kind.value,
        "purpose": basis.purpose,
        "notice_version": basis.notice_version,
        "taken_at": basis.taken_at.isoformat(),
        "taken_by": basis.taken_by,
    }


def _to_basis(value: dict[str, str]) -> LegalBasis:
    taken_at = datetime.fromisoformat(value["taken_at"])
    texts = (value["purpose"], value["notice_version"])
    return LegalBasis(BasisKind(value["kind"]), *texts, taken_at, value["taken_by"])


def _permit(permit: OwnPermit) -> dict[str, Any]:
    spans = None if permit.spans is None else [list(span) for span in permit.spans]
    return {"zone": permit.zone_id, "spans": spans}


def _to_permit(value: dict[str, Any]) -> OwnPermit:
    spans = value["spans"]
    if spans is None:
        return OwnPermit(value["zone"])
    return OwnPermit(value["zone"], tuple((int(d), int(s), int(e)) for d, s, e in spans))


def _request(request: Request) -> dict[str, Any]:
    decided_at = request.decided_at
    return {
        "by": request.by,
        "at": request.at.isoformat(),
        "decided_by": request.decided_by,
        "decided_at": None if decided_at is None else decided_at.isoformat(),
        "decision": request.decision,
        "why": request.why,
    }


def _to_request(value: dict[str, Any]) -> Request:
    decided_at = value["decided_at"]
    return Request(
        value["by"],
        datetime.fromisoformat(value["at"]),
        value["decided_by"],
        None if decided_at is None else datetime.fromisoformat(decided_at),
        value["decision"],
        value["why"],
    )
