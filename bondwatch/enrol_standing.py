"""`enrol approve`, `reject`, `suspend`, `resume`, `revoke`, `edit`: what becomes of a record."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_alike import Alike, alike_to
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
from enrolment.people import NO_BIOMETRICS, Biometrics, Person, PersonState
from enrolment.register import Register
from enrolment.register_errors import NotAllowedError, PersonChangedError, UnknownPersonError
from enrolment.register_history import Note
from enrolment.states import Action
from enrolment.validity import end_of, start_of
from vision.settings import Settings

REFUSED = 1
_DONE = {
    PersonState.ACTIVE: "may be on site",
    PersonState.DRAFT: "is a draft again",
    PersonState.AWAITING_APPROVAL: "awaits approval by another account",
    PersonState.EXPIRED: "is not let in: the validity is over ('enrol edit --valid-to')",
    words.NOT_YET_VALID: "may be on site once the validity begins",
}


_OF_ONE_PERSON = (NotAllowedError, PersonChangedError, UnknownPersonError)
"""What is wrong with one person; whatever else the register says ends the command."""


def act(options: StandingOptions, action: str) -> None:
    """Move people to another state, each by themselves; exit status 1 where one was refused."""
    staff_ids = tuple(dict.fromkeys(options.staff_ids))
    if options.revision is not None and len(staff_ids) > 1:
        raise typer.BadParameter("--revision goes with one STAFF_ID")
    note, records, refused = note_of(options.by, options.why), [], False
    with existing(options.config) as (settings, register):
        two_person = settings.register.two_person_rule
        alike = _alike(staff_ids, action, register, settings)
        for staff_id in staff_ids:
            try:
                person = register.act(
                    staff_id, Action(action), note, revision=options.revision, two_person=two_person
                )
            except _OF_ONE_PERSON as exc:
                words.complain(str(exc))
                refused = True
                continue
            looked = {"alike": words.likenesses(alike.get(staff_id))} if alike is not None else {}
            records.append({**words.record_of(person), **looked})
            if not options.as_json:
                words.tell_alike(person, (alike or {}).get(staff_id, ()))
                words.tell(f"{person.name} ({staff_id}) {_done(person, action)}.")
    if options.as_json and (records or len(staff_ids) > 1):
        words.tell_json(records[0] if len(staff_ids) == 1 else records)
    if refused:
        raise typer.Exit(REFUSED)


def _done(person: Person, action: str) -> str:
    """What has become of somebody, now: an approval lets in nobody who is banned or out of date."""
    state = words.state_now(person)
    if action == Action.REJECT and person.active:
        return "is as before: what was asked for is rejected"
    if person.active and person.watchlisted:
        return "is on the watch list: seen, they raise an alarm"
    if state == PersonState.ACTIVE and action == Action.RESUME:
        return "may be on site again"
    return _DONE.get(state, f"is {state}")


def _alike(
    staff_ids: Sequence[str], action: str, register: Register, settings: Settings
) -> Alike | None:
    """Who is like those who are to be approved; None where nobody is."""
    if action != Action.APPROVE:
        return None
    everybody = {person.staff_id: person for person in register.people()}
    return alike_to([everybody[who] for who in staff_ids if who in everybody], register, settings)


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
