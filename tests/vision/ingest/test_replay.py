"""Files as fast as they go, on a simulated clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.clips import make_clip
from vision.ingest.reasons import Reason, StreamFaultError
from vision.ingest.replay import read_file


def test_two_runs_give_the_same_instants_and_pixels() -> None:
    """A replay depends on the file and the start, on nothing else."""
    clip = make_clip(b_frames=2)

    runs = [[(f.at, f.bgr(16, 12).tobytes()) for f in read_file(clip, 1000.0)] for _ in range(2)]

    assert runs[0] == runs[1]


def test_time_is_the_files_own() -> None:
    """The first picture is at 0 and at the given wall time, the others after it."""
    instants = [frame.at for frame in read_file(make_clip(b_frames=2), 1000.0)]

    assert len(instants) == 50
    assert instants[0].stream_s == 0.0
    assert [at.wall_utc - at.stream_s for at in instants] == pytest.approx([1000.0] * 50)
    assert instants[-1].stream_s == pytest.approx(1.96)


@pytest.mark.parametrize(("gap_s", "count"), [(0.2, 10), (0.5, 4), (0.1, 20)])
def test_a_gap_thins_the_frames_evenly(gap_s: float, count: int) -> None:
    """So many analyses a second, on average, though the frames do not divide evenly."""
    assert len(list(read_file(make_clip(), 0.0, min_gap_s=gap_s))) == count


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    """The error names the file and gives a reason."""
    file = tmp_path / "notes.mp4"
    file.write_text("no video")

    with pytest.raises(StreamFaultError, match=r"notes\.mp4") as caught:
        list(read_file(file, 0.0))

    assert caught.value.reason is Reason.GARBAGE


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Missing is told apart from broken."""
    with pytest.raises(StreamFaultError) as caught:
        list(read_file(tmp_path / "none.mp4", 0.0))

    assert caught.value.reason is Reason.NOT_FOUND
