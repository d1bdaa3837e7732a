"""Why a photo, or a whole enrolment, is refused: stable codes and a hint for a human.

Codes for programs, sentences for security staff. Nothing here looks at a photo.
"""

from __future__ import annotations

from enum import StrEnum


class Refusal(StrEnum):
    """The reason codes; programs may rely on them."""

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
    DEGENERATE_LANDMARKS = "degenerate_landmarks"
    NOT_SAME_PERSON = "not_same_person"
    ALREADY_ENROLLED_AS = "already_enrolled_as"


HINTS: dict[Refusal, str] = {
    Refusal.NOT_A_PHOTO: "This is no JPEG, PNG or WebP picture. Save it as one of these.",
    Refusal.UNREADABLE: "The file is damaged or cut short. Copy it again, or take another photo.",
    Refusal.ANIMATED: "This is a moving picture. Use a single photo.",
    Refusal.TOO_MANY_BYTES: "The file is too large. Save it with stronger compression.",
    Refusal.TOO_MANY_PIXELS: "The picture has too many pixels. Scale it down.",
    Refusal.NO_FACE: "No face was found. Take a photo from the front with the face uncovered.",
    Refusal.SEVERAL_FACES: "More than one face was found. Cut the photo to one person.",
    Refusal.TOO_SMALL: "The face is too small. Come closer or use a larger photo.",
    Refusal.BLURRED: "The face is blurred. Hold still, focus on the eyes, and add light.",
    Refusal.DARK: "The face is too dark. Turn towards the light.",
    Refusal.OVEREXPOSED: "The face is too bright. Avoid flash and direct sunlight.",
    Refusal.TURNED_AWAY: "The face is turned away. Look straight into the camera.",
    Refusal.DEGENERATE_LANDMARKS: "Eyes, nose and mouth could not be located. Take another photo.",
    Refusal.NOT_SAME_PERSON: "The photos seem to show different people. Check whose they are.",
    Refusal.ALREADY_ENROLLED_AS: "This face is enrolled under another staff id. Check who it is.",
}


class PhotoRefusedError(Exception):
    """A photo that cannot be used; ``detail`` gives figures, never a file's contents."""

    def __init__(self, reason: Refusal, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
        self.detail = detail

    @property
    def hint(self) -> str:
        return HINTS[self.reason]
