"""Whose face is it? A face found in one person's head region is theirs only if that is certain.

Pure geometry in relative coordinates; a face that could belong to two people belongs to nobody,
for a wrong binding would give a stranger somebody else's identity.
"""

from __future__ import annotations

from collections.abc import Sequence

from vision.core.roster import head_of
from vision.core.values import Box

Point = tuple[float, float]


def bind_face(person: Box, others: Sequence[Box], centres: Sequence[Point]) -> int | None:
    """The index of the one face that is certainly this person's, or None.

    ``person``: the tracked person's box; ``others``: the boxes of all other visible people;
    ``centres``: the middles of the faces found.
    """
    mine = [i for i, centre in enumerate(centres) if _holds(person, centre)]
    if len(mine) != 1:
        return None
    (index,) = mine
    if any(_holds(head_of(other), centres[index]) for other in others):
        return None
    return index


def _holds(box: Box, point: Point) -> bool:
    x, y = point
    return box.left <= x <= box.right and box.top <= y <= box.bottom
