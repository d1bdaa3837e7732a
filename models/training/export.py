"""Writes the trained network as ONNX: the same bytes for the same weights.

Here belongs the file's form. What a reader may rely on: input ``images`` ``(batch, 3, H, W)`` BGR
0-255, output ``output`` ``(batch, cells, 5 + classes)``, boxes undecoded, the rest probabilities.
"""

from __future__ import annotations

import io
from pathlib import Path

import onnx
import torch

from models.store import write_whole
from models.training.yolox_nano import Probabilities, YoloxNano

OPSET = 17


def export(network: YoloxNano, path: Path, size: int) -> None:
    """Writes the network for pictures of ``size`` by ``size`` and any batch."""
    stream = io.BytesIO()
    torch.onnx.export(
        Probabilities(network).eval().to(memory_format=torch.contiguous_format),
        (torch.zeros(1, 3, size, size),),
        stream,
        input_names=["images"],
        output_names=["output"],
        dynamic_axes={"images": {0: "batch"}, "output": {0: "batch"}},
        opset_version=OPSET,
        dynamo=False,
    )
    model = onnx.load_model_from_string(stream.getvalue())
    model.producer_name, model.producer_version, model.doc_string = "bondwatch", "", ""
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model)
    write_whole(path, model.SerializeToString(deterministic=True))
