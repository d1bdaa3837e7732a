"""What `enrol capture` does: camera, models and the register put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bondwatch import enrol_words as words
from bondwatch.capturing import Captured, guided_looks, looks_of_recording
from bondwatch.enrol_capture_cli import CaptureOptions
from bondwatch.enrol_desk import REFUSED, check_rights, note_of, person_of, warn_of_register
from bondwatch.enrol_import_desk import SiteExaminer
from bondwatch.failures import CommandError
from enrolment.enrolling import Examiner
from enrolment.guided import Prompt
from enrolment.hints.book import hint
from enrolment.judging import Everybody, Examination, Judge
from enrolment.person_changes import requested
from enrolment.photos import as_jpeg
from enrolment.register import Register
from models.embedder import embedding_id_of, spec_of
from models.entries import Role
from models.manifest import read_manifest
from vision.config_reader import read_settings
from vision.ingest.frame import Frame
from vision.ingest.reasons import StreamFaultError
from vision.ingest.replay import read_file
from vision.ingest.session import SessionOptions, StreamSession
from vision.ingest.sources import SourceSettings
from vision.settings import CameraSettings, Secret, Settings

_PATIENCE_S = 20.0
"""How long is waited for a camera's frame."""

_LOOKS_PER_S = 5.0


def capture(options: CaptureOptions) -> None:
    """Enrol somebody from a live camera or a recording, or tell why not."""
    settings = read_settings(options.config)
    check_rights(options, settings)
    source = _source(options, settings)
    language = words.spoken(options.language)
    note = note_of(options.by, options.why)
    with Register.open(settings.register_place) as register:
        person = person_of(options, settings, register, note)
        if settings.register.two_person_rule:
            person = requested(person, note)
        examiner = SiteExaminer(settings.models)()
        looks = _looks(source, examiner, lambda prompt: words.tell(hint(prompt, language)))
        entry = read_manifest().entry(settings.models.embedder, Role.EMBEDDER)
        everybody = Everybody(register.everybody(embedding_id_of(entry)))
        examination = Judge(spec_of(entry).thresholds).together(
            [look.result for look in looks],
            everybody,
            distinct_from=frozenset(options.not_same_as or ()),
        )
        words.tell_photos(examination, language)
        if not examination.templates:
            words.complain(hint(Prompt.GIVEN_UP, language) if not looks else "Nobody was enrolled.")
            raise typer.Exit(REFUSED)
        photos = _kept(looks, examination) if settings.register.keep_photos else ()
        register.add_person(person, examination.templates, note, photos=photos)
        words.tell_enrolled(person, len(examination.templates), register.version)
        warn_of_register(register, settings)


def _kept(looks: list[Captured], examination: Examination) -> tuple[bytes, ...]:
    """The pictures to keep: those of which templates were made."""
    pairs = zip(looks, examination.results, strict=True)
    return tuple(as_jpeg(look.pixels) for look, result in pairs if result.template is not None)


def _looks(
    source: SourceSettings | Path, examiner: Examiner, say: Callable[[Prompt], None]
) -> list[Captured]:
    if isinstance(source, Path):
        try:
            return looks_of_recording(read_file(source, 0.0, min_gap_s=1 / _LOOKS_PER_S), examiner)
        except StreamFaultError as error:
            raise CommandError(str(error), "give a video file that plays") from error
    with _live(source) as frames:
        return guided_looks(frames, examiner, say)


@contextmanager
def _live(source: SourceSettings) -> Iterator[Iterator[Frame]]:
    with StreamSession(source, SessionOptions(preroll_s=0.0)) as session:
        yield _frames(session)


def _frames(session: StreamSession) -> Iterator[Frame]:
    """The newest frame whenever one is wanted; CommandError once none comes any more."""
    while (frame := session.frames.take(_PATIENCE_S)) is not None:
        yield frame
    health = session.health()
    why = f"{session.url} sends no picture ({health.reason})"
    raise CommandError(why, "check the camera's address, user and password")


def _source(options: CaptureOptions, settings: Settings) -> SourceSettings | Path:
    named = [one for one in (options.camera, options.source, options.clip) if one is not None]
    if len(named) != 1:
        raise typer.BadParameter("give one of --camera, --source and --clip")
    if options.clip is not None:
        return options.clip
    if options.source is not None:
        return SourceSettings(
            options.source,
            Secret(env=options.username_env) if options.username_env else None,
            Secret(env=options.password_env) if options.password_env else None,
        )
    return _camera_source(_camera(options.camera or "", settings))


def _camera(camera_id: str, settings: Settings) -> CameraSettings:
    for camera in settings.cameras:
        if camera.camera_id == camera_id:
            return camera
    known = ", ".join(camera.camera_id for camera in settings.cameras)
    raise typer.BadParameter(f"no camera {camera_id}; known cameras: {known}")


def _camera_source(camera: CameraSettings) -> SourceSettings:
    """The sharper of the camera's streams."""
    return SourceSettings(
        camera.record_url or camera.detect_url,
        camera.username,
        camera.password,
        camera.connect_timeout_s,
        camera.read_timeout_s,
    )
