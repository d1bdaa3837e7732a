"""The replay page: one case as one HTML file that opens offline in any browser.

Nothing in it asks the network for anything, and its policy forbids it to. Its parts lie in
``console/replay/`` and are put together here; what the case says goes in as data alone.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from console.replay.document import Embedded, Film, document
from console.replay.embedding import Medium, blocks, media_of, picture_times_s
from console.timelines import timelines_of
from console.words import table
from vision.bundles.case import Case
from vision.evidence.places import FileKind

SCRIPTS = (
    "words.js",
    "clock.js",
    "elements.js",
    "media.js",
    "moments.js",
    "drawing.js",
    "player.js",
    "chart.js",
    "story.js",
    "facts.js",
    "main.js",
)
"""In the order in which they need each other; together they are one strict script."""


def write_replay_page(case: Case, target: Path) -> None:
    """Write the page of a case. Memory stays small beside its videos.

    Raises:
        OSError: a file of the case cannot be read, or the page cannot be written.
    """
    media = media_of(case)
    data = document(case, timelines_of(case), _embedded(media))
    with target.open("w", encoding="utf-8", newline="\n") as page:
        page.writelines(_pieces(data, media))


def _embedded(media: tuple[Medium, ...]) -> Embedded:
    films = {}
    pictures = {}
    for medium in media:
        if medium.kind is FileKind.CLIP:
            films[medium.name] = Film(medium.number, picture_times_s(medium.path))
        else:
            pictures[medium.name] = medium.number
    return Embedded(films, pictures)


def _pieces(data: Mapping[str, Any], media: tuple[Medium, ...]) -> Iterator[str]:
    style, script = _part("page.css"), _script()
    before, after = _part("page.html").split("@data@")
    yield before.replace("@policy@", _policy(style, script)).replace("@style@", style)
    yield _json_block("words", table())
    yield _json_block("case", data)
    for medium in media:
        yield from blocks(medium)
    yield after.replace("@script@", script)


def _part(name: str) -> str:
    return resources.files("console.replay").joinpath(name).read_text(encoding="utf-8")


def _script() -> str:
    return '(() => {\n"use strict";\n\n' + "\n".join(map(_part, SCRIPTS)) + "})();\n"


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded, sent or run but what is in the page, named by its digest."""
    return (
        f"default-src 'none'; script-src {_digest(script)}; style-src {_digest(style)};"
        " img-src blob:; media-src blob:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json_block(name: str, data: Mapping[str, Any]) -> str:
    # "<" ends or begins an element wherever it stands; in JSON it can be written without one
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>\n'
