"""Several looks taken for one may name somebody whom none of them names alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.vision.core.looks import GOOD_FACE, POLICY, look
from vision.core.identity import TrackIdentity
from vision.core.values import Candidate, FaceMeasures, IdentityState, Look, Together

TOGETHER = replace(POLICY, accept_together=0.96)
ANN = Candidate("ann", 0.97)
SMALL = replace(GOOD_FACE, size_px=20)


def unsure(
    stream_s: float,
    looks: int,
    best: Candidate | None = ANN,
    rival: float | None = 0.5,
    face: FaceMeasures = GOOD_FACE,
) -> Look:
    """A look that says nothing alone; with those before it, it is like ``best``."""
    runner_up = None if rival is None else Candidate("zoe", rival)
    together = Together(best, runner_up, looks) if looks > 1 else None
    return replace(look(stream_s, "ann", 0.93, face=face), together=together)


def identity_of(*looks: Look) -> TrackIdentity:
    """A track that was looked at."""
    identity = TrackIdentity(TOGETHER)
    for one in looks:
        identity.add(one)
    return identity


def test_three_unsure_looks_name_somebody_together() -> None:
    """The evidence tells the similarity that decided."""
    identity = identity_of(unsure(0, 1), unsure(1, 2), unsure(2, 3))

    evidence = identity.evidence
    assert evidence.state is IdentityState.REGISTERED
    assert (evidence.staff_id, evidence.similarity, evidence.looks) == ("ann", 0.97, 3)


def test_without_a_runner_up_the_lead_is_clear() -> None:
    """With one person enrolled there is nobody to lead over."""
    identity = identity_of(unsure(0, 1), unsure(1, 2), unsure(2, 3, rival=None))

    assert identity.state is IdentityState.REGISTERED


@pytest.mark.parametrize(
    "last",
    [
        unsure(2, 1),
        unsure(2, 2),
        unsure(2, 4),
        unsure(2, 3, best=None),
        unsure(2, 3, best=Candidate("ann", 0.959)),
        unsure(2, 3, rival=0.965),
        unsure(2, 3, face=SMALL),
        unsure(2, 3, face=replace(GOOD_FACE, sharpness=1)),
    ],
    ids=["alone", "few", "not all counted", "nobody", "unlike", "no lead", "small", "blurred"],
)
def test_what_is_missing_leaves_it_open(last: Look) -> None:
    """Enough counted looks, likeness, a lead, and faces good enough: all are needed."""
    identity = identity_of(unsure(0, 1), unsure(1, 2), last)

    assert identity.state is IdentityState.UNDETERMINED


def test_a_look_that_is_sure_of_somebody_else_forbids_it() -> None:
    """Two people on one track have no common name."""
    sure = replace(look(1, "bob", 0.99), together=Together(ANN, None, 2))

    identity = identity_of(unsure(0, 1), sure, unsure(2, 3))

    assert identity.state is IdentityState.UNDETERMINED


def test_older_misses_count_against_it() -> None:
    """Whoever was clearly a stranger twice before is not let in by three unsure looks."""
    strangers = [look(at_s, "ann", 0.5) for at_s in (0, 1)]

    identity = identity_of(*strangers, unsure(2, 1), unsure(3, 2), unsure(4, 3))

    assert identity.state is IdentityState.UNDETERMINED


def test_one_older_miss_is_outvoted() -> None:
    """Three against one."""
    identity = identity_of(look(0, "ann", 0.5), unsure(1, 1), unsure(2, 2), unsure(3, 3))

    assert identity.state is IdentityState.REGISTERED


def test_by_default_only_single_looks_count() -> None:
    """An embedder whose means were not measured decides as before."""
    identity = TrackIdentity(POLICY)
    for one in (unsure(0, 1), unsure(1, 2), unsure(2, 3)):
        identity.add(one)

    assert identity.state is IdentityState.UNDETERMINED


def test_looks_from_before_a_doubt_are_not_asked_for() -> None:
    """After an occlusion the track may be somebody else, so the looks begin anew."""
    identity = TrackIdentity(TOGETHER)
    assert identity.since_s == float("inf")

    identity.ask(5.0)
    assert identity.since_s == 5.0
    identity.ask(9.0)
    assert identity.since_s == 5.0

    identity.doubt()
    identity.ask(12.0)
    assert identity.since_s == 12.0
