"""YuNet as a trainable network: folded convolutions, so it has no batch statistics.

Here belong the layers and their order. The order in which `forward` runs its convolutions is the
order of the published graph; `models.training.base_weights` relies on it. (The network is Wu et
al., "YuNet: A Tiny Millisecond-level Face Detector", 2023.)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
PARTS = (("cls", 1), ("bbox", 4), ("obj", 1), ("kps", 10))
"""The heads in running order, with their widths."""
COLUMNS = ("bbox", "obj", "cls", "kps")
"""The order in which `Yunet` joins them: as boxes, presence and kind are elsewhere, then points."""
_STEM = 16
_NARROW = 32
_WIDE = 64


class Unit(nn.Module):
    """1x1 across channels, then 3x3 on each by itself; ``lively``: then ReLU."""

    def __init__(self, ins: int, outs: int, *, lively: bool = True) -> None:
        super().__init__()
        self.across = nn.Conv2d(ins, outs, 1)
        self.around = nn.Conv2d(outs, outs, 3, 1, 1, groups=outs)
        self.lively = lively

    def forward(self, x: Tensor) -> Tensor:
        x = self.around(self.across(x))
        return functional.relu(x) if self.lively else x


class Backbone(nn.Module):
    """Pictures ``(N, 3, H, W)`` to features at strides 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, _STEM, 3, 2, 1)
        self.two = Unit(_STEM, _STEM)
        self.four = nn.Sequential(
            Unit(_STEM, _STEM), Unit(_STEM, _NARROW), Unit(_NARROW, _NARROW), Unit(_NARROW, _WIDE)
        )
        self.stages = nn.ModuleList(
            nn.Sequential(Unit(_WIDE, _WIDE), Unit(_WIDE, _WIDE)) for _ in STRIDES
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        x = self.two(functional.relu(self.stem(x)))
        x = self.four(functional.max_pool2d(x, 2))
        features = []
        for stage in self.stages:
            x = stage(functional.max_pool2d(x, 2))
            features.append(x)
        return features


class Yunet(nn.Module):
    """BGR pictures 0-255 ``(N, 3, H, W)`` to ``(N, cells, 16)``, columns as in `COLUMNS`.

    Sides in multiples of 32. Boxes and points are undecoded, presence and class are logits. Cells
    stand row by row, stride 8 first, as in `models.boxes.grid_of`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.sides = nn.ModuleList(Unit(_WIDE, _WIDE) for _ in STRIDES)
        self.heads = nn.ModuleDict(
            {
                part: nn.ModuleList(Unit(_WIDE, width, lively=False) for _ in STRIDES)
                for part, width in PARTS
            }
        )

    def forward(self, pictures: Tensor) -> Tensor:
        parts = self.parts(pictures)
        return torch.cat(
            [torch.cat([one.flatten(2) for one in parts[part]], 2) for part in COLUMNS], 1
        ).transpose(1, 2)

    def parts(self, pictures: Tensor) -> dict[str, list[Tensor]]:
        """Each head's maps at the three strides, ``(N, width, h, w)``."""
        features = self._pyramid(self.backbone(pictures))
        return {
            part: [head(one) for head, one in zip(self.heads[part], features, strict=True)]
            for part, _ in PARTS
        }

    def _pyramid(self, features: list[Tensor]) -> list[Tensor]:
        """Coarse features are added to finer ones."""
        three, four, five = features
        five = self.sides[2](five)
        four = self.sides[1](four + functional.interpolate(five, scale_factor=2.0))
        three = self.sides[0](three + functional.interpolate(four, scale_factor=2.0))
        return [three, four, five]


class NamedAnswers(nn.Module):
    """The network as it is shipped: twelve outputs, presence and class as probabilities."""

    NAMES = tuple(
        f"{part}_{stride}" for part in ("cls", "obj", "bbox", "kps") for stride in STRIDES
    )

    def __init__(self, network: Yunet) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        parts = self.network.parts(pictures)
        rows = {
            part: [one.permute(0, 2, 3, 1).flatten(1, 2) for one in parts[part]]
            for part, _ in PARTS
        }
        sure = [one.sigmoid() for part in ("cls", "obj") for one in rows[part]]
        return (*sure, *rows["bbox"], *rows["kps"])
