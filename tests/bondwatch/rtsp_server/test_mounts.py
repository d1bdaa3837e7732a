"""Clips on an endless timeline."""

from __future__ import annotations

from itertools import islice, pairwise
from pathlib import Path

import pytest

from bondwatch.rtsp_server.clips import CLOCK_HZ, UnusableClipError, load_clip
from bondwatch.rtsp_server.control import ControlPort, obey
from bondwatch.rtsp_server.mounts import Mount, Timeline
from bondwatch.rtsp_server.server import RtspServer
from tests.clips import make_clip


def test_the_loop_has_no_seam() -> None:
    """Due times and timestamps step on over the end of the clip as within it."""
    timeline = Timeline(load_clip(make_clip(seconds=0.4)), 100.0, 0)
    due = list(islice(timeline.units_from(100.0), 25))

    assert {round(b.due_s - a.due_s, 4) for a, b in pairwise(due)} == {0.04}
    stamps = sorted(one.timestamp for one in due)
    assert {b - a for a, b in pairwise(stamps)} == {CLOCK_HZ // 25}


def test_b_frames_have_stamps_in_presentation_order_and_dues_in_decoding_order() -> None:
    """What a unit shows is later than when it is sent, and never the other way round."""
    timeline = Timeline(load_clip(make_clip(b_frames=2)), 100.0, 0)
    due = list(islice(timeline.units_from(100.0), 60))

    assert [one.due_s for one in due] == sorted(one.due_s for one in due)
    assert [one.timestamp for one in due] != sorted(one.timestamp for one in due)
    assert all(one.unit.pts >= one.unit.dts for one in due)


def test_who_joins_begins_at_a_key_frame() -> None:
    """The next one where it is near, otherwise the one before, with a burst up to now."""
    timeline = Timeline(load_clip(make_clip(seconds=4.0, gop=50)), 100.0, 0)

    near = next(timeline.units_from(101.5))
    far = next(timeline.units_from(100.5))

    assert (near.unit.is_key, round(near.due_s, 3)) == (True, 102.0)
    assert (far.unit.is_key, round(far.due_s, 3)) == (True, 100.0)


def test_another_clip_runs_on_in_the_same_timestamps() -> None:
    """A switch is no restart."""
    mount = Mount("cam", load_clip(make_clip()))
    mount.timeline(100.0)

    mount.switch(load_clip(make_clip(size_wh=(320, 240))), 101.0)

    assert next(mount.timeline(100.0).units_from(101.0)).timestamp == CLOCK_HZ


def test_key_frames_carry_their_parameter_sets() -> None:
    """So that anybody can begin anywhere, and a change of size is understood."""
    clip = load_clip(make_clip())

    assert all(set(clip.parameter_sets) <= set(unit.nals) for unit in clip.units if unit.is_key)


def test_a_file_that_cannot_be_served_is_named(tmp_path: Path) -> None:
    """The error says which file and what would do."""
    file = tmp_path / "text.mp4"
    file.write_text("no clip")

    with pytest.raises(UnusableClipError, match=r"text\.mp4.*H\.264"):
        load_clip(file)


def test_commands_switch_faults_and_say_what_went_wrong() -> None:
    """One line in, one line out."""
    mount = Mount("cam", load_clip(make_clip()))
    with RtspServer([mount]) as server:
        assert obey(server, "lose cam 20\n") == "ok"
        assert obey(server, "lag cam 1.5\n") == "ok"
        assert (mount.faults.lost, mount.faults.lag_s) == (0.2, 1.5)
        assert obey(server, "watchers cam\n") == "ok 0"
        assert obey(server, "resume cam\n") == "ok"
        assert mount.faults.lost == 0.0
        for wrong in ("freeze dock", "dance cam", "lose cam much", "switch cam /none.mp4"):
            assert obey(server, wrong).startswith("error: ")


def test_a_control_port_opens_and_closes() -> None:
    """It ends with its owner."""
    with RtspServer([Mount("cam", load_clip(make_clip()))]) as server:
        control = ControlPort(server)
        assert control.port > 0
        control.close()
