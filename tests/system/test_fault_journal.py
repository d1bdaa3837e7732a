"""A journal that is damaged, or taken away: alarms go out all the same.

The table's row "disk full or slow" promises it of a disk; a file on it can fail just as well.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.clips import make_clip
from tests.system.faulty_site import faulty_site, log_lines, pid_of, told, wait_ready, wait_told
from tests.system.site import eventually, listening

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def test_a_journal_that_fails(tmp_path: Path) -> None:
    """Damaged at the start, whole again, then removed: no alarm of that time stays unheard."""
    journal = tmp_path / "data" / "journal.db"
    journal.parent.mkdir()
    journal.write_bytes(b"not a database at all" * 1000)
    with faulty_site(tmp_path, {"eye": make_clip(fps=5)}, analyses_per_s=0.5) as place:
        with listening(place) as console:
            place.start()
            wait_ready(place)
            eventually(lambda: log_lines(place, "stream_event", kind="connected"))
            wait_told(console, kind="system_degraded", reason="journal_unwritable")
            place.rtsp.freeze("eye")
            undurable = wait_told(console, kind="camera_offline", durable=False)
            assert console.of("status")[-1]["status"] == "online"

            journal.unlink()
            place.rtsp.resume("eye")
            wait_told(console, alarm_id=undurable["alarm_id"], change="cleared", durable=True)

            publisher = pid_of(place, "publisher")
            journal.unlink()
            os.kill(pid_of(place, "w1"), signal.SIGKILL)
            offline = wait_told(console, kind="camera_offline", reason="worker_crashed")
            wait_told(console, alarm_id=offline["alarm_id"], change="cleared")
            eventually(lambda: pid_of(place, "publisher") != publisher)
            assert place.stop() == 0

        assert told(console, kind="system_degraded", reason="publisher_crashed")
