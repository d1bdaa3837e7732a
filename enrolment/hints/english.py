"""What security staff can do about each reason, in English."""

from __future__ import annotations

from enum import StrEnum

from enrolment.bulk.reasons import RowReason
from enrolment.guided import Prompt
from enrolment.refusals import Refusal, Remark

ENGLISH: dict[StrEnum, str] = {
    Refusal.PHOTO_MISSING: "There is no photo of this name. Check the spelling and the folder.",
    Refusal.PATH_NOT_ALLOWED: "Photos must lie in the folder or zip given. Name them without"
    " '..' or a leading '/', and copy linked files instead of linking them.",
    Refusal.NOT_A_PHOTO: "This is no JPEG, PNG, WebP or HEIC picture. Save it as one of these.",
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
    Refusal.COVERED: "Eyes or mouth seem covered. Take off mask, dark glasses and scarf, keep"
    " hands away, push the helmet up.",
    Refusal.DEGENERATE_LANDMARKS: "Eyes, nose and mouth could not be located. Take another photo.",
    Refusal.NOT_SAME_PERSON: "The photos seem to show different people. Check whose they are.",
    Refusal.ALREADY_ENROLLED_AS: "This face is enrolled under another staff id. Check who it is.",
    Remark.ALIKE: "Somebody enrolled looks like this. Check that it is not the same person.",
    RowReason.STAFF_ID_MISSING: "Give this row a staff id.",
    RowReason.STAFF_ID_NOT_ALLOWED: "Use 1 to 64 letters A-Z, digits, '.', '_' or '-', beginning"
    " with a letter or digit.",
    RowReason.DUPLICATE_ID: "Several rows have this staff id and all of them were left out. Keep"
    " the right one.",
    RowReason.NAME_NOT_ALLOWED: "Give a name of at most 200 characters without control characters.",
    RowReason.GROUP_MISSING: "Name at least one group or zone, or import with --group.",
    RowReason.UNKNOWN_GROUP: "Correct the group, or add it to config.yaml first.",
    RowReason.UNKNOWN_ZONE: "Correct the zone, or add it to config.yaml first.",
    RowReason.NO_HOURS: "Write a zone and its hours as 'bay mon-fri 07:00-19:00 sat"
    " 08:00-12:00', or the zone alone.",
    RowReason.NO_BASIS: "Write consent or statutory in the column 'basis'; purpose and notice go"
    " with one of them.",
    RowReason.TEXT_NOT_ALLOWED: "Shorten the text, and type it again without control characters.",
    RowReason.NO_DATE: "Write dates as 2026-03-01 or 2026/3/1.",
    RowReason.AMBIGUOUS_DATE: "This could be two days. Write 2026-03-01, or say --date-order.",
    RowReason.ENDS_BEFORE_IT_BEGINS: "The last day lies before the first. Swap or correct them.",
    RowReason.CELLS_TOO_MANY: "The row has more cells than the heading. Put text with commas in"
    " quotes.",
    RowReason.NO_PHOTO: "No photo was found for this person. Name one in the column 'photos', or"
    " call the file after the staff id; somebody without a face needs a badge.",
    RowReason.PHOTOS_REFUSED: "None of the photos could be used. See the reason of each.",
    RowReason.NOT_TAKEN: "The register did not take this row. See the detail, then import again.",
    Prompt.LOOK_AHEAD: "Look straight into the camera.",
    Prompt.LOOK_LEFT: "Turn your head a little to your left.",
    Prompt.LOOK_RIGHT: "Turn your head a little to your right.",
    Prompt.LOOK_UP: "Look ahead and raise your chin a little.",
    Prompt.HOLD: "Good. Stay like this.",
    Prompt.COME_INTO_VIEW: "Stand in front of the camera, face uncovered.",
    Prompt.ONE_PERSON_ONLY: "Only one person, please.",
    Prompt.COME_CLOSER: "Come closer.",
    Prompt.HOLD_STILL: "Hold still.",
    Prompt.MORE_LIGHT: "Too dark. Turn towards the light.",
    Prompt.LESS_LIGHT: "Too bright. Turn away from the light.",
    Prompt.TURN_BACK: "Not so far. Turn back a little.",
    Prompt.UNCOVER: "Take off mask, dark glasses and scarf, and push the helmet up.",
    Prompt.DONE: "Thank you, that is all.",
    Prompt.GIVEN_UP: "No good look was seen. Try again with more light, closer to the camera.",
}
