"""Who is enrolled and who is not, and everybody's looks: the sets that all rows are made of.

One set of enrolled people serves every row, so the gallery's size is the same in all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from bench.evaluation.faces import Faces, Row, Seen, Shelf, read_head, told
from bench.evaluation.pictures import EvaluationError
from bench.evaluation.trials import Trial
from bench.evaluation.variants import as_in_a_pass, smaller

_FEWEST_ENROLLED = 10
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured.

    ``photos`` a person in the gallery; ``most_enrolled`` people, None for all who have a picture
    more than that; ``most_pictures`` of one person in a row, so that nobody famous decides it;
    ``most_strangers`` are looked at in rows for which every look must be made anew (sizes,
    augmentations).
    """

    photos: int = 3
    most_enrolled: int | None = None
    most_pictures: int = 10
    most_strangers: int = 1050


@dataclass(frozen=True, slots=True, eq=False)
class Cast:
    """Everybody in their part.

    ``templates`` of the enrolled; ``enrolled_from``, the pictures that these are from; their
    ``further`` pictures; and all pictures of the others, ``strangers``.
    """

    templates: Mapping[str, Sequence[Row]]
    enrolled_from: Mapping[str, Sequence[Path]]
    further: Mapping[str, Sequence[Path]]
    strangers: Mapping[str, Sequence[Path]]


def cast_of(
    people: Mapping[str, Sequence[Path]], faces: Faces, shelf: Shelf, plan: Plan, say: Say
) -> Cast:
    """Enrol whoever has pictures enough, in the order of their names' numbers.

    EvaluationError where fewer than ten people can be enrolled or nobody is left a stranger.
    """
    able = [who for who, pictures in people.items() if len(pictures) > plan.photos]
    if plan.most_enrolled is not None:
        able = sorted(some(dict.fromkeys(able, ()), plan.most_enrolled))
    enrolled: dict[str, list[tuple[Path, Row]]] = {}
    for number, who in enumerate(able):
        if number % 100 == 0:
            say(f"enrolling: {number} of {len(able)} people")
        found = _enrolled(people[who], faces, shelf, plan.photos)
        if len(found) == plan.photos:
            enrolled[who] = found
    strangers = {who: pictures for who, pictures in people.items() if who not in enrolled}
    if len(enrolled) < _FEWEST_ENROLLED or not strangers:
        raise EvaluationError(
            f"{len(enrolled)} people have more than {plan.photos} usable pictures and"
            f" {len(strangers)} have not; ten and one are the least that says anything"
        )
    taken = {who: [path for path, _ in found] for who, found in enrolled.items()}
    return Cast(
        templates={who: [row for _, row in found] for who, found in enrolled.items()},
        enrolled_from=taken,
        further={who: [p for p in people[who] if p not in taken[who]] for who in enrolled},
        strangers=strangers,
    )


def some(people: Mapping[str, Sequence[Path]], most: int) -> Mapping[str, Sequence[Path]]:
    """At most so many of the people: by their names' digests, so the same in every run."""
    drawn = sorted(people, key=lambda who: hashlib.sha256(who.encode()).digest())[:most]
    return {who: people[who] for who in sorted(drawn)}


def _enrolled(
    pictures: Sequence[Path], faces: Faces, shelf: Shelf, wanted: int
) -> list[tuple[Path, Row]]:
    """The first pictures that enrolment takes; one is always left over to be looked at."""
    found: list[tuple[Path, Row]] = []
    for path in pictures:
        if len(found) == min(wanted, len(pictures) - 1):
            break
        row = shelf.row(f"enrolled|{path.name}", lambda path=path: faces.enrolled(path))  # type: ignore[misc]  # mypy cannot type a bound default
        if row is not None:
            found.append((path, row))
    return found


def sets_of(count: int, size: int, uses: int) -> list[tuple[int, ...]]:
    """Different sets of so many of the indices up to ``count``, none in more than ``uses``, 1 or 2.

    The second time the indices are taken from the end and by leaps, so that those which stood
    together the first time are parted.
    """
    by_leaps = [*range(count - 1, -1, -2), *range(count - 2, -1, -2)]
    found: dict[frozenset[int], tuple[int, ...]] = {}
    for order in ([*range(count)], by_leaps)[:uses]:
        for start in range(0, count - size + 1, size):
            chosen = tuple(order[start : start + size])
            found.setdefault(frozenset(chosen), chosen)
    return list(found.values())


class Looks:
    """Looks at pictures, each computed once."""

    def __init__(self, faces: Faces, shelf: Shelf, say: Say) -> None:
        self._faces = faces
        self._shelf = shelf
        self._say = say

    def at(self, path: Path) -> Seen | None:
        """The picture as it is."""
        return self._shelf.look(f"look|{path.name}", lambda: self._faces.seen(read_head(path)))

    def at_size(self, path: Path, size_px: float) -> Seen | None:
        """The picture scaled down until its face has a size; None where it was smaller before."""
        whole = self.at(path)
        if whole is None or whole.measures.size_px < size_px:
            return None

        def make() -> Seen | None:
            return self._faces.seen(smaller(read_head(path), whole.measures.size_px, size_px))

        return self._shelf.look(f"{size_px:g}px|{path.name}", make)

    def in_passes(self, path: Path, looks: int) -> tuple[Seen | None, ...]:
        """So many looks made of one picture; fewer, filled up with None, where too many fail.

        As before a camera, where a failed look is followed by the next.
        """
        good: list[Seen | None] = []
        for number in range(2 * looks):
            look = self.in_a_pass(path, number)
            if look is not None:
                good.append(look)
            if len(good) == looks:
                break
        return (*good, *(None,) * (looks - len(good)))

    def in_a_pass(self, path: Path, number: int) -> Seen | None:
        """An augmentation of the picture."""
        whole = self.at(path)
        if whole is None:
            return None

        def make() -> Seen | None:
            name = f"{path.name}|{number}"
            return self._faces.seen(as_in_a_pass(read_head(path), whole.measures.size_px, name))

        return self._shelf.look(f"pass{number}|{path.name}", make)

    def trials(
        self, people: Mapping[str, Sequence[Path]], looks: int, most: int, *, uses: int = 1
    ) -> Iterator[Trial]:
        """Sets of looks at different pictures of one person, each picture in at most ``uses``.

        A picture of which the daemon would take no look is passed over, as a camera's next frame
        would serve instead; `acquired` tells how many those are.
        """
        for who in told("looking", people, self._say):
            good = [look for look in map(self.at, people[who][:most]) if look is not None]
            for chosen in sets_of(len(good), looks, uses):
                yield Trial(who, tuple(good[index] for index in chosen))

    def acquired(self, people: Mapping[str, Sequence[Path]], most: int) -> float:
        """The share of the pictures of which there is a look."""
        every = [self.at(path) for pictures in people.values() for path in pictures[:most]]
        return fmean(look is not None for look in every)
