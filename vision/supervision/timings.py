"""How long the supervisor waits for what. Values only; tests run with smaller ones."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds, all of them.

    Of a child: ``hang_after_s`` without a beat it is killed; before it is ready (models take
    their time) only after ``start_grace_s``, though its cameras are called offline after
    ``slow_start_s``. It waits ``first_restart_s`` for its next start, doubling up to
    ``longest_restart_s`` and beginning anew once it was well for ``healthy_s``. Beating for
    ``steady_s`` after it became ready ends its alarm.

    Of the end: workers have ``workers_end_s``, then the publisher is told to end as well, and
    whatever is left at ``all_end_s`` is killed; a child that is only replaced has
    ``replace_s``.

    Of the disk: an alarm that cannot be journalled within ``patience_s`` goes out without; a
    write that takes ``slow_write_s`` is an alarm itself, one that failed is tried again every
    ``retry_s``. The free space is looked at every ``disk_every_s``. An alarm of the disk or the
    clock ends after ``steady_s`` or ``clock_steady_s`` without cause.

    Of the loop: ``tick_s`` is its longest sleep. After it stood still for ``stall_s`` itself,
    nobody's silence in that time is held against them.
    """

    tick_s: float = 0.25
    stall_s: float = 2.0
    hang_after_s: float = 8.0
    slow_start_s: float = 20.0
    start_grace_s: float = 60.0
    steady_s: float = 5.0
    first_restart_s: float = 1.0
    longest_restart_s: float = 30.0
    healthy_s: float = 60.0
    workers_end_s: float = 3.5
    all_end_s: float = 4.5
    replace_s: float = 4.5
    patience_s: float = 1.0
    slow_write_s: float = 5.0
    retry_s: float = 1.0
    disk_every_s: float = 5.0
    clock_steady_s: float = 10.0


DAEMON = Timings()
