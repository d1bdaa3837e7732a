"""The work of `bondwatch evidence recheck`: gathers, judges again, and tells what differs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import typer

from bondwatch.failures import CommandError
from bondwatch.journal_desk import evidence_id, site_journal
from bondwatch.todays_judgement import todays_models, todays_register, todays_thresholds
from models.loading import ModelSet
from vision.bundles.charges import CAMERA_KINDS
from vision.bundles.comparing import ACTIVE, Difference, What
from vision.bundles.rechecking import (
    CameraEvidence,
    Rechecked,
    WorkFolder,
    decided_then,
    evidence_by_camera,
    recheck,
)
from vision.bundles.second_look import Rules, SecondLook
from vision.bundles.seen import Timeline
from vision.bundles.timelines import TimelineError
from vision.evidence.reading import EvidenceReader, copy_plain
from vision.evidence.witness import configuration_digest
from vision.outputs.journal_values import AlarmRecord
from vision.scene_policies import to_scene_policy
from vision.settings import Settings

SAME = "today it would be decided as it was"
OTHERWISE = "today it would be decided differently"


def recheck_alarm(alarm: str, config: Path, *, as_json: bool) -> bool:
    """Look again at an alarm's clip, and say what came of it; whether it is decided differently.

    Raises CommandError with the remedy.
    """
    with site_journal(config) as (settings, journal):
        alarm_id = evidence_id(journal, alarm)
        files, gaps, _ = journal.evidence_of(alarm_id)
        record = journal.alarm(alarm_id)
    cameras = evidence_by_camera(settings.data_dir, files, gaps)
    _demand(cameras, settings, alarm_id)
    with (
        tempfile.TemporaryDirectory(prefix="bondwatch-recheck-") as work,
        EvidenceReader(settings.register_place.keys) as reader,
    ):
        folder = WorkFolder(Path(work), partial(copy_plain, reader=reader))
        then = [_then(one, folder) for one in cameras]
        judge = _Judge(settings, todays_models(settings), folder)
        done = [judge.recheck(*each) for each in zip(cameras, then, strict=True)]
    differs = any(one.grave for each in done for one in each.differences)
    if as_json:
        facts = {"alarm_id": alarm_id, "differs": differs, "cameras": [*map(_facts, done)]}
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        _tell(alarm_id, record, done)
        typer.echo(OTHERWISE if differs else SAME)
    return differs


def _demand(cameras: Sequence[CameraEvidence], settings: Settings, alarm_id: str) -> None:
    """Refuse what cannot be compared, before anything is loaded."""
    if not cameras:
        raise CommandError(
            f"no part of the clip of {alarm_id} is whole",
            "see 'bondwatch evidence show', and try again when the clip has ended",
        )
    known = {camera.camera_id for camera in settings.cameras}
    for evidence in cameras:
        if evidence.camera_id not in known:
            what = f"camera {evidence.camera_id} is not in the configuration any more"
            raise CommandError(what, "give one with it (--config)")
    for evidence in cameras:
        if not evidence.timelines:
            what = f"there is no timeline of camera {evidence.camera_id} to compare with"
            raise CommandError(what, "'bondwatch replay' tells what would be decided today")


def _then(evidence: CameraEvidence, folder: WorkFolder) -> Timeline:
    try:
        return decided_then(evidence, folder)
    except TimelineError as error:
        raise CommandError(str(error), "'bondwatch evidence show' tells which files") from error


@dataclass(frozen=True, slots=True)
class _Judge:
    """What judges today."""

    settings: Settings
    models: ModelSet
    folder: WorkFolder

    def recheck(self, evidence: CameraEvidence, then: Timeline) -> Rechecked:
        settings, at = self.settings, evidence.begin_at
        (camera,) = [one for one in settings.cameras if one.camera_id == evidence.camera_id]
        register = todays_register(settings, self.models.embedder.embedding_id, at)
        thresholds = todays_thresholds(settings, register)
        policy = to_scene_policy(settings, camera, thresholds, at)
        rules = Rules(policy, camera.analyses_per_s, configuration_digest(settings))
        standing = {
            staff_id: ACTIVE if facts.active else facts.why_inactive
            for staff_id, facts in register.staff.items()
        }
        look = SecondLook(rules, self.models, register)
        return recheck(evidence, then, settings.data_dir, look, standing, self.folder)


def _tell(alarm_id: str, record: AlarmRecord | None, done: Sequence[Rechecked]) -> None:
    """For people: what was looked at, what could not be, and what differs."""
    raised = "" if record is None else f": {record.kind}, raised {_shown(record.raised_at)} UTC"
    typer.echo(f"alarm {alarm_id}{raised}")
    if record is not None and record.kind in CAMERA_KINDS:
        typer.echo("pictures do not decide an alarm about the camera itself: people alone are")
    for one in done:
        for line in _remarks(one):
            typer.echo(line)
        for difference in one.differences:
            typer.echo(_line(difference))


def _remarks(one: Rechecked) -> Iterator[str]:
    for name, part in one.parts.items():
        fault = f"; it cannot be read on from there ({part.fault})" if part.fault else ""
        yield f"{name}: {part.frames} frames judged, until {_shown(part.end_at)} UTC{fault}"
    for name in one.changed:
        yield f"{name} is not as it was recorded; 'bondwatch evidence verify' tells more"
    for gap in one.evidence.gaps:
        span = f"{_shown(gap.from_at)} to {_shown(gap.to_at)}"
        yield f"missing, so not judged: {gap.camera_id} {span} ({gap.reason})"
    for name in one.evidence.growing:
        yield f"still growing, so not judged: {name}"
    if one.left_out:
        yield f"{one.left_out} frames are left out of the timeline: people in them are not compared"


def _line(one: Difference) -> str:
    """A difference in words; what is another decision stands out."""
    mark = "!" if one.grave else " "
    when = "" if one.at is None else f" ({_shown(one.at)[11:]} UTC)"
    then, now = (_value(one.what, value) for value in (one.then, one.now))
    return f"{mark} {one.what.replace('_', ' ')}: {one.about}: then {then}, today {now}{when}"


def _value(what: What, value: str | float | None) -> str:
    if value is None:
        return "nothing"
    if what is What.ALARM_MOMENT and isinstance(value, float):
        return _shown(value)[11:]
    return str(value)


def _facts(one: Rechecked) -> dict[str, Any]:
    """For programs."""
    return {
        "camera": one.evidence.camera_id,
        "parts": {name: asdict(part) for name, part in one.parts.items()},
        "changed": one.changed,
        "missing": [asdict(gap) for gap in one.evidence.gaps],
        "growing": one.evidence.growing,
        "left_out": one.left_out,
        "differences": [asdict(difference) for difference in one.differences],
    }


def _shown(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC).isoformat(sep=" ", timespec="milliseconds")
    return moment.removesuffix("+00:00")
