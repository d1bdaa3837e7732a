"""Who a track is: an open-set decision made of many looks.

A single lucky match never decides, and a miss is a vote too. Here looks become votes and
votes become an identity; what follows from an identity is decided in ``verdicts``.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from statistics import median
from typing import Final

from vision.core.policy import IdentityPolicy
from vision.core.values import FaceMeasures, IdentityEvidence, IdentityState, Look

MAJORITY: Final = 2
"""How many times the votes against a decision must be outnumbered for it to stand."""

RECHECK_FROM: Final = 0.8
"""From this part of ``reverify_s`` on looks are wanted again, so trust can be renewed in time."""

SECOND_THOUGHTS_S: Final = 2.0
"""Between looks at somebody already found unregistered: rare, but an error must be able to mend."""


class Vote(StrEnum):
    """What one look says."""

    CONFIRM = "confirm"
    CONDEMN = "condemn"
    ABSTAIN = "abstain"


def is_usable(face: FaceMeasures, policy: IdentityPolicy) -> bool:
    """Whether the face passes the quality gate at all; NaN anywhere fails it."""
    return (
        face.score >= policy.min_score
        and abs(face.yaw) <= policy.max_yaw
        and face.sharpness >= policy.min_sharpness
        and policy.min_brightness <= face.brightness <= policy.max_brightness
    )


def vote_of(look: Look, policy: IdentityPolicy) -> Vote:
    """Turn a look into a vote.

    A small face may confirm but not condemn: under about 40 px a registered person starts
    to look like a stranger, while a stranger does not start to look like somebody enrolled.
    """
    if not is_usable(look.measures, policy) or look.best is None:
        return Vote.ABSTAIN
    similarity = look.best.similarity
    rival = look.runner_up.similarity if look.runner_up else -1.0
    if similarity >= policy.accept and similarity - rival >= policy.margin:
        return Vote.CONFIRM if look.measures.size_px >= policy.confirm_min_px else Vote.ABSTAIN
    if similarity < policy.reject and look.measures.size_px >= policy.condemn_min_px:
        return Vote.CONDEMN
    return Vote.ABSTAIN


@dataclass(frozen=True, slots=True)
class _Ballot:
    vote: Vote
    look: Look


def _allows(ballot: _Ballot, staff_id: str, policy: IdentityPolicy) -> bool:
    """Whether a look may stand for a person together with others: good enough, and not against."""
    look = ballot.look
    sure_of_another = (
        ballot.vote is Vote.CONFIRM and look.best is not None and look.best.staff_id != staff_id
    )
    large = look.measures.size_px >= policy.confirm_min_px
    return large and is_usable(look.measures, policy) and not sure_of_another


class TrackIdentity:
    """The identity of one track over time. Times are stream seconds."""

    def __init__(self, policy: IdentityPolicy) -> None:
        self._policy = policy
        self._ballots: deque[_Ballot] = deque()
        self._state = IdentityState.UNDETERMINED
        self._grounds: tuple[Look, ...] = ()
        self._staff_id: str | None = None
        self._vouched_by: str | None = None
        self._verified_s = 0.0
        self._asked_s: float | None = None
        self._since_s: float | None = None

    @property
    def since_s(self) -> float:
        """From when on the track is surely one person; of now where nobody asked since."""
        return float("inf") if self._since_s is None else self._since_s

    @property
    def state(self) -> IdentityState:
        return self._state

    @property
    def staff_id(self) -> str | None:
        """Whom the track was taken for, while it is registered."""
        return self._staff_id

    @property
    def evidence(self) -> IdentityEvidence:
        """Why the identity is what it is, from the looks that decided it (or the votes so far)."""
        looks = self._grounds or tuple(b.look for b in self._ballots if b.vote is not Vote.ABSTAIN)
        bests = [look.best.similarity for look in looks if look.best]
        rivals = [look.runner_up.similarity for look in looks if look.runner_up]
        return IdentityEvidence(
            state=self._state,
            staff_id=self._staff_id,
            similarity=median(bests) if bests else None,
            runner_up=median(rivals) if rivals else None,
            accept=self._policy.accept,
            reject=self._policy.reject,
            looks=len(looks),
            face_px=median(look.measures.size_px for look in looks) if looks else None,
            vouched_by=self._vouched_by,
        )

    def add(self, look: Look) -> None:
        """Count a look, unless it follows the last counted one too closely to be independent."""
        now_s = look.at.stream_s
        if (
            self._ballots
            and now_s - self._ballots[-1].look.at.stream_s < self._policy.look_spacing_s
        ):
            return
        self._ballots.append(_Ballot(vote_of(look, self._policy), look))
        while now_s - self._ballots[0].look.at.stream_s > self._policy.window_s:
            self._ballots.popleft()
        if self._vouched_by is None:
            self._decide(now_s)

    def _decide(self, now_s: float) -> None:
        people = Counter(
            b.look.best.staff_id for b in self._ballots if b.vote is Vote.CONFIRM and b.look.best
        )
        condemned = tuple(b.look for b in self._ballots if b.vote is Vote.CONDEMN)
        confirmed = people.total()
        leaders = people.most_common(2)
        enough = self._policy.confirm_looks
        if len(leaders) > 1 and leaders[1][1] >= enough:
            self._settle(IdentityState.CONFLICT, None, self._looks_of(None), now_s)
        elif leaders and leaders[0][1] >= enough:
            staff_id, votes = leaders[0]
            if votes >= MAJORITY * (len(condemned) + confirmed - votes):
                grounds = self._looks_of(staff_id)
                self._settle(IdentityState.REGISTERED, staff_id, grounds, now_s)
        elif named := self._named_together(len(condemned)):
            self._settle(IdentityState.REGISTERED, named[0], named[1], now_s)
        elif (
            len(condemned) >= self._policy.condemn_looks and len(condemned) >= MAJORITY * confirmed
        ):
            self._settle(IdentityState.UNREGISTERED, None, condemned, now_s)

    def _named_together(self, condemned: int) -> tuple[str, tuple[Look, ...]] | None:
        """Whom the last looks name when they are taken for one, and these looks; else None.

        None of them may be sure of somebody else, and what older looks say against it counts.
        """
        policy, together = self._policy, self._ballots[-1].look.together
        if policy.accept_together is None or together is None or together.best is None:
            return None
        rival = together.runner_up.similarity if together.runner_up else -1.0
        lead = together.best.similarity - rival
        if together.best.similarity < policy.accept_together or lead < policy.margin:
            return None
        latest = tuple(self._ballots)[-together.looks :]
        if not policy.confirm_looks <= together.looks == len(latest):
            return None
        against = condemned - sum(b.vote is Vote.CONDEMN for b in latest)
        agreed = all(_allows(b, together.best.staff_id, policy) for b in latest)
        if not agreed or together.looks < MAJORITY * against:
            return None
        seen = (replace(b.look, best=together.best, runner_up=together.runner_up) for b in latest)
        return together.best.staff_id, tuple(seen)

    def _looks_of(self, staff_id: str | None) -> tuple[Look, ...]:
        """The confirming looks, of one person or of all."""
        return tuple(
            b.look
            for b in self._ballots
            if b.vote is Vote.CONFIRM
            and b.look.best is not None
            and staff_id in (None, b.look.best.staff_id)
        )

    def _settle(
        self, state: IdentityState, staff_id: str | None, grounds: tuple[Look, ...], now_s: float
    ) -> None:
        self._state, self._staff_id, self._grounds = state, staff_id, grounds
        self._verified_s = now_s

    def vouch(self, staff_id: str, by: str, now_s: float) -> None:
        """A guard says who this is; faces no longer decide until trust ends."""
        self._ballots.clear()
        self._settle(IdentityState.REGISTERED, staff_id, (), now_s)
        self._vouched_by = by

    def doubt(self) -> None:
        """End trust after an occlusion or a crossing; what was held against the track stays.

        An unregistered track stays so: a crossing must not be a way to shake off an alarm.
        """
        self._ballots.clear()
        self._since_s = None
        self._vouched_by = None
        if self._state is not IdentityState.UNREGISTERED:
            self._settle(IdentityState.UNDETERMINED, None, (), self._verified_s)

    def contradict(self) -> None:
        """The same person was seen on another track at the same time."""
        self.doubt()
        self._state = IdentityState.CONFLICT

    def forget_votes(self) -> None:
        """Drop votes that were cast against another gallery; the decision stands for now."""
        self._ballots.clear()

    def expire(self, now_s: float) -> None:
        """End trust that was not renewed within ``reverify_s``; a guard's word does not age."""
        trusted = self._state is IdentityState.REGISTERED and self._vouched_by is None
        if trusted and now_s - self._verified_s >= self._policy.reverify_s:
            self.doubt()

    def ask(self, now_s: float) -> bool:
        """Whether a face look would help now; a yes counts as asked, so the next comes later."""
        if self._asked_s is not None and now_s - self._asked_s < self._asking_pause_s(now_s):
            return False
        self._asked_s = now_s
        if self._since_s is None:
            self._since_s = now_s
        return True

    def _asking_pause_s(self, now_s: float) -> float:
        """How long to leave between two looks, by what there is still to find out."""
        if self._vouched_by is not None:
            return inf
        if self._state is IdentityState.UNREGISTERED:
            return SECOND_THOUGHTS_S
        recheck_s = RECHECK_FROM * self._policy.reverify_s
        if self._state is IdentityState.REGISTERED and now_s - self._verified_s < recheck_s:
            return inf
        return self._policy.look_spacing_s
