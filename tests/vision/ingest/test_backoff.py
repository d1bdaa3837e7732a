"""Waits between attempts."""

from __future__ import annotations

import random

from vision.ingest.backoff import Backoff


def test_waits_double_up_to_the_cap_within_their_jitter() -> None:
    """Each wait lies in the upper half of a doubling that ends at the cap."""
    backoff = Backoff(random.Random(1), first_s=1.0, cap_s=8.0)  # noqa: S311 -- a seed
    waits = [backoff.next_s() for _ in range(6)]

    for wait, full in zip(waits, [1, 2, 4, 8, 8, 8], strict=True):
        assert full / 2 <= wait <= full


def test_success_starts_over() -> None:
    """After a good connection the first wait is short again."""
    backoff = Backoff(random.Random(1), first_s=1.0, cap_s=100.0)  # noqa: S311 -- a seed
    for _ in range(5):
        backoff.next_s()

    backoff.reset()

    assert backoff.next_s() <= 1.0


def test_it_may_go_on_for_ever() -> None:
    """A camera that is away for a year overflows nothing."""
    backoff = Backoff(random.Random(1))  # noqa: S311 -- a seed

    assert max(backoff.next_s() for _ in range(5000)) <= 10.0
