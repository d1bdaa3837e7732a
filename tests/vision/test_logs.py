"""One event a line, and no secret in any."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import structlog

from vision.logs import configure_logs, logger, redact_event
from vision.settings import LogSettings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def logging_as_before():
    """Logging is one for the whole process, so every test puts it back."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers, root.level = before, level
    structlog.reset_defaults()


def lines(path: Path) -> list[dict]:
    """The events of a log file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_an_event_is_one_json_line_with_its_circumstances(tmp_path, capsys):
    """When, what, how grave, from where; the same on standard error and in the file."""
    configure_logs(LogSettings(tmp_path), "worker-1")

    logger("vision.ingest").info("camera_connected", camera="gate", text="a\nb")

    (event,) = lines(tmp_path / "worker-1.log")
    assert event.pop("at").endswith("Z")
    assert event.pop("pid") > 0
    assert event == {
        "event": "camera_connected",
        "level": "info",
        "logger": "vision.ingest",
        "process": "worker-1",
        "camera": "gate",
        "text": "a\nb",
    }
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_exceptions_text_is_redacted(tmp_path, capsys):
    """A library's exception carries the whole URL; the log does not."""
    configure_logs(LogSettings(tmp_path), "worker-1")

    def open_stream() -> None:
        raise OSError("cannot open rtsp://admin:hunter2@10.0.0.7/main?pwd=hunter2")

    try:
        open_stream()
    except OSError as error:
        logger("x").exception("failed", why=repr(error))
        logging.getLogger("library").exception("giving up")

    everything = (tmp_path / "worker-1.log").read_text() + capsys.readouterr().err
    assert "hunter2" not in everything
    assert everything.count("Traceback") == 4
    assert "rtsp://[redacted]@10.0.0.7/main" in everything


def test_what_libraries_log_goes_the_same_way(tmp_path):
    """The standard library's logging ends in the same lines."""
    configure_logs(LogSettings(tmp_path), "publisher")

    logging.getLogger("paho").warning("login %s", "password=hunter2", extra={"token": "abc"})

    (event,) = lines(tmp_path / "publisher.log")
    assert (event["event"], event["level"]) == ("login password=[redacted]", "warning")
    assert event["token"] == "[redacted]"  # noqa: S105 - the mask, no secret


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"password": "x", "host": "b"}, {"password": "[redacted]", "host": "b"}),
        ([("rtsp://u:p@h/",)], [["rtsp://[redacted]@h/"]]),
        (np.zeros(128), "<ndarray>"),
        (b"\xff\xd8", "<bytes>"),
        ([0.1] * 128, "<128 items>"),
        (Path("/a"), "/a"),
        (None, None),
    ],
)
def test_values_of_every_kind_are_made_safe(value, expected):
    """Secrets are masked at any depth; pictures and embeddings are named by their kind alone."""
    assert redact_event(None, "info", {"value": value}) == {"value": expected}


def test_a_value_that_resists_does_not_stop_the_line(tmp_path):
    """Whatever is logged, a line comes out and nothing is raised."""

    class Hostile:
        def __str__(self) -> str:
            raise ValueError("no")

    loop: list = []
    loop.append(loop)
    configure_logs(LogSettings(tmp_path), "w")

    logger("x").info("odd", a=Hostile(), b=loop, c=float("nan"), d="\ud800", **{"e f": 1})

    assert len((tmp_path / "w.log").read_text().splitlines()) == 1


def test_files_are_rotated_and_the_oldest_go(tmp_path):
    """A file never outgrows its bound by more than a line, and only so many are kept."""
    configure_logs(LogSettings(tmp_path, max_bytes=1000, keep=2), "w")

    for number in range(100):
        logger("x").info("tick", number=number)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["w.log", "w.log.1", "w.log.2"]
    assert all(path.stat().st_size <= 1000 for path in tmp_path.iterdir())
    assert lines(tmp_path / "w.log")[-1]["number"] == 99


def test_the_level_holds_back_what_is_below_it(tmp_path):
    """Debug events cost nothing where nobody wants them."""
    configure_logs(LogSettings(tmp_path, level="warning"), "w")

    logger("x").info("no")
    logger("x").warning("yes")

    assert [event["event"] for event in lines(tmp_path / "w.log")] == ["yes"]


def test_a_folder_that_cannot_be_written_costs_only_the_file(tmp_path, capsys):
    """The process goes on, logs to standard error, and says what is wrong."""
    (tmp_path / "taken").write_text("")
    configure_logs(LogSettings(tmp_path / "taken"), "w")

    logger("x").info("still_here")

    events = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert events == ["log_file_unwritable", "still_here"]


def test_a_full_disk_stops_nobody_and_prints_no_record():
    """A handler that fails says nothing of the record, which may hold a secret."""
    code = (
        "from pathlib import Path; import sys\n"
        "from vision.logs import configure_logs, logger; from vision.settings import LogSettings\n"
        "import logging\n"
        "configure_logs(LogSettings(), 'w')\n"
        "logging.getLogger().handlers[0].stream = open('/dev/full', 'w')\n"
        "for _ in range(3000): logger('x').info('e', password='hunter2')\n"
        "print('alive')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout == "alive\n"
    assert "hunter2" not in done.stderr


def test_processes_write_files_of_their_own(tmp_path):
    """Two processes at once lose no line to each other's rotation."""
    code = (
        "import sys; from pathlib import Path\n"
        "from vision.logs import configure_logs, logger; from vision.settings import LogSettings\n"
        "configure_logs(LogSettings(Path(sys.argv[1]), max_bytes=10**6), sys.argv[2])\n"
        "for n in range(200): logger('x').info('e', n=n)\n"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, tmp_path, name], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        for name in ("worker-1", "worker-2")
    ]
    for process in started:
        assert process.wait(60) == 0

    for name in ("worker-1", "worker-2"):
        assert [event["n"] for event in lines(tmp_path / f"{name}.log")] == list(range(200))
