"""`bondwatch evaluate`: how often the models err, on pictures that you bring.

Options, progress and files live here; what is measured and how stands in the modules beside.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import cv2
import typer

from bench.evaluation import detector as boxes
from bench.evaluation import thresholds as limits
from bench.evaluation.face_report import as_json, as_text, draw_det
from bench.evaluation.faces import Faces, Shelf, load_faces
from bench.evaluation.people import Looks, Plan, cast_of
from bench.evaluation.pictures import EvaluationError, read_people
from bench.evaluation.rows import Measuring
from bench.evaluation.variants import SIZES_PX
from bondwatch.command_options import takes
from bondwatch.failures import CommandError

evaluate_app = typer.Typer(no_args_is_help=True, help="Measure faces or the detector.")

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The pictures.")]
Into = Annotated[Path, typer.Option("--into", metavar="DIR", help="Where PNG and JSON go.")]
Weights = Annotated[
    Path | None, typer.Option("--directory", metavar="DIR", help="Look for weights here first.")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", metavar="DIR", help="Keep embeddings here: biometric data, delete it after use."
    ),
]


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """The options of `evaluate faces`."""

    pictures: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder a person, or Name_0001.jpg.")
    ]
    into: Into = Path()
    photos: Annotated[int, typer.Option(min=1, help="Enrolled photos a person.")] = 3
    gallery: Annotated[int | None, typer.Option(min=10, help="People, default all.")] = None
    embedder: Annotated[str, typer.Option(metavar="NAME")] = "dlib_resnet_v1"
    face_detector: Annotated[str, typer.Option(metavar="NAME")] = "yunet_cctv"
    sizes: Annotated[bool, typer.Option(help="Also by size of the face.")] = True
    directory: Weights = None
    cache: Cache = None


@evaluate_app.command()
@takes(FaceOptions)
def faces(options: FaceOptions) -> None:
    """Identify faces among enrolled and other people: rank-1, FNIR at FPIR 10, 1 and 0.1 %."""
    measuring, shelf, parts = _prepared(options)
    rows = []
    for row in measuring.rows(SIZES_PX if options.sizes else ()):
        rows.append(row)
        shelf.save()
    title = f"{options.embedder}, {options.face_detector}, {len(measuring.templates)} enrolled"
    typer.echo("\n\n".join([title, *as_text(rows)]))
    options.into.mkdir(parents=True, exist_ok=True)
    draw_det(options.into / "faces-det.png", rows, title)
    _write(options.into / "faces.json", _head(options, parts) | {"rows": as_json(rows)})


@evaluate_app.command()
@takes(FaceOptions)
def thresholds(options: FaceOptions) -> None:
    """Measure an embedder's thresholds at FPIR 1 %, by the register's size and number of looks.

    The lines for the manifest come last.
    """
    measuring, shelf, parts = _prepared(options)
    rows = list(limits.measured_rows(measuring))
    shelf.save()
    alike = measuring.alike()
    manifest = f"      alike: {alike:.2g}\n      measured:\n{limits.as_manifest(rows)}"
    typer.echo(f"{limits.as_text(rows)}\n\n{manifest}")
    options.into.mkdir(parents=True, exist_ok=True)
    found = {"alike": alike, "rows": [asdict(row) for row in rows]}
    _write(options.into / "thresholds.json", _head(options, parts) | found)


@evaluate_app.command()
def detector(
    pictures: Directory,
    into: Into = Path(),
    name: Annotated[str, typer.Option("--detector", metavar="NAME")] = "warehouse_yolox",
    directory: Weights = None,
) -> None:
    """Count what a detector finds in labelled pictures (YOLO's format): AP50 and AP50:95."""
    cv2.setNumThreads(1)
    try:
        samples = boxes.read_labelled(pictures)
    except EvaluationError as error:
        raise CommandError(str(error), "see docs/models.md") from error
    results = list(boxes.measured(boxes.load_detector(name, directory), samples))
    title = f"{name}, {len(samples)} pictures"
    typer.echo(f"{title}\n\n{boxes.as_text(results)}")
    into.mkdir(parents=True, exist_ok=True)
    boxes.draw_curves(into / "detector-pr.png", results, title)
    head = {"detector": name, "pictures": len(samples)}
    _write(into / "detector.json", head | {"kinds": boxes.as_json(results)})


def _prepared(options: FaceOptions) -> tuple[Measuring, Shelf, Faces]:
    """Everybody enrolled or not, ready to be looked at."""
    cv2.setNumThreads(1)  # the models have one thread each; OpenCV's would only wait for them
    try:
        people = read_people(options.pictures)
        parts = load_faces(options.face_detector, options.embedder, options.directory)
        shelf = Shelf(_kept(options, parts))
        plan = Plan(options.photos, options.gallery)
        cast = cast_of(people, parts, shelf, plan, _say)
    except EvaluationError as error:
        raise CommandError(str(error), "see docs/models.md") from error
    shelf.save()
    return Measuring(cast, Looks(parts, shelf, _say), plan, parts, _say), shelf, parts


def _head(options: FaceOptions, parts: Faces) -> dict[str, object]:
    return {
        "photos": options.photos,
        "embedder": options.embedder,
        "face_detector": options.face_detector,
        "embedding_id": parts.embedder.embedding_id,
    }


def _kept(options: FaceOptions, parts: Faces) -> Path | None:
    """The file for what was computed: other models, or other pictures, have another one."""
    if options.cache is None:
        return None
    facts = f"{parts.embedder.embedding_id} {options.face_detector} {options.pictures.resolve()}"
    return options.cache / f"faces-{hashlib.sha256(facts.encode()).hexdigest()[:16]}.npz"


def _write(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    typer.echo(f"\n{path.parent.resolve()}: {path.name} and its PNG are written", err=True)


def _say(line: str) -> None:
    typer.echo(line, err=True)
