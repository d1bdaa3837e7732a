"""Names of photos: as people write them, and never outside the folder."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrolment.bulk.photo_names import PhotoNames, plain_name
from enrolment.refusals import PhotoRefusedError, Refusal

NAMES = PhotoNames(
    [
        "photos/A.jpg",
        "photos/A_0002.jpg",
        "photos/A-1.jpg",
        "photos/王.png",
        "W-2/x.JPEG",
        "x/y.txt",
    ],
    {"A", "A-1", "W-2", "y"},
)


@pytest.mark.parametrize(
    "name", ["../a.jpg", "photos/../../a.jpg", "/etc/passwd", "..\\a.jpg", "C:\\a.jpg", "a\0.jpg"]
)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    """Whatever the system that wrote them."""
    with pytest.raises(PhotoRefusedError, match=Refusal.PATH_NOT_ALLOWED):
        NAMES.named(name)


@pytest.mark.parametrize("name", ["photos/A.jpg", "./photos//A.jpg", "photos\\A.jpg", "a.JPG"])
def test_a_photo_is_found_as_people_name_it(name: str) -> None:
    """Exactly, with other slashes, or by its end in any case."""
    assert NAMES.named(name) == "photos/A.jpg"


def test_composed_and_decomposed_letters_are_one() -> None:
    """What a Mac packs is found by what a PC writes."""
    names = PhotoNames([plain_name(unicodedata.normalize("NFD", "Müller.jpg"))], set())

    assert names.named("Müller.jpg") == "Müller.jpg"


def test_a_name_that_two_files_have_is_not_guessed() -> None:
    """The wrong face would be worse than none."""
    names = PhotoNames(["a/1.jpg", "b/1.jpg"], set())

    with pytest.raises(PhotoRefusedError, match="2 files"):
        names.named("1.jpg")


def test_files_called_after_somebody_are_that_persons() -> None:
    """With a number behind the id, or in a folder of it; an exact id goes before a number."""
    assert NAMES.of("A") == ("photos/A.jpg", "photos/A_0002.jpg")
    assert NAMES.of("A-1") == ("photos/A-1.jpg",)
    assert NAMES.of("W-2") == ("W-2/x.JPEG",)
    assert NAMES.of("y") == ()


@given(name=st.text(max_size=30))
def test_a_plain_name_stays_inside(name: str) -> None:
    """Any name is refused or has no part that leads out, and is plain already."""
    try:
        plain = plain_name(name)
    except PhotoRefusedError:
        return
    assert not plain.startswith("/")
    assert ".." not in plain.split("/")
    assert plain_name(plain) == plain
