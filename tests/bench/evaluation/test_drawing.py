"""Curves become PNG files that show them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bench.evaluation.drawing import ERRORS, SHARES, Axis, Line, draw


def test_decades_are_of_one_length() -> None:
    """On a logarithmic axis; what lies beyond an end is put on it."""
    axis = Axis("FPIR", 0.001, 1.0, ERRORS, log=True)

    assert axis.share(np.array([0.0, 0.001, 0.01, 0.1, 1.0, 9.0])).tolist() == pytest.approx(
        [0, 0, 1 / 3, 2 / 3, 1, 1]
    )


def test_a_curve_is_drawn(tmp_path: Path) -> None:
    """The file is a picture, and the line is in it where it belongs."""
    axes = (Axis("x", 0, 1, SHARES), Axis("y", 0, 1, SHARES))
    path, bare = tmp_path / "curve.png", tmp_path / "bare.png"
    level = np.array([0.5, 0.5])

    draw(path, "title", axes, [Line("level", np.array([0.0, 1.0]), level)])
    draw(bare, "title", axes, [])

    drawn, empty = cv2.imread(str(path)), cv2.imread(str(bare))
    assert drawn is not None
    assert empty is not None
    rows = np.flatnonzero((drawn[:, 100:600] != empty[:, 100:600]).any(axis=(1, 2)))
    assert set(range(rows.min(), rows.max() + 1)) == set(rows.tolist())
    assert abs(float(rows.mean()) - (60 + 640) / 2) < 2
