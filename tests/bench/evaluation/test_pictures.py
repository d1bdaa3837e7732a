"""Which pictures show whom is said by folders or by names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.evaluation.pictures import EvaluationError, read_people


def test_folders_and_numbered_names_are_people(tmp_path: Path) -> None:
    """Both may stand side by side; pictures come in the order of their names."""
    (tmp_path / "Ann").mkdir()
    for name in (
        "Ann/y.png",
        "Ann/x.jpg",
        "Bo_Li_0002.jpg",
        "Bo_Li_0001.jpg",
        "notes.txt",
        "x.jpg",
    ):
        (tmp_path / name).touch()

    found = read_people(tmp_path)

    assert {who: [path.name for path in paths] for who, paths in found.items()} == {
        "Ann": ["x.jpg", "y.png"],
        "Bo_Li": ["Bo_Li_0001.jpg", "Bo_Li_0002.jpg"],
    }


def test_a_directory_without_pictures_is_refused(tmp_path: Path) -> None:
    """With what would do."""
    with pytest.raises(EvaluationError, match=r"Name_0001\.jpg"):
        read_people(tmp_path)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """By its path."""
    with pytest.raises(EvaluationError, match="nowhere is no directory"):
        read_people(tmp_path / "nowhere")
