"""Writes the trained network as ONNX: the same bytes for the same weights.

Here belong the files' forms. What a reader may rely on: the warehouse detector takes ``images``
``(batch, 3, H, W)`` BGR 0-255 and gives ``output`` ``(batch, cells, 5 + classes)``, boxes
undecoded, the rest probabilities; the face detector takes and gives what YuNet's published file
does.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import nn

from models.store import write_whole
from models.training.yolox_nano import Probabilities, YoloxNano
from models.training.yunet import NamedAnswers, Yunet

OPSET = 17
_FACES_PX = 320


@dataclass(frozen=True, slots=True)
class _Form:
    """The names of what a file takes and gives, and which of their axes may have any length."""

    taken: str
    given: tuple[str, ...]
    free: dict[str, dict[int, str]]


def export(network: YoloxNano, path: Path, size: int) -> None:
    """Writes the warehouse detector for pictures of ``size`` by ``size`` and any batch."""
    free = {"images": {0: "batch"}, "output": {0: "batch"}}
    _write(Probabilities(network), size, _Form("images", ("output",), free), path)


def export_faces(network: Yunet, path: Path) -> None:
    """Writes the face detector for any batch and any sides in multiples of 32."""
    names = NamedAnswers.NAMES
    free = {"input": {0: "batch", 2: "height", 3: "width"}}
    free |= {name: {0: "batch", 1: f"{name}_cells"} for name in names}
    _write(NamedAnswers(network), _FACES_PX, _Form("input", names, free), path)


def _write(network: nn.Module, side: int, form: _Form, path: Path) -> None:
    stream = io.BytesIO()
    torch.onnx.export(
        network.eval().to(memory_format=torch.contiguous_format),
        (torch.zeros(1, 3, side, side),),
        stream,
        input_names=[form.taken],
        output_names=list(form.given),
        dynamic_axes=form.free,
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load_model_from_string(stream.getvalue())
    model.producer_name, model.producer_version, model.doc_string = "bondwatch", "", ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString(deterministic=True))
