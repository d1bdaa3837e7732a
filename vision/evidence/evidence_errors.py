"""What can be wrong with evidence that is read again, each with its remedy in the sentence."""

from __future__ import annotations

from pathlib import Path


class EvidenceUnreadableError(Exception):
    """A file of evidence cannot be read; the sentence names it, what is wrong, and the remedy."""


class EvidenceDamagedError(EvidenceUnreadableError):
    """A sealed file is not what was written. ``at_byte``: where in the file it shows."""

    def __init__(self, path: Path, at_byte: int, what: str) -> None:
        super().__init__(
            f"{path} is damaged or was changed: {what}, at byte {at_byte}; "
            "take it from a copy of the evidence"
        )
        self.path = path
        self.at_byte = at_byte


class EvidenceKeyMissingError(EvidenceUnreadableError):
    """The data key that sealed a file cannot be had. ``key_id``: which."""

    def __init__(self, path: Path, key_id: str, why: str) -> None:
        super().__init__(f"{path} is sealed with key {key_id}: {why}")
        self.path = path
        self.key_id = key_id
        self.why = why
