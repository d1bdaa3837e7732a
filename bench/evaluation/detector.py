"""What a detector finds in labelled pictures: average precision per kind and its curves.

Boxes are counted by `models.training.precision`, through the product's own adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.evaluation.drawing import SHARES, Axis, Line, draw
from bench.evaluation.pictures import EvaluationError
from bench.figures import table
from models.detector import YoloxDetector
from models.entries import Role
from models.manifest import read_manifest
from models.sessions import open_session
from models.store import standard_store
from models.training.figures import EVERY_SCORE
from models.training.measuring import seen
from models.training.precision import Curve, average_precision, curve
from models.training.samples import KINDS, Sample, read_directory

_HEADS = ("kind", "boxes", "AP50", "AP50:95", "recall at precision 0.9")
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind's figures; ``boxes``: how many there are to be found."""

    kind: str
    boxes: int
    ap50: float
    ap50_95: float
    recall_at_precision_90: float


@dataclass(frozen=True, slots=True, eq=False)
class KindResult:
    """One kind's figures and its precision-recall curve at an overlap of 0.5."""

    figures: KindFigures
    curve: Curve


def load_detector(name: str, directory: Path | None) -> YoloxDetector:
    """The detector, with boxes of scores down to 0.01: a curve needs its whole tail.

    Any ModelError of `models.loading`.
    """
    entry = read_manifest().entry(name, Role.DETECTOR)
    graph = standard_store(directory).read(entry)
    return YoloxDetector(entry, open_session(entry.name, graph), min_score=EVERY_SCORE)


def read_labelled(directory: Path) -> list[Sample]:
    """Pictures in ``images``, YOLO boxes in ``labels``. EvaluationError says what would do."""
    try:
        return read_directory(directory)
    except (OSError, ValueError, KeyError) as error:
        raise EvaluationError(
            f"{directory} is not in YOLO's format ({error}); it needs images/*.jpg and, for each,"
            " labels/*.txt with lines 'class x y w h', class 0 forklift, 1 person"
        ) from error


def measured(detector: YoloxDetector, samples: Sequence[Sample]) -> Iterator[KindResult]:
    """The kinds of which there is a box at all."""
    for number, kind in enumerate(KINDS):
        pictures = seen(detector, samples, number)
        boxes = sum(len(picture.true) for picture in pictures)
        if not boxes:
            continue
        half, mean = average_precision(pictures)
        line = curve(pictures)
        yield KindResult(KindFigures(kind, boxes, half, mean, line.recall_at(_SURE)), line)


def as_text(results: Sequence[KindResult]) -> str:
    """A table in Markdown."""
    rows = [
        (f.kind, f.boxes, f"{f.ap50:.3f}", f"{f.ap50_95:.3f}", f"{f.recall_at_precision_90:.3f}")
        for f in (result.figures for result in results)
    ]
    return table(_HEADS, rows)


def as_json(results: Sequence[KindResult]) -> list[dict[str, object]]:
    """The same for programs."""
    return [asdict(result.figures) for result in results]


def draw_curves(path: Path, results: Sequence[KindResult], title: str) -> None:
    """Recall across, precision up."""
    axes = (Axis("recall", 0.0, 1.0, SHARES), Axis("precision", 0.0, 1.0, SHARES))
    lines = [
        Line(f"{r.figures.kind}, AP50 {r.figures.ap50:.3f}", r.curve.recall, r.curve.precision)
        for r in results
    ]
    draw(path, title, axes, lines)
