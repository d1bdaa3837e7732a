"""Shows the board: live tables on a terminal, plain lines elsewhere, nothing in front of JSON.

Drawing only; what is shown is `bondwatch.demo.board`'s.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bondwatch.demo.board import Board, line_about, time_of, verdict_of, way_of
from bondwatch.demo.subscriber import Received

_STATES: Final = {"registered": "green", "unregistered": "bold red"}
_PICTURE_COLUMNS: Final = 96
_FONT_FROM_ELSEWHERE: Final = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Rich lets the picture load its font from a server; the reader's own will do."""


class Screen(Protocol):
    """What the demo tells things to."""

    def say(self, line: str) -> None:
        """Tell what is being done."""

    def show(self, topic: str, received: Received, board: Board) -> None:
        """A message came in, and the board has taken it in."""


class PlainScreen:
    """Lines, for logs and pipes."""

    def say(self, line: str) -> None:
        """See `Screen.say`."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def show(self, topic: str, received: Received, board: Board) -> None:
        """See `Screen.show`."""
        line = line_about(topic, received.payload, board) if received.payload else None
        if line is not None:
            self.say(line)


class JsonScreen:
    """One JSON object a message on standard output; everything else goes to standard error."""

    def say(self, line: str) -> None:
        """See `Screen.say`."""
        sys.stderr.write(f"{line}\n")

    def show(self, topic: str, received: Received, board: Board) -> None:  # noqa: ARG002 - the protocol's
        """See `Screen.show`."""
        sys.stdout.write(f"{received.as_json()}\n")
        sys.stdout.flush()


class LiveScreen:
    """Tables that follow the messages; lines that are said stay above them."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, line: str) -> None:
        """See `Screen.say`."""
        self._live.console.print(line, highlight=False, markup=False)

    def show(self, topic: str, received: Received, board: Board) -> None:  # noqa: ARG002 - the protocol's
        """See `Screen.show`."""
        self._live.update(drawn(board))


@contextmanager
def screen(*, as_json: bool) -> Iterator[Screen]:
    """The screen that fits where the output goes."""
    if as_json:
        yield JsonScreen()
    elif not sys.stdout.isatty():
        yield PlainScreen()
    else:
        with Live(console=Console(), refresh_per_second=8) as live:
            yield LiveScreen(live)


def save_picture(path: Path, board: Board, lines: list[str]) -> None:
    """Write the board and the lines below it as a picture of a terminal, SVG."""
    console = Console(record=True, width=_PICTURE_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print("$ make demo", highlight=False)
    console.print(drawn(board))
    for line in lines:
        console.print(line, highlight=False, markup=False)
    drawing = console.export_svg(title="bondwatch demo")
    path.write_text(_FONT_FROM_ELSEWHERE.sub("", drawing))


def drawn(board: Board) -> RenderableType:
    """The whole board."""
    return Group(_states(board), _passages(board), _alarms(board))


def _states(board: Board) -> Panel:
    lines = [Text(f"daemon {board.daemon}, {board.messages} MQTT messages received")]
    for camera in board.cameras.values():
        online = camera["online"]
        fps = f", {camera['fps']:.0f} pictures/s" if camera["fps"] is not None else ""
        words = f"online{fps}" if online else f"offline: {camera['why']}"
        lines.append(
            Text.assemble(f"camera {camera['camera']} ", (words, "green" if online else "bold red"))
        )
    for zone in board.zones.values():
        counts = [f"{zone[key]} {key}" for key in ("registered", "unregistered", "undetermined")]
        lines.append(Text(f"zone {zone['zone']}: {zone['people']} people ({', '.join(counts)})"))
    return Panel(Group(*lines), title="Bondwatch", title_align="left")


def _passages(board: Board) -> Table:
    table = Table(title="Passages: who entered and left", title_justify="left", expand=True)
    for heading in ("time", "way", "who", "verdict"):
        table.add_column(heading, no_wrap=heading != "verdict")
    for message in board.passages:
        style = _STATES.get((message["identity"] or {}).get("state", ""), "yellow")
        table.add_row(
            time_of(message),
            way_of(message),
            board.who(message),
            verdict_of(message),
            style=style,
        )
    return table


def _alarms(board: Board) -> Table:
    table = Table(title="Alarms", title_justify="left", expand=True)
    for heading in ("time", "alarm", "priority", "camera", "state", "last news"):
        table.add_column(heading, no_wrap=True)
    for message in board.alarms.values():
        is_open = message["state"] == "open"
        table.add_row(
            time_of(message),
            message["kind"],
            message["priority"],
            message["camera"] or "-",
            message["state"],
            message["reason"],
            style="bold red" if is_open else "dim",
        )
    return table
