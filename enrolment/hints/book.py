"""What a human can do about a reason, in the human's language.

Looking up lives here; the sentences are in the modules beside it, one for each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from enrolment.hints.chinese import CHINESE
from enrolment.hints.english import ENGLISH
from enrolment.hints.language import Language

HINTS: Mapping[Language, Mapping[StrEnum, str]] = {
    Language.ENGLISH: ENGLISH,
    Language.CHINESE: CHINESE,
}


def hint(reason: StrEnum, language: Language = Language.ENGLISH) -> str:
    """One or two sentences for security staff. KeyError for what is no reason."""
    return HINTS[language][reason]
