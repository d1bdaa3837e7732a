"""`bondwatch replay`: a recording through the pipeline, decisions out as JSON lines."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import CommandError, Status
from bondwatch.todays_judgement import todays_models, todays_register, todays_thresholds
from vision.config_reader import read_settings
from vision.ingest.reasons import StreamFaultError
from vision.replay import ReplayRules, replay
from vision.scene_policies import to_scene_policy
from vision.settings import CameraSettings, Settings


def replay_video(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A recording.")],
    config: Annotated[Path, typer.Option("--config", metavar="FILE")] = Path("config.yaml"),
    camera: Annotated[
        str | None, typer.Option("--camera", metavar="ID", help="Whose views and rules to use.")
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option("--start", help="When it begins, UTC; default: when the file was written."),
    ] = None,
) -> None:
    """Say what would be decided about a recording: one JSON object a line, the same every time.

    The register and the rules are today's. Nothing is journalled and nothing is published.
    """
    settings = read_settings(config)
    chosen = _camera(settings, camera)
    models = todays_models(settings)
    start_utc = start.replace(tzinfo=UTC).timestamp() if start else _written_at(video)
    register = todays_register(settings, models.embedder.embedding_id, start_utc)
    policy = to_scene_policy(settings, chosen, todays_thresholds(settings, register), start_utc)
    rules = ReplayRules(policy, chosen.analyses_per_s, start_utc)
    try:
        for line in replay(video, rules, models, register):
            sys.stdout.write(f"{line}\n")
    except StreamFaultError as error:
        raise CommandError(str(error), "give a video file that plays") from error


def _camera(settings: Settings, camera_id: str | None) -> CameraSettings:
    """The named camera; the only one where none is named."""
    known = {camera.camera_id: camera for camera in settings.cameras}
    if camera_id is None and len(known) == 1:
        return settings.cameras[0]
    if camera_id not in known:
        names = ", ".join(known)
        what = "several cameras" if camera_id is None else f"no camera {camera_id}"
        raise CommandError(
            f"{what} in the configuration", f"give --camera, one of: {names}", Status.USAGE
        )
    return known[camera_id]


def _written_at(video: Path) -> float:
    """When the file was last written, whole seconds, UTC."""
    return float(int(video.stat().st_mtime))
