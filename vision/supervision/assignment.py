"""Which worker owns which cameras: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Assignment = dict[str, tuple[str, ...]]
"""Worker id to the cameras it owns, in the configuration's order; no worker is without one."""


def worker_count(configured: int | None, cores: int, cameras: int) -> int:
    """How many workers serve so many cameras: as configured, otherwise one a core."""
    return min(configured or cores, cameras)


def assign(cameras: Sequence[str], workers: int, before: Mapping[str, Sequence[str]]) -> Assignment:
    """Give every camera to one of at most ``workers`` workers, moving as few as possible.

    A camera stays on the worker it was on, so a reload drops no stream that did not change.
    The others go, in the configuration's order, to the worker with the fewest; of equal ones
    to the first. Workers are called ``w1``, ``w2``, ...
    """
    names = [f"w{number}" for number in range(1, workers + 1)]
    owner = {camera: name for name in names for camera in before.get(name, ())}
    load = dict.fromkeys(names, 0)
    for camera in cameras:
        if camera in owner:
            load[owner[camera]] += 1
    for camera in cameras:
        if camera not in owner:
            owner[camera] = min(names, key=load.__getitem__)
            load[owner[camera]] += 1
    owned = {name: tuple(c for c in cameras if owner[c] == name) for name in names}
    return {name: mine for name, mine in owned.items() if mine}
