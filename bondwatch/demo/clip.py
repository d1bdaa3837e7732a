"""Makes the demo clip, once, into the cache; ``python -m bondwatch.demo.clip`` is what set-up runs.

Here pictures become an H.264 file. The clip is made where it is shown, from the photo that
comes with an installed package; neither is ever part of the project.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bondwatch.demo import cast, figure, photo, scenery, script
from models.store import cache_directory

Picture = NDArray[np.uint8]

_PHASES: Final = 6  # drawn positions of the limbs on either side of standing


@dataclass(frozen=True, slots=True)
class Format:
    """How the clip is encoded. ``scale`` shrinks it, for tests."""

    fps: int = 15
    gop: int = 22
    crf: int = 23
    seconds: float = script.DURATION_S
    scale: float = 1.0

    @property
    def size_wh(self) -> tuple[int, int]:
        """Even sides, which H.264 wants."""
        width, height = scenery.SIZE_WH
        return round(width * self.scale / 2) * 2, round(height * self.scale / 2) * 2


class Stage:
    """Draws the moments of the script. Heads are cut out once, poses drawn when first needed."""

    def __init__(self) -> None:
        original = photo.read_photo()
        self._heads = {actor.key: photo.cut_head(original, actor) for actor in cast.CAST}
        self._scenery = scenery.draw_scenery()
        self._sprites: dict[tuple[str, int], Picture] = {}

    def picture_at(self, at_s: float) -> Picture:
        """``(720, 1280, 3)`` BGR."""
        picture = self._scenery.copy()
        for actor, place in script.on_stage(at_s):
            swing = figure.swing_at(place.way_px) if place.walking else 0.0
            foot_x, foot_y = figure.FOOT_XY
            sprite = self._sprite(actor, round(swing * _PHASES))
            bob = round(4 * abs(swing))
            figure.put(
                picture, sprite, (round(place.x_px) - foot_x, script.FLOOR_Y_PX - foot_y + bob)
            )
        return picture

    def _sprite(self, actor: cast.Actor, phase: int) -> Picture:
        key = (actor.key, phase)
        if key not in self._sprites:
            pose = figure.Pose(phase / _PHASES)
            self._sprites[key] = figure.draw_figure(self._heads[actor.key], actor.shirt, pose)
        return self._sprites[key]


def pictures(form: Format) -> Iterator[Picture]:
    """Every picture of the clip, in order. PhotoUnusableError without the photo."""
    stage = Stage()
    for index in range(round(form.seconds * form.fps)):
        picture = stage.picture_at(index / form.fps)
        if form.scale == 1.0:
            yield picture
        else:
            scaled = cv2.resize(picture, form.size_wh, interpolation=cv2.INTER_AREA)
            yield np.asarray(scaled, np.uint8)


def write_clip(path: Path, form: Format) -> None:
    """Encode the clip as H.264 in MP4: regular key frames, nothing that refers forward."""
    options = {
        "preset": "veryfast",
        "crf": str(form.crf),
        "g": str(form.gop),
        "bf": "0",
        "x264-params": "scenecut=0",
    }
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=form.fps, options=options)
        stream.width, stream.height = form.size_wh
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, form.fps)
        for index, picture in enumerate(pictures(form)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def clip_path(form: Format = Format(), directory: Path | None = None) -> Path:
    """Where the clip lies; its name changes with everything that it is made from."""
    recipe = hashlib.sha256(repr(form).encode() + photo.SHA256.encode())
    for module in (cast, figure, photo, scenery, script):
        recipe.update(Path(str(module.__file__)).read_bytes())
    recipe.update(Path(__file__).read_bytes())
    folder = directory or cache_directory().parent / "demo"
    return folder / f"warehouse-{recipe.hexdigest()[:16]}.mp4"


def make_clip(form: Format = Format(), directory: Path | None = None) -> Path:
    """The path of the clip, made now where it is not there yet. PhotoUnusableError without photo.

    ``directory``: of the clip, the cache beside that of the weights where it is not given.
    Clips of older recipes are removed.
    """
    path = clip_path(form, directory)
    if path.is_file():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write_clip(scratch, form)
        scratch.replace(path)
    finally:
        # After the rename there is nothing left to remove.
        with suppress(FileNotFoundError):
            scratch.unlink()
    for old in path.parent.glob("warehouse-*.mp4"):
        if old != path:
            old.unlink(missing_ok=True)
    return path


def main(argv: list[str] | None = None) -> int:
    """Make the clip and say where it is. Exit status 3 where the photo is unusable."""
    parser = argparse.ArgumentParser(prog="bondwatch.demo.clip", description=main.__doc__)
    parser.add_argument("--directory", type=Path, help="instead of the cache")
    options = parser.parse_args(argv)
    try:
        path = make_clip(directory=options.directory)
    except photo.PhotoUnusableError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    sys.stdout.write(f"demo clip: {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
