"""The rows of the report on faces: every condition, measured over one and the same gallery."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import numpy as np

from bench.evaluation.faces import Faces, Seen, told
from bench.evaluation.openset import Figures, Scores, figures
from bench.evaluation.people import Cast, Looks, Plan, Say, some
from bench.evaluation.trials import Trial, gallery_of, mated_scores, non_mated_scores
from bench.evaluation.variants import SIZES_PX
from enrolment.gallery import Gallery, alike_among
from models.quality import FaceMeasures, look_quality
from vision.core.policy import IdentityPolicy
from vision.scene_policies import to_identity_policy
from vision.settings import IdentitySettings

LOOKS = (1, 3, 5)
INDEPENDENT = "independent photos"
AUGMENTED = "augmentations of one photo"
COLUMNS = (INDEPENDENT, AUGMENTED)
DROPPED = (0.0, 0.1, 0.2, 0.3)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a row stands.

    ``kind``: photos, size, or looks, the table. ``column``: of which sort several looks are; the
    two are never mixed. ``face_px``: None where faces are as large as the pictures have them.
    ``dropped``: the share of the looks at staff that were left out, the worst by quality.
    """

    kind: str
    photos: int
    looks: int
    face_px: int | None
    column: str
    dropped: float = 0.0

    def __str__(self) -> str:
        size = f" of {self.face_px} px" if self.face_px else ""
        return f"{self.looks} look(s){size}, {self.photos} photo(s), {self.column}"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One condition. ``acquired``: as in `Sets`; by size, who gave no look was not recognised."""

    place: Place
    acquired: float
    figures: Figures
    mated: Scores
    non_mated: Scores


@dataclass(frozen=True, slots=True, eq=False)
class Sets:
    """Trials of people who are enrolled, and of others.

    ``acquired``: the share of the mated pictures of which there was a look.
    """

    mated: Sequence[Trial]
    non_mated: Sequence[Trial]
    acquired: float


class Measuring:
    """Everything that the rows have in common: the people, their looks, and the rules."""

    def __init__(self, cast: Cast, looks: Looks, plan: Plan, faces: Faces, say: Say) -> None:
        rules = to_identity_policy(IdentitySettings(), faces.embedder.thresholds)
        self._say = say
        self._cast = cast
        self._looks = looks
        self._plan = plan
        # What small faces do is to be measured, so they are not turned away before.
        self._rules = replace(rules, confirm_min_px=0.0, condemn_min_px=0.0)
        self._plain_accept = faces.embedder.thresholds.accept
        self.embedding_id = faces.embedder.embedding_id
        self.templates = cast.templates
        self.photos = plan.photos

    def gallery(self, photos: int) -> Gallery:
        """The enrolled, each with their first photos."""
        templates = {who: rows[:photos] for who, rows in self.templates.items()}
        return gallery_of(templates, self.embedding_id)

    def alike(self) -> float:
        """Of the pairs of different people, the share whose photos reach the plain accept.

        A look at everybody's first photo of which there is one.
        """
        firsts = []
        for pictures in (*self._cast.further.values(), *self._cast.strangers.values()):
            look = next((one for one in map(self._looks.at, pictures) if one is not None), None)
            if look is not None:
                firsts.append(look.row)
        found = alike_among(np.stack(firsts), self._plain_accept)
        return found.alike / found.pairs

    def rules_for(self, looks: int) -> IdentityPolicy:
        """The daemon's rules, with no more looks asked for than there are."""
        return replace(self._rules, confirm_looks=looks, condemn_looks=looks)

    def rows(self, sizes: Sequence[int] = SIZES_PX) -> Iterator[Row]:
        """All rows: one and all photos a person, face sizes, several looks."""
        independent = self.independent(1)
        for photos in sorted({1, self.photos}):
            yield self._measured(Place("photos", photos, 1, None, INDEPENDENT), independent)
        for size_px in sizes:
            place = Place("size", self.photos, 1, size_px, INDEPENDENT)
            yield self._measured(place, self.of_size(size_px))
        yield from self.by_quality(independent)
        for looks in LOOKS:
            for column, sets in zip(COLUMNS, self.sets(looks), strict=True):
                yield self._measured(Place("looks", self.photos, looks, None, column), sets)

    def by_quality(self, sets: Sets) -> Iterator[Row]:
        """One look, without the worst; a stranger's must be as good."""
        limits = np.quantile([_quality(trial) for trial in sets.mated], DROPPED)
        for share, limit in zip(DROPPED, limits, strict=True):
            kept = Sets(
                [trial for trial in sets.mated if _quality(trial) >= limit],
                [trial for trial in sets.non_mated if _quality(trial) >= limit],
                sets.acquired,
            )
            yield self._measured(Place("quality", self.photos, 1, None, INDEPENDENT, share), kept)

    def sets(self, looks: int) -> tuple[Sets, Sets]:
        """Trials of several looks: independent photos, and augmentations of one photo."""
        return self.independent(looks), self.augmented(looks)

    def independent(self, looks: int) -> Sets:
        """Different photos of a person.

        For several looks, who is enrolled is a stranger too, with all their pictures, to a
        gallery without them; and a stranger's picture serves twice, each time beside others, or
        too few trials would decide. The interval draws people, so it does not take such trials
        for independent ones.
        """
        cast, most = self._cast, self._plan.most_pictures
        others: dict[str, Sequence[Path]] = dict(cast.strangers)
        uses = 1
        if looks > 1:
            others |= {w: [*cast.enrolled_from[w], *cast.further[w]] for w in cast.further}
            uses = 2
        mated = self._looks.trials(cast.further, looks, most)
        acquired = self._looks.acquired(cast.further, most)
        non_mated = self._looks.trials(others, looks, most, uses=uses)
        return Sets(list(mated), list(non_mated), acquired)

    def of_size(self, size_px: int) -> Sets:
        """One look at a face that was made as small as that."""
        return self._one_each(f"{size_px} px", lambda path: (self._looks.at_size(path, size_px),))

    def augmented(self, looks: int) -> Sets:
        """Several looks made of one photo, nearer to one pass before a camera."""
        return self._one_each(
            f"{looks} augmentations", lambda path: self._looks.in_passes(path, looks)
        )

    def _one_each(self, what: str, look: Callable[[Path], tuple[Seen | None, ...]]) -> Sets:
        """A trial of everybody's first picture; of the strangers, as many as the plan says."""
        strangers = some(self._cast.strangers, self._plan.most_strangers)
        mated, non_mated = (
            [Trial(who, look(people[who][0])) for who in told(what, people, self._say)]
            for people in (self._cast.further, strangers)
        )
        acquired = fmean(any(look is not None for look in trial.looks) for trial in mated)
        return Sets(mated, non_mated, acquired)

    def _measured(self, place: Place, sets: Sets) -> Row:
        gallery, rules = self.gallery(place.photos), self.rules_for(place.looks)
        staff = mated_scores(sets.mated, gallery, rules)
        others = non_mated_scores(sets.non_mated, gallery, rules)
        return Row(place, sets.acquired, figures(staff, others), staff, others)


def _quality(trial: Trial) -> float:
    """The quality of a trial's one look; there is one, or it would be no trial."""
    (look,) = trial.looks
    if look is None:
        return 0.0
    m = look.measures
    return look_quality(FaceMeasures(m.size_px, m.sharpness, m.yaw, m.brightness, m.score))
