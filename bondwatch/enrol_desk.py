"""What the enrolment commands do: settings, models and the register put together.

Each function is one command's work; words for the terminal are ``bondwatch.enrol_words``'s.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_words as words
from bondwatch.enrol_cli import AddOptions
from enrolment.enrolling import Examiner, Photo
from enrolment.judging import Examination
from enrolment.people import Person
from enrolment.register import Register
from enrolment.register_errors import PersonExistsError, RegisterError
from enrolment.register_history import Note
from enrolment.staff_ids import staff_id_for
from enrolment.states import Action
from enrolment.validity import end_of, start_of
from models.embedder import embedding_id_of
from models.entries import Role
from models.errors import ModelError
from models.loading import ModelLoader
from models.manifest import read_manifest
from models.store import standard_store
from vision.config_reader import ConfigError, read_settings
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
        words.complain(str(exc))
        raise typer.Exit(REFUSED) from exc


def add(options: AddOptions) -> None:
    """Enrol somebody from photos, or tell for each photo why not."""
    settings = read_settings(options.config)
    check_groups(options.groups, settings)
    with Register.open(settings.register_place) as register:
        person = person_of(options, settings, register)
        photos = [Photo.of_file(path) for path in options.all_photos]
        distinct_from = frozenset(options.not_same_as or ())
        examination = _examined(photos, settings, register, distinct_from)
        words.tell_photos(examination, words.spoken(options.language))
        if not examination.templates:
            words.complain("Nobody was enrolled.")
            raise typer.Exit(REFUSED)
        register.add_person(person, examination.templates)
        words.tell_enrolled(person, len(examination.templates), register.version)


def list_people(config: Path, *, as_json: bool) -> None:
    """Show everybody."""
    settings = read_settings(config)
    embedding_id = _embedding_id(settings)
    with Register.open_for_reading(settings.register_place) as register:
        words.tell_people(
            register.people(), register.template_counts(), embedding_id, as_json=as_json
        )


def show(config: Path, staff_id: str, *, as_json: bool) -> None:
    """Show one person."""
    settings = read_settings(config)
    embedding_id = _embedding_id(settings)
    with Register.open_for_reading(settings.register_place) as register:
        counts = register.template_counts().get(staff_id, {})
        words.tell_person(register.person(staff_id), counts, embedding_id, as_json=as_json)


def set_active(config: Path, staff_id: str, *, active: bool) -> None:
    """Suspend somebody, or end the suspension."""
    with _existing(config) as register:
        register.act(staff_id, Action.RESUME if active else Action.SUSPEND, Note())
        done = "may be on site again" if active else "is suspended"
        words.tell(f"{register.person(staff_id).name} ({staff_id}) {done}.")


def remove(config: Path, staff_id: str, *, confirmed: bool) -> None:
    """Erase somebody, after asking."""
    with _existing(config) as register:
        name = register.person(staff_id).name
        if not confirmed:
            typer.confirm(f"Erase {name} ({staff_id}) and all templates?", abort=True)
        erased = register.remove(staff_id)
    words.tell(f"{name} ({staff_id}) is erased.")
    if not erased:
        words.tell("Traces leave the disk when the running daemon next lets go of the register.")


@contextmanager
def _existing(config: Path) -> Iterator[Register]:
    """Open the register for a change that makes no sense in a new one."""
    settings = read_settings(config)
    Register.open_for_reading(settings.register_place).close()
    with Register.open(settings.register_place) as register:
        yield register


def person_of(options: AddOptions, settings: Settings, register: Register) -> Person:
    """The person that somebody wants enrolled; typer.BadParameter, PersonExistsError."""
    name = unicodedata.normalize("NFC", options.name).strip()
    zone = ZoneInfo(settings.time_zone)
    taken = {person.staff_id for person in register.people()}
    if options.staff_id in taken:
        raise PersonExistsError(f"staff id {options.staff_id} is taken; choose another")
    try:
        return Person(
            staff_id=options.staff_id or staff_id_for(name, taken.__contains__),
            name=name,
            groups=frozenset(options.groups),
            valid_from=start_of(options.valid_from, zone) if options.valid_from else None,
            valid_to=end_of(options.valid_to, zone) if options.valid_to else None,
        ).checked()
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def check_groups(groups: list[str], settings: Settings) -> None:
    """Raise typer.BadParameter for a group that the configuration does not know."""
    unknown = sorted(set(groups) - set(settings.groups))
    if unknown:
        known = ", ".join(sorted(settings.groups)) or "none; add them to config.yaml"
        raise typer.BadParameter(f"unknown group {', '.join(unknown)}; known groups: {known}")


def _examined(
    photos: list[Photo], settings: Settings, register: Register, distinct_from: frozenset[str]
) -> Examination:
    loader = ModelLoader(standard_store(settings.models.directory))
    embedder = loader.embedder(settings.models.embedder)
    examiner = Examiner(loader.face_detector(settings.models.face_detector), embedder)
    gallery = register.snapshot(embedder.embedding_id).gallery
    return examiner.examine(photos, gallery, distinct_from)


def _embedding_id(settings: Settings) -> str:
    return embedding_id_of(read_manifest().entry(settings.models.embedder, Role.EMBEDDER))
