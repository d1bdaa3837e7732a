"""What judges recordings today: models, register and thresholds, for commands that look again."""

from __future__ import annotations

import sys

from bondwatch.failures import CommandError
from models.embedder import spec_of
from models.entries import Thresholds
from models.loading import ModelNames, ModelSet, load_models
from models.manifest import read_manifest
from models.store import standard_store
from models.thresholds import thresholds_for
from vision.register_watch import RegisterView, RegisterWatch
from vision.settings import Settings
from vision.worker_models import pairs_alike


def todays_models(settings: Settings) -> ModelSet:
    """The configured models. Raises as `models.loading.load_models`."""
    wanted = settings.models
    names = ModelNames(wanted.detector, wanted.face_detector, wanted.embedder)
    return load_models(names, standard_store(wanted.directory))


def todays_register(settings: Settings, embedding_id: str, around_utc: float) -> RegisterView:
    """The register as it is, people's own hours as they fall around a moment, POSIX seconds.

    Raises CommandError where there is none, or where it cannot be read.
    """
    place, zone = settings.register_place, settings.time_zone
    watch = RegisterWatch(place, embedding_id, zone, clock=lambda: around_utc)
    try:
        status = watch.poll()
    finally:
        watch.close()
    if status.problem is not None:
        raise CommandError(status.problem, "enrol somebody first, or restore the register")
    return status.view


def todays_thresholds(settings: Settings, register: RegisterView) -> Thresholds:
    """Those that the daemon would go by with this register; a doubt about them is told."""
    spec = spec_of(read_manifest().entry(settings.models.embedder))
    people = register.gallery.people
    pairs = pairs_alike(spec, register.gallery, settings.identity)
    choice = thresholds_for(spec, people, settings.identity.confirm_looks, pairs)
    if choice.doubt:
        sys.stderr.write(f"bondwatch: {choice.doubt}: {people} people; see docs/models.md\n")
    return choice.thresholds
