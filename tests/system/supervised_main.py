"""The supervisor over ``supervised_child.py``: ``supervised_main.py FOLDER TIMINGS_AS_JSON``."""

import json
import logging
import sys
from pathlib import Path

from vision.config_reader import read_settings
from vision.logs import configure_logs
from vision.supervision.data_dir import DataDirLock
from vision.supervision.family import Commands
from vision.supervision.log_thread import LogThread
from vision.supervision.timings import Timings
from vision.supervisor import Supervisor

folder = Path(sys.argv[1])
settings = read_settings(folder / "config.yaml")
configure_logs(settings.logs, "supervisor")
child = (sys.executable, str(Path(__file__).with_name("supervised_child.py")), str(folder))
log_thread = LogThread(logging.getLogger())
Supervisor(
    folder / "config.yaml",
    settings,
    Commands(child, (*child, "publisher"), (*child, "ledger")),
    DataDirLock(settings.data_dir),
    Timings(**json.loads(sys.argv[2])),
).run()
log_thread.close(10.0)
