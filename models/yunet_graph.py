"""Lets a YuNet graph that was exported for one size take any.

Here belongs the change to the graph and nothing else. YuNet is convolutional up to its last
reshapes, so only what was frozen at export needs to be opened: the input's and the outputs'
declared sizes, and the first two numbers of each reshape's target, which hold the batch and
the count of cells. The weights stay untouched.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import numpy_helper

from models.errors import ModelRefusedError

_OUTPUTS = {f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in (8, 16, 32)}
_TARGET_RANK = 3


def open_sizes(name: str, graph: bytes) -> bytes:
    """The same graph for any height and width in multiples of 32. ModelRefusedError names it."""
    try:
        model = onnx.load_model_from_string(graph)
    except Exception as error:
        # The decoder's own exception belongs to protobuf, which this project does not depend on.
        raise ModelRefusedError(f"{name}: not an ONNX file: {error}") from error
    if not model.graph.input or {output.name for output in model.graph.output} != _OUTPUTS:
        raise ModelRefusedError(f"{name}: the graph's inputs and outputs are not YuNet's")
    _open(model.graph.input[0], {2: "height", 3: "width"})
    for output in model.graph.output:
        _open(output, {1: f"{output.name}_cells"})
    _open_reshapes(name, model.graph)
    del model.graph.value_info[:]  # intermediate shapes, recorded for the old size
    return bytes(model.SerializeToString())


def _open(value: onnx.ValueInfoProto, axes: dict[int, str]) -> None:
    """Replaces fixed sizes by names."""
    dimensions = value.type.tensor_type.shape.dim
    for axis, word in axes.items():
        if axis < len(dimensions):
            dimensions[axis].dim_param = word


def _open_reshapes(name: str, graph: onnx.GraphProto) -> None:
    """Every reshape's target becomes (as it was, whatever is left, as it was)."""
    targets = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for tensor in graph.initializer:
        if tensor.name not in targets:
            continue
        shape = numpy_helper.to_array(tensor).copy()
        if shape.shape != (_TARGET_RANK,):
            raise ModelRefusedError(f"{name}: reshapes in a way that YuNet does not")
        shape[:2] = (0 if shape[0] == 0 else 1), -1
        tensor.CopyFrom(numpy_helper.from_array(shape.astype(np.int64), tensor.name))
