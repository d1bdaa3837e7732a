"""Trials go through the product's own gallery and decision."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.evaluation.faces import Seen
from bench.evaluation.trials import Trial, gallery_of, judged, mated_scores, non_mated_scores
from enrolment.gallery import Gallery
from vision.core.policy import IdentityPolicy
from vision.core.values import FaceMeasures

GOOD = FaceMeasures(size_px=80, sharpness=100, yaw=0, brightness=120, score=0.9)


def unit(*values: float) -> NDArray[np.float32]:
    """A row of length 1."""
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def policy(looks: int, margin: float = 0.0) -> IdentityPolicy:
    """Rules for so many looks."""
    return IdentityPolicy(0.5, 0.4, margin, confirm_looks=looks, condemn_looks=looks)


@pytest.fixture
def gallery() -> Gallery:
    """Three people at right angles."""
    return gallery_of({"a": [unit(1, 0, 0)], "b": [unit(0, 1, 0)], "c": [unit(0, 0, 1)]}, "e")


def trial(person: str, *rows: NDArray[np.float32] | None) -> Trial:
    """Good looks with these embeddings."""
    return Trial(person, tuple(None if row is None else Seen(row, GOOD) for row in rows))


def test_one_look_scores_its_own_similarity(gallery: Gallery) -> None:
    """The highest threshold at which it names somebody is the similarity itself."""
    named = judged(trial("a", unit(1, 0.1, 0)), gallery, policy(1))

    assert named.staff_id == named.first == "a"
    assert named.score == pytest.approx(1 / np.sqrt(1.01))


def test_several_looks_score_the_similarity_of_their_mean(gallery: Gallery) -> None:
    """Looks that err in different directions are nearer together than each alone."""
    named = judged(trial("a", unit(1, 0.3, 0), unit(1, -0.3, 0), unit(1, 0, 0)), gallery, policy(3))

    assert named.staff_id == "a"
    assert named.score == pytest.approx(1.0)


def test_without_enough_looks_nobody_is_named(gallery: Gallery) -> None:
    """A picture without a face is a look fewer."""
    named = judged(trial("a", unit(1, 0, 0), None, unit(1, 0, 0)), gallery, policy(3))

    assert named.staff_id is None
    assert named.score == -np.inf


def test_without_a_lead_nobody_is_named(gallery: Gallery) -> None:
    """Two people as similar as each other are nobody, at any threshold."""
    named = judged(trial("a", unit(1, 1, 0)), gallery, policy(1, margin=0.01))

    assert named.staff_id is None
    assert named.first in {"a", "b"}


def test_a_wrong_name_is_not_right(gallery: Gallery) -> None:
    """Who is taken for somebody else is not recognised."""
    found = mated_scores([trial("a", unit(0, 1, 0))], gallery, policy(1))

    assert not found.right.any()


def test_the_probes_own_person_is_left_out(gallery: Gallery) -> None:
    """Somebody enrolled serves as a stranger to a gallery without them."""
    found = non_mated_scores([trial("a", unit(1, 0.2, 0))], gallery, policy(1))

    assert found.scores.tolist() == pytest.approx([0.2 / np.sqrt(1.04)], abs=1e-6)
    assert not found.right.any()
