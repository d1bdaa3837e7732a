"""Does a slow evidence disk slow the eyes? The daemon with its evidence on a throttled device.

``python -m bench.slow_disk`` from the repository's root, as root. The evidence folder is an ext2
file system of its own on a loop device, mounted ``sync``, so that every write is waited for; in
every second round the kernel (blkio, cgroup v1) lets the daemon's processes write no more than
100 kB/s to that device. Cameras are real RTSP streams, an alarm is open for the whole window, and
what was analysed is the workers' own record. ``bench/README.md`` says how to read it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Final

from bench.daemon_counts import CameraCounts, LogFollower, between
from bench.figures import table
from bench.footage import camera_clips, footage
from bench.place import Daemon, Place, measured, place
from bondwatch.failures import CommandError, Status
from vision.outputs.journal import Journal

SLOW_BYTES_S: Final = 100_000
REACH: Final = 0.95
CGROUPS: Final = Path("/sys/fs/cgroup/blkio")
_SECTOR_BYTES: Final = 512
_WARM_UP: Final = 2
"""Records before the window; by then there are alarms, and clips are being written."""

_POLL_S = 0.1
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """Per second, all cameras together: analysed and decoded frames, bytes to the device."""

    slow: bool
    analysed: float
    decoded: float
    written_kb: float
    told: tuple[str, ...]


class Device:
    """A loop device with a file system on it, mounted where evidence goes."""

    def __init__(self, image: Path, mount: Path, stack: ExitStack) -> None:
        with image.open("wb") as file:
            file.truncate(4 * 1024**3)
        _run("mkfs.ext2", "-q", str(image))
        self.name = _run("losetup", "--find", "--show", str(image))
        stack.callback(_run, "losetup", "--detach", self.name)
        mount.mkdir(parents=True)
        _run("mount", "-o", "sync", self.name, str(mount))
        stack.callback(_run, "umount", "--lazy", str(mount))

    @property
    def number(self) -> str:
        device = os.stat(self.name).st_rdev  # noqa: PTH116 -- of a device
        return f"{os.major(device)}:{os.minor(device)}"

    def written_bytes(self) -> int:
        """All that has ever been written to it."""
        sectors = Path("/sys/block", Path(self.name).name, "stat").read_text().split()[6]
        return int(sectors) * _SECTOR_BYTES


class Throttle:
    """A control group whose processes write slowly to one device."""

    def __init__(self, device: Device, stack: ExitStack) -> None:
        self._group = CGROUPS / f"bondwatch-bench-{os.getpid()}"
        self._group.mkdir()
        stack.callback(self._remove)
        rule = self._group / "blkio.throttle.write_bps_device"
        rule.write_text(f"{device.number} {SLOW_BYTES_S}")

    def take(self, daemon: Daemon) -> None:
        """Throttle the daemon: those of its processes that are there, and all that they start."""
        for process in daemon.processes().values():
            (self._group / "cgroup.procs").write_text(str(process.pid))

    def _remove(self) -> None:
        """Once the last of the daemon's processes has got rid of its last write."""
        until_s = time.monotonic() + _PATIENCE_S
        while (self._group / "cgroup.procs").read_text() and time.monotonic() < until_s:
            time.sleep(_POLL_S)
        self._group.rmdir()


def measure(cameras: int, rounds: int, records: int) -> list[Round]:
    """Quick and slow in turn, so that a machine that changes changes for both."""
    found = []
    with ExitStack() as stack:
        here = stack.enter_context(place(camera_clips(footage(), cameras)))
        configuration = _configured(here)
        mount = here.folder / "data" / "evidence"
        device = Device(here.folder / "evidence.img", mount, stack)
        throttle = Throttle(device, stack)
        for number in range(2 * rounds):
            with Daemon(configuration) as daemon:
                if is_slow := bool(number % 2):
                    throttle.take(daemon)
                one = _window(here, device, records, slow=is_slow)
            print(one, file=sys.stderr, flush=True)
            found.append(one)
            _empty(mount)
    return found


def _configured(here: Place) -> Path:
    """Clips that go on for the whole window, whoever comes and goes."""
    path = here.configure()
    document = json.loads(path.read_text()) | {"evidence": {"post_roll_s": 600}}
    path.write_text(json.dumps(document, indent=1))
    return path


def _window(here: Place, device: Device, records: int, *, slow: bool) -> Round:
    """What was done between two of the workers' records."""
    follower = LogFollower(here.logs)
    for _ in follower.new_counts():
        pass  # the rounds before
    seen: dict[str, list[tuple[float, CameraCounts]]] = {camera: [] for camera in here.clips}
    written: list[int] = []
    until_s = time.monotonic() + _PATIENCE_S + 10.0 * (records + _WARM_UP)
    while any(len(one) <= _WARM_UP + records for one in seen.values()):
        if time.monotonic() > until_s:
            raise RuntimeError(f"no counts from the daemon; its log is {here.logs}")
        for counts in follower.new_counts():
            seen[counts.camera].append((time.monotonic(), counts))
        if not written and all(len(one) > _WARM_UP for one in seen.values()):
            written.append(device.written_bytes())
        time.sleep(_POLL_S)
    written.append(device.written_bytes())
    return _round(here, list(seen.values()), written, slow=slow)


def _round(
    here: Place,
    seen: list[list[tuple[float, CameraCounts]]],
    written: list[int],
    *,
    slow: bool,
) -> Round:
    ends = [(one[_WARM_UP], one[-1]) for one in seen]
    seconds = median(last[0] - first[0] for first, last in ends)
    works = [between(first[1], last[1]) for first, last in ends]
    analysed = sum(
        count for work in works for key, count in work.calls.items() if key.startswith("detector ")
    )
    with closing(Journal.open(here.folder / "data" / "journal.db")) as journal:
        incidents = sorted(one.incident for one in journal.open_alarms())
    told = tuple(one for one in incidents if one.startswith("system_degraded"))
    decoded = sum(work.frames for work in works)
    kilobytes = (written[-1] - written[0]) / 1000
    return Round(slow, analysed / seconds, decoded / seconds, kilobytes / seconds, told)


def _empty(mount: Path) -> None:
    """Give the next round the same disk."""
    time.sleep(1.0)  # the daemon's last write may still be under way
    _run("find", str(mount), "-mindepth", "1", "-delete")


def _run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 -- fixed
    if done.returncode:
        raise CommandError(f"{command[0]} failed: {done.stderr.strip()}", "run it as root")
    return done.stdout.strip()


def _demand_throttle() -> None:
    rule = CGROUPS / "blkio.throttle.write_bps_device"
    if os.geteuid() != 0 or not any(CGROUPS.glob("blkio.throttle.*")):
        raise CommandError(
            f"a device cannot be throttled here: {rule} or root is missing",
            "run it as root where control groups are of version 1",
            Status.MISSING,
        )


def main() -> int:
    """Print the rounds and the ratio; the exit status is 1 where the reach is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="of each kind")
    parser.add_argument("--window", type=int, default=30, help="seconds")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    _demand_throttle()
    rounds = measure(chosen.cameras, chosen.rounds, max(1, round(chosen.window / 10)))
    quick, slow = (
        median(one.analysed for one in rounds if one.slow is kind) for kind in (False, True)
    )
    if chosen.json:
        print(json.dumps({"rounds": [asdict(one) for one in rounds], "ratio": slow / quick}))
    else:
        heads = ("disk", "analysed a second", "decoded a second", "kB written a second", "alarms")
        print(table(heads, [_row(one) for one in rounds]))
        print(f"\nratio of the medians: {slow / quick:.3f} (to be reached: {REACH})")
    return 0 if slow / quick >= REACH else 1


def _row(one: Round) -> list[str | float | None]:
    disk = f"{SLOW_BYTES_S // 1000} kB/s" if one.slow else "as it is"
    return [disk, one.analysed, one.decoded, one.written_kb, ", ".join(one.told) or "none"]


if __name__ == "__main__":
    sys.exit(measured(main))
