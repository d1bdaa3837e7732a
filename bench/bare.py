"""The work that no program could leave out, done by the libraries alone, and what it costs.

One thread, nothing around it: decode so many frames, scale so many, run each model so often on
inputs of such a size. Costs are CPU seconds of this process, user and system.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, cycle, islice, repeat
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from bench.paced import Rhythm, paced_s
from bondwatch.demo.site import PACK
from models.entries import ModelEntry
from models.manifest import read_manifest
from models.sessions import Session, open_session
from models.store import standard_store
from models.yunet_graph import open_sizes

Batch = NDArray[np.float32]
SizeWh = tuple[int, int]

SAMPLES = 24
"""Frames that are held to scale, and to make inputs of: more than any cache holds."""


@dataclass(frozen=True, slots=True)
class ModelRuns:
    """How often a model ran on inputs of one size."""

    model: str
    input_wh: SizeWh
    count: int


class BareParts:
    """The libraries, ready to work: opening files and graphs is not counted."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip
        self._frames = list(islice(_decoded(clip), 0, SAMPLES * 20, 20))
        self._scaling = VideoReformatter()
        manifest, store = read_manifest(), standard_store()
        self.detector, face_detector, self.embedder = map(
            manifest.entry, manifest.pack(PACK).entries
        )
        face_graph = open_sizes(face_detector.name, store.read(face_detector))
        self._sessions: dict[str, Session] = {
            "detector": open_session("detector", store.read(self.detector)),
            "face_detector": open_session("face_detector", face_graph),
            "embedder": open_session("embedder", store.read(self.embedder)),
        }

    def decode(self, frames: int) -> float:
        """Decode so many frames of the clip, again and again from its start."""
        return _cost_s(islice(self._endless(), frames))

    def resize(self, size_wh: SizeWh, count: int) -> float:
        """Scale so many frames with swscale, into arrays as a detector takes them."""
        frames = islice(cycle(self._frames), count)
        return _cost_s(self._scaled(frame, size_wh) for frame in frames)

    def run(self, runs: ModelRuns) -> float:
        """Run a model so often, on batches of one made of the clip."""
        session = self._sessions[runs.model]
        name, batches = session.input_name, self._batches(runs)
        raw, outputs = session.raw, list(session.output_names)
        raw.run(outputs, {name: batches[0]})  # the first run of a size makes its plan
        chosen = islice(cycle(batches), runs.count)
        return _cost_s(raw.run(outputs, {name: batch}) for batch in chosen)

    def in_rhythm(self, size_wh: SizeWh, rhythm: Rhythm) -> float:
        """Decode, scale and detect as a daemon's cameras would, each thing at its moment."""
        runs = ModelRuns("detector", input_wh_of(self.detector), 1)
        session, batch = self._sessions[runs.model], self._batches(runs)[0]
        scaling = threading.Lock()

        def look(frame: av.VideoFrame) -> None:
            with scaling:
                self._scaled(frame, size_wh)
            session.raw.run(list(session.output_names), {session.input_name: batch})

        return paced_s(self._endless, look, rhythm)

    def _endless(self) -> Iterator[av.VideoFrame]:
        return chain.from_iterable(map(_decoded, repeat(self._clip)))

    def _scaled(self, frame: av.VideoFrame, size_wh: SizeWh) -> NDArray[np.uint8]:
        scaled = self._scaling.reformat(
            frame,
            *size_wh,
            "bgr24",
            src_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            threads=1,
        )
        return np.asarray(scaled.to_ndarray(), np.uint8)

    def _batches(self, runs: ModelRuns) -> list[Batch]:
        pictures = [self._scaled(frame, runs.input_wh) for frame in self._frames[:8]]
        scale = self.embedder.input.scale if runs.model == "embedder" else 1.0
        return [
            np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32) * np.float32(scale)
            for picture in pictures
        ]


def input_wh_of(entry: ModelEntry) -> SizeWh:
    """The fixed input size of a model. ValueError where it takes any."""
    if entry.input.size_wh is None:
        raise ValueError(f"{entry.name} has no fixed input size")
    return entry.input.size_wh


def _decoded(clip: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        yield from container.decode(stream)


def _cost_s(work: Iterable[object]) -> float:
    """CPU seconds of going through it, results dropped one by one as a program drops them."""
    began_s = time.process_time()
    deque(work, maxlen=0)
    return time.process_time() - began_s
