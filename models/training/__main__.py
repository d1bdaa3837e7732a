"""Trains the models that this project ships: `python -m models.training warehouse --help`.

Here belongs the command line and nothing else.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import torch

from models.training import warehouse
from models.training.export import export
from models.training.figures import EVERY_SCORE, clip_samples, on_clips, on_labelled
from models.training.samples import KINDS
from models.training.teacher import Teacher

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
    return parser


def _warehouse(asked: argparse.Namespace) -> int:
    samples = warehouse.collection(asked.data, asked.base, asked.work, _say)
    if not warehouse.train(samples, asked.base, asked.work, _say):
        _say("stopped; the same command goes on from here")
        return _STOPPED
    if asked.into is not None:
        export(warehouse.last_network(asked.work), asked.into, warehouse.SIZE_PX)
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


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
