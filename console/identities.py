"""Why somebody was taken for whom: sentences out of an identity's evidence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from console.words import Said, said

Identity = Mapping[str, Any]
Names = Mapping[str, str]


def called(staff_id: str | None, names: Names) -> str | None:
    """What to call somebody: the name where it is known, else the staff id."""
    return None if staff_id is None else names.get(staff_id, staff_id)


def reasons(identity: Identity | None, names: Names) -> list[Said]:
    """What the identity rests on; nothing for what has none, a forklift for one."""
    if identity is None:
        return []
    if identity.get("vouched_by"):
        return [said("id.vouched", name=identity["vouched_by"])]
    if not identity.get("looks"):
        return [said("id.no_looks")]
    return [
        said("id.looks", looks=identity["looks"], face_px=_short(identity.get("face_px"))),
        said(f"id.{identity['state']}", **_figures(identity, names)),
    ]


def _figures(identity: Identity, names: Names) -> dict[str, Any]:
    return {
        "name": called(identity.get("staff_id"), names),
        **{
            key: figure(identity.get(key))
            for key in ("similarity", "runner_up", "accept", "reject")
        },
    }


def figure(value: float | None) -> str | None:
    """A similarity or a threshold as people compare them."""
    return None if value is None else f"{value:.3f}"


def _short(value: float | None) -> str | None:
    return None if value is None else f"{value:.0f}"
