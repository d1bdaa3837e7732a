"""How the enrolment commands speak: sentences for people, JSON for programs.

Only output lives here; tables are ``bondwatch.enrol_tables``'s. Names are printed as they are,
never as markup.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.text import Text

from enrolment.gallery import Likeness
from enrolment.hints.language import Language, language_of
from enrolment.judging import Examination, PhotoResult
from enrolment.people import Person, PersonState, some_of
from enrolment.person_documents import documents_of
from enrolment.states import state_at

MANY_PEOPLE = 90_000
NOT_YET_VALID = "not yet valid"


def spoken(chosen: str | None) -> Language:
    """The language that was asked for, or else the terminal's."""
    return Language(chosen) if chosen else language_of(os.environ)


def tell(sentence: str) -> None:
    """Print one plain sentence."""
    Console().print(Text(sentence), soft_wrap=True)


def complain(sentence: str) -> None:
    """Print one plain sentence where errors go."""
    Console(stderr=True).print(Text(sentence), soft_wrap=True)


def tell_photos(examination: Examination, language: Language = Language.ENGLISH) -> None:
    """Print a line for each photo: accepted, or the reason, the figures and what to do."""
    for result in examination.results:
        line = _photo_line(result, language)
        tell(line) if result.accepted else complain(line)


def tell_photos_json(examination: Examination, person: Person | None = None) -> None:
    """The same for programs, with the record, null where nobody was enrolled."""
    photos = [
        {"name": one.name, "refusal": one.refusal, "detail": one.detail, "other": one.other}
        for one in examination.results
    ]
    tell_json({"person": record_of(person) if person else None, "photos": photos})


def tell_enrolled(person: Person, templates: int, version: int) -> None:
    """Print that somebody is in the register now."""
    photos = "1 photo" if templates == 1 else f"{templates} photos"
    how = f"from {photos}" if templates else f"by badge {person.badge}, without a photo"
    groups = ", ".join(sorted(person.groups)) or "none"
    waits = person.state is PersonState.AWAITING_APPROVAL
    done = "is requested" if waits else "is enrolled"
    tell(
        f"{person.name} {done} as {person.staff_id}, {how}"
        f" (groups: {groups}; register version {version})."
    )
    if waits:
        tell(f"Another account approves: bondwatch enrol approve {person.staff_id}")
        tell(f"How it goes: bondwatch enrol show {person.staff_id}")


def warn_of_many(people: int) -> None:
    """Say in time that a register of 100,000 people is more than the site's own affair."""
    if people >= MANY_PEOPLE:
        complain(
            f"{people} people are enrolled. In China, who keeps the faces of 100,000 files that"
            " with the authorities: see to it before, or remove those who have left."
        )


def warn_of_uncompared(staff_ids: Sequence[str]) -> None:
    """Say whom nobody new is compared with, so that one face may be enrolled twice."""
    if staff_ids:
        complain(
            f"Of {len(staff_ids)} enrolled ({some_of(staff_ids)}) there are faces of another"
            " embedder alone: nobody new is compared with them. Run 'enrol re-embed',"
            " or enrol them anew."
        )


def tell_alike(person: Person, alike: Sequence[Likeness]) -> None:
    """Say to whoever approves that somebody else looks like this person."""
    if alike:
        complain(
            f"{person.staff_id} is like {spelt_alike(alike)}. Look at both: if they are one person,"
            f" 'enrol revoke {person.staff_id}'."
        )


def likenesses(alike: Sequence[Likeness] | None) -> list[dict[str, object]] | None:
    """The same for programs; null where nobody was compared."""
    if alike is None:
        return None
    return [{"staff_id": one.staff_id, "similarity": round(one.similarity, 3)} for one in alike]


def spelt_alike(alike: Sequence[Likeness]) -> str:
    """Staff ids, each with its similarity."""
    return ", ".join(f"{one.staff_id} ({one.similarity:.3f})" for one in alike)


def record_of(person: Person) -> dict[str, object]:
    """Everything the register says of a person in values that JSON can hold."""
    documents = {
        name: None if text is None else json.loads(text)
        for name, text in documents_of(person).items()
    }
    return {
        "staff_id": person.staff_id,
        "name": person.name,
        "organisation": person.organisation,
        "groups": sorted(person.groups),
        "state": state_now(person),
        "valid_from": spelt_utc(person.valid_from),
        "valid_to": spelt_utc(person.valid_to),
        "created_at": spelt_utc(person.created_at),
        "badge": person.badge,
        "remarks": person.remarks,
        "watchlisted": person.watchlisted,
        "revision": person.revision,
        **documents,
    }


def _photo_line(result: PhotoResult, language: Language) -> str:
    done = "accepted" if result.accepted else "refused"
    if result.reason is None:
        return f"{result.name}: {done}"
    detail = f" ({result.detail})" if result.detail else ""
    return f"{result.name}: {done}, {result.reason}{detail}. {result.hint_in(language)}"


def state_now(person: Person) -> str:
    """The state as it works now: an active person may be out of date."""
    now = datetime.now(UTC)
    if (state := state_at(person, now)) is not person.state:
        return state
    if person.active and person.valid_from and person.valid_from > now:
        return NOT_YET_VALID
    return person.state


def spelt_utc(moment: datetime | None) -> str | None:
    """A moment as programs read it."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")


def tell_json(value: object) -> None:
    """Print a value for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2))  # noqa: T201 - for programs, unwrapped
