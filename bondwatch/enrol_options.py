"""What the enrolment commands are told: options and their help, no work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class SpokenLanguage(StrEnum):
    """The languages of hints."""

    en = "en"
    zh = "zh"


class ShownState(StrEnum):
    """The states that `enrol list` can be asked for."""

    draft = "draft"
    awaiting_approval = "awaiting_approval"
    active = "active"
    suspended = "suspended"
    revoked = "revoked"
    expired = "expired"


StaffId = Annotated[str, typer.Argument(metavar="STAFF_ID", help="Whom; 'enrol list' shows ids.")]
Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The site's config.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs instead of a table.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="WHO", help="Your account; default: who is logged in.")
]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, kept with it.")]
Revision = Annotated[
    int | None, typer.Option(help="The revision you looked at; refused where it has changed.")
]
Photos = Annotated[
    list[Path] | None,
    typer.Option("--photo", metavar="FILE", help="JPEG, PNG, WebP, HEIC; several are better."),
]
MorePhotos = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE]...",
        exists=True,
        dir_okay=False,
        help="Further photos, so that --photo *.jpg works.",
    ),
]
Groups = Annotated[
    list[str] | None, typer.Option("--group", metavar="GROUP", help="Repeat for several.")
]
Zones = Annotated[
    list[str] | None,
    typer.Option(
        "--zone",
        metavar="'ZONE [DAYS HH:MM-HH:MM]...'",
        help="A zone of their own, instead of what groups may; repeat for several.",
    ),
]
ValidFrom = Annotated[
    str | None, typer.Option(metavar="DATE", help="First day, in the site's time zone.")
]
ValidTo = Annotated[str | None, typer.Option(metavar="DATE", help="Last day, that day included.")]
NotSameAs = Annotated[
    list[str] | None,
    typer.Option(metavar="STAFF_ID", help="You checked: somebody alike, but another person."),
]
Organisation = Annotated[str | None, typer.Option(metavar="TEXT", help="Whom they work for.")]
Badge = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="For somebody without a face here: a guard vouches."),
]
Remarks = Annotated[str | None, typer.Option(metavar="TEXT", help="Anything else.")]
Basis = Annotated[
    str | None, typer.Option(metavar="consent|statutory", help="Why the face may be kept.")
]
Purpose = Annotated[str, typer.Option(metavar="TEXT", help="What the face is kept for.")]
Notice = Annotated[str, typer.Option(metavar="VERSION", help="Which notice they were given.")]
WatchList = Annotated[
    bool, typer.Option("--watch-list", help="Somebody who must NOT be here: alarms on sight.")
]
OnWatchList = Annotated[
    bool | None,
    typer.Option("--watch-list/--no-watch-list", help="Somebody who must NOT be here, or may."),
]
Language = Annotated[
    SpokenLanguage | None, typer.Option("--language", help="Of the hints; default: the terminal's.")
]
DEFAULT_CONFIG = Path("config.yaml")


@dataclass(frozen=True, slots=True)
class PersonOptions:
    """What is said of somebody who is enrolled, wherever the face comes from."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="In quotes; any script.")]
    groups: Groups = None
    staff_id: Annotated[
        str | None, typer.Option("--id", metavar="STAFF_ID", help="Default: made from the name.")
    ] = None
    zones: Zones = None
    valid_from: ValidFrom = None
    valid_to: ValidTo = None
    organisation: Organisation = None
    badge: Badge = None
    remarks: Remarks = None
    basis: Basis = None
    purpose: Purpose = ""
    notice: Notice = ""
    watch_list: WatchList = False
    not_same_as: NotSameAs = None
    language: Language = None
    by: By = None
    why: Why = ""
    config: Config = DEFAULT_CONFIG


@dataclass(frozen=True, slots=True)
class AddOptions(PersonOptions):
    """What `enrol add` and `enrol request` are told."""

    photos: Photos = None
    more_photos: MorePhotos = None
    as_json: AsJson = False

    @property
    def all_photos(self) -> list[Path]:
        return [*(self.photos or ()), *(self.more_photos or ())]


@dataclass(frozen=True, slots=True)
class EditOptions:
    """What `enrol edit` is told; what is not given stays."""

    staff_id: StaffId
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Corrected.")] = None
    photos: Photos = None
    groups: Groups = None
    zones: Zones = None
    valid_from: ValidFrom = None
    valid_to: ValidTo = None
    organisation: Organisation = None
    badge: Badge = None
    remarks: Remarks = None
    basis: Basis = None
    purpose: Purpose = ""
    notice: Notice = ""
    watch_list: OnWatchList = None
    not_same_as: NotSameAs = None
    revision: Revision = None
    language: Language = None
    by: By = None
    why: Why = ""
    as_json: AsJson = False
    config: Config = DEFAULT_CONFIG


@dataclass(frozen=True, slots=True)
class StandingOptions:
    """What `enrol approve` and the others that move people to another state are told."""

    staff_ids: Annotated[
        list[str],
        typer.Argument(metavar="STAFF_ID...", help="Whom; several: each by itself."),
    ]
    by: By = None
    why: Why = ""
    revision: Revision = None
    as_json: AsJson = False
    config: Config = DEFAULT_CONFIG
