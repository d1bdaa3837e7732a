"""What one section must know of the others: groups that exist, zones that exist, who sees them.

Filled while the file is read from top to bottom of the dependencies (groups, zones, cameras).
A check that an earlier mistake already explains is left out, so one slip is one line.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field

from vision.configuration.document import Entry
from vision.configuration.problems import Problems, shown
from vision.configuration.section import Section


@dataclass(slots=True)
class Known:
    """What has been read so far.

    ``declared``: the groups of the configuration; None where that list itself is wrong.
    ``held``: the groups that somebody in the register has; None where nobody asked the register.
    """

    declared: frozenset[str] | None = None
    held: frozenset[str] | None = None
    _cameras: dict[str, int] = field(default_factory=dict)
    _zones: dict[str, Section] = field(default_factory=dict)
    _counts: dict[str, list[bool | None]] = field(default_factory=dict)
    _has_lost_view: bool = False

    def check_group(self, problems: Problems, path: str, item: Entry) -> None:
        """A group in a permit must exist, or its people would alarm, or nobody could enter."""
        group = str(item.value)
        if self.declared is not None and group not in self.declared:
            near = difflib.get_close_matches(group, sorted(self.declared), n=1)
            remedy = f"did you mean {near[0]}?" if near else "add it to groups"
            problems.add(item.line, path, f"{shown(group)} is not in groups", remedy)
        elif self.held is not None and group not in self.held:
            problem = f"nobody in the register has the group {shown(group)}"
            problems.add(item.line, path, problem, "enrol somebody with it or remove it")

    def add_camera(self, camera_id: str, section: Section) -> None:
        """Notes a camera; a second of that id is told."""
        if (first := self._cameras.get(camera_id)) is not None:
            problem = f"{shown(camera_id)} is a camera's id already, in line {first}"
            section.wrong("id", problem, "give each camera its own id")
        else:
            self._cameras[camera_id] = section.line

    def add_zone(self, zone_id: str, section: Section) -> None:
        """Notes a zone, whether or not its id is a good one; a second of that id is told."""
        if (first := self._zones.get(zone_id)) is not None:
            problem = f"{shown(zone_id)} is a zone's id already, in line {first.line}"
            section.wrong("id", problem, "give each zone its own id")
            return
        self._zones[zone_id] = section
        self._counts[zone_id] = []

    def add_view(self, view: Section, zone: Entry | None, *, counts: bool | None) -> None:
        """Notes a camera's view of a zone. ``counts`` None: it could not be told."""
        zone_id = str(zone.value) if zone is not None else None
        if zone_id in self._counts:
            self._counts[zone_id].append(counts)
            return
        self._has_lost_view = True
        if zone_id is not None:
            near = difflib.get_close_matches(zone_id, self._zones, n=1)
            remedy = f"did you mean {near[0]}?" if near else "add the zone to zones"
            view.wrong("zone", f"{shown(zone_id)} is no zone", remedy)

    def check_views(self) -> None:
        """Every zone is seen, and exactly one view of it counts its occupancy."""
        if self._has_lost_view:
            return
        for zone_id, section in self._zones.items():
            counts = self._counts[zone_id]
            if not counts:
                section.wrong("id", f"no camera sees {shown(zone_id)}", "add a view of it")
            elif None not in counts and counts.count(True) != 1:
                problem = f"{counts.count(True)} views of {shown(zone_id)} count"
                section.wrong("id", problem, "set counts: true in exactly one view of it")
