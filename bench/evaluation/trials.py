"""Trials: who is enrolled, who is looked at, and what the product makes of it.

The gallery is `enrolment.gallery`'s and the decision `vision.core.identity`'s, both as the daemon
uses them. Here belongs only who is put where.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.evaluation.faces import Seen
from bench.evaluation.openset import Scores
from enrolment.gallery import Gallery, Likeness, Match
from vision.core.identity import TrackIdentity
from vision.core.policy import IdentityPolicy
from vision.core.values import Candidate, IdentityState, Instant, Look, Together
from vision.track_probes import TrackProbes

Row = NDArray[np.float32]
_BETWEEN_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One person's looks, in order; None where no look came of a picture."""

    person: str
    looks: tuple[Seen | None, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """What was made of a trial.

    ``score``: the highest threshold at which ``staff_id`` is still named; -inf and None where
    nobody ever is. ``first``: the most similar person, whatever the threshold.
    """

    score: float
    staff_id: str | None
    first: str | None


def gallery_of(templates: dict[str, Sequence[Row]], embedding_id: str) -> Gallery:
    """Templates by staff id as one gallery."""
    owners = [who for who, rows in templates.items() for _ in rows]
    matrix = np.stack([row for rows in templates.values() for row in rows])
    return Gallery.build(owners, matrix, register_version=1, embedding_id=embedding_id)


def judged(trial: Trial, gallery: Gallery, policy: IdentityPolicy) -> Named:
    """The product's decision about a trial at every threshold: the highest that names somebody.

    A decision can change only at the looks' own similarities, so those are tried, from the
    highest on.
    """
    matches = [(seen, gallery.match(seen.row)) for seen in trial.looks if seen is not None]
    probes = TrackProbes(policy.confirm_looks, policy.window_s)
    looks = [
        _look(number, seen, match, _together(number, seen, probes, gallery))
        for number, (seen, match) in enumerate(matches)
    ]
    first = _first(looks)
    for accept in _tried(looks, policy):
        staff_id = _decided(looks, _rules_at(accept, policy))
        if staff_id is not None:
            return Named(accept, staff_id, first)
    return Named(-np.inf, None, first)


def _tried(looks: Sequence[Look], policy: IdentityPolicy) -> list[float]:
    """The thresholds at which a decision could change, from the highest on."""
    if policy.confirm_looks == 1:
        found = {look.best.similarity for look in looks if look.best}
    else:
        every = (look.together for look in looks)
        found = {one.best.similarity for one in every if one is not None and one.best}
    return sorted(found, reverse=True)


def _rules_at(accept: float, policy: IdentityPolicy) -> IdentityPolicy:
    """One threshold for single looks and for their mean, as the manifest's rows have it."""
    together = None if policy.confirm_looks == 1 else accept
    reject = min(policy.reject, accept)
    return replace(policy, accept=accept, accept_together=together, reject=reject)


def mated_scores(trials: Iterable[Trial], gallery: Gallery, policy: IdentityPolicy) -> Scores:
    """Looks at people who are enrolled."""
    every = list(trials)
    return _scores(every, [judged(trial, gallery, policy) for trial in every])


def non_mated_scores(trials: Iterable[Trial], gallery: Gallery, policy: IdentityPolicy) -> Scores:
    """Looks at anybody else; who is enrolled is left out of the gallery for their own trials."""
    every = sorted(trials, key=lambda trial: trial.person)
    named, without, left_out = [], gallery, ""
    for trial in every:
        if trial.person != left_out:
            without, left_out = gallery.without(frozenset({trial.person})), trial.person
        named.append(judged(trial, without, policy))
    return _scores(every, named)


def _scores(trials: Sequence[Trial], named: Sequence[Named]) -> Scores:
    pairs = list(zip(trials, named, strict=True))
    return Scores(
        people=np.array([trial.person for trial, _ in pairs], np.str_),
        scores=np.array([one.score for _, one in pairs], np.float64),
        right=np.array([one.staff_id == trial.person for trial, one in pairs], bool),
        first=np.array([one.first == trial.person for trial, one in pairs], bool),
    )


def _together(number: int, seen: Seen, probes: TrackProbes, gallery: Gallery) -> Together | None:
    mean, looks = probes.add(1, seen.row, number * _BETWEEN_S, -np.inf)
    if looks == 1:
        return None
    match = gallery.match(mean)
    return Together(_candidate(match.best), _candidate(match.runner_up), looks)


def _candidate(one: Likeness | None) -> Candidate | None:
    return None if one is None else Candidate(one.staff_id, one.similarity)


def _look(number: int, seen: Seen, match: Match, together: Together | None) -> Look:
    at = Instant(number * _BETWEEN_S, number * _BETWEEN_S)
    best, runner_up = _candidate(match.best), _candidate(match.runner_up)
    return Look(1, at, seen.measures, best, runner_up, together=together)


def _decided(looks: Sequence[Look], policy: IdentityPolicy) -> str | None:
    """Whom a track with these looks is taken for, once the last has been counted."""
    identity = TrackIdentity(policy)
    for look in looks:
        identity.add(look)
    return identity.staff_id if identity.state is IdentityState.REGISTERED else None


def _first(looks: Sequence[Look]) -> str | None:
    """The person most similar to all looks together, or to the only one."""
    if not looks:
        return None
    last = looks[-1].together or looks[-1]
    return last.best.staff_id if last.best else None
