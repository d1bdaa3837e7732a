"""Looks become votes, votes become an identity."""

from dataclasses import replace

import pytest

from tests.vision.core.looks import GOOD_FACE, POLICY, look
from vision.core.identity import TrackIdentity, Vote, is_usable, vote_of
from vision.core.values import FaceMeasures, IdentityEvidence, IdentityState, Look

REGISTERED, UNREGISTERED = IdentityState.REGISTERED, IdentityState.UNREGISTERED
UNDETERMINED, CONFLICT = IdentityState.UNDETERMINED, IdentityState.CONFLICT


def identity_of(*looks: Look) -> TrackIdentity:
    """The identity of a track after these looks."""
    identity = TrackIdentity(POLICY)
    for each in looks:
        identity.add(each)
    return identity


def confirming(*times: float, staff_id: str = "ann") -> list[Look]:
    """Looks that name somebody."""
    return [look(t, staff_id) for t in times]


def condemning(*times: float) -> list[Look]:
    """Good looks that match nobody."""
    return [look(t, similarity=0.6) for t in times]


class TestVoteOf:
    @pytest.mark.parametrize(
        "face",
        [
            replace(GOOD_FACE, score=0.3),
            replace(GOOD_FACE, yaw=-0.9),
            replace(GOOD_FACE, sharpness=1),
            replace(GOOD_FACE, brightness=5),
            replace(GOOD_FACE, brightness=250),
            replace(GOOD_FACE, sharpness=float("nan")),
        ],
    )
    def test_bad_picture(self, face: FaceMeasures) -> None:
        """A face that fails the quality gate neither confirms nor condemns."""
        assert not is_usable(face, POLICY)
        assert vote_of(look(0, face=face), POLICY) is Vote.ABSTAIN
        assert vote_of(look(0, similarity=0.2, face=face), POLICY) is Vote.ABSTAIN

    @pytest.mark.parametrize(
        ("similarity", "rival", "size_px", "vote"),
        [
            (0.94, 0.92, 80, Vote.CONFIRM),
            (0.94, 0.935, 80, Vote.ABSTAIN),
            (0.95, None, 80, Vote.CONFIRM),
            (0.95, 0.5, 24, Vote.CONFIRM),
            (0.95, 0.5, 23, Vote.ABSTAIN),
            (0.93, 0.5, 80, Vote.ABSTAIN),
            (0.91, 0.5, 40, Vote.CONDEMN),
            (0.91, 0.5, 39, Vote.ABSTAIN),
            (float("nan"), 0.5, 80, Vote.ABSTAIN),
        ],
    )
    def test_thresholds(
        self, similarity: float, rival: float | None, size_px: float, vote: Vote
    ) -> None:
        """Accept with a margin confirms, below reject condemns, and a small face never condemns."""
        face = replace(GOOD_FACE, size_px=size_px)

        assert vote_of(look(0, "ann", similarity, rival, face), POLICY) is vote

    def test_nobody_to_compare_with(self) -> None:
        """Without anybody in the gallery a look says nothing."""
        assert vote_of(look(0, None, rival=None), POLICY) is Vote.ABSTAIN


class TestTrackIdentity:
    def test_nothing_seen(self) -> None:
        """A track nobody has looked at is undetermined, on no evidence."""
        assert TrackIdentity(POLICY).evidence == IdentityEvidence(
            UNDETERMINED, accept=0.94, reject=0.92
        )

    def test_enough_agreeing_looks(self) -> None:
        """Three spaced looks that agree make a registered person, with the medians as grounds."""
        identity = identity_of(look(0, similarity=0.94), look(1, similarity=0.96), look(2))

        assert identity.evidence == IdentityEvidence(
            REGISTERED, "ann", 0.95, 0.5, 0.94, 0.92, looks=3, face_px=80
        )

    def test_a_single_lucky_match(self) -> None:
        """One match never decides."""
        assert identity_of(look(0)).state is UNDETERMINED

    def test_a_burst(self) -> None:
        """Looks too close together in time are one look."""
        assert identity_of(*confirming(0.0, 0.1, 0.2, 0.29)).evidence.looks == 1

    def test_old_looks(self) -> None:
        """A look older than the window no longer counts."""
        assert identity_of(*confirming(0, 1, 21.5)).state is UNDETERMINED

    def test_misses_are_votes(self) -> None:
        """A person who misses half as often as they match is not yet registered."""
        identity = identity_of(*condemning(0, 1), *confirming(2, 3, 4))
        assert identity.state is UNDETERMINED

        identity.add(look(5))
        assert identity.state is REGISTERED

    def test_others_matches_are_votes_against(self) -> None:
        """Matches with somebody else count against the leader."""
        identity = identity_of(*confirming(0, 1, staff_id="bob"), *confirming(2, 3, 4))

        assert identity.state is UNDETERMINED

    def test_two_people(self) -> None:
        """Enough good looks naming two people are a conflict, and name neither."""
        identity = identity_of(*confirming(0, 1, 2, staff_id="bob"), *confirming(3, 4, 5))

        assert (identity.state, identity.staff_id) == (CONFLICT, None)
        assert identity.evidence.looks == 6

    def test_strangers(self) -> None:
        """Enough good looks under the reject threshold make an unregistered person."""
        identity = identity_of(*condemning(0, 1, 2))

        assert identity.evidence == IdentityEvidence(
            UNREGISTERED, None, 0.6, 0.5, 0.94, 0.92, looks=3, face_px=80
        )

    def test_matches_hold_back_a_condemnation(self) -> None:
        """Misses must outnumber the matches two to one before they condemn."""
        identity = identity_of(look(0), look(1), *condemning(2, 3, 4))
        assert identity.state is UNDETERMINED

        identity.add(look(5, similarity=0.6))
        assert identity.state is UNREGISTERED

    def test_a_mistake_mends(self) -> None:
        """Somebody found unregistered becomes registered when enough looks agree later."""
        identity = identity_of(*condemning(0, 1, 2), *confirming(30, 31, 32))

        assert identity.state is REGISTERED

    def test_undecided_evidence_so_far(self) -> None:
        """Before a decision the evidence shows the votes so far, not the abstentions."""
        identity = identity_of(look(0), look(1, similarity=0.93), look(2, rival=None))

        assert (identity.evidence.looks, identity.evidence.runner_up) == (2, 0.5)


class TestTrust:
    def test_doubt_ends_trust(self) -> None:
        """After a crossing a registered track must be verified again."""
        identity = identity_of(*confirming(0, 1, 2))
        identity.doubt()

        assert (identity.state, identity.staff_id) == (UNDETERMINED, None)

    def test_doubt_keeps_suspicion(self) -> None:
        """A crossing is no way to shake off an alarm."""
        identity = identity_of(*condemning(0, 1, 2))
        identity.doubt()

        assert identity.state is UNREGISTERED

    def test_contradiction(self) -> None:
        """One person on two tracks at once is a conflict until looks decide again."""
        identity = identity_of(*confirming(0, 1, 2))
        identity.contradict()
        assert identity.state is CONFLICT

        for each in confirming(3, 4, 5):
            identity.add(each)
        assert identity.state is REGISTERED

    def test_trust_ends(self) -> None:
        """Trust that is not renewed within reverify_s ends."""
        identity = identity_of(*confirming(0, 1, 2))

        identity.expire(101.9)
        assert identity.state is REGISTERED
        identity.expire(102.0)
        assert identity.state is UNDETERMINED

    def test_trust_is_renewed(self) -> None:
        """Agreeing looks before the end renew the trust."""
        identity = identity_of(*confirming(0, 1, 2), *confirming(90, 91, 92))
        identity.expire(150)

        assert identity.state is REGISTERED

    def test_new_gallery(self) -> None:
        """Votes cast against another gallery are dropped; the decision stands until re-judged."""
        identity = identity_of(*condemning(0, 1))
        identity.forget_votes()
        identity.add(look(2, similarity=0.6))

        assert identity.state is UNDETERMINED


class TestVouching:
    def test_guards_word(self) -> None:
        """A guard's word registers the track, is named in the evidence, and does not age."""
        identity = identity_of(*condemning(0, 1, 2))
        identity.vouch("bob", "guard-7", 3.0)
        identity.expire(1000)
        for each in condemning(1001, 1002, 1003):
            identity.add(each)

        assert identity.evidence == IdentityEvidence(
            REGISTERED, "bob", 0.6, 0.5, 0.94, 0.92, looks=3, face_px=80, vouched_by="guard-7"
        )

    def test_crossing(self) -> None:
        """A crossing ends a guard's word too: it was about the person, not the track."""
        identity = TrackIdentity(POLICY)
        identity.vouch("bob", "guard-7", 0)
        identity.doubt()

        assert (identity.state, identity.evidence.vouched_by) == (UNDETERMINED, None)


class TestAsk:
    def asked(self, identity: TrackIdentity, *times: float) -> list[bool]:
        return [identity.ask(t) for t in times]

    def test_undetermined(self) -> None:
        """An undetermined track is looked at as often as looks count."""
        assert self.asked(TrackIdentity(POLICY), 0, 0.2, 0.3) == [True, False, True]

    def test_registered(self) -> None:
        """A registered track costs no looks until its re-check is due."""
        identity = identity_of(*confirming(0, 1, 2))
        identity.ask(2)

        assert self.asked(identity, 50, 81.9, 82.1) == [False, False, True]

    def test_unregistered(self) -> None:
        """Somebody found unregistered gets second looks, rarely."""
        identity = identity_of(*condemning(0, 1, 2))

        assert self.asked(identity, 2, 3.9, 4.0) == [True, False, True]

    def test_vouched(self) -> None:
        """A vouched track is not looked at."""
        identity = TrackIdentity(POLICY)
        identity.ask(0)
        identity.vouch("bob", "guard-7", 1)

        assert identity.ask(500) is False
