"""One worker process from its start to its end: puts the parts together and takes them down.

``bondwatch worker`` calls ``main``; the supervisor starts that.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import uuid

from vision.camera_crew import CameraCrew
from vision.evidence.keeping import EvidenceKeeping
from vision.journal_writer import JournalWriter
from vision.kept_config import KeptConfig
from vision.live.server import LiveServer
from vision.logs import configure_logs, logger
from vision.outputs.journal import Journal
from vision.outputs.nudge import Nudge
from vision.parent_link import ParentLink
from vision.register_watch import RegisterPolling
from vision.settings import SearchIn, Settings
from vision.worker import Worker, WorkerParts
from vision.worker_models import load_worker_models

_log = logger(__name__)


def main(config: KeptConfig, worker_id: str) -> int:
    """Run a worker until its supervisor ends it. Returns the exit status."""
    settings = config.read()
    configure_logs(settings.logs, worker_id)
    # A terminal's Ctrl-C and a service manager's SIGTERM reach every process of the daemon; it is
    # the supervisor that ends its children, in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    wake = threading.Event()
    with ParentLink.over_stdio(on_news=wake.set) as link:
        ended = _work(link, wake, settings, config, worker_id)
    if not ended:
        # A stream that hangs in native code holds nothing that is not written down already.
        _log.warning("stream_thread_left_behind")
        os._exit(0)
    return 0


def _work(
    link: ParentLink,
    wake: threading.Event,
    settings: Settings,
    config: KeptConfig,
    worker_id: str,
) -> bool:
    """Do the worker's work; True where every thread of every stream has ended."""
    models = load_worker_models(settings.models)
    keeping = EvidenceKeeping(settings)
    crew = CameraCrew(models, uuid.uuid4().hex[:8], wake.set, keeping.witness)
    nudge = Nudge(settings.run_dir)
    calls: dict[str, dict[str, int]] = {}
    try:
        with (
            keeping,
            RegisterPolling(
                settings.register_place,
                models.embedding_id,
                settings.time_zone,
                by_pgvector=settings.register.search is SearchIn.PGVECTOR,
            ) as register,
            JournalWriter(
                lambda: Journal.open(settings.journal_path),
                nudge,
                process_id=worker_id,
                on_told=keeping.told,
            ) as writer,
            LiveServer(settings.run_dir, worker_id, crew.source_of) as live,
        ):
            parts = WorkerParts(
                link, models, crew, writer, register, wake, witness=keeping.witness, live=live
            )
            try:
                Worker(parts, settings, config.read).run()
            finally:
                calls = {w.settings.camera_id: dict(w.calls) for w in crew}
                # They need a while to end, and the last writes need the same while.
                crew.stop()
    except Exception:
        _log.exception("worker_failed")
        raise
    finally:
        ended = crew.close(crew)
        nudge.close()
    _log.info("worker_ended", model_calls=json.dumps(calls))
    return ended and writer.ended and keeping.ended and live.ended
