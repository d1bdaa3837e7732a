"""The file that gives up its room when the disk is full."""

from vision.supervision.ballast import Ballast

SIZE_BYTES = 1024 * 1024


def test_it_takes_real_room(tmp_path):
    """The file's blocks are allocated, not a hole; loading it again is nothing."""
    ballast = Ballast(tmp_path, SIZE_BYTES)

    assert [ballast.load(), ballast.load()] == [True, False]
    assert (tmp_path / "ballast").stat().st_blocks * 512 >= SIZE_BYTES


def test_it_gives_the_room_up(tmp_path):
    """Dropping it removes the file; dropping it again is nothing."""
    ballast = Ballast(tmp_path, SIZE_BYTES)
    ballast.load()

    assert [ballast.drop(), ballast.drop()] == [True, False]
    assert not (tmp_path / "ballast").exists()


def test_a_torn_one_is_made_whole(tmp_path):
    """A ballast of another size, left by a crash or an older version, is made anew."""
    (tmp_path / "ballast").write_bytes(b"short")

    assert Ballast(tmp_path, SIZE_BYTES).load()
    assert (tmp_path / "ballast").stat().st_size == SIZE_BYTES
