"""Data keys at hand for new evidence: made ahead, so that an alarm never waits for the key store.

A thread of its own keeps some in memory. While the store cannot be asked, for want of the site key
for one, what is at hand serves; when that is used up no evidence is written, rather than any
in the clear.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, Self

from enrolment.evidence_keys import EvidenceKey, EvidenceKeys
from enrolment.register_errors import RegisterError
from vision.logs import logger
from vision.own_thread import OwnThread

AT_HAND: Final = 8
"""Keys kept ready: each recording of an alarm takes one."""

RETRY_S: Final = 5.0
FIRST_WITHIN_S: Final = 5.0
DRAW_WITHIN_S: Final = 1.0
END_WITHIN_S: Final = 0.5
MISSING: Final = "keys_missing"

_log = logger(__name__)


def is_for_want_of_a_key(error: OSError) -> bool:
    """Whether something was not written because it could not be sealed."""
    return error.errno == errno.ENOKEY


class KeyStock(OwnThread):
    """``with`` starts the thread, once it has tried for the first time, and ends it."""

    def __init__(self, open_keys: Callable[[], EvidenceKeys], retry_s: float = RETRY_S) -> None:
        super().__init__("evidence-keys", END_WITHIN_S)
        self._open_keys = open_keys
        self._retry_s = retry_s
        self._at_hand: deque[EvidenceKey] = deque()
        self._news = threading.Condition()
        self._closing = False
        self._problem: str | None = None

    def __enter__(self) -> Self:
        super().__enter__()
        with self._news:
            self._news.wait_for(self._is_settled, FIRST_WITHIN_S)
        return self

    @property
    def problem(self) -> str | None:
        """Why no more keys can be had, as a stable code; None where they can."""
        if self._began_and_ended and not self._closing:
            return MISSING
        return self._problem

    def draw(self) -> EvidenceKey:
        """A key that nothing was sealed with yet. OSError (ENOKEY) where none can be had."""
        with self._news:
            self._news.wait_for(self._is_settled, DRAW_WITHIN_S)
            if not self._at_hand:
                raise OSError(errno.ENOKEY, os.strerror(errno.ENOKEY))
            key = self._at_hand.popleft()
            self._news.notify_all()
            return key

    def _ask_to_end(self) -> None:
        with self._news:
            self._closing = True
            self._news.notify_all()

    def _is_settled(self) -> bool:
        return bool(self._at_hand) or self._problem is not None

    # The thread's own side.

    def _run(self) -> None:
        while not self._closing:
            fails = not self._fill()
            with self._news:
                self._news.notify_all()
                if fails:
                    self._news.wait_for(lambda: self._closing, self._retry_s)
                else:
                    self._news.wait_for(lambda: self._closing or self._is_short)
        self._give_back()

    @property
    def _is_short(self) -> bool:
        return len(self._at_hand) < AT_HAND

    def _fill(self) -> bool:
        try:
            with self._open_keys() as keys:
                made = keys.make(AT_HAND - len(self._at_hand))
        except (RegisterError, OSError) as error:
            if self._problem is None:
                _log.error("evidence_not_sealed", why=str(error))
            self._problem = MISSING
            return False
        if self._problem is not None:
            _log.info("evidence_sealed_again")
        self._problem = None
        self._at_hand.extend(made)
        return True

    def _give_back(self) -> None:
        """What was not used needs not be kept; after a crash it is, and does no harm."""
        unused = [key.key_id for key in self._at_hand]
        self._at_hand.clear()
        try:
            if unused:
                with self._open_keys() as keys:
                    keys.discard(unused)
        except (RegisterError, OSError) as error:
            _log.warning("evidence_keys_left", why=str(error), keys=len(unused))
