"""Why a row of an import is refused, apart from its photos: stable codes.

Codes for programs; the sentences are in ``enrolment.hints``, those of photos in
``enrolment.refusals``.
"""

from __future__ import annotations

from enum import StrEnum


class RowReason(StrEnum):
    """The reason codes of rows; programs may rely on them."""

    STAFF_ID_MISSING = "staff_id_missing"
    STAFF_ID_NOT_ALLOWED = "staff_id_not_allowed"
    DUPLICATE_ID = "duplicate_id"
    NAME_NOT_ALLOWED = "name_not_allowed"
    GROUP_MISSING = "group_missing"
    UNKNOWN_GROUP = "unknown_group"
    UNKNOWN_ZONE = "unknown_zone"
    NO_HOURS = "no_hours"
    NO_BASIS = "no_basis"
    TEXT_NOT_ALLOWED = "text_not_allowed"
    NO_DATE = "no_date"
    AMBIGUOUS_DATE = "ambiguous_date"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    CELLS_TOO_MANY = "cells_too_many"
    NO_PHOTO = "no_photo"
    PHOTOS_REFUSED = "photos_refused"
    NOT_TAKEN = "not_taken"
