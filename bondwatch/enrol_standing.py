"""`enrol approve`, `reject`, `suspend`, `resume`, `revoke`, `edit`: what becomes of a record."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_desk import check_groups, examined, existing, kept, note_of, own_permits
from bondwatch.enrol_options import EditOptions
from enrolment.enrolling import Photo
from enrolment.people import PersonState
from enrolment.states import Action
from enrolment.validity import end_of, start_of
from vision.settings import Settings

REFUSED = 1
_DONE = {
    PersonState.ACTIVE: "may be on site",
    PersonState.DRAFT: "is a draft again",
    PersonState.AWAITING_APPROVAL: "awaits approval by another account",
}


def act(
    config: Path,
    staff_id: str,
    action: str,
    who: tuple[str | None, str],
    revision: int | None,
) -> None:
    """Move somebody to another state."""
    with existing(config) as (settings, register):
        person = register.act(
            staff_id,
            Action(action),
            note_of(*who),
            revision=revision,
            two_person=settings.register.two_person_rule,
        )
    done = _DONE.get(person.state, f"is {person.state}")
    if action == Action.RESUME:
        done = "may be on site again"
    words.tell(f"{person.name} ({staff_id}) {done}.")


def edit(options: EditOptions) -> None:
    """Change what is given, and nothing else."""
    with existing(options.config) as (settings, register):
        note, two_person = note_of(options.by, options.why), settings.register.two_person_rule
        fields = _fields(options, settings)
        if not fields and not options.photos:
            raise typer.BadParameter("nothing to change; see 'enrol edit --help'")
        person = register.person(options.staff_id)
        try:
            if fields:
                person = register.edit(
                    options.staff_id,
                    fields,
                    note,
                    revision=options.revision,
                    two_person=two_person,
                )
        except ValueError as exc:
            raise typer.BadParameter(str(exc)) from exc
        if options.photos:
            photos = [Photo.of_file(path) for path in options.photos]
            found = examined(photos, settings, register, frozenset({options.staff_id}))
            words.tell_photos(found, words.spoken(options.language))
            if not found.templates:
                words.complain("No photo was added.")
                raise typer.Exit(REFUSED)
            register.add_templates(
                options.staff_id,
                found.templates,
                note,
                photos=kept(found, photos, settings),
                two_person=two_person,
            )
            person = register.person(options.staff_id)
    waits = person.state is PersonState.AWAITING_APPROVAL
    words.tell(
        f"{person.name} ({person.staff_id}) is changed (revision {person.revision})"
        + ("; awaits approval by another account." if waits else ".")
    )


def _fields(options: EditOptions, settings: Settings) -> dict[str, Any]:
    zone = ZoneInfo(settings.time_zone)
    given: dict[str, Any] = {
        name: getattr(options, name)
        for name in ("organisation", "badge", "remarks")
        if getattr(options, name) is not None
    }
    if options.name is not None:
        given["name"] = unicodedata.normalize("NFC", options.name).strip()
    if options.groups is not None:
        check_groups(options.groups, settings)
        given["groups"] = frozenset(options.groups)
    if options.zones is not None:
        given["permits"] = own_permits(options.zones, settings)
    try:
        if options.valid_from is not None:
            given["valid_from"] = start_of(options.valid_from, zone)
        if options.valid_to is not None:
            given["valid_to"] = end_of(options.valid_to, zone)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    return given
