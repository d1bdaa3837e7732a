"""The languages that security staff are spoken to in.

Only the choice of one lives here; the sentences are in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Language(StrEnum):
    """The languages there are sentences in."""

    ENGLISH = "en"
    CHINESE = "zh"


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that a terminal's settings ask for, English for all that we do not speak.

    As for any program, ``LC_ALL`` goes before ``LC_MESSAGES`` and that before ``LANG``.
    """
    named = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return Language.CHINESE if named.lower().startswith("zh") else Language.ENGLISH
