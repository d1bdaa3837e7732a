"""A staff id for somebody who brings none: readable where the name allows it.

Only the making of ids lives here; what an id may look like is ``enrolment.people``'s rule.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from itertools import count

_UNDIVIDED = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l"}
)
"""Latin letters that Unicode does not divide into a letter and a mark."""

_LONGEST = 40
_DIGITS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another when read aloud
_GENERATED_LENGTH = 8


def staff_id_for(name: str, taken: Callable[[str], bool]) -> str:
    """Make an id from a Latin name (``ann-o-neil``, ``ann-o-neil-2``), else a random one.

    ``taken`` says whether somebody has an id already. Names in other scripts are not spelt
    out: a wrong spelling would be worse than none.
    """
    slug = _slug(name)
    if slug is None:
        return next(made for made in iter(_random_id, None) if not taken(made))
    numbered = (f"{slug}-{number}" for number in count(2))
    return slug if not taken(slug) else next(made for made in numbered if not taken(made))


def _slug(name: str) -> str | None:
    spelt = unicodedata.normalize("NFKD", name.casefold().translate(_UNDIVIDED))
    bare = "".join(c for c in spelt if not unicodedata.combining(c))
    if any(c.isalpha() and not c.isascii() for c in bare):
        return None
    slug = re.sub(r"[^a-z0-9]+", "-", bare)[:_LONGEST].strip("-")
    return slug or None


def _random_id() -> str:
    return "p-" + "".join(secrets.choice(_DIGITS) for _ in range(_GENERATED_LENGTH))
