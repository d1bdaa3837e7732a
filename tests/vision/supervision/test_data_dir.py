"""The daemon's directory and its lock."""

import os
import subprocess
import sys

import pytest

from vision.supervision.data_dir import DataDirError, DataDirLock


def test_the_directory_is_made_for_its_owner_alone(tmp_path):
    """A missing directory is made, parents and all, and nobody else looks in."""
    DataDirLock(tmp_path / "deep" / "data").close()

    assert (tmp_path / "deep" / "data").stat().st_mode & 0o777 == 0o700


def test_a_second_daemon_is_refused_at_once(tmp_path):
    """While its holder lives, the lock is refused by name and with the remedy."""
    lock = DataDirLock(tmp_path)

    with pytest.raises(DataDirError, match=rf"daemon.lock is held .*{os.getpid()}.*; end that"):
        DataDirLock(tmp_path, orphans_wait_s=60.0)

    lock.close()


def test_a_lock_that_was_given_back_is_free(tmp_path):
    """The file stays, the lock does not."""
    DataDirLock(tmp_path).close()

    DataDirLock(tmp_path).close()


def test_orphans_of_a_dead_daemon_are_waited_for(tmp_path):
    """A child that inherited the lock holds it; once it is gone the next daemon begins."""
    lock = DataDirLock(tmp_path)
    orphan = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.fd,)
    )
    lock.close()
    (tmp_path / "daemon.lock").write_text("0999999999\n")  # nobody has this id

    with pytest.raises(DataDirError):
        DataDirLock(tmp_path, orphans_wait_s=0.2)
    orphan.communicate(b"\n")
    DataDirLock(tmp_path).close()


def test_a_directory_that_cannot_be_used_is_named(tmp_path):
    """What is wrong is said with the path and the remedy."""
    (tmp_path / "file").write_text("")

    with pytest.raises(DataDirError, match=r"file/data cannot be used: .*; set data_dir to"):
        DataDirLock(tmp_path / "file" / "data")
