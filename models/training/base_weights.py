"""Fills a network from the initialisers of its published graph.

Here belongs the way from ONNX to PyTorch and nothing about training.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from models.training.yolox_nano import YoloxNano

_COCO_CLASSES = 80
_ANY_SIZE = 64
Arrays = list[NDArray[np.float32]]


def network_of(path: Path, kept: Sequence[int] | None = None) -> YoloxNano:
    """The network with a graph's weights; ``kept``: the classes to keep, in the order wanted.

    ValueError where the graph's convolutions are not YOLOX-nano's.
    """
    network = YoloxNano(_COCO_CLASSES)
    fill(network, path, "YOLOX-nano")
    if kept is not None:
        _keep(network, list(kept))
    return network


def fill(network: nn.Module, path: Path, name: str) -> None:
    """Gives a network the weights of a graph that runs the same convolutions in the same order.

    ValueError where the graph's convolutions are not those of the network, by its ``name``.
    """
    ours = _in_running_order(network)
    theirs = _convolutions(path)
    if [tuple(one.weight.shape) for one in ours] != [weight.shape for weight, _ in theirs]:
        raise ValueError(f"{path}: not the graph of {name}")
    for convolution, (weight, bias) in zip(ours, theirs, strict=True):
        _fill(convolution, weight, bias)


def blended(network: nn.Module, other: nn.Module, share: float) -> None:
    """Moves every weight of a network to the other's by a share, 0 to 1.

    Between the weights that training began with and those that it ended with there is often a
    place that does better than either. (Wortsman et al., "Robust fine-tuning of zero-shot
    models", 2022.)
    """
    with torch.no_grad():
        for own, far in zip(network.parameters(), other.parameters(), strict=True):
            own.lerp_(far, share)


def _convolutions(path: Path) -> list[Arrays]:
    """Weight and bias of each convolution, in the graph's order."""
    graph = onnx.load(str(path)).graph
    tensors = {one.name: one for one in graph.initializer}
    return [
        [numpy_helper.to_array(tensors[name]) for name in node.input[1:3]]
        for node in graph.node
        if node.op_type == "Conv"
    ]


def _in_running_order(network: nn.Module) -> list[nn.Conv2d]:
    """The convolutions in the order in which a picture meets them."""
    met: list[nn.Conv2d] = []
    hooks = [
        part.register_forward_pre_hook(lambda part, _: met.append(part))
        for part in network.modules()
        if isinstance(part, nn.Conv2d)
    ]
    with torch.no_grad():
        network(torch.zeros(1, 3, _ANY_SIZE, _ANY_SIZE))
    for hook in hooks:
        hook.remove()
    return met


def _fill(convolution: nn.Conv2d, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(weight.copy()))
        convolution.bias.copy_(torch.from_numpy(bias.copy()))


def _keep(network: YoloxNano, kept: list[int]) -> None:
    """Replaces each level's class layer by one with only the rows of the kept classes."""
    for level in network.head:
        wide = level.kinds
        level.kinds = nn.Conv2d(wide.in_channels, len(kept), 1)
        _fill(level.kinds, wide.weight.detach().numpy()[kept], wide.bias.detach().numpy()[kept])
