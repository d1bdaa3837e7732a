"""Thresholds for the manifest: at FPIR 1 %, by the gallery's size and the number of looks.

Small galleries are drawn from the enrolled people several times, and their trials pooled. For
several looks the stricter of the two columns holds: looks of one pass before a camera are alike,
and a threshold for independent photos would be too low for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.evaluation.openset import FEWEST_DECIDING, threshold_at
from bench.evaluation.rows import Measuring, Sets
from bench.evaluation.trials import Trial, gallery_of, mated_scores, non_mated_scores
from bench.figures import table

FPIR = 0.01
SIZES = (10, 30, 100)
LOOKS = (1, 3, 5)
_DRAWS = {10: 10, 30: 5, 100: 2}
_MIN_PX = 40
"""Below this size looks at staff fall under ``reject`` more often (the table by size)."""

_CONDEMNED = 0.02
"""Single looks at staff that may fall under ``reject``, a share."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One row. ``deciding``: non-mated trials above accept; ``fnir``: staff not recognised."""

    gallery: int
    looks: int
    accept: float
    reject: float
    margin: float
    fnir: float
    deciding: int


def measured_rows(measuring: Measuring) -> Iterator[Measured]:
    """All rows that one of the columns can resolve; the largest gallery is all the enrolled."""
    everybody = sorted(measuring.templates)
    for size in (*(size for size in SIZES if size < len(everybody)), len(everybody)):
        for looks in LOOKS:
            found = [
                _measured(measuring, looks, sets, _draws(everybody, size))
                for sets in measuring.sets(looks)
            ]
            if any(row.deciding >= FEWEST_DECIDING for row in found):
                yield _stricter(found)


def _stricter(found: Sequence[Measured]) -> Measured:
    """One row of both columns: the higher accept, and the reject that calls fewer staff strangers.

    A single look is a single look in both, and a photo as it is says more than a spoilt one, so
    its accept is the first column's.
    """
    chosen = found[0] if found[0].looks == 1 else max(found, key=lambda row: row.accept)
    return replace(chosen, reject=min(row.reject for row in found))


def _draws(everybody: Sequence[str], size: int) -> list[list[str]]:
    """Galleries of a size, by the digests of names and a number."""
    return [
        sorted(
            sorted(everybody, key=lambda who: hashlib.sha256(f"{draw} {who}".encode()).digest())[
                :size
            ]
        )
        for draw in range(_DRAWS.get(size, 1))
    ]


def _measured(
    measuring: Measuring, looks: int, sets: Sets, draws: Sequence[Sequence[str]]
) -> Measured:
    staff, others = [], []
    rules = measuring.rules_for(looks)
    for people in draws:
        templates = {who: measuring.templates[who] for who in people}
        gallery = gallery_of(templates, measuring.embedding_id)
        mated = [trial for trial in sets.mated if trial.person in templates]
        staff.append(mated_scores(mated, gallery, rules))
        others.append(non_mated_scores(sets.non_mated, gallery, rules))
    non_mated = np.concatenate([one.scores for one in others])
    accept = threshold_at(non_mated, FPIR)
    own = np.concatenate([np.where(one.right, one.scores, -np.inf) for one in staff])
    return Measured(
        gallery=len(draws[0]),
        looks=looks,
        accept=round(float(accept) + 5e-4, 3),
        reject=round(min(_reject(measuring, sets.mated), float(accept)), 3),
        margin=rules.margin,
        fnir=float((own <= accept).mean()),
        deciding=int(FPIR * len(non_mated) / len(draws)),
    )


def _reject(measuring: Measuring, trials: Sequence[Trial]) -> float:
    """The similarity to their own templates that all but 2 % of single looks at staff reach."""
    centres = measuring.gallery(measuring.photos)
    place = {who: number for number, who in enumerate(centres.staff_ids)}
    found = [
        float(centres.centres[place[trial.person]] @ look.row)
        for trial in trials
        for look in trial.looks
        if look is not None
    ]
    return float(np.quantile(found, _CONDEMNED))


def as_text(rows: Sequence[Measured]) -> str:
    """A table, and the same as lines for the manifest."""
    cells = [
        (r.gallery, r.looks, f"{r.accept:.3f}", f"{r.reject:.3f}", f"{r.fnir:.1%}", r.deciding)
        for r in rows
    ]
    return table(("gallery", "looks", "accept", "reject", "FNIR", "deciding"), cells)


def as_manifest(rows: Sequence[Measured], min_px: int = _MIN_PX) -> str:
    """Lines below ``measured:`` of an entry."""
    return "\n".join(
        f"        - {{gallery: {r.gallery}, looks: {r.looks}, accept: {r.accept:.3f},"
        f" reject: {r.reject:.3f}, margin: {r.margin:g}, min_px: {min_px}}}"
        for r in rows
    )
