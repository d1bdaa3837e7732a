"""Effects change colours, never shapes, and only as the generator says."""

from __future__ import annotations

import numpy as np
import pytest

from models.training import weathering

EFFECTS = (
    weathering.colour_cast,
    weathering.infra_red,
    weathering.low_light,
    weathering.blur,
    weathering.noise,
    weathering.coarse,
    weathering.compression,
)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__)
def test_an_effect_is_repeatable_and_keeps_the_form(effect, scenes) -> None:
    """The same seed gives the same picture, of the same size, in bytes."""
    first, second = (effect(scenes[0].picture_bgr, np.random.default_rng(4)) for _ in range(2))

    np.testing.assert_array_equal(first, second)
    assert (first.shape, first.dtype) == (scenes[0].picture_bgr.shape, np.uint8)
    assert not np.array_equal(first, scenes[0].picture_bgr)


def test_infra_red_has_no_colour(scenes) -> None:
    """All three channels are one."""
    grey = weathering.infra_red(scenes[0].picture_bgr, np.random.default_rng(0))

    assert (grey == grey[..., :1]).all()
