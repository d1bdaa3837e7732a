"""What the demo shows of the messages that came in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from bondwatch.demo.board import Board, line_about
from bondwatch.demo.screen import JsonScreen, save_picture
from bondwatch.demo.subscriber import Received

PASSAGE: dict[str, Any] = {
    "zone": "bonded",
    "object": "person",
    "direction": "entry",
    "times": {"wall": "2026-01-31T08:00:01.000Z"},
    "identity": {
        "state": "registered",
        "staff_id": "alma-reyes",
        "similarity": 0.98,
        "looks": 3,
        "face_px": 84.0,
    },
}


@pytest.fixture
def board() -> Board:
    """A board that has heard of one passage."""
    board = Board({"alma-reyes": "Alma Reyes"})
    board.add("passage", PASSAGE)
    return board


def test_a_passage_is_one_plain_line(board: Board) -> None:
    """A line names the person and what the verdict rests on."""
    line = line_about("passage", PASSAGE, board)

    assert line is not None
    assert "in: Alma Reyes, registered (similarity 0.98, 3 looks, 84 px)" in line


def test_a_message_is_one_json_object(board: Board, capsys: pytest.CaptureFixture[str]) -> None:
    """Programs get topic, payload and the moment, one object a line; words go elsewhere."""
    screen = JsonScreen()
    screen.say("broker: somewhere")
    screen.show("passage", Received("bondwatch/v1/demo/passage", PASSAGE, "now"), board)

    out, _ = capsys.readouterr()
    assert json.loads(out) == {
        "topic": "bondwatch/v1/demo/passage",
        "payload": PASSAGE,
        "received_at": "now",
    }


def test_the_picture_of_the_terminal_is_text_that_loads_nothing(
    board: Board, tmp_path: Path
) -> None:
    """The SVG shows the board and asks no server for a font."""
    path = tmp_path / "demo.svg"

    save_picture(path, board, ["As expected."])

    drawing = path.read_text()
    assert ET.fromstring(drawing).tag.endswith("svg")  # noqa: S314 - made here a moment ago
    assert "Alma" in drawing
    assert "url(http" not in drawing
