"""Hand-counted passages of ``media/one-by-one-person.mp4``.

768x432, 10 frames a second, 139 s. Six people come one by one from below the lower left of the
picture, stand at a high table and leave to the right. ``TABLE`` is the floor before the table.

Counted by eye in pictures of the clip, ten a second, with the zone drawn into them: an entry
is when the middle between the feet passes the slanted near edge, an exit when it passes the
right edge. People walk in with their feet below the view, so an entry is known to about half a
second; an exit to about two tenths.
"""

from __future__ import annotations

from typing import Final

from vision.core.values import Direction

FILE: Final = "one-by-one-person.mp4"
SIZE_WH: Final = (768, 432)
PEOPLE: Final = 6

TABLE: Final = ((0.40, 0.60), (0.70, 0.60), (0.72, 1.0), (0.62, 1.0), (0.40, 0.89))
"""The zone, relative coordinates."""

PASSAGES: Final = (
    (7.2, Direction.ENTRY),  # a woman with long hair and a grey cardigan
    (18.8, Direction.EXIT),
    (23.8, Direction.ENTRY),  # a man with a cap and a black jacket
    (43.9, Direction.EXIT),
    (51.6, Direction.ENTRY),  # a woman with long hair, in black
    (68.9, Direction.EXIT),
    (75.9, Direction.ENTRY),  # a man with a cap, in a black shirt
    (85.7, Direction.EXIT),
    (93.3, Direction.ENTRY),  # a woman with black hair and a grey jumper
    (118.7, Direction.EXIT),
    (124.7, Direction.ENTRY),  # a man in a grey shirt
    (134.9, Direction.EXIT),
)
"""Seconds into the clip and the direction, in order; all of them people."""

TOLERANCE_S: Final = 1.0
"""What two frames a second, the box's jitter and the eye may add up to."""
