"""Staff ids made from names: readable, unique, never a wrong spelling."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.people import check_staff_id
from enrolment.staff_ids import staff_id_for

GENERATED = re.compile(r"p-[2-9a-z]{8}")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Ann Smith", "ann-smith"),
        ("Lin-Manuel Miranda", "lin-manuel-miranda"),
        ("  Zoë  O'Néill, Jr. ", "zoe-o-neill-jr"),
        ("Jürgen Weiß-Łukasz", "jurgen-weiss-lukasz"),
        ("Agent 47", "agent-47"),
    ],
)
def test_a_latin_name_is_spelt_out(name: str, made: str) -> None:
    """Small letters, no accents, hyphens between words."""
    assert staff_id_for(name, lambda _: False) == made


@pytest.mark.parametrize("name", ["王秀英", "Ольга", "محمد", "Wang 秀英", "😀", "---"])
def test_other_names_get_a_generated_id(name: str) -> None:
    """No transliteration is guessed, for mixed names neither."""
    assert GENERATED.fullmatch(staff_id_for(name, lambda _: False))


def test_a_taken_id_gets_a_number() -> None:
    """The second of a name is -2, the third -3."""
    assert staff_id_for("Ann", {"ann", "ann-2"}.__contains__) == "ann-3"


@given(st.text(max_size=300))
def test_every_id_is_one_the_register_takes(name: str) -> None:
    """Whatever the name, the id is safe in messages, file names and commands."""
    check_staff_id(staff_id_for(name, lambda _: False))
