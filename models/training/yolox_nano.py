"""YOLOX-nano as a trainable network: folded convolutions, so it has no batch statistics.

Here belong the layers and their order. The order in which `forward` runs its convolutions is the
order of the published graph; `models.training.base_weights` relies on it. What the numbers are
trained against is `assignment.py` and `losses.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STRIDES = (8, 16, 32)
_WIDTHS = (16, 32, 64, 128, 256)
_HEAD_WIDTH = 64
_POOLS = (5, 9, 13)


class ConvUnit(nn.Module):
    """A convolution with a bias, then SiLU."""

    def __init__(self, ins: int, outs: int, size: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(ins, outs, size, stride, size // 2, groups=groups)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.conv(x))


def separable(ins: int, outs: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution in two: each channel by itself, then 1x1 across them."""
    return nn.Sequential(ConvUnit(ins, ins, 3, stride, groups=ins), ConvUnit(ins, outs, 1))


class Residual(nn.Module):
    """1x1, separable 3x3, and the input added where ``keep``."""

    def __init__(self, width: int, *, keep: bool) -> None:
        super().__init__()
        self.squeeze = ConvUnit(width, width, 1)
        self.mix = separable(width, width)
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix(self.squeeze(x))
        return x + y if self.keep else y


class CrossStage(nn.Module):
    """Half of the channels through residual units, half past them, then both together."""

    def __init__(self, ins: int, outs: int, depth: int, *, keep: bool = True) -> None:
        super().__init__()
        half = outs // 2
        self.inner = ConvUnit(ins, half, 1)
        self.past = ConvUnit(ins, half, 1)
        self.units = nn.Sequential(*(Residual(half, keep=keep) for _ in range(depth)))
        self.join = ConvUnit(2 * half, outs, 1)

    def forward(self, x: Tensor) -> Tensor:
        inner, past = self.inner(x), self.past(x)
        return self.join(torch.cat([self.units(inner), past], 1))


class PyramidPool(nn.Module):
    """The largest value of growing neighbourhoods beside each cell's own."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.squeeze = ConvUnit(width, width // 2, 1)
        self.pools = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in _POOLS)
        self.join = ConvUnit(width // 2 * (len(_POOLS) + 1), width, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.squeeze(x)
        return self.join(torch.cat([x, *(pool(x) for pool in self.pools)], 1))


class Backbone(nn.Module):
    """Pictures ``(N, 3, H, W)`` to features at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        stem, two, three, four, five = _WIDTHS
        self.stem = ConvUnit(12, stem, 3)
        self.dark2 = nn.Sequential(separable(stem, two, 2), CrossStage(two, two, 1))
        self.dark3 = nn.Sequential(separable(two, three, 2), CrossStage(three, three, 3))
        self.dark4 = nn.Sequential(separable(three, four, 2), CrossStage(four, four, 3))
        self.dark5 = nn.Sequential(
            separable(four, five, 2), PyramidPool(five), CrossStage(five, five, 1, keep=False)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # Four pixels become one of four times the channels; the order is the published one.
        quarters = [x[..., row::2, column::2] for column in (0, 1) for row in (0, 1)]
        three = self.dark3(self.dark2(self.stem(torch.cat(quarters, 1))))
        four = self.dark4(three)
        return three, four, self.dark5(four)


class Neck(nn.Module):
    """Features down the pyramid and up again."""

    def __init__(self) -> None:
        super().__init__()
        three, four, five = _WIDTHS[2:]
        self.up = nn.Upsample(scale_factor=2, mode="nearest")
        self.narrow5 = ConvUnit(five, four, 1)
        self.down4 = CrossStage(2 * four, four, 1, keep=False)
        self.narrow4 = ConvUnit(four, three, 1)
        self.down3 = CrossStage(2 * three, three, 1, keep=False)
        self.stride3 = separable(three, three, 2)
        self.up4 = CrossStage(2 * three, four, 1, keep=False)
        self.stride4 = separable(four, four, 2)
        self.up5 = CrossStage(2 * four, five, 1, keep=False)

    def forward(self, three: Tensor, four: Tensor, five: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        narrow5 = self.narrow5(five)
        narrow4 = self.narrow4(self.down4(torch.cat([self.up(narrow5), four], 1)))
        out3 = self.down3(torch.cat([self.up(narrow4), three], 1))
        out4 = self.up4(torch.cat([self.stride3(out3), narrow4], 1))
        return out3, out4, self.up5(torch.cat([self.stride4(out4), narrow5], 1))


class HeadLevel(nn.Module):
    """One level's answers, ``(N, 5 + classes, h, w)``: box, objectness and classes as logits."""

    def __init__(self, ins: int, classes: int) -> None:
        super().__init__()
        width = _HEAD_WIDTH
        self.stem = ConvUnit(ins, width, 1)
        self.kind = nn.Sequential(separable(width, width), separable(width, width))
        self.kinds = nn.Conv2d(width, classes, 1)
        self.place = nn.Sequential(separable(width, width), separable(width, width))
        self.box = nn.Conv2d(width, 4, 1)
        self.presence = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        kinds = self.kinds(self.kind(x))
        place = self.place(x)
        return torch.cat([self.box(place), self.presence(place), kinds], 1)


class YoloxNano(nn.Module):
    """BGR pictures 0-255 ``(N, 3, H, W)`` to logits ``(N, cells, 5 + classes)``, undecoded boxes.

    Sides in multiples of 32. Cells stand row by row, stride 8 first, as in `models.boxes.grid_of`.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.neck = Neck()
        self.head = nn.ModuleList(HeadLevel(width, classes) for width in _WIDTHS[2:])

    def forward(self, pictures: Tensor) -> Tensor:
        features = self.neck(*self.backbone(pictures))
        levels = (one(feature) for one, feature in zip(self.head, features, strict=True))
        return torch.cat([level.flatten(2) for level in levels], 2).transpose(1, 2)

    def freeze_early(self) -> None:
        """Fixes stem and second stage: edges and colours stay, and a third of the time is saved."""
        for part in (self.backbone.stem, self.backbone.dark2):
            part.requires_grad_(requires_grad=False)


class Probabilities(nn.Module):
    """The network as it is shipped: objectness and classes as probabilities."""

    def __init__(self, network: YoloxNano) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        raw = self.network(pictures)
        return torch.cat([raw[..., :4], raw[..., 4:].sigmoid()], -1)
