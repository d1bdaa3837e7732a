"""Why a photo, or a whole enrolment, is refused: stable codes.

Codes for programs; the sentences for security staff are in ``enrolment.hints``. Nothing here
looks at a photo.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The reason codes; programs may rely on them."""

    PHOTO_MISSING = "photo_missing"
    PATH_NOT_ALLOWED = "path_not_allowed"
    NOT_A_PHOTO = "not_a_photo"
    UNREADABLE = "unreadable"
    ANIMATED = "animated"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    TOO_SMALL = "too_small"
    BLURRED = "blurred"
    DARK = "dark"
    OVEREXPOSED = "overexposed"
    TURNED_AWAY = "turned_away"
    COVERED = "covered"
    DEGENERATE_LANDMARKS = "degenerate_landmarks"
    NOT_SAME_PERSON = "not_same_person"
    ALREADY_ENROLLED_AS = "already_enrolled_as"


class Remark(StrEnum):
    """What is told of a photo though it is accepted; programs may rely on the words."""

    ALIKE = "alike"


class PhotoRefusedError(Exception):
    """A photo that cannot be used; ``detail`` gives figures, never a file's contents."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail
