"""What a verification comes to: states, findings, and which of them counts. Values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from vision.ledger.stamp_values import Stamp


class State(StrEnum):
    """How a ledger, or a bundle out of one, stands; the later ones outweigh the earlier.

    ``unproven``: signed by the right key, but nothing shows that it and a checkpoint from elsewhere
    are of one history. ``unverified``: everything fits together, but nothing from elsewhere says
    that it is the right ledger. ``unsigned``: the key did not sign it, or not all of it.
    ``cut off``: its end is missing. ``forked``: the key has signed another history as well.
    """

    INTACT = "intact"
    UNPROVEN = "consistent, history unproven"
    UNVERIFIED = "consistent, signer unverified"
    UNSIGNED = "unsigned"
    CUT_OFF = "cut off"
    MISSING = "missing"
    ALTERED = "altered"
    FORKED = "forked"


_WEIGHT = {state: weight for weight, state in enumerate(State)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in words for people."""

    state: State
    what: str


@dataclass(frozen=True, slots=True)
class StampsFound:
    """Time stamps in a ledger: how many, how many were right, and the newest of those."""

    kept: int = 0
    right: int = 0
    newest_size: int = 0
    newest: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. ``signed_size``: so many entries the newest right signature covers."""

    origin: str
    size: int
    signed_size: int
    erased: int
    findings: tuple[Finding, ...]
    stamps: StampsFound = StampsFound()

    @property
    def state(self) -> State:
        """The gravest of the findings."""
        return gravest(self.findings)


def gravest(findings: Iterable[Finding]) -> State:
    """What they come to together."""
    return max((one.state for one in findings), key=_WEIGHT.__getitem__, default=State.INTACT)


def spans(numbers: list[int]) -> list[str]:
    """Rising numbers for people: ``3``, ``5 to 9``."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return [str(low) if low == high else f"{low} to {high}" for low, high in found]
