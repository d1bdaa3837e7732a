"""Where a foot stands, and what counts as a passage. Zones are literal polygons."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.core.policy import ZoneView
from vision.core.values import Box, Direction
from vision.core.zones import Membership, ZoneOutline, ZoneWatch, foot_of, step_over

UNKNOWN, INSIDE, OUTSIDE = Membership.UNKNOWN, Membership.INSIDE, Membership.OUTSIDE
SQUARE = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
TO_THE_BOTTOM = ((0.4, 0.4), (0.6, 0.4), (0.6, 1.0), (0.4, 1.0))
U_SHAPE = (
    (0.1, 0.1),
    (0.3, 0.1),
    (0.3, 0.6),
    (0.7, 0.6),
    (0.7, 0.1),
    (0.9, 0.1),
    (0.9, 0.9),
    (0.1, 0.9),
)
WHOLE_PICTURE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def standing(x: float, y: float) -> Box:
    """A person whose foot is at the point."""
    return Box(x - 0.05, y - 0.3, x + 0.05, y)


class TestOutline:
    """Polygons and points."""

    @pytest.mark.parametrize(
        ("polygon", "point", "inside"),
        [
            (SQUARE, (0.5, 0.5), True),
            (SQUARE, (0.3, 0.5), False),
            (SQUARE, (0.5, 0.7), False),
            (U_SHAPE, (0.2, 0.3), True),
            (U_SHAPE, (0.5, 0.3), False),
            (U_SHAPE, (0.5, 0.7), True),
            (tuple(reversed(SQUARE)), (0.5, 0.5), True),
        ],
    )
    def test_contains(
        self, polygon: tuple[tuple[float, float], ...], point: tuple[float, float], *, inside: bool
    ) -> None:
        """Either way round, with or without dents."""
        assert ZoneOutline(polygon, 1.0).contains(point) is inside

    @pytest.mark.parametrize(
        ("point", "distance"),
        [
            ((0.5, 0.45), 0.05),
            ((0.5, 0.7), -0.1),
            ((0.42, 0.5), 0.04),
            ((0.35, 0.5), -0.1),
            ((0.45, 0.3), -0.1),
            ((0.7, 0.75), -0.25),
        ],
    )
    def test_distances_are_picture_heights(
        self, point: tuple[float, float], distance: float
    ) -> None:
        """In a picture twice as wide as high, steps to the side count double."""
        assert ZoneOutline(SQUARE, 2.0).signed_distance(point) == pytest.approx(distance)

    @pytest.mark.parametrize("bottom", [1.0, 0.996])
    def test_the_frame_is_no_boundary(self, bottom: float) -> None:
        """On the picture's edge one is as far inside as the real edges are away."""
        zone = ZoneOutline(((0.4, 0.4), (0.6, 0.4), (0.6, bottom), (0.4, bottom)), 1.0)

        assert zone.signed_distance((0.45, 1.0)) == pytest.approx(0.05, abs=1e-3)

    def test_a_zone_of_the_whole_picture_has_no_boundary(self) -> None:
        """Everybody is inside, in the corners too."""
        zone = ZoneOutline(WHOLE_PICTURE, 1.0)

        assert zone.signed_distance((0.5, 0.5)) == inf
        assert zone.signed_distance((1.0, 1.0)) == inf

    def test_a_corner_given_twice_does_no_harm(self) -> None:
        """An edge without length is a point."""
        zone = ZoneOutline((SQUARE[0], *SQUARE), 1.0)

        assert zone.signed_distance((0.3, 0.4)) == pytest.approx(-0.1)

    def test_two_corners_are_no_zone(self) -> None:
        """They enclose nothing."""
        with pytest.raises(ValueError, match="three corners"):
            ZoneOutline(((0.1, 0.1), (0.9, 0.9)), 1.0)


class TestFoot:
    """Where a box stands."""

    def test_the_middle_of_the_lower_edge(self) -> None:
        """Seen whole, the foot is in view."""
        assert foot_of(Box(0.4, 0.2, 0.6, 0.7)) == (0.5, 0.7)

    def test_a_box_cut_off_stands_on_the_edge(self) -> None:
        """A foot below the view is taken to be at the picture's edge."""
        assert foot_of(Box(0.4, 0.6, 0.6, 1.02)) == (0.5, 1.0)

    @pytest.mark.parametrize(("polygon", "expected"), [(TO_THE_BOTTOM, INSIDE), (SQUARE, OUTSIDE)])
    def test_who_is_cut_off_is_inside_only_what_reaches_the_edge(
        self, polygon: tuple[tuple[float, float], ...], expected: Membership
    ) -> None:
        """In doubt inside; but whoever stands below the view is beyond a zone that ends in it."""
        foot = foot_of(Box(0.4, 0.6, 0.6, 1.0))

        assert step_over(ZoneOutline(polygon, 1.0), 0.01, UNKNOWN, foot)[0] is expected


class TestStepOver:
    """One step of one foot: the left edge of the square is at 0.4."""

    @pytest.mark.parametrize(
        ("before", "x", "after", "passage"),
        [
            (UNKNOWN, 0.45, INSIDE, Direction.INSIDE),
            (UNKNOWN, 0.405, INSIDE, Direction.INSIDE),
            (UNKNOWN, 0.395, OUTSIDE, None),
            (UNKNOWN, 0.2, OUTSIDE, None),
            (OUTSIDE, 0.395, OUTSIDE, None),
            (OUTSIDE, 0.405, OUTSIDE, None),
            (OUTSIDE, 0.415, INSIDE, Direction.ENTRY),
            (INSIDE, 0.45, INSIDE, None),
            (INSIDE, 0.395, INSIDE, None),
            (INSIDE, 0.385, OUTSIDE, Direction.EXIT),
        ],
    )
    def test_table(
        self, before: Membership, x: float, after: Membership, passage: Direction | None
    ) -> None:
        """First sight goes by the bare edge, a change of sides by more than the boundary."""
        assert step_over(ZoneOutline(SQUARE, 1.0), 0.01, before, (x, 0.5)) == (after, passage)

    @given(
        first=st.sampled_from([INSIDE, OUTSIDE]),
        tremble=st.lists(st.floats(-0.0099, 0.0099), max_size=30),
        edge_x=st.sampled_from([0.4, 0.6]),
    )
    def test_trembling_on_an_edge_passes_nothing(
        self, first: Membership, tremble: list[float], edge_x: float
    ) -> None:
        """Within the boundary on both sides nothing ever changes."""
        zone, state = ZoneOutline(SQUARE, 1.0), first
        for offset in tremble:
            state, passage = step_over(zone, 0.01, state, (edge_x + offset, 0.5))
            assert (state, passage) == (first, None)

    @given(st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=40))
    def test_entries_and_exits_alternate(self, walk: list[tuple[float, float]]) -> None:
        """However one walks, nobody enters twice without leaving, and the state agrees."""
        zone, state = ZoneOutline(SQUARE, 16 / 9), UNKNOWN
        for foot in walk:
            before = state
            state, passage = step_over(zone, 0.01, state, foot)
            expected = {
                (UNKNOWN, INSIDE): Direction.INSIDE,
                (OUTSIDE, INSIDE): Direction.ENTRY,
                (INSIDE, OUTSIDE): Direction.EXIT,
            }
            assert passage == expected.get((before, state))


class TestWatch:
    """All tracks and zones of a camera."""

    VIEWS = (ZoneView("square", SQUARE), ZoneView("strip", TO_THE_BOTTOM))

    def test_a_walk_through_two_zones(self) -> None:
        """Each zone tells of its own passages, in the order of the views."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)

        told = [watch.update(1, standing(0.5, y)) for y in (0.3, 0.35, 0.5, 0.55, 0.7, 0.3)]

        assert told == [
            (),
            (),
            (("square", Direction.ENTRY), ("strip", Direction.ENTRY)),
            (),
            (("square", Direction.EXIT),),
            (("strip", Direction.EXIT),),
        ]

    def test_first_seen_inside(self) -> None:
        """Somebody who was never seen outside has not entered."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)

        assert watch.update(1, standing(0.5, 0.8)) == (("strip", Direction.INSIDE),)

    def test_the_origin_is_the_first_sight(self) -> None:
        """Somebody who walked in before being confirmed has entered."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)

        told = watch.update(1, standing(0.5, 0.8), origin=standing(0.2, 0.8))

        assert told == (("strip", Direction.ENTRY),)

    def test_first_seen_inside_and_gone_at_once(self) -> None:
        """Both the presence and the exit are told."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)

        told = watch.update(1, standing(0.2, 0.8), origin=standing(0.5, 0.8))

        assert told == (("strip", Direction.INSIDE), ("strip", Direction.EXIT))

    def test_the_origin_counts_once(self) -> None:
        """It says nothing of a track that is known already."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)
        watch.update(1, standing(0.5, 0.8), origin=standing(0.2, 0.8))

        assert watch.update(1, standing(0.5, 0.8), origin=standing(0.2, 0.8)) == ()

    def test_tracks_are_apart(self) -> None:
        """One track's place says nothing of another's."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)
        watch.update(1, standing(0.5, 0.8))
        watch.update(2, standing(0.1, 0.8))

        assert watch.membership(1, "strip") is INSIDE
        assert watch.membership(2, "strip") is OUTSIDE
        assert watch.membership(3, "strip") is UNKNOWN

    def test_a_forgotten_track_is_new_again(self) -> None:
        """Forgetting is final, and forgetting twice no mistake."""
        watch = ZoneWatch(self.VIEWS, boundary=0.01)
        watch.update(1, standing(0.5, 0.8))
        watch.forget(1)
        watch.forget(1)

        assert watch.membership(1, "strip") is UNKNOWN
