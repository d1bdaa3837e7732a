"""`bondwatch run`, and the three commands by which the daemon starts its own children.

No native library is imported here: the supervisor is one of those who run this. What a child
needs is imported when a child is what was asked for.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bondwatch.failures import CommandError
from vision import kept_config
from vision.config_reader import read_settings
from vision.kept_config import KeptConfig
from vision.logs import configure_logs
from vision.supervision.data_dir import DataDirError, DataDirLock
from vision.supervision.family import Commands
from vision.supervision.log_thread import LogThread
from vision.supervisor import Supervisor

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
WorkerId = Annotated[str, typer.Option("--worker", metavar="ID", help="Which worker it is.")]
Kept = Annotated[Path | None, typer.Option("--kept", metavar="FILE", help="The kept copy.")]
DEFAULT_CONFIG = Path("config.yaml")

_LAST_LINES_S = 0.2


def run(config: Config = DEFAULT_CONFIG) -> None:
    """Watch the site until SIGTERM or Ctrl-C; SIGHUP reloads the configuration."""
    path = config.absolute()
    settings = read_settings(path)
    configure_logs(settings.logs, "supervisor")
    try:
        lock = DataDirLock(settings.data_dir)
    except DataDirError as error:
        raise CommandError(error.what, error.remedy) from error
    log_thread = LogThread(logging.getLogger())
    kept = settings.run_dir / kept_config.NAME
    written = Supervisor(path, settings, commands(path, kept), lock).run()
    if not (log_thread.close(_LAST_LINES_S) and written):
        # The disk or the log's reader holds on to the last write; waiting for it would be
        # waiting for ever. Alarms among it have gone to the publisher.
        os._exit(0)
    lock.close()


def worker(worker_id: WorkerId, config: Config = DEFAULT_CONFIG, kept: Kept = None) -> None:
    """Be a camera worker; only the supervisor can use this."""
    from vision import worker_main  # noqa: PLC0415 - native libraries, wanted in the child alone

    raise typer.Exit(worker_main.main(KeptConfig(config, kept), worker_id))


def publisher(config: Config = DEFAULT_CONFIG, kept: Kept = None) -> None:
    """Be the publisher; only the supervisor can use this."""
    from vision import publisher_main  # noqa: PLC0415 - wanted in the child alone

    raise typer.Exit(publisher_main.main(KeptConfig(config, kept)))


def ledger_writer(config: Config = DEFAULT_CONFIG, kept: Kept = None) -> None:
    """Be the ledger's writer; only the supervisor can use this."""
    from vision import ledger_main  # noqa: PLC0415 - native cryptography, wanted in the child alone

    raise typer.Exit(ledger_main.main(KeptConfig(config, kept)))


def commands(config: Path, kept: Path) -> Commands:
    """How this very program starts its children; ``kept``: see ``vision.kept_config``."""
    start = (sys.executable, "-m", "bondwatch")
    options = ("--config", str(config), "--kept", str(kept))
    children = ("worker", "publisher", "ledger-writer")
    return Commands(*((*start, child, *options) for child in children))
