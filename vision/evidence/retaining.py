"""Deletes evidence whose time is over: plans, removes, and only then tells the journal.

Of what is sealed the keys are destroyed first: then it is gone in every copy, whatever becomes of
the files. Where they cannot be, the evidence stays until the next round.

One process at a time, whichever comes first; a thread of its own, since a disk takes its time.
A crash in the middle leaves files without their like, or none, under an entry that is still
there: the next round removes the rest and tells of it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from enrolment.evidence_keys import EvidenceKeys
from enrolment.register_errors import RegisterError
from vision.evidence.places import ROOT, is_folder
from vision.evidence.reading import key_of
from vision.evidence.retention import RetentionRules, plan_deletions
from vision.logs import logger
from vision.outputs.evidence_values import Deletion, EvidenceFolder
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.own_thread import OwnThread
from vision.settings import Settings

EVERY_S: Final = 600.0
END_WITHIN_S: Final = 0.5
LOCK: Final = ".retention.lock"
_DAY_S: Final = 24 * 3600.0

_log = logger(__name__)


class Retaining(OwnThread):
    """``with`` starts the thread and ends it."""

    def __init__(self, settings: Settings, every_s: float = EVERY_S) -> None:
        super().__init__("retention", END_WITHIN_S)
        wanted = settings.evidence
        self._rules = RetentionRules(wanted.keep_days * _DAY_S, wanted.max_bytes)
        self._data_dir = settings.data_dir
        self._keys = settings.register_place.keys
        self._journal_path = settings.journal_path
        self._every_s = every_s
        self._closing = threading.Event()

    def _ask_to_end(self) -> None:
        self._closing.set()

    def _run(self) -> None:
        while not self._closing.wait(self._every_s):
            try:
                self.delete_what_is_over(time.time())
            except (JournalError, OSError) as error:
                _log.error("retention_failed", why=str(error))

    def delete_what_is_over(self, now_at: float) -> int:
        """One round; how many alarms' evidence was deleted. Raises JournalError, OSError."""
        root = self._data_dir / ROOT
        if not root.is_dir():
            return 0
        with _alone(root / LOCK) as mine, closing(Journal.open(self._journal_path)) as journal:
            if not mine:
                return 0
            known = journal.evidence()
            if self._rules.max_bytes is not None:
                known = tuple(replace(one, size_bytes=self._stored_bytes(one)) for one in known)
            plan = list(plan_deletions(known, self._rules, now_at))
            deleted = 0
            for deletion in plan:
                if self._closing.is_set():
                    break
                deleted += self._delete(deletion, journal)
            return deleted

    def _delete(self, deletion: Deletion, journal: Journal) -> bool:
        *_, held = journal.evidence_of(deletion.alarm_id)
        if held is not None:
            return False
        folder = self._data_dir / deletion.folder
        if is_folder(deletion.folder) and folder.is_dir():
            try:
                self._destroy_keys(folder)
            except RegisterError as error:
                _log.error("evidence_not_deleted", alarm=deletion.alarm_id, why=str(error))
                return False
            shutil.rmtree(folder)
            _remove_if_empty(folder.parent)
        journal.forget_evidence(deletion)
        _log.info("evidence_deleted", alarm=deletion.alarm_id, reason=deletion.reason)
        return True

    def _destroy_keys(self, folder: Path) -> None:
        files = (path for path in folder.iterdir() if path.is_file())
        key_ids = {key_id for path in files if (key_id := key_of(path)) is not None}
        if key_ids:
            with EvidenceKeys.open(self._keys) as keys:
                keys.destroy(key_ids)

    def _stored_bytes(self, known: EvidenceFolder) -> int:
        """What it takes on the disk, which is more than its content where it is sealed."""
        folder = self._data_dir / known.folder
        if not known.folder or not folder.is_dir():
            return 0
        return sum(path.stat().st_size for path in folder.iterdir())


def _remove_if_empty(day: Path) -> None:
    if not any(day.iterdir()):
        day.rmdir()


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other process does the same now."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)
