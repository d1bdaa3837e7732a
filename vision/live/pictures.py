"""The newest picture of a camera as JPEG, with a bound on what making them costs.

Whatever watchers ask, at most ``SHARE`` of one core goes into it. For the live thread alone.
"""

from __future__ import annotations

import time
from typing import Final

from vision.evidence.pictures import UnencodableError, snapshot_jpeg
from vision.evidence.values import Picture
from vision.ingest.camera_source import CameraSource
from vision.ingest.decoding import Decoder
from vision.ingest.frame import Frame
from vision.ingest.reasons import StreamFaultError
from vision.live.protocol import LivePicture, Refusal, Trouble

SHARE: Final = 0.1


class PictureDesk:
    """Makes pictures, and then none for a while."""

    def __init__(self) -> None:
        self._rests_until_s = float("-inf")

    def is_open(self, now_s: float) -> bool:
        """Whether another may be made now; monotonic."""
        return now_s >= self._rests_until_s

    def picture_of(self, source: CameraSource, now_s: float) -> LivePicture | Refusal:
        """A camera's newest picture, or why there is none."""
        began_s = time.thread_time()
        try:
            return self._made(source)
        finally:
            spent_s = time.thread_time() - began_s
            self._rests_until_s = now_s + spent_s / SHARE

    def _made(self, source: CameraSource) -> LivePicture | Refusal:
        try:
            frame = source.frames.newest or _key_frame(source)
            if frame is not None:
                return LivePicture(snapshot_jpeg(Picture(frame)), frame.size_wh, frame.at.wall_utc)
        except (UnencodableError, StreamFaultError) as error:
            return Refusal(Trouble.UNSUPPORTED_STREAM, str(error))
        return Refusal(Trouble.NO_PICTURE_YET, "the camera is there, but no picture has come")


def _key_frame(source: CameraSource) -> Frame | None:
    """The newest key frame of a stream that nobody decodes: one picture's work, whatever its age.

    Raises StreamFaultError where the codec cannot be decoded.
    """
    ring = source.preroll
    newest = ring.newest()
    group = () if newest is None else ring.group_at(newest.at.stream_s)
    frames = Decoder(group[0].format).decode(group[0], drain=True).frames if group else ()
    return frames[-1] if frames else None
