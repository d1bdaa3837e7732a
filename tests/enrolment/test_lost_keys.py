"""Faces whose keys are not there: nobody new is compared with half a register, nothing spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from enrolment import key_rotation
from enrolment.key_store import KeyStore
from enrolment.people import Biometrics, Template
from enrolment.places import RegisterPlace, SqliteFile
from enrolment.register import Register
from enrolment.register_history import Note
from enrolment.site_keys import SiteKeyError, read_ring
from tests.enrolment.registers import person, row, with_keys

MORE = (Template(row(3), "e"),)


@pytest.fixture
def place(tmp_path: Path) -> RegisterPlace:
    """A register whose keys were replaced by new ones, as who restores it may do by mistake."""
    made = with_keys(SqliteFile(tmp_path / "data" / "register.db"), tmp_path)
    with Register.open(made) as register:
        register.add_person(person("ann"), [Template(row(1), "e")])
        register.add_person(person("bob"))
    keys = made.keys
    assert keys
    assert keys.store_file
    key_rotation.back_up(keys, tmp_path / "keys.json")
    keys.store_file.unlink()
    with KeyStore.open(keys, create=True) as store:
        store.begin(read_ring(keys).current)
    return made


@pytest.fixture
def register(place: RegisterPlace):
    """Open it."""
    with Register.open(place) as opened:
        yield opened


def test_a_new_face_is_not_compared_with_some(register: Register) -> None:
    """Somebody banned could be enrolled anew: who is missing is named, and the remedy."""
    with pytest.raises(SiteKeyError, match=r"of 1 enrolled \(ann\) .* 'bondwatch keys restore'"):
        register.everybody("e")

    register.remove("ann")
    assert register.everybody("e").empty


def test_no_second_key_beside_the_lost_one(register: Register) -> None:
    """More templates would make the old ones look damaged, and the register unreadable."""
    note = Note("ada")
    with pytest.raises(SiteKeyError, match="remove these people and enrol them anew"):
        register.add_templates("ann", MORE)
    with pytest.raises(SiteKeyError):
        register.edit("ann", {}, note, more=Biometrics(MORE))
    with pytest.raises(SiteKeyError):
        register.replace_foreign_templates("ann", "f", (), note)

    register.add_templates("bob", MORE)
    assert register.snapshot("e").gallery.staff_ids == ("bob",)


def test_keys_put_back_open_everything(
    register: Register, place: RegisterPlace, tmp_path: Path
) -> None:
    """What was refused meanwhile has left nothing in their way."""
    with pytest.raises(SiteKeyError):
        register.add_templates("ann", MORE)

    assert place.keys
    key_rotation.restore(place.keys, tmp_path / "keys.json")

    register.add_templates("ann", MORE)
    assert register.everybody("e").staff_ids == ("ann",)
