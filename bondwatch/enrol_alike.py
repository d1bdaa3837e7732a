"""Who in the register is like somebody who awaits approval: what an approver has to look at.

Compared now, not when the photo was taken: of two people alike who were requested at the same
time, the approver of either sees the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bondwatch import enrol_words as words
from enrolment.gallery import Likeness
from enrolment.judging import Everybody, Judge
from enrolment.people import Person, PersonState
from enrolment.register_errors import RegisterCorruptError
from enrolment.register_reading import RegisterReader
from enrolment.site_keys import SiteKeyError
from models.embedder import embedding_id_of, spec_of
from models.entries import Role
from models.manifest import read_manifest
from vision.settings import Settings

Alike = Mapping[str, tuple[Likeness, ...]]
"""By staff id, of whoever was compared; empty: nobody is like them."""


def alike_to(people: Iterable[Person], register: RegisterReader, settings: Settings) -> Alike:
    """Compare those who await approval with everybody; nobody where faces cannot be opened."""
    waiting = [one.staff_id for one in people if one.state is PersonState.AWAITING_APPROVAL]
    if not waiting:
        return {}
    entry = read_manifest().entry(settings.models.embedder, Role.EMBEDDER)
    try:
        everybody = Everybody(register.everybody(embedding_id_of(entry)))
    except (SiteKeyError, RegisterCorruptError) as exc:
        words.complain(f"Nobody was compared with others: {exc}")
        return {}
    judge = Judge(spec_of(entry).thresholds)
    return {staff_id: judge.alike(staff_id, everybody) for staff_id in waiting}
