"""One worker process from its start to its end: puts the parts together and takes them down.

``bondwatch worker`` calls ``main``; the supervisor starts that.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import uuid
from pathlib import Path

from vision.camera_crew import CameraCrew
from vision.config_reader import read_settings
from vision.journal_writer import JournalWriter
from vision.logs import configure_logs, logger
from vision.outputs.journal import Journal
from vision.outputs.nudge import Nudge
from vision.parent_link import ParentLink
from vision.register_watch import RegisterPolling
from vision.settings import Settings
from vision.worker import Worker, WorkerParts
from vision.worker_models import load_worker_models

_log = logger(__name__)


def main(config: Path, worker_id: str) -> int:
    """Run a worker until its supervisor ends it. Returns the exit status."""
    settings = read_settings(config)
    configure_logs(settings.logs, worker_id)
    # A terminal's Ctrl-C reaches every process of the group; the supervisor ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    wake = threading.Event()
    with ParentLink.over_stdio(on_news=wake.set) as link:
        ended = _work(link, wake, settings, config, worker_id)
    if not ended:
        # A stream that hangs in native code holds nothing that is not written down already.
        _log.warning("stream_thread_left_behind")
        os._exit(0)
    return 0


def _work(
    link: ParentLink, wake: threading.Event, settings: Settings, config: Path, worker_id: str
) -> bool:
    """Do the worker's work; True where every thread of every stream has ended."""
    models = load_worker_models(settings.models)
    crew = CameraCrew(models, uuid.uuid4().hex[:8], wake.set)
    nudge = Nudge(settings.run_dir)
    with (
        RegisterPolling(
            settings.register_place, models.embedding_id, settings.time_zone
        ) as register,
        JournalWriter(
            lambda: Journal.open(settings.journal_path),
            nudge,
            site=settings.site_id,
            process_id=worker_id,
        ) as writer,
    ):
        parts = WorkerParts(link, models, crew, writer, register, wake)
        try:
            Worker(parts, settings, lambda: read_settings(config)).run()
        finally:
            calls = {w.settings.camera_id: dict(w.calls) for w in crew}
    ended = crew.close(crew)
    _log.info("worker_ended", model_calls=json.dumps(calls))
    nudge.close()
    return ended
