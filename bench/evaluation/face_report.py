"""What the evaluation of faces found, as text, as JSON and as a DET curve."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bench.evaluation.drawing import ERRORS, Axis, Line, draw
from bench.evaluation.openset import Point, det_curve
from bench.evaluation.rows import AUGMENTED, INDEPENDENT, Row
from bench.figures import table

_HEADS = (
    "rank-1",
    "FNIR at FPIR 10 %",
    "at 1 %",
    "at 0.1 %",
    "threshold at 1 %",
    "acquired",
    "trials",
)
_LOWEST = 0.001
_DRAWN = {("photos", 3), ("photos", 1), ("looks", 3), ("looks", 5)}


def as_text(rows: Sequence[Row]) -> Iterable[str]:
    """Tables in Markdown, one for each question."""
    firsts = (
        ("photos", "photos a person"), ("size", "face, px"), ("quality", "worst looks dropped")
    )  # fmt: skip
    for kind, first in firsts:
        chosen = [row for row in rows if row.place.kind == kind]
        if chosen:
            yield table((first, *_HEADS), [(_key(row), *_cells(row)) for row in chosen])
    yield "Looks: two sorts, which are not to be compared with each other."
    for column in (INDEPENDENT, AUGMENTED):
        chosen = [r for r in rows if r.place.kind == "looks" and r.place.column == column]
        yield table((f"looks: {column}", *_HEADS), [(_key(r), *_cells(r)) for r in chosen])


def as_json(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The same, and the confidence intervals, for programs. Shares, not per cent."""
    return [
        {
            **asdict(row.place),
            "acquired": row.acquired,
            **asdict(row.figures),
            "points": [{**asdict(p), "resolvable": p.resolvable} for p in row.figures.points],
        }
        for row in rows
    ]


def draw_det(path: Path, rows: Sequence[Row], title: str) -> None:
    """The DET curve: FPIR across, FNIR up, both in decades; none below what can be resolved."""
    axes = (
        Axis("FPIR", _LOWEST, 1.0, tuple(e for e in ERRORS if e >= _LOWEST), log=True),
        Axis("FNIR", _LOWEST, 1.0, ERRORS, log=True),
    )
    draw(path, title, axes, [_line(row) for row in rows if _is_drawn(row)])


def _is_drawn(row: Row) -> bool:
    place = row.place
    known = (place.kind, place.photos if place.kind == "photos" else place.looks)
    return known in _DRAWN


def _line(row: Row) -> Line:
    fpir, fnir = det_curve(row.mated, row.non_mated)
    shown = fpir >= max(_LOWEST, 1 / len(row.non_mated))
    place = row.place
    sort = "aug." if place.column == AUGMENTED else "indep."
    return Line(f"{place.photos} photos, {place.looks} looks {sort}", fpir[shown], fnir[shown])


def _key(row: Row) -> int | str:
    place = row.place
    if place.kind == "quality":
        return f"{place.dropped:.0%}"
    return {"photos": place.photos, "size": place.face_px or 0}.get(place.kind, place.looks)


def _cells(row: Row) -> tuple[str, ...]:
    found = row.figures
    (one_percent,) = [point for point in found.points if np.isclose(point.fpir, 0.01)]
    threshold = f"{one_percent.threshold:.3f}" if one_percent.resolvable else "-"
    counts = f"{found.mated} of {found.mated_people}, {found.non_mated} of {found.non_mated_people}"
    fnirs = (_fnir(point) for point in found.points)
    return (f"{found.rank_1:.1%}", *fnirs, threshold, f"{row.acquired:.1%}", counts)


def _fnir(point: Point) -> str:
    if not point.resolvable:
        return "not resolvable"
    return f"{point.fnir:.1%} ({point.low:.1%} to {point.high:.1%})"
