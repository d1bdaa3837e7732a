"""Who is in the photo of six that the demo clip is made from, and what becomes of each.

Data only: where a head is in the photo, and whether its owner is on the register. Places were
set by hand; they belong to exactly the photo that `bondwatch.demo.photo` pins. Names are
invented. The two people who look away from the camera have no part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

Point = tuple[int, int]
Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Actor:
    """One person of the photo.

    ``outline``: around hair, face and neck, pixels of the photo. ``face_ltrb``: the face's box.
    ``name``: under which the person is enrolled; None for a stranger. ``shirt``: BGR.
    ``key``: the staff id of those who are enrolled.
    """

    key: str
    outline: tuple[Point, ...]
    face_ltrb: tuple[int, int, int, int]
    shirt: Colour
    name: str | None = None

    @property
    def enrolled(self) -> bool:
        return self.name is not None


LEFT: Final = Actor(
    "alma-reyes",
    (
        (22, 330), (35, 285), (60, 252), (95, 235), (130, 240), (160, 262), (180, 305),
        (190, 360), (188, 383), (160, 397), (134, 408), (124, 440), (102, 452), (92, 475),
        (60, 478), (30, 465), (20, 420),
    ),
    (52, 266, 170, 400),
    (120, 74, 58),
    "Alma Reyes",
)  # fmt: skip

MIDDLE: Final = Actor(
    "stranger-1",
    (
        (464, 300), (466, 262), (480, 235), (505, 220), (545, 220), (585, 232), (607, 262),
        (605, 300), (592, 345), (574, 372), (560, 392), (548, 402), (534, 416), (510, 422),
        (490, 408), (476, 380), (466, 350),
    ),
    (463, 266, 576, 417),
    (92, 92, 96),
)  # fmt: skip

RIGHT_OF_MIDDLE: Final = Actor(
    "jonas-brandt",
    (
        (744, 330), (752, 305), (775, 292), (815, 290), (850, 297), (873, 320), (875, 350),
        (870, 385), (866, 408), (850, 428), (842, 455), (822, 476), (795, 484), (768, 474),
        (752, 446), (746, 410), (746, 370),
    ),
    (751, 346, 845, 472),
    (60, 60, 150),
    "Jonas Brandt",
)  # fmt: skip

RIGHT: Final = Actor(
    "stranger-2",
    (
        (1122, 400), (1124, 330), (1130, 283), (1150, 248), (1180, 235), (1215, 240),
        (1245, 264), (1260, 310), (1266, 370), (1262, 428), (1236, 434), (1215, 442),
        (1175, 446), (1160, 425), (1140, 433), (1124, 430),
    ),
    (1133, 274, 1228, 398),
    (150, 128, 66),
)  # fmt: skip

CAST: Final = (LEFT, MIDDLE, RIGHT_OF_MIDDLE, RIGHT)
STAFF: Final = tuple(actor for actor in CAST if actor.enrolled)
