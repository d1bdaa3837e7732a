"""The whole configuration as frozen values, once it has been read and found right.

Plain data for the shells (workers, publisher, supervisor): no reading, no validation and no
third-party import here, so the supervisor can load it without a native library. Reading
``config.yaml`` is ``vision.config_reader``'s work; expanding hours is ``vision.schedules``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class DecodePolicy(StrEnum):
    """How much of a stream is decoded."""

    EVERYTHING = "everything"
    KEY_FRAMES = "key_frames"
    PACKETS = "packets"


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret comes from, never the secret itself: an environment variable or a file."""

    env: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Opening hours in the site's time zone: ``(weekday 0-6, start minute, end minute)``.

    A span whose end is at or before its start runs past midnight.
    """

    spans: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class PermitSettings:
    """Groups allowed into a zone; ``hours`` None means always."""

    groups: tuple[str, ...]
    hours: WeeklyHours | None = None


@dataclass(frozen=True, slots=True)
class ForkliftSettings:
    """When forklifts may be in a zone; ``hours`` None and ``never`` false means always."""

    never: bool = False
    hours: WeeklyHours | None = None


@dataclass(frozen=True, slots=True)
class ZoneSettings:
    """One zone. ``priorities`` are decided by the alarm's kind, not here."""

    zone_id: str
    name: str
    permits: tuple[PermitSettings, ...]
    verify_within_s: float | None = 10.0
    forklifts: ForkliftSettings = ForkliftSettings()


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """A camera's polygon of a zone, relative coordinates."""

    zone_id: str
    polygon: tuple[tuple[float, float], ...]
    counts: bool = False


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """One camera. URLs hold no credentials; files are accepted as URLs too."""

    camera_id: str
    detect_url: str
    record_url: str | None = None
    username: Secret | None = None
    password: Secret | None = None
    decode: DecodePolicy = DecodePolicy.EVERYTHING
    analyses_per_s: float = 5.0
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 5.0
    offline_after_s: float = 10.0
    lag_limit_s: float = 3.0
    preroll_s: float = 12.0
    preroll_bytes: int = 32 * 1024 * 1024
    views: tuple[ViewSettings, ...] = ()


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Files of the MQTT connection's TLS."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """The broker and how to reach it."""

    host: str = "127.0.0.1"
    port: int = 1883
    username: Secret | None = None
    password: Secret | None = None
    tls: TlsSettings | None = None
    client_id: str | None = None
    heartbeat_s: float = 10.0


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which entries of ``models/manifest.yaml`` serve, and where else weights may lie.

    ``fallback``: the pack whose entry may serve in the place of one that cannot be had; None
    where none may.
    """

    detector: str
    face_detector: str
    embedder: str
    directory: Path | None = None
    fallback: str | None = None


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Overrides of the identity rules; None takes the embedder's measured threshold."""

    accept: float | None = None
    reject: float | None = None
    margin: float | None = None
    confirm_looks: int = 3
    condemn_looks: int = 3
    look_spacing_s: float = 0.15
    window_s: float = 20.0
    confirm_min_px: float = 24.0
    condemn_min_px: float = 40.0
    reverify_s: float = 300.0


@dataclass(frozen=True, slots=True)
class LogSettings:
    """Structured logs: one JSON event a line, rotated by size."""

    directory: Path | None = None
    level: str = "info"
    max_bytes: int = 10 * 1024 * 1024
    keep: int = 5


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything ``config.yaml`` says."""

    site_id: str
    time_zone: str
    data_dir: Path
    mqtt: MqttSettings
    models: ModelSettings
    zones: tuple[ZoneSettings, ...]
    cameras: tuple[CameraSettings, ...]
    groups: tuple[str, ...] = ()
    identity: IdentitySettings = IdentitySettings()
    logs: LogSettings = field(default_factory=LogSettings)
    workers: int | None = None

    @property
    def journal_path(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def register_path(self) -> Path:
        return self.data_dir / "register.db"

    @property
    def run_dir(self) -> Path:
        """Sockets of the running daemon."""
        return self.data_dir / "run"
