"""Trains the models that this project ships: `python -m models.training warehouse --help`.

Here belongs the command line and nothing else.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from models.training import cctv_faces, warehouse
from models.training.export import export, export_faces
from models.training.face_collection import clip_scenes, gather
from models.training.face_figures import measured, side_by_side
from models.training.figures import EVERY_SCORE, clip_samples, on_clips, on_labelled
from models.training.samples import KINDS
from models.training.teacher import Teacher

_FACES_DATA = "has faces-lfw-dev/, forklift/ and media/"
_STOPPED = 75  # the shell's "try again": the same command goes on from here


def main() -> int:
    """Runs the command line; the exit status."""
    asked = _arguments().parse_args()
    torch.set_num_threads(asked.threads)
    return int(asked.run(asked))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    model = parser.add_subparsers(required=True)
    one = model.add_parser("warehouse", help="the detector of people and forklifts")
    one.add_argument("--data", type=Path, required=True, help="has forklift/ and media/")
    one.add_argument("--base", type=Path, required=True, help="yolox_nano.onnx, on COCO")
    one.add_argument("--work", type=Path, default=Path("var/training/warehouse"))
    one.add_argument("--threads", type=int, default=1)
    one.add_argument("--into", type=Path, help="where to write the ONNX file when done")
    one.set_defaults(run=_warehouse)
    figures = model.add_parser("warehouse-figures", help="measures a detector beside the base")
    figures.add_argument("--data", type=Path, required=True, help="has forklift/ and media/")
    figures.add_argument("--base", type=Path, required=True, help="yolox_nano.onnx, on COCO")
    figures.add_argument("--weights", type=Path, required=True, help="what `warehouse` wrote")
    figures.add_argument("--threads", type=int, default=1)
    figures.set_defaults(run=_warehouse_figures)
    faces = model.add_parser("faces", help="the detector of faces seen by cameras")
    faces.add_argument("--data", type=Path, required=True, help=_FACES_DATA)
    faces.add_argument("--base", type=Path, required=True, help="YuNet's official file")
    faces.add_argument("--work", type=Path, default=Path("var/training/faces"))
    faces.add_argument("--threads", type=int, default=1)
    faces.add_argument("--into", type=Path, help="where to write the ONNX file when done")
    faces.set_defaults(run=_faces)
    found = model.add_parser("faces-figures", help="measures a face detector beside the base")
    found.add_argument("--data", type=Path, required=True, help=_FACES_DATA)
    found.add_argument("--base", type=Path, required=True, help="YuNet's official file")
    found.add_argument("--weights", type=Path, required=True, help="what `faces` wrote")
    found.add_argument("--threads", type=int, default=1)
    found.set_defaults(run=_faces_figures)
    return parser


def _warehouse(asked: argparse.Namespace) -> int:
    samples = warehouse.collection(asked.data, asked.base, asked.work, _say)
    if not warehouse.train(samples, asked.base, asked.work, _say):
        _say("stopped; the same command goes on from here")
        return _STOPPED
    if asked.into is not None:
        network = warehouse.last_network(asked.work, asked.base)
        export(network, asked.into, warehouse.SIZE_PX)
        _say(f"wrote {asked.into}, {', '.join(KINDS)}")
    return 0


def _warehouse_figures(asked: argparse.Namespace) -> int:
    base = warehouse.base_detector(asked.base, EVERY_SCORE)
    own = warehouse.own_detector(asked.weights, EVERY_SCORE)
    frames = clip_samples(asked.data / "media", Teacher(warehouse.base_detector(asked.base)))
    _say(f"{len(frames)} frames of clips; figure, base, ours")
    each = [
        [*on_labelled(one, asked.data / "forklift" / "val"), *on_clips(one, frames)]
        for one in (base, own)
    ]
    for before, after in zip(*each, strict=True):
        _say(f"{before.what}: {before.value:.3f} {after.value:.3f}")
    return 0


def _faces(asked: argparse.Namespace) -> int:
    base = cctv_faces.detector_in(asked.base)
    learnt, held = gather(asked.data, base, cctv_faces.RECIPE.plan.seed, _say)
    watched = cctv_faces.held_out_scenes(held, cctv_faces.WATCHED_SCENES)
    if not cctv_faces.train(learnt, watched, asked.base, asked.work, _say):
        _say("stopped; the same command goes on from here")
        return _STOPPED
    if asked.into is not None:
        export_faces(cctv_faces.last_network(asked.work, asked.base), asked.into)
        _say(f"wrote {asked.into}")
    return 0


def _faces_figures(asked: argparse.Namespace) -> int:
    base, own = cctv_faces.detector_in(asked.base), cctv_faces.detector_in(asked.weights)
    _, held = gather(asked.data, base, cctv_faces.RECIPE.plan.seed, _say)
    composed = cctv_faces.held_out_scenes(held, cctv_faces.MEASURED_SCENES)
    for where, pictures in (("scenes", composed), ("clips", clip_scenes(asked.data, base))):
        _say(f"{len(pictures)} {where}; figure, base, ours")
        for what, values in side_by_side([measured(one, pictures) for one in (base, own)]):
            _say(f"{where}: {what}: " + " ".join(f"{value:.3f}" for value in values))
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
