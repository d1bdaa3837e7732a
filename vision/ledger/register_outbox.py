"""The register as the ledger reads it: its outbox, and whom to forget.

One connection, opened anew where it breaks. A register that nobody has made yet has told
nothing; one that cannot be read is told as that, and holds up nobody else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from enrolment.erasures import KEPT_S, Erasure
from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import RegisterError, RegisterMissingError
from enrolment.register_history import OutboxEntry
from vision.ledger.sources import SourceUnreadableError

_T = TypeVar("_T")


class RegisterOutbox:
    """Call it with ``after`` and ``limit``. For one thread. Raises SourceUnreadableError."""

    def __init__(self, place: RegisterPlace) -> None:
        self._place = place
        self._register: Register | None = None
        self._version: int | None = None
        self._erased: tuple[Erasure, ...] = ()

    def __call__(self, after: int, limit: int) -> Sequence[OutboxEntry]:
        return self._asked(lambda register: register.outbox(after, limit), ())

    def erased(self) -> Sequence[Erasure]:
        """Who was removed lately; the same object while the register does not change.

        Those of more than a month ago are erased from the register on the way: that is all that
        is ever written to it here.
        """
        found = self._asked(self._erased_in, self._erased)
        if any(one.erased_at < time.time() - KEPT_S for one in found):
            self._asked(lambda _: self._drop_old(), None)
            self._version = None
        return found

    def _erased_in(self, register: Register) -> tuple[Erasure, ...]:
        version = register.version
        if version != self._version:
            self._erased = register.erasures()
            self._version = version
        return self._erased

    def _drop_old(self) -> None:
        with Register.open(self._place) as register:
            register.drop_old_erasures()

    def _asked(self, ask: Callable[[Register], _T], nothing: _T) -> _T:
        try:
            return ask(self._opened())
        except RegisterMissingError:
            self.close()
            return nothing
        except RegisterError as error:
            self.close()
            raise SourceUnreadableError(str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._register is not None:
            self._register.close()
            self._register = None
            self._version = None

    def _opened(self) -> Register:
        if self._register is not None and self._register.replaced:
            self.close()
        if self._register is None:
            self._register = Register.open_for_reading(self._place)
        return self._register
