"""The configuration that the demo's daemon runs with: a real ``config.yaml``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from bondwatch.demo.source import PASSWORD_VARIABLE, USER_VARIABLE, Source
from bondwatch.demo.staff import GROUP
from models.manifest import EMBEDDED

SITE: Final = "demo"
CAMERA: Final = "gate"
ZONE: Final = "bonded"
PACK: Final = EMBEDDED
"""The models: the demo needs nothing beside the checkout and set-up."""


def write_configuration(path: Path, source: Source, broker_port: int) -> None:
    """Write the file; JSON's syntax is YAML's too."""
    document = {
        "site": {"id": SITE, "time_zone": "UTC"},
        "data_dir": str(data_directory(path)),
        "mqtt": {"host": "127.0.0.1", "port": broker_port, "heartbeat_s": 5},
        "models": {"pack": PACK},
        "groups": [GROUP],
        "zones": [{"id": ZONE, "name": "Bonded area", "permits": [{"groups": [GROUP]}]}],
        "cameras": [_camera(source)],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")


def data_directory(configuration: Path) -> Path:
    """Where the daemon of that configuration keeps its journal and its register."""
    return configuration.parent.absolute() / "var"


def _camera(source: Source) -> dict[str, Any]:
    url = source.url if "://" in source.url else str(Path(source.url).absolute())
    login = {"username": {"env": USER_VARIABLE}, "password": {"env": PASSWORD_VARIABLE}}
    return {
        "id": CAMERA,
        "url": url,
        **(login if source.has_login else {}),
        "views": [{"zone": ZONE, "counts": True, "polygon": [list(xy) for xy in source.zone]}],
    }
