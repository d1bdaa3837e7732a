"""Where in the picture the people are that must not be recognised, at any moment of a clip. Pure.

It errs towards hiding: between two analysed frames the whole way from one place to the other,
before the first and after the last as far as somebody may have gone; and everything where nobody
looked.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vision.bundles.seen import SeenTrack, Timeline, TrackKey
from vision.core.roster import CUT_OFF_AT
from vision.core.values import Box, ObjectKind

LONGEST_GAP_S: Final = 1.0
"""Where frames were analysed no more often, anybody may have come and gone: all is hidden."""

BEFORE_S: Final = 1.0
"""Somebody is seen before the tracker reports them, and half seen before that."""

AFTER_S: Final = 2.0
"""A track that is not found again ends after so long; meanwhile the person may still be there."""

SLACK_S: Final = 0.2
"""The clock of the recorded stream and that of the analysed one may be so far apart."""

HEAD_PART: Final = 0.5
"""Of an upright person's box, from the top."""

UPRIGHT: Final = 0.7
"""A box wider than this part of its height, in pixels, is of somebody who bends, sits or lies."""

SIDE_MARGIN: Final = 0.3
TOP_MARGIN: Final = 0.2
FACE_MARGIN: Final = 1.0
MOST_WAY_S: Final = 1.0

_WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class _Sighting:
    at: float
    box: Box
    hidden: Box


class Whereabouts:
    """``shown``: the tracks that may be recognised. ``aspect``: the picture's width over height."""

    def __init__(self, timeline: Timeline, shown: frozenset[TrackKey], aspect: float) -> None:
        self._in_order = timeline.in_order
        self._times = [frame.at for frame in timeline.frames]
        self._ways: dict[TrackKey, list[_Sighting]] = {}
        for frame in timeline.frames:
            faces = {look.key: look.face for look in frame.looks}
            for track in frame.tracks:
                if track.key not in shown:
                    hidden = _region(track, faces.get(track.key), aspect)
                    sighting = _Sighting(frame.at, track.box, hidden)
                    self._ways.setdefault(track.key, []).append(sighting)

    def hidden_at(self, at: float) -> tuple[Box, ...]:
        """What to hide in the picture of a moment: all of it where that is not known."""
        if not self._is_known(at):
            return (_WHOLE,)
        moments = (at - SLACK_S, at, at + SLACK_S)
        found = ([_place(way, moment) for moment in moments] for way in self._ways.values())
        boxes = ([box for box in places if box is not None] for places in found)
        return tuple(hull(each) for each in boxes if each)

    def _is_known(self, at: float) -> bool:
        """Whether frames around the moment were analysed, often enough."""
        if not self._in_order:  # a clock that ran back: which frame was when cannot be told
            return False
        before, after = bisect_right(self._times, at) - 1, bisect_left(self._times, at)
        if before < 0 or after == len(self._times):
            nearest = self._times[0 if before < 0 else -1] if self._times else float("inf")
            return abs(at - nearest) <= LONGEST_GAP_S
        return self._times[after] - self._times[before] <= LONGEST_GAP_S


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box around all, at least one; not cut to the picture."""
    known = list(boxes)
    return Box(
        min(box.left for box in known),
        min(box.top for box in known),
        max(box.right for box in known),
        max(box.bottom for box in known),
    )


def _place(way: list[_Sighting], at: float) -> Box | None:
    """Where one track may be at a moment; None where it surely is not in the picture."""
    after = bisect_left(way, at, key=lambda sighting: sighting.at)
    if after == len(way):
        return _beyond(way[-1], way[-2:], at, AFTER_S)
    if after == 0 and way[0].at > at:
        return _beyond(way[0], way[1::-1], at, BEFORE_S)
    return hull([way[max(0, after - 1)].hidden, way[after].hidden])


def _beyond(end: _Sighting, pair: list[_Sighting], at: float, limit_s: float) -> Box | None:
    """Before the first sighting or after the last: as far as the person may have gone since.

    ``pair``: the two sightings at that end of the way, the outer one last.
    """
    gone_s = abs(at - end.at)
    if gone_s > limit_s:
        return None
    ahead = _moved(end, pair[0], gone_s)
    way_x, way_y = end.box.width * gone_s, end.box.height * gone_s / 2
    around = Box(
        end.hidden.left - way_x,
        end.hidden.top - way_y,
        end.hidden.right + way_x,
        end.hidden.bottom + way_y,
    )
    return hull([around, ahead])


def _moved(end: _Sighting, inner: _Sighting, gone_s: float) -> Box:
    """The hidden region, moved on as the box moved before."""
    step_s = abs(end.at - inner.at)
    ratio = min(gone_s, MOST_WAY_S) / step_s if step_s else 0.0
    right = (end.box.left + end.box.right - inner.box.left - inner.box.right) / 2 * ratio
    down = (end.box.top - inner.box.top) * ratio
    region = end.hidden
    return Box(region.left + right, region.top + down, region.right + right, region.bottom + down)


def _region(track: SeenTrack, face: Box | None, aspect: float) -> Box:
    """What of a track to hide: the head with room around it, or all where it may be anywhere."""
    box = track.box
    upright = box.width * aspect <= UPRIGHT * box.height and box.bottom < CUT_OFF_AT
    is_person = track.kind is ObjectKind.PERSON
    # In a forklift sits somebody, who may not have been seen as a person.
    part = HEAD_PART if upright and is_person else 1.0
    side, above = SIDE_MARGIN * box.width, TOP_MARGIN * box.height
    head = Box(box.left - side, box.top - above, box.right + side, box.top + part * box.height)
    return head if face is None else hull([head, _widened(face)])


def _widened(face: Box) -> Box:
    wide, high = FACE_MARGIN * face.width, FACE_MARGIN * face.height
    return Box(face.left - wide, face.top - high, face.right + wide, face.bottom + high)
