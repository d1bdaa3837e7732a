"""Two real people side by side, moving a little: one enrolled, one a stranger who alarms."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from models.loading import ModelSet
from tests.vision import sight
from tests.vision.bundles import timelines as lines
from tests.vision.bundles.cases import case_of, recorded
from tests.vision.outputs.evidence import NOON
from vision.bundles.case import Case, CaseFile
from vision.bundles.second_look import ClipPart, Rules, SecondLook
from vision.bundles.timelines import lines_of
from vision.core.policy import IdentityPolicy, Permit, ScenePolicy, ZonePolicy, ZoneView
from vision.core.values import Box
from vision.evidence.pictures import room_around
from vision.register_watch import RegisterView

SIZE_WH = (800, 450)
FPS = 25
FRAMES = 60
WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def scene(index: int, people: Path) -> NDArray[np.uint8]:
    """``(H, W, 3) uint8`` BGR: a stranger on the left, somebody enrolled on the right."""
    width, height = SIZE_WH
    picture = np.full((height, width, 3), (120, 130, 125), np.uint8)
    for left, name in ((50, "joe-biden.jpg"), (450, "barack-obama.jpg")):
        portrait = _portrait(people / name)
        high, wide = portrait.shape[:2]
        begin = left + round(25 * np.sin(index / 8))
        picture[height - high :, begin : begin + wide] = portrait
    return picture


@functools.cache
def _portrait(path: Path) -> NDArray[np.uint8]:
    return sight.photo(path, 360)[:, :300]


def film(people: Path, target: Path) -> Path:
    """The scene as a clip of H.264."""
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for index in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(scene(index, people), format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target


def rules(models: ModelSet) -> Rules:
    """The whole picture is a zone for the cast."""
    measured = models.embedder.thresholds
    zone = ZonePolicy("dock", (Permit(frozenset({"cast"})),), verify_within_s=5.0)
    identity = IdentityPolicy(measured.accept, measured.reject, measured.margin)
    views = (ZoneView("dock", WHOLE_PICTURE, counts=True),)
    return Rules(ScenePolicy("cam1", (zone,), views, identity), 5.0, "c0ffee")


@dataclass(frozen=True)
class Filmed:
    """The alarm about the stranger, with all its evidence."""

    case: Case
    clip: Path
    timeline: str


def filmed(models: ModelSet, register: RegisterView, people: Path, folder: Path) -> Filmed:
    """Film the scene, and keep of it what the daemon would."""
    clip = recorded(film(people, folder / "film.mp4"), folder / "cam1.1.mp4")
    look = SecondLook(rules(models), models, register)
    look.judge(ClipPart(clip, NOON))
    (alarm,) = [facts for facts in lines_of(look.text) if facts["type"] == "alarm"]
    part = lines.line("part", at=0.0, file=clip.name, size_wh=list(SIZE_WH))
    text = lines.head(alarm["incident"]) + look.text + part
    timeline, snapshot = folder / "cam1.1.jsonl", folder / "cam1.jpg"
    timeline.write_text(text)
    at, face = _look_at(text, alarm["track"])
    picture = scene(round(at * FPS), people)
    cv2.imwrite(str(snapshot), picture)
    cut = sight.frame_of(picture).crop_bgr(room_around(face))
    cv2.imwrite(str(folder / "cam1.face.jpg"), cut)
    case = case_of(
        clip,
        timeline,
        snapshot,
        folder / "cam1.face.jpg",
        revisions=({"identity": alarm["identity"]},),
        names={"obama": "Barack Obama"},
    )
    files = tuple(_begun(one, at) for one in case.files)
    return Filmed(replace(case, files=files), clip, text)


def _begun(file: CaseFile, at: float) -> CaseFile:
    """A file that began at noon, or a picture that was taken so many seconds later."""
    later_s = at if file.path.suffix == ".jpg" else 0.0
    return replace(file, file=replace(file.file, begin_at=NOON + later_s))


def _look_at(text: str, track: int) -> tuple[float, Box]:
    """When a track's face was first looked at, seconds after noon, and where it was."""
    for facts in lines_of(text):
        for look in facts.get("looks", ()):
            if look["track"] == track:
                return facts["wall_utc"] - NOON, Box(*look["face"])
    raise AssertionError(json.dumps(track))
