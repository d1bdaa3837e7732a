"""Hints: every reason has a sentence in every language."""

from __future__ import annotations

import pytest

from enrolment.bulk.reasons import RowReason
from enrolment.guided import Prompt
from enrolment.hints.book import HINTS, hint
from enrolment.hints.language import Language, language_of
from enrolment.refusals import Refusal, Remark


@pytest.mark.parametrize("language", Language)
def test_every_reason_has_a_hint(language: Language) -> None:
    """A human is never left with a code alone."""
    assert {*Refusal, *Remark, *RowReason, *Prompt} == set(HINTS[language])


@pytest.mark.parametrize("reason", [*Refusal, *Remark, *RowReason, *Prompt])
def test_chinese_hints_are_chinese(reason: Refusal | RowReason | Prompt) -> None:
    """No sentence was left in English."""
    said = hint(reason, Language.CHINESE)

    assert any("\u4e00" <= character <= "\u9fff" for character in said)
    assert said.endswith("。")


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, Language.ENGLISH),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, Language.CHINESE),
        ({"LANG": "de_DE.UTF-8"}, Language.ENGLISH),
    ],
)
def test_the_terminal_chooses_the_language(environment: dict[str, str], language: Language) -> None:
    """The more special setting goes before the more general one; the rest hear English."""
    assert language_of(environment) is language
