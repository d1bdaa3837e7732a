"""Clips to measure with: people walking through a warehouse, encoded as cameras encode.

The scene is the demo's, drawn at the camera's rate, enlarged, with a sensor's grain; nothing of
it is kept in the project. Clips lie in ``var/bench``, which Git ignores, and are made once.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from bondwatch.demo import script
from bondwatch.demo.clip import Stage

FOLDER = Path(__file__).resolve().parents[1] / "var" / "bench"
_GRAINS = 8
_GRAIN_LEVELS = 2.0

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Footage:
    """What a camera is set to. ``bit_rate``: bits a second, held as cameras do."""

    size_wh: tuple[int, int] = (1920, 1080)
    fps: int = 25
    bit_rate: int = 4_000_000
    gop_s: float = 2.0
    seconds: float = script.DURATION_S

    @property
    def name(self) -> str:
        width, height = self.size_wh
        return f"{width}x{height}-{self.fps}fps-{self.bit_rate // 1000}k-{self.seconds:g}s.mp4"


def footage(form: Footage = Footage(), folder: Path = FOLDER) -> Path:
    """The clip's path; it is made now where it is not there. PhotoUnusableError as in the demo."""
    path = folder / form.name
    if not path.is_file():
        print(f"making {path}, this once; it takes a minute", file=sys.stderr, flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".part")
        _encode(scratch, form)
        scratch.replace(path)
    return path


def turned(clip: Path, share: float, path: Path) -> Path:
    """The clip once more, begun at the key frame after ``share`` of it; a stream copy.

    Cameras that show a turned clip each see the same people, but at different moments.
    """
    with av.open(str(clip)) as source, av.open(str(path), "w", format="mp4") as target:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.dts is not None]
        keys = [index for index, packet in enumerate(packets) if packet.is_keyframe]
        first = next((index for index in keys if index >= share * len(packets)), 0)
        copy = target.add_stream_from_template(stream)
        step = round(1 / ((stream.average_rate or 25) * (stream.time_base or Fraction(1, 25))))
        for number, packet in enumerate([*packets[first:], *packets[:first]]):
            packet.stream = copy
            packet.pts = packet.dts = number * step
            target.mux(packet)
    return path


def camera_clips(clip: Path, cameras: int) -> dict[str, Path]:
    """The same people for every camera ``cam1``, ``cam2``, ..., but at other moments."""
    clips = {"cam1": clip}
    for number in range(1, cameras):
        share = number / cameras
        path = clip.with_name(f"{clip.stem}-from-{share:.2f}.mp4")
        clips[f"cam{number + 1}"] = path if path.is_file() else turned(clip, share, path)
    return clips


def _encode(path: Path, form: Footage) -> None:
    """H.264 at a held bit rate, a key frame every ``gop_s``, nothing that refers forward."""
    options = {
        "preset": "veryfast",
        "bf": "0",
        "g": str(round(form.gop_s * form.fps)),
        "maxrate": str(form.bit_rate),
        "bufsize": str(form.bit_rate),
        "x264-params": "scenecut=0",
    }
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=form.fps, options=options)
        stream.width, stream.height = form.size_wh
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = form.bit_rate
        stream.codec_context.time_base = Fraction(1, form.fps)
        for index, picture in enumerate(_pictures(form)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _pictures(form: Footage) -> Iterator[Picture]:
    stage, grains = Stage(), _grains(form.size_wh)
    for index in range(round(form.seconds * form.fps)):
        picture = cv2.resize(stage.picture_at(index / form.fps), form.size_wh)
        grain = np.roll(grains[index % _GRAINS], 37 * index, axis=1)
        yield np.asarray(cv2.add(picture, grain, dtype=cv2.CV_8U), np.uint8)


def _grains(size_wh: tuple[int, int]) -> list[NDArray[np.int16]]:
    """Noise as a sensor's, which keeps an encoder as busy as real pictures do."""
    rng = np.random.default_rng(1)
    shape = (size_wh[1], size_wh[0], 3)
    return [
        np.asarray(np.round(rng.normal(0, _GRAIN_LEVELS, shape)), np.int16) for _ in range(_GRAINS)
    ]
