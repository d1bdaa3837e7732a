"""What the enrolment commands do: settings, models and the register put together.

Each function is one command's work; words for the terminal are ``bondwatch.enrol_words``'s.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_alike import alike_to
from bondwatch.enrol_options import AddOptions, EditOptions, PersonOptions
from bondwatch.enrol_tables import Known, Terms, tell_people, tell_person
from bondwatch.failures import spelt_os_error
from enrolment.enrolling import Examiner, Photo
from enrolment.judging import Examination
from enrolment.people import BasisKind, LegalBasis, OwnPermit, Person
from enrolment.person_changes import requested
from enrolment.register import Register
from enrolment.register_errors import PersonExistsError, RegisterError
from enrolment.register_history import Note
from enrolment.staff_ids import staff_id_for
from enrolment.states import state_at
from enrolment.validity import end_of, start_of
from models.embedder import embedding_id_of
from models.entries import Role
from models.errors import ModelError
from models.loading import ModelLoader
from models.manifest import read_manifest
from models.store import standard_store
from vision.config_reader import ConfigError, read_settings
from vision.configuration.own_permits import read_own_permit
from vision.settings import Settings

REFUSED = 1
USAGE = 2


@contextmanager
def telling_refusals() -> Iterator[None]:
    """Turn what can go wrong into one sentence and an exit status: 1 refused, 2 usage.

    What is typed wrongly is raised as ``typer.BadParameter``, which ends in 2 by itself.
    """
    try:
        yield
    except ConfigError as exc:
        words.complain(str(exc))
        raise typer.Exit(USAGE) from exc
    except (RegisterError, ModelError, OSError) as exc:
        words.complain(spelt_os_error(exc) if isinstance(exc, OSError) else str(exc))
        raise typer.Exit(REFUSED) from exc


def add(options: AddOptions) -> None:
    """Enrol somebody from photos, or tell for each photo why not."""
    settings = read_settings(options.config)
    if settings.register.two_person_rule:
        words.complain(
            "Two people enrol here: ask with 'enrol request', and somebody else approves; "
            "or set register.two_person_rule: false in config.yaml."
        )
        raise typer.Exit(REFUSED)
    _enrol(options, settings, awaits_approval=False)


def request(options: AddOptions) -> None:
    """The same, but the person awaits another account's approval."""
    _enrol(options, read_settings(options.config), awaits_approval=True)


def _enrol(options: AddOptions, settings: Settings, *, awaits_approval: bool) -> None:
    if not (options.all_photos or options.badge):
        raise typer.BadParameter("Missing option: --photo, or --badge for somebody without a face")
    check_rights(options, settings)
    note = note_of(options.by, options.why)
    with Register.open(settings.register_place) as register:
        person = person_of(options, settings, register, note)
        if awaits_approval:
            person = requested(person, note)
        photos = [Photo.of_file(path) for path in options.all_photos]
        examination = Examination(())
        if photos:
            distinct_from = frozenset(options.not_same_as or ())
            examination = examined(photos, settings, register, distinct_from)
            if options.as_json and not examination.templates:
                words.tell_photos_json(examination)
            elif not options.as_json:
                words.tell_photos(examination, words.spoken(options.language))
            if not examination.templates:
                words.complain("Nobody was enrolled.")
                raise typer.Exit(REFUSED)
        held = kept(examination, photos, settings)
        register.add_person(person, examination.templates, note, photos=held)
        if options.as_json:
            words.tell_photos_json(examination, register.person(person.staff_id))
        else:
            words.tell_enrolled(person, len(examination.templates), register.version)
        warn_of_register(register, settings)


def warn_of_register(register: Register, settings: Settings) -> None:
    """What is to be said of the register as a whole once somebody was enrolled."""
    words.warn_of_many(register.count())
    ours = embedding_id_of(read_manifest().entry(settings.models.embedder, Role.EMBEDDER))
    counts = register.template_counts()
    words.warn_of_uncompared(sorted(who for who, made in counts.items() if ours not in made))


def list_people(config: Path, state: str | None, *, as_json: bool) -> None:
    """Show everybody, or those who are in a state now."""
    settings = read_settings(config)
    with Register.open_for_reading(settings.register_place) as register:
        now = datetime.now(UTC)
        people = [one for one in register.people() if state in (None, state_at(one, now))]
        alike, counts = alike_to(people, register, settings), register.template_counts()
    known = [Known(p, counts.get(p.staff_id, {}), alike.get(p.staff_id)) for p in people]
    tell_people(known, _terms(settings), as_json=as_json)


def show(config: Path, staff_id: str, *, as_json: bool) -> None:
    """Show one person."""
    settings = read_settings(config)
    with Register.open_for_reading(settings.register_place) as register:
        counts = register.template_counts().get(staff_id, {})
        person, history = register.person(staff_id), register.history(staff_id)
        alike = alike_to([person], register, settings).get(staff_id)
    tell_person(Known(person, counts, alike, history), _terms(settings), as_json=as_json)


def remove(config: Path, staff_id: str, who: tuple[str | None, str], *, confirmed: bool) -> None:
    """Erase somebody, after asking."""
    note = note_of(*who)
    with existing(config) as (settings, register):
        name = register.person(staff_id).name
        if not confirmed:
            typer.confirm(f"Erase {name} ({staff_id}) and all templates?", abort=True)
        erased = register.remove(staff_id, note)
    words.tell(f"{name} ({staff_id}) is erased.")
    words.tell("Older copies of the keys still hold theirs: 'keys backup' anew, destroy old ones.")
    if settings.register.url is not None:
        words.tell("Traces leave the server's disk when it next vacuums.")
    elif not erased:
        words.tell("Traces leave the disk when the running daemon next lets go of the register.")


@contextmanager
def existing(config: Path) -> Iterator[tuple[Settings, Register]]:
    """Open the register for a change that makes no sense in a new one."""
    settings = read_settings(config)
    Register.open_for_reading(settings.register_place).close()
    with Register.open(settings.register_place) as register:
        yield settings, register


def note_of(by: str | None, why: str) -> Note:
    """Who changes the register, and why; a usage error for what could deceive."""
    try:
        return (Note(why=why) if by is None else Note(by, why)).checked()
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def own_permits(written: list[str], settings: Settings) -> tuple[OwnPermit, ...]:
    """Zones of somebody's own, as they are typed; a usage error says how to type them."""
    try:
        permits = tuple(read_own_permit(text) for text in written)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    known = {zone.zone_id for zone in settings.zones}
    if unknown := sorted({permit.zone_id for permit in permits} - known):
        raise typer.BadParameter(
            f"unknown zone {', '.join(unknown)}; known zones: {', '.join(sorted(known))}"
        )
    return permits


def kept(found: Examination, photos: list[Photo], settings: Settings) -> tuple[bytes, ...]:
    """The photos to keep: those that were accepted, where the site keeps any."""
    if not (settings.register.keep_photos and found.templates):
        return ()
    pairs = zip(found.results, photos, strict=True)
    return tuple(
        photo.source.read_bytes() if isinstance(photo.source, Path) else photo.source
        for result, photo in pairs
        if result.template is not None
    )


def person_of(options: PersonOptions, settings: Settings, register: Register, note: Note) -> Person:
    """The person that somebody wants enrolled; typer.BadParameter, PersonExistsError."""
    name = unicodedata.normalize("NFC", options.name).strip()
    zone = ZoneInfo(settings.time_zone)
    taken = {person.staff_id.lower(): person.staff_id for person in register.people()}
    if options.staff_id and (has_it := taken.get(options.staff_id.lower())):
        raise PersonExistsError.by(has_it)
    try:
        return Person(
            staff_id=options.staff_id or staff_id_for(name, taken.__contains__),
            name=name,
            groups=frozenset(options.groups or ()),
            valid_from=start_of(options.valid_from, zone) if options.valid_from else None,
            valid_to=end_of(options.valid_to, zone) if options.valid_to else None,
            organisation=options.organisation or "",
            badge=options.badge or "",
            remarks=options.remarks or "",
            basis=basis_of(options, note),
            permits=own_permits(options.zones, settings) if options.zones else None,
            watchlisted=options.watch_list,
        ).checked()
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def basis_of(options: PersonOptions | EditOptions, note: Note) -> LegalBasis | None:
    """Why the face may be kept, taken now by this account; None where nothing is said."""
    if options.basis is None:
        if options.purpose or options.notice:
            raise typer.BadParameter("--purpose and --notice go with --basis")
        return None
    try:
        kind = BasisKind(options.basis)
    except ValueError:
        raise typer.BadParameter("--basis is consent or statutory") from None
    return LegalBasis(kind, options.purpose, options.notice, datetime.now(UTC), note.by)


def check_rights(options: PersonOptions, settings: Settings) -> None:
    """A usage error for groups that nobody knows, and for somebody who could go nowhere."""
    check_groups(options.groups or [], settings)
    if not (options.groups or options.zones or options.watch_list):
        raise typer.BadParameter(
            "Missing option: --group or --zone; without any they may go nowhere"
        )


def check_groups(groups: list[str], settings: Settings) -> None:
    """A usage error for a group that the configuration does not know."""
    unknown = sorted(set(groups) - set(settings.groups))
    if unknown:
        known = ", ".join(sorted(settings.groups)) or "none; add them to config.yaml"
        raise typer.BadParameter(f"unknown group {', '.join(unknown)}; known groups: {known}")


def examiner_of(settings: Settings) -> tuple[Examiner, str]:
    """What judges photos with the configured models, and its embedder's id."""
    loader = ModelLoader(standard_store(settings.models.directory))
    embedder = loader.embedder(settings.models.embedder)
    detector = loader.face_detector(settings.models.face_detector)
    return Examiner(detector, embedder), embedder.embedding_id


def examined(
    photos: list[Photo],
    settings: Settings,
    register: Register,
    distinct_from: frozenset[str],
    staff_id: str | None = None,
) -> Examination:
    """Judge photos against everybody but ``distinct_from``, and against the person's own."""
    examiner, embedding_id = examiner_of(settings)
    gallery = register.everybody(embedding_id)
    return examiner.examine(photos, gallery, distinct_from, staff_id)


def _terms(settings: Settings) -> Terms:
    embedder = read_manifest().entry(settings.models.embedder, Role.EMBEDDER)
    return Terms(embedding_id_of(embedder), ZoneInfo(settings.time_zone))
