"""Reading the configuration anew beside the loop, and saying what of it is different."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from vision.config_reader import ConfigError
from vision.kept_config import KeptConfig
from vision.settings import Settings


class ConfigReading:
    """One reading in a thread of its own; a large file takes seconds, and a slow disk longer.

    ``old`` are the settings that hold; what may follow them is kept for the children.
    ``done`` is called from that thread when there is an outcome to take.
    """

    def __init__(self, config: KeptConfig, old: Settings, done: Callable[[], None]) -> None:
        self._config = config
        self._old = old
        self._done = done
        self._outcome: Settings | ConfigError | None = None
        self._thread = threading.Thread(target=self._read, name="config-reading")
        self._thread.start()

    def take(self) -> Settings | ConfigError | None:
        """What came of it; None while it is being read."""
        if self._thread.is_alive():
            return None
        self._thread.join()
        return self._outcome

    def close(self) -> None:
        self._thread.join()

    def _read(self) -> None:
        try:
            self._outcome = new = self._config.read_anew()
            if not difference(self._old, new).fixed:
                self._config.accept()
        except ConfigError as error:
            self._outcome = error
        finally:
            self._done()


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new configuration asks of the supervisor beside telling every worker."""

    fixed: tuple[str, ...]
    removed_cameras: tuple[str, ...]
    publisher: bool
    ledger: bool


def difference(old: Settings, new: Settings) -> Difference:
    """``fixed``: keys that changed though they cannot while the daemon runs."""
    kept = {camera.camera_id for camera in new.cameras}
    fixed = (("data_dir", old.data_dir != new.data_dir), ("logs", old.logs != new.logs))
    return Difference(
        fixed=tuple(key for key, changed in fixed if changed),
        removed_cameras=tuple(
            camera.camera_id for camera in old.cameras if camera.camera_id not in kept
        ),
        publisher=(old.mqtt, old.site_id) != (new.mqtt, new.site_id),
        ledger=(old.ledger, old.models, old.site_id) != (new.ledger, new.models, new.site_id),
    )
