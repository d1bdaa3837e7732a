"""The register's outbox as the ledger reads it: one connection, opened anew where it breaks.

A register that nobody has made yet has told nothing; one that cannot be read is told as that,
and holds up nobody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from enrolment.places import RegisterPlace
from enrolment.register import Register
from enrolment.register_errors import RegisterError, RegisterMissingError
from enrolment.register_history import OutboxEntry
from vision.ledger.sources import SourceUnreadableError


class RegisterOutbox:
    """Call it with ``after`` and ``limit``. For one thread. Raises SourceUnreadableError."""

    def __init__(self, place: RegisterPlace) -> None:
        self._place = place
        self._register: Register | None = None

    def __call__(self, after: int, limit: int) -> Sequence[OutboxEntry]:
        try:
            return self._opened().outbox(after, limit)
        except RegisterMissingError:
            self.close()
            return ()
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

    def _opened(self) -> Register:
        if self._register is not None and self._register.replaced:
            self.close()
        if self._register is None:
            self._register = Register.open_for_reading(self._place)
        return self._register
