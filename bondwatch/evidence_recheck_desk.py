"""The work of `bondwatch evidence recheck`: gathers, judges again, and tells what differs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bondwatch.failures import CommandError
from bondwatch.journal_desk import evidence_id, site_journal
from bondwatch.todays_judgement import todays_models, todays_register, todays_thresholds
from models.loading import ModelSet
from vision.bundles.charges import CAMERA_KINDS
from vision.bundles.comparing import ACTIVE, Difference, What
from vision.bundles.rechecking import CameraEvidence, Rechecked, evidence_by_camera, recheck
from vision.bundles.second_look import Rules, SecondLook
from vision.bundles.timelines import TimelineError
from vision.evidence.witness import configuration_digest
from vision.outputs.journal_values import AlarmRecord
from vision.register_watch import RegisterView
from vision.scene_policies import to_scene_policy
from vision.settings import CameraSettings, Settings

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
    models = todays_models(settings)
    with tempfile.TemporaryDirectory(prefix="bondwatch-recheck-") as folder:
        done = [_rechecked(one, settings, models, Path(folder)) for one in cameras]
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
            raise CommandError(
                f"camera {evidence.camera_id} is not in the configuration any more",
                "give one with it (--config)",
            )
        if not evidence.timelines:
            raise CommandError(
                f"there is no timeline of camera {evidence.camera_id} to compare with",
                "'bondwatch replay' tells what would be decided today",
            )


def _rechecked(
    evidence: CameraEvidence, settings: Settings, models: ModelSet, folder: Path
) -> Rechecked:
    (camera,) = [one for one in settings.cameras if one.camera_id == evidence.camera_id]
    register = todays_register(settings, models.embedder.embedding_id, evidence.begin_at)
    rules = _rules(settings, camera, register, evidence.begin_at)
    standing = {
        staff_id: ACTIVE if facts.active else facts.why_inactive
        for staff_id, facts in register.staff.items()
    }
    look = SecondLook(rules, models, register)
    try:
        return recheck(evidence, settings.data_dir, look, standing, folder)
    except TimelineError as error:
        raise CommandError(str(error), "'bondwatch evidence show' tells which files") from error


def _rules(settings: Settings, camera: CameraSettings, register: RegisterView, at: float) -> Rules:
    thresholds = todays_thresholds(settings, register)
    policy = to_scene_policy(settings, camera, thresholds, at)
    return Rules(policy, camera.analyses_per_s, configuration_digest(settings))


def _tell(alarm_id: str, record: AlarmRecord | None, done: Sequence[Rechecked]) -> None:
    """For people: what was looked at, what could not be, and what differs."""
    raised = "" if record is None else f": {record.kind}, raised {_shown(record.raised_at)} UTC"
    typer.echo(f"alarm {alarm_id}{raised}")
    if record is not None and record.kind in CAMERA_KINDS:
        typer.echo("pictures do not decide an alarm about the camera itself: people alone are")
    for one in done:
        for line in _remarks(one):
            typer.echo(line)
        if one.differences:
            Console().print(_table(one.differences))


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


def _table(differences: Sequence[Difference]) -> Table:
    table = Table()
    for heading in ("", "What differs", "Of"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Then", "Today"):
        table.add_column(heading, overflow="fold")
    table.add_column("At (UTC)", no_wrap=True)
    for one in differences:
        table.add_row(*map(Text, _cells(one)))
    return table


def _cells(one: Difference) -> tuple[str, ...]:
    when = "" if one.at is None else _shown(one.at)[11:]
    return (
        "!" if one.grave else "",
        one.what.replace("_", " "),
        one.about,
        _value(one.what, one.then),
        _value(one.what, one.now),
        when,
    )


def _value(what: What, value: str | float | None) -> str:
    if value is None:
        return "-"
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
