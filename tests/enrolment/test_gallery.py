"""The gallery: two different people by one matrix product, and nothing from a broken probe."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from enrolment.gallery import AlikePairs, Gallery, Likeness, Match


def unit(rows: object) -> NDArray[np.float32]:
    """Scale vectors to length 1."""
    matrix = np.asarray(rows, dtype=np.float64)
    return (matrix / np.linalg.norm(matrix, axis=-1, keepdims=True)).astype(np.float32)


def gallery_of(owners: list[str], rows: object) -> Gallery:
    """Build a gallery from rows of any length."""
    return Gallery.build(owners, unit(rows), register_version=7, embedding_id="e")


EMPTY = Gallery.build([], np.empty((0, 0)), register_version=0, embedding_id="e")


class TestBuild:
    """How a gallery is made."""

    def test_rows_are_grouped_by_sorted_people(self) -> None:
        """Whatever the order of the rows, people come sorted and their rows together."""
        gallery = gallery_of(["b", "a", "b"], [[1, 0], [0, 1], [0, -1]])

        assert gallery.staff_ids == ("a", "b")
        assert gallery.starts.tolist() == [0, 1]
        assert gallery.embeddings.tolist() == [[0, 1], [1, 0], [0, -1]]

    def test_a_gallery_cannot_be_changed(self) -> None:
        """Its arrays are read-only: it is shared by threads without a lock."""
        gallery = gallery_of(["a"], [[1, 0]])

        with pytest.raises(ValueError, match="read-only"):
            gallery.embeddings[0, 0] = 0

    def test_no_embedding_is_printed(self) -> None:
        """What a log or a traceback shows of a gallery holds no biometric data."""
        assert "0.6" not in repr(gallery_of(["a"], [[0.6, 0.8]]))

    def test_building_leaves_the_callers_rows_writable(self) -> None:
        """The gallery keeps its own copy, so nobody else's array is frozen or shared."""
        rows = unit([[1, 0]])
        gallery = Gallery.build(["a"], rows, register_version=1, embedding_id="e")

        rows[0, 0] = 0

        assert gallery.embeddings[0, 0] == 1

    @pytest.mark.parametrize("row", [[0.0, 0.0], [np.nan, 1.0], [2.0, 0.0], [np.inf, 0.0]])
    def test_a_row_that_is_no_unit_vector_is_refused(self, row: list[float]) -> None:
        """A zero, NaN or unnormalised template never enters."""
        with pytest.raises(ValueError, match="unit length"):
            Gallery.build(["a"], np.array([row]), register_version=1, embedding_id="e")

    def test_each_row_needs_an_owner(self) -> None:
        """Counts that differ are a mistake of the caller."""
        with pytest.raises(ValueError, match="1 owners for 2"):
            Gallery.build(["a"], unit([[1, 0], [0, 1]]), register_version=1, embedding_id="e")


class TestMatch:
    """How a probe is compared."""

    def test_best_and_runner_up_are_two_people(self) -> None:
        """A person's second template is not the runner-up, however similar it is."""
        gallery = gallery_of(["a", "a", "b"], [[1, 0], [1, 0], [0, 1]])

        match = gallery.match(unit([1, 0]))

        assert match == Match(Likeness("a", 1.0), Likeness("b", 0.0))

    def test_a_person_is_the_middle_of_their_templates(self) -> None:
        """One template among several that is like somebody else does not make its owner so."""
        gallery = gallery_of(["a", "a", "a"], [[1, 0], [1, 0], [0, 1]])

        best = gallery.match(unit([0, 1])).best

        assert best is not None
        assert best.similarity == pytest.approx(1 / np.sqrt(5))

    def test_templates_without_a_middle_are_like_nobody(self) -> None:
        """Two that cancel each other out name nobody, and break nothing."""
        best = gallery_of(["a", "a"], [[1, 0], [-1, 0]]).match(unit([1, 0])).best

        assert best == Likeness("a", 0.0)

    def test_one_person_has_no_runner_up(self) -> None:
        """With one person enrolled there is nobody to come second."""
        assert gallery_of(["a"], [[1, 0]]).match(unit([1, 0])).runner_up is None

    def test_an_empty_gallery_matches_nobody(self) -> None:
        """No register, no likeness: the answer is None, not an error."""
        assert EMPTY.empty
        assert EMPTY.match(unit([1, 0])) == Match(None, None)

    def test_equal_similarities_go_to_the_first_staff_id(self) -> None:
        """The answer is the same on every run."""
        match = gallery_of(["b", "a", "c"], [[1, 0], [1, 0], [1, 0]]).match(unit([1, 0]))

        assert [who.staff_id for who in (match.best, match.runner_up) if who] == ["a", "b"]

    @pytest.mark.parametrize("probe", [[0.0, 0.0], [np.nan, 1.0], [0.5, 0.0], [np.inf, 0.0]])
    @pytest.mark.parametrize("gallery", [EMPTY, gallery_of(["a"], [[1, 0]])])
    def test_a_probe_that_is_no_unit_vector_is_refused(
        self, gallery: Gallery, probe: list[float]
    ) -> None:
        """A broken embedder is heard of, with an empty gallery too."""
        with pytest.raises(ValueError, match="unit length"):
            gallery.match(np.array(probe))

    @pytest.mark.parametrize("shape", [(3,), (1, 2), ()])
    def test_a_probe_of_another_shape_is_refused(self, shape: tuple[int, ...]) -> None:
        """Another size means another embedder: never compared."""
        with pytest.raises(ValueError, match="probe of shape"):
            gallery_of(["a"], [[1, 0]]).match(np.ones(shape))

    def test_the_most_similar_template_is_found_by_itself(self) -> None:
        """Who is enrolled twice shows in one template, wherever the middle of the others lies."""
        gallery = gallery_of(["a", "a", "a", "b"], [[1, 0], [1, 0], [0, 1], [1, 1]])

        found = [
            gallery.most_similar_template(unit([0, 1]), out) for out in map(frozenset, ("", "a"))
        ]

        assert found == [Likeness("a", 1.0), Likeness("b", pytest.approx(np.sqrt(0.5)))]

    def test_there_may_be_no_template(self) -> None:
        """An empty gallery has none, and one whose people are all left out."""
        everybody = frozenset("ab")

        assert EMPTY.most_similar_template(unit([1, 0]), everybody) is None
        assert gallery_of(["a"], [[1, 0]]).most_similar_template(unit([1, 0]), everybody) is None

    def test_people_can_be_left_out(self) -> None:
        """Without the named ones, the others keep their rows; without anybody it is empty."""
        gallery = gallery_of(["a", "b", "b", "c"], [[1, 0], [0, 1], [0, -1], [-1, 0]])

        fewer = gallery.without(frozenset({"a", "nobody"}))

        assert fewer.staff_ids == ("b", "c")
        assert fewer.embeddings.tolist() == [[0, 1], [0, -1], [-1, 0]]
        assert fewer.register_version == 7
        assert gallery.without(frozenset("abc")).empty

    @settings(max_examples=100, deadline=None)
    @given(
        owners=st.lists(st.sampled_from("abcdef"), min_size=1, max_size=20),
        dim=st.integers(2, 8),
        seed=st.integers(0, 2**32 - 1),
    )
    def test_it_equals_a_plain_loop(self, owners: list[str], dim: int, seed: int) -> None:
        """One matrix product says what comparing one person after another says."""
        rng = np.random.default_rng(seed)
        rows = unit(rng.normal(size=(len(owners), dim)))
        probe = unit(rng.normal(size=dim))
        of_person: dict[str, float] = {}
        for who in set(owners):
            own = [row for owner, row in zip(owners, rows, strict=True) if owner == who]
            of_person[who] = float(np.dot(unit(np.sum(own, axis=0)), probe))
        expected = sorted(of_person.values(), reverse=True)[:2]

        match = gallery_of(owners, rows).match(probe)

        found = [who for who in (match.best, match.runner_up) if who]
        assert [who.similarity for who in found] == pytest.approx(expected, abs=1e-5)
        assert [of_person[who.staff_id] for who in found] == pytest.approx(expected, abs=1e-5)
        assert len({who.staff_id for who in found}) == len(found)


class TestAlikePairs:
    """How alike the people of a gallery are to each other."""

    def test_a_pair_counts_once_and_nobody_with_themselves(self) -> None:
        """By the first template of each."""
        gallery = gallery_of(["a", "a", "b", "c"], [[1, 0], [0, 1], [1, 0.1], [0, 1]])

        assert gallery.alike_pairs(0.9) == AlikePairs(alike=1, pairs=3)

    def test_nobody_makes_no_pair(self) -> None:
        """Neither does one person."""
        assert EMPTY.alike_pairs(0.9) == AlikePairs(0, 0)
        assert gallery_of(["a"], [[1, 0]]).alike_pairs(0.9) == AlikePairs(0, 0)

    def test_some_stand_for_many(self) -> None:
        """From all over the register: every second person of these is alike."""
        people = [f"p{number:04}" for number in range(2000)]
        rows = np.eye(2000, dtype=np.float32)
        rows[:1000] = rows[0]

        found = gallery_of(people, rows).alike_pairs(0.9)

        assert found.pairs == 500 * 499 // 2
        assert found.alike == 250 * 249 // 2
