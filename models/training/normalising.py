"""Batch normalisation put into a network of folded convolutions, and folded away again.

Published graphs have it folded into their weights, and so have ours. Training without it has to
go slowly: the activations' spread drifts with every step. Here it is put back such that at first
the network answers as before, from the means and spreads that some batches show.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from models.training.yolox_nano import ConvUnit

_LEAST_VARIANCE = 1e-3
_MOMENTUM = 0.03


class NormalisedConv(nn.Module):
    """A convolution without its bias, then batch normalisation."""

    def __init__(self, plain: nn.Conv2d) -> None:
        super().__init__()
        self.conv = plain
        self.conv.bias = None
        self.norm = nn.BatchNorm2d(plain.out_channels, _LEAST_VARIANCE, _MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.conv(x))

    def plain(self) -> nn.Conv2d:
        """The one convolution that answers as this does once it no longer learns."""
        state = self.norm.state_dict()
        factor = state["weight"] / (state["running_var"] + self.norm.eps).sqrt()
        folded = nn.Conv2d(
            self.conv.in_channels,
            self.conv.out_channels,
            self.conv.kernel_size,
            self.conv.stride,
            self.conv.padding,
            groups=self.conv.groups,
        )
        weight = self.conv.weight.detach() * factor[:, None, None, None]
        bias = state["bias"] - state["running_mean"] * factor
        folded.load_state_dict({"weight": weight, "bias": bias})
        return folded


def normalise(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Puts it behind every convolution that learns and has an activation behind it.

    ``batches``: pictures as the network takes them, which the first means and spreads are of.
    """
    units = _learning(network)
    answers = {unit: _Answers() for unit in units}
    hooks = [
        unit.conv.register_forward_hook(lambda _, __, given, kept=kept: kept.add(given))
        for unit, kept in answers.items()
    ]
    with torch.no_grad():
        for pictures in batches:
            network(pictures)
    for hook in hooks:
        hook.remove()
    for unit, kept in answers.items():
        _put_in(unit, *kept.mean_and_variance())


def prepare(network: nn.Module) -> None:
    """Gives a network the form that `normalise` gives it, for weights that were kept."""
    for unit in _learning(network):
        unit.conv = NormalisedConv(unit.conv)


def fold(network: nn.Module) -> None:
    """Takes it out again: the network answers as it did, with plain convolutions."""
    for unit in network.modules():
        if isinstance(unit, ConvUnit) and isinstance(unit.conv, NormalisedConv):
            unit.conv = unit.conv.plain()


class _Answers:
    """What a convolution has answered: sums over all places, for each channel."""

    def __init__(self) -> None:
        self._count = 0
        self._sums: list[Tensor] = []

    def add(self, given: Tensor) -> None:
        self._count += given.numel() // given.shape[1]
        one = given.double()
        self._sums.append(torch.stack([one.sum((0, 2, 3)), one.square().sum((0, 2, 3))]))

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        mean, square = (torch.stack(self._sums).sum(0) / self._count).unbind()
        return mean.float(), (square - mean.square()).clamp(min=0).float()


def _learning(network: nn.Module) -> list[ConvUnit]:
    return [
        unit
        for unit in network.modules()
        if isinstance(unit, ConvUnit) and unit.conv.weight.requires_grad
    ]


def _put_in(unit: ConvUnit, mean: Tensor, variance: Tensor) -> None:
    """``mean`` and ``variance`` ``(channels,)`` of what the convolution answers with its bias."""
    bias = unit.conv.bias.detach()
    unit.conv = NormalisedConv(unit.conv)
    unit.conv.norm.load_state_dict(
        {
            "weight": (variance + _LEAST_VARIANCE).sqrt(),
            "bias": mean,
            "running_mean": mean - bias,
            "running_var": variance,
            "num_batches_tracked": torch.tensor(0),
        }
    )
