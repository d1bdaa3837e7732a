"""`enrol approve`, `reject`, `suspend`, `resume`, `revoke`, `edit`: what becomes of a record."""

from __future__ import annotations

import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_alike import alike_to
from bondwatch.enrol_desk import (
    basis_of,
    check_groups,
    examined,
    existing,
    kept,
    note_of,
    own_permits,
)
from bondwatch.enrol_options import EditOptions, StandingOptions
from enrolment.enrolling import Photo
from enrolment.gallery import Likeness
from enrolment.people import NO_BIOMETRICS, Biometrics, PersonState
from enrolment.register import Register
from enrolment.register_history import Note
from enrolment.states import Action
from enrolment.validity import end_of, start_of
from vision.settings import Settings

REFUSED = 1
_DONE = {
    PersonState.ACTIVE: "may be on site",
    PersonState.DRAFT: "is a draft again",
    PersonState.AWAITING_APPROVAL: "awaits approval by another account",
}


def act(options: StandingOptions, action: str) -> None:
    """Move somebody to another state."""
    alike: tuple[Likeness, ...] | None = None
    with existing(options.config) as (settings, register):
        if action == Action.APPROVE:
            before = register.person(options.staff_id)
            alike = alike_to([before], register, settings).get(options.staff_id)
        person = register.act(
            options.staff_id,
            Action(action),
            note_of(options.by, options.why),
            revision=options.revision,
            two_person=settings.register.two_person_rule,
        )
    if options.as_json:
        looked = {"alike": words.likenesses(alike)} if action == Action.APPROVE else {}
        words.tell_json({**words.record_of(person), **looked})
        return
    words.tell_alike(person, alike or ())
    done = _DONE.get(person.state, f"is {person.state}")
    if action == Action.RESUME:
        done = "may be on site again"
    words.tell(f"{person.name} ({person.staff_id}) {done}.")


def edit(options: EditOptions) -> None:
    """Change what is given, and nothing else; all of it or nothing."""
    with existing(options.config) as (settings, register):
        note = note_of(options.by, options.why)
        fields = _fields(options, settings, note)
        if not fields and not options.photos:
            raise typer.BadParameter("nothing to change; see 'enrol edit --help'")
        try:
            person = register.edit(
                options.staff_id,
                fields,
                note,
                revision=options.revision,
                two_person=settings.register.two_person_rule,
                more=_more(options, settings, register),
            )
        except ValueError as exc:
            raise typer.BadParameter(str(exc)) from exc
    if options.as_json:
        words.tell_json(words.record_of(person))
        return
    waits = person.state is PersonState.AWAITING_APPROVAL
    words.tell(
        f"{person.name} ({person.staff_id}) is changed (revision {person.revision})"
        + ("; awaits approval by another account." if waits else ".")
    )


def _more(options: EditOptions, settings: Settings, register: Register) -> Biometrics:
    """Templates of further photos, which must be of the same person."""
    if not options.photos:
        return NO_BIOMETRICS
    register.person(options.staff_id)
    photos = [Photo.of_file(path) for path in options.photos]
    alike = frozenset(options.not_same_as or ())
    found = examined(photos, settings, register, alike, options.staff_id)
    if not options.as_json:
        words.tell_photos(found, words.spoken(options.language))
    elif not found.templates:
        words.tell_photos_json(found)
    if not found.templates:
        words.complain("Nothing was changed.")
        raise typer.Exit(REFUSED)
    return Biometrics(found.templates, kept(found, photos, settings))


def _fields(options: EditOptions, settings: Settings, note: Note) -> dict[str, Any]:
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
    if options.watch_list is not None:
        given["watchlisted"] = options.watch_list
    basis = basis_of(options, note)
    if basis is not None:
        given["basis"] = basis
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
