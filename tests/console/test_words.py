"""Every word that people read is there in both languages, and values stay values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import console
from console.words import Language, coded, moment, said, sentence, table, word
from vision.core.values import AlarmKind, Change, Direction, IdentityState, ObjectKind
from vision.evidence.clip_plan import PartEnd
from vision.evidence.places import FileKind
from vision.ingest.reasons import Reason
from vision.outputs.messages import PRIORITIES

HOLES = re.compile(r"\{\w+\}")
CODES = {
    "kind": AlarmKind,
    "change": Change,
    "direction": Direction,
    "passage": Direction,
    "identity": IdentityState,
    "object": ObjectKind,
    "ended": PartEnd,
    "file": FileKind,
    "reason": Reason,
    "priority": sorted(set(PRIORITIES.values())),
}


def noon(at: float) -> str:
    """A clock that shows what it was given."""
    return f"<{at}>"


def test_both_languages_are_filled_with_the_same():
    """Each word has two forms, and a sentence leaves the same holes in both."""
    odd = [
        key
        for key, forms in table().items()
        if len(forms) != 2
        or not all(forms)
        or sorted(HOLES.findall(forms[0])) != sorted(HOLES.findall(forms[1]))
    ]

    assert odd == []


@pytest.mark.parametrize("family", CODES)
def test_every_code_of_ours_has_words(family):
    """What the core and the recorder can say, people can read."""
    assert [code for code in CODES[family] if f"{family}.{code}" not in table()] == []


def test_every_word_that_the_page_asks_for_is_there():
    """A misspelt key would show itself to an auditor only."""
    folder = Path(console.__file__).parent
    asked = set()
    for path in (*folder.rglob("*.js"), *folder.rglob("*.py")):
        asked |= set(
            re.findall(
                r'"((?:page|panel|play|chart|fact|banner)\.(?!js|css|html)\w+)"', path.read_text()
            )
        )

    assert len(asked) > 40
    assert asked - set(table()) == set()


def test_a_sentence():
    """Text, numbers, moments and codes each in their way; what is not known is a dash."""
    what = said(
        "event.passage",
        object=coded("object", "person"),
        track=5,
        direction=coded("passage", "entry"),
        zone=None,
    )

    assert sentence(what, Language.ENGLISH, noon) == "Person, track 5: enters -"
    assert sentence(what, Language.CHINESE, noon) == "人员，轨迹 5：进入 -"  # noqa: RUF001
    made = said("page.made", at=moment(3.5), site="hall")
    assert "<3.5>" in sentence(made, Language.ENGLISH, noon)


def test_braces_in_a_name_are_only_braces():
    """Values are put in once, whatever they hold."""
    what = said("event.acknowledged", by="{by} {at} <b>")

    assert sentence(what, Language.ENGLISH, noon) == "Acknowledged by {by} {at} <b>"


def test_a_code_that_is_not_known():
    """It is shown as it is, rather than left out."""
    assert word("reason.eaten_by_a_grue", Language.CHINESE) == "eaten by a grue"
    assert coded("reason", None) is None
