"""Writes dlib's face recognition network as an ONNX graph.

Here belongs how the network is computed, operator by operator. The bytes that come out depend
on the input's bytes alone: every message is filled field by field (the helper functions of
``onnx`` may add fields from one version to the next), so the manifest can pin their digest.
"""

from __future__ import annotations

import numpy as np
import onnx
from numpy.typing import NDArray

from models.dlib_resnet.architecture import (
    BLOCKS,
    EMBEDDING_DIM,
    INPUT_SIDE_PX,
    STEM,
    Block,
    Convolution,
    Weights,
    assign,
    check_input,
)
from models.dlib_resnet.reader import read_input, read_learned

_IR_VERSION = 8
_OPSET = 13
_Attribute = int | list[int]


def convert(dat: bytes) -> bytes:
    """Turn dlib's ``.dat`` into ONNX: ``faces (N, 3, 150, 150)`` RGB float32 to ``(N, 128)``.

    The input is what the manifest states: mean subtracted, scaled by 1/256. DlibFormatError
    where the bytes are not this network.
    """
    check_input(read_input(dat))
    convolutions, matrix = assign(read_learned(dat))
    network = _Network()
    last = _features(network, convolutions)
    network.constant("fc", matrix)
    network.operator("MatMul", [last, "fc"], "embeddings")
    return network.model_bytes()


class _Network:
    """A graph under construction; names are given by the caller or counted."""

    def __init__(self) -> None:
        self._model = onnx.ModelProto()
        self._graph = self._model.graph

    def constant(self, name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Adds a fixed tensor."""
        tensor = self._graph.initializer.add()
        tensor.name = name
        tensor.dims.extend(values.shape)
        floating = values.dtype == np.float32
        tensor.data_type = onnx.TensorProto.FLOAT if floating else onnx.TensorProto.INT64
        tensor.raw_data = values.astype(values.dtype.newbyteorder("<")).tobytes()
        return name

    def operator(self, kind: str, inputs: list[str], output: str, **attributes: _Attribute) -> str:
        """Adds one operator and returns the name of what it puts out."""
        node = self._graph.node.add()
        node.op_type, node.name = kind, output
        node.input.extend(inputs)
        node.output.append(output)
        for name in sorted(attributes):
            _set_attribute(node.attribute.add(), name, attributes[name])
        return output

    def model_bytes(self) -> bytes:
        """The finished model, serialised."""
        self._model.ir_version = _IR_VERSION
        self._model.opset_import.add().version = _OPSET
        self._graph.name = "dlib_face_recognition_resnet_v1"
        side = INPUT_SIDE_PX
        _describe(self._graph.input.add(), "faces", [3, side, side])
        _describe(self._graph.output.add(), "embeddings", [EMBEDDING_DIM])
        return bytes(self._model.SerializeToString(deterministic=True))


def _set_attribute(target: onnx.AttributeProto, name: str, value: _Attribute) -> None:
    target.name = name
    if isinstance(value, int):
        target.type, target.i = onnx.AttributeProto.INT, value
    else:
        target.type = onnx.AttributeProto.INTS
        target.ints.extend(value)


def _describe(target: onnx.ValueInfoProto, name: str, shape: list[int]) -> None:
    """Names an input or output; its first axis is the batch."""
    target.name = name
    target.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    target.type.tensor_type.shape.dim.add().dim_param = "faces"
    for size in shape:
        target.type.tensor_type.shape.dim.add().dim_value = size


def _features(network: _Network, convolutions: tuple[Weights, ...]) -> str:
    """Everything up to the ``(N, 256)`` mean over the picture."""
    at = _convolve(network, "stem", "faces", STEM, convolutions[0])
    at = network.operator("Relu", [at], "stem_relu")
    at = network.operator("MaxPool", [at], "stem_pool", kernel_shape=[3, 3], strides=[2, 2])
    side = ((INPUT_SIDE_PX - STEM.side) // STEM.stride + 1 - 3) // 2 + 1
    for index, block in enumerate(BLOCKS):
        weights = convolutions[1 + 2 * index], convolutions[2 + 2 * index]
        at = _residual(network, f"block{index}", at, (block, side), weights)
        side = _side_after(block, side)
    return network.operator("ReduceMean", [at], "pooled", axes=[2, 3], keepdims=0)


def _convolve(network: _Network, name: str, at: str, shape: Convolution, weights: Weights) -> str:
    filters = network.constant(f"{name}_filters", weights.filters)
    biases = network.constant(f"{name}_biases", weights.biases)
    return network.operator(
        "Conv",
        [at, filters, biases],
        name,
        kernel_shape=[shape.side] * 2,
        pads=[shape.padding] * 4,
        strides=[shape.stride] * 2,
    )


def _residual(
    network: _Network,
    name: str,
    at: str,
    where: tuple[Block, int],
    weights: tuple[Weights, Weights],
) -> str:
    """One residual block on a picture of the given side."""
    block, side = where
    deep = _convolve(network, f"{name}_first", at, block.first, weights[0])
    deep = network.operator("Relu", [deep], f"{name}_relu")
    deep = _convolve(network, f"{name}_second", deep, block.second, weights[1])
    round_ = at
    if block.down:
        round_ = network.operator(
            "AveragePool", [at], f"{name}_pool", kernel_shape=[2, 2], strides=[2, 2]
        )
        deep, round_ = _equalise(network, name, (deep, round_), block, side)
    total = network.operator("Add", [deep, round_], f"{name}_sum")
    return network.operator("Relu", [total], f"{name}_out")


def _equalise(
    network: _Network, name: str, ways: tuple[str, str], block: Block, side: int
) -> tuple[str, str]:
    """Match two operands as ``add_prev`` does: the smaller gets zeros at the end of an axis.

    The convolution's picture is never larger than the pooled one, and never has fewer channels.
    """
    deep, round_ = ways
    rows = _side_after(block, side) - _strided_side(side)
    channels = block.first.channels_out - block.first.channels_in
    return (
        _pad(network, f"{name}_deep_pad", deep, [0, rows, rows]),
        _pad(network, f"{name}_round_pad", round_, [channels, 0, 0]),
    )


def _pad(network: _Network, name: str, at: str, ends: list[int]) -> str:
    if not any(ends):
        return at
    pads = network.constant(f"{name}s", np.array([0, 0, 0, 0, 0, *ends], np.int64))
    return network.operator("Pad", [at, pads], name)


def _strided_side(side: int) -> int:
    """The side behind a 3x3 convolution of stride 2 without padding."""
    return (side - 3) // 2 + 1


def _side_after(block: Block, side: int) -> int:
    """The side behind a block: that of the 2x2 mean where it halves."""
    return side // 2 if block.down else side
