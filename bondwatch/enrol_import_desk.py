"""What `enrol import` does: settings, models, photos and the register put together.

Words and the progress bar are ``bondwatch.enrol_import_words``'s.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from bondwatch import enrol_import_words as words
from bondwatch.enrol_desk import REFUSED, USAGE, note_of, warn_of_register
from bondwatch.enrol_import_cli import ImportOptions
from bondwatch.enrol_words import complain, spoken
from enrolment.bulk.cells import RowRules
from enrolment.bulk.dates import DateOrder
from enrolment.bulk.examining import ExaminerPool
from enrolment.bulk.importing import Gathered, Importing, Row
from enrolment.bulk.outcomes import Outcome, RowResult
from enrolment.bulk.photo_stores import PhotoStoreError, open_photos, table_in_zip
from enrolment.bulk.remembered import RememberedPhotos
from enrolment.bulk.report import write_report
from enrolment.bulk.rows import read_rows
from enrolment.bulk.table import MAX_TABLE_BYTES, Table, TableError, read_table
from enrolment.bulk.target import RegisterTarget
from enrolment.enrolling import Examiner
from enrolment.judging import Judge
from enrolment.register import Register
from models.embedder import embedding_id_of, spec_of
from models.entries import ModelEntry, Role
from models.loading import ModelLoader
from models.manifest import read_manifest
from models.store import standard_store
from vision.config_reader import read_settings
from vision.configuration.own_permits import read_own_permit
from vision.settings import ModelSettings, Settings

_SHOWN_NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class SiteExaminer:
    """Makes an examiner of the site's models, in whichever process it is called."""

    models: ModelSettings

    def __call__(self) -> Examiner:
        loader = ModelLoader(standard_store(self.models.directory))
        face_detector = loader.face_detector(self.models.face_detector)
        return Examiner(face_detector, loader.embedder(self.models.embedder))


def import_people(options: ImportOptions) -> None:
    """Import a table of people, and tell what became of each row."""
    settings = read_settings(options.config)
    language = spoken(options.language)
    try:
        table = _table(options)
        rows = read_rows(table, _rules(options, settings))
        if not options.as_json:
            words.tell_table(options.people, table)
        results: list[RowResult] = []
        try:
            results.extend(_imported(rows, options, settings))
        finally:  # an import that is broken off has settled some rows; the report says which
            if options.report is not None:
                write_report(options.report, results, language)
    except (TableError, PhotoStoreError) as exc:
        complain(str(exc))
        raise typer.Exit(USAGE) from exc
    words.tell_results(results, language, dry=options.dry_run, as_json=options.as_json)
    if settings.register.two_person_rule and not (options.dry_run or options.as_json):
        words.tell_waiting(results, language)
    if any(result.outcome is Outcome.REFUSED for result in results):
        raise typer.Exit(REFUSED)


def _imported(
    rows: tuple[Row, ...], options: ImportOptions, settings: Settings
) -> Iterator[RowResult]:
    embedder = _embedder(settings)
    embedding_id = embedding_id_of(embedder)
    photos = options.photos or _beside(options.people)
    with ExitStack() as stack:
        store = stack.enter_context(open_photos(photos))
        register = stack.enter_context(Register.open(settings.register_place))
        remembered = stack.enter_context(RememberedPhotos(settings.data_dir / "imports.db"))
        jobs = options.jobs or os.cpu_count() or 1
        pool: ExaminerPool[Gathered] = ExaminerPool(SiteExaminer(settings.models), jobs)
        stack.enter_context(pool)
        importing = Importing(
            _target(register, embedding_id, options, settings),
            remembered,
            Judge(spec_of(embedder).thresholds),
            embedding_id=embedding_id,
            keep_photos=settings.register.keep_photos,
            dry=options.dry_run,
        )
        yield from words.with_progress(importing.run(rows, store, pool), len(rows))
        warn_of_register(register, settings)


def _target(
    register: Register, embedding_id: str, options: ImportOptions, settings: Settings
) -> RegisterTarget:
    """The register, with what the history of each person says of this import."""
    # A file can be called anything.
    name = "".join(char if char.isprintable() else "?" for char in options.people.name)
    why = options.why or f"import of {name[:_SHOWN_NAME_CHARS]}"
    note, rule = note_of(options.by, why), settings.register.two_person_rule
    return RegisterTarget(register, embedding_id, note, two_person=rule)


def _table(options: ImportOptions) -> Table:
    if options.people.suffix.casefold() == ".zip":
        return read_table(table_in_zip(options.people), options.encoding)
    with options.people.open("rb") as file:
        return read_table(file.read(MAX_TABLE_BYTES + 1), options.encoding)


def _beside(people: Path) -> Path:
    return people if people.suffix.casefold() == ".zip" else people.absolute().parent


def _rules(options: ImportOptions, settings: Settings) -> RowRules:
    unknown = sorted(set(options.groups or ()) - set(settings.groups))
    if unknown:
        known = ", ".join(sorted(settings.groups)) or "none; add them to config.yaml"
        raise typer.BadParameter(f"unknown group {', '.join(unknown)}; known groups: {known}")
    return RowRules(
        zone=ZoneInfo(settings.time_zone),
        known_groups=frozenset(settings.groups),
        default_groups=frozenset(options.groups or ()),
        date_order=DateOrder(options.date_order) if options.date_order else None,
        known_zones=frozenset(zone.zone_id for zone in settings.zones),
        read_permit=read_own_permit,
        taken_by=note_of(options.by, options.why).by,
    )


def _embedder(settings: Settings) -> ModelEntry:
    """The embedder's entry, once both models' files are found to be there and right."""
    manifest, store = read_manifest(), standard_store(settings.models.directory)
    store.read(manifest.entry(settings.models.face_detector, Role.FACE_DETECTOR))
    embedder = manifest.entry(settings.models.embedder, Role.EMBEDDER)
    store.read(embedder)
    return embedder
