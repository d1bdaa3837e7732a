"""Which outlines can be a zone."""

from __future__ import annotations

import pytest

from vision.configuration.polygons import polygon_fault


@pytest.mark.parametrize(
    "corners",
    [
        ((0, 0), (1, 0), (1, 1)),
        ((0, 0), (1, 0), (1, 1), (0, 1)),
        ((0, 0), (0, 1), (1, 1), (1, 0)),
        ((0, 0), (0.5, 0), (1, 0), (1, 1)),
        ((0, 0), (1, 0), (1, 1), (0.5, 0.2), (0, 1)),
        ((0.1, 0.1), (0.2, 0.1), (0.2, 0.3), (0.1, 0.3)),
    ],
)
def test_a_simple_outline_has_no_fault(corners):
    """Either direction, hollows and corners on a straight edge are all right."""
    assert polygon_fault(corners) is None


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        (((0, 0), (1, 1), (1, 0), (0, 1)), "crosses or touches itself"),
        (((0, 0), (1, 0), (0.5, 0), (0.5, 1)), "crosses or touches itself"),
        (((0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)), "crosses or touches itself"),
        (((0, 0), (0.5, 0), (1, 0)), "bounds no area"),
        (((0, 0), (0.5, 0.0000001), (1, 0)), "bounds no area"),
        (((0, 0), (1, 0), (1, 1), (0, 0)), "passes through the same corner twice"),
    ],
)
def test_any_other_outline_has_a_fault(corners, fault):
    """Crossing, touching, folding back, enclosing nothing and closing twice are told apart."""
    assert polygon_fault(corners) == fault
