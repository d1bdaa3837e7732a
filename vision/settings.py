"""The whole configuration as frozen values, once it has been read and found right.

Plain data for the shells (workers, publisher, supervisor): no reading, no validation and no
third-party import here, so the supervisor can load it without a native library. Reading
``config.yaml`` is ``vision.config_reader``'s work; expanding hours is ``vision.schedules``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from enrolment.places import KeyPlace, PostgresDatabase, RegisterPlace, SecretSource, SqliteFile


class DecodePolicy(StrEnum):
    """How much of a stream is decoded."""

    EVERYTHING = "everything"
    KEY_FRAMES = "key_frames"
    PACKETS = "packets"


class SearchIn(StrEnum):
    """Where faces are compared with the register's templates."""

    MEMORY = "memory"
    PGVECTOR = "pgvector"


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
class RegisterSettings:
    """Where the register of people is; ``url`` None means a file in ``data_dir``.

    ``key``: where the site key is; ``key_store``: the store of people's data keys, a file or
    the URL of another database on the same terms.
    """

    url: str | None = None
    username: Secret | None = None
    password: Secret | None = None
    key: Secret | None = None
    key_store: Path | str | None = None
    two_person_rule: bool = True
    keep_photos: bool = False
    search: SearchIn = SearchIn.MEMORY


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
class EvidenceSettings:
    """What is kept of alarms, and for how long. ``max_bytes`` None: as much as there is room for.

    No clip is written while less than ``stop_below_bytes`` is free on the disk. ``encrypt``: seal
    what is written from now on; it needs the site's keys.
    """

    enabled: bool = True
    encrypt: bool = False
    pre_roll_s: float = 10.0
    post_roll_s: float = 15.0
    longest_s: float = 300.0
    keep_days: float = 90.0
    max_bytes: int | None = None
    stop_below_bytes: int = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """The ledger: its signing key, and where else its checkpoints are kept.

    ``key_file`` None: in a folder beside the data directory. ``timestamp_url`` None: no time
    stamps, and nothing leaves the site. ``timestamp_ca_file`` None: who signs is not looked at.
    """

    key_file: Path | None = None
    copy_to: Path | None = None
    checkpoint_s: float = 60.0
    timestamp_url: str | None = None
    timestamp_ca_file: Path | None = None
    timestamp_every_s: float = 3600.0


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
    register: RegisterSettings = RegisterSettings()
    logs: LogSettings = field(default_factory=LogSettings)
    evidence: EvidenceSettings = EvidenceSettings()
    workers: int | None = None
    ledger: LedgerSettings = LedgerSettings()

    @property
    def ledger_path(self) -> Path:
        return self.data_dir / "ledger.db"

    @property
    def ledger_key_path(self) -> Path:
        """The node's key; never in the data directory, with which it would be copied."""
        beside = self.data_dir.parent / f"{self.data_dir.name}-keys"
        return self.ledger.key_file or beside / "ledger.key"

    @property
    def journal_path(self) -> Path:
        return self.data_dir / "journal.db"

    @property
    def register_path(self) -> Path:
        return self.data_dir / "register.db"

    @property
    def register_place(self) -> RegisterPlace:
        """The register that the configuration leads to; its secrets are read when it is opened."""
        url = self.register.url
        here = SqliteFile(self.register_path) if url is None else self._on_server(url)
        return RegisterPlace(here, self._key_place)

    @property
    def _key_place(self) -> KeyPlace | None:
        key, store = _source(self.register.key), self.register.key_store
        if key is None or store is None:
            return None
        there = SqliteFile(store) if isinstance(store, Path) else self._on_server(store)
        return KeyPlace(key, there, self.data_dir)

    def _on_server(self, url: str) -> PostgresDatabase:
        credentials = (_source(self.register.username), _source(self.register.password))
        return PostgresDatabase(url, *credentials)

    @property
    def run_dir(self) -> Path:
        """Sockets of the running daemon."""
        return self.data_dir / "run"


def _source(secret: Secret | None) -> SecretSource | None:
    return None if secret is None else SecretSource(secret.env, secret.file)
