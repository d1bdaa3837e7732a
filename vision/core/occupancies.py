"""How many are in each zone, told when it changes, by the one view that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from vision.core.policy import ScenePolicy
from vision.core.presences import Presence
from vision.core.values import IdentityState, Instant, ObjectKind, Occupancy


class OccupancyBoard:
    """What was last told of each zone that this camera counts for."""

    def __init__(self, policy: ScenePolicy) -> None:
        self._camera_id = policy.camera_id
        self._told: dict[str, Counter[str] | None] = {
            view.zone_id: None for view in policy.views if view.counts
        }

    def changes(self, presences: Iterable[Presence], at: Instant) -> Iterator[Occupancy]:
        """The zones whose numbers changed since they were last told."""
        inside = [p for p in presences if p.gone_s is None]
        for zone_id, told in self._told.items():
            counts = Counter(
                name for p in inside if p.zone_id == zone_id for name in _counted_as(p)
            )
            if counts != told:
                self._told[zone_id] = counts
                yield self._occupancy(zone_id, counts, at)

    def _occupancy(self, zone_id: str, counts: Counter[str], at: Instant) -> Occupancy:
        return Occupancy(
            camera_id=self._camera_id,
            zone_id=zone_id,
            at=at,
            people=counts["people"],
            forklifts=counts["forklifts"],
            registered=counts["registered"],
            undetermined=counts["undetermined"],
            unregistered=counts["unregistered"],
        )


def _counted_as(presence: Presence) -> tuple[str, ...]:
    if presence.kind is ObjectKind.FORKLIFT:
        return ("forklifts",)
    state = presence.evidence.state
    return ("people", "undetermined" if state is IdentityState.CONFLICT else str(state))
