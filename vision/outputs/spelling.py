"""How values of the core are spelt in JSON, in messages and timelines alike. Pure."""

from __future__ import annotations

import math
from typing import Any

from vision.core.values import IdentityEvidence


def identity(evidence: IdentityEvidence | None) -> dict[str, Any] | None:
    """Who somebody is, and what that rests on; None where nobody has asked yet."""
    if evidence is None:
        return None
    return {
        "state": evidence.state.value,
        "staff_id": evidence.staff_id,
        "similarity": rounded(evidence.similarity, 4),
        "runner_up": rounded(evidence.runner_up, 4),
        "accept": rounded(evidence.accept, 4),
        "reject": rounded(evidence.reject, 4),
        "looks": evidence.looks,
        "face_px": rounded(evidence.face_px, 1),
        "vouched_by": evidence.vouched_by,
    }


def rounded(value: float | None, digits: int) -> float | None:
    """A number with so many digits; None where there is none."""
    # numpy's floats become Python's; what is not a number is said as null, never as NaN
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), digits)
