"""Photos examined by several processes side by side, in order, a bounded number ahead.

Processes, not threads: a file that brings a native decoder down takes one of them with it and
costs that file alone.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import cv2

from enrolment.enrolling import Examiner, Photo
from enrolment.judging import PhotoResult
from enrolment.refusals import Refusal

_AHEAD = 4
"""Tasks waiting for each process: none of them ever idles, and few photos wait in memory."""

Task = TypeVar("Task")


class MakesExaminer(Protocol):
    """Makes an examiner in a process of its own; it travels there, so it must pickle."""

    def __call__(self) -> Examiner: ...


@dataclass(frozen=True, slots=True)
class PhotoTask(Generic[Task]):
    """Photos to examine, and what the caller wants back with the results."""

    task: Task
    photos: tuple[Photo, ...]


class ExaminerPool(Generic[Task]):
    """Examines the photos of tasks in ``jobs`` processes."""

    def __init__(self, make: MakesExaminer, jobs: int) -> None:
        self._make = make
        self._jobs = jobs
        self._pool = self._started(jobs)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def examine(
        self, tasks: Iterable[PhotoTask[Task]]
    ) -> Iterator[tuple[Task, tuple[PhotoResult, ...]]]:
        """Yield each task with its photos' results, in the order of the tasks.

        ``ModelError`` where the models cannot be loaded or fail: no photo's fault.
        """
        waiting: deque[tuple[PhotoTask[Task], Future[tuple[PhotoResult, ...]] | None]] = deque()
        for task in tasks:
            waiting.append((task, self._submit(task)))
            if len(waiting) > self._jobs * _AHEAD:
                yield self._finish(*waiting.popleft())
        while waiting:
            yield self._finish(*waiting.popleft())

    def _submit(self, task: PhotoTask[Task]) -> Future[tuple[PhotoResult, ...]] | None:
        if not task.photos:
            return None
        try:
            return self._pool.submit(_examine, task.photos)
        except BrokenProcessPool:
            return None

    def _finish(
        self, task: PhotoTask[Task], future: Future[tuple[PhotoResult, ...]] | None
    ) -> tuple[Task, tuple[PhotoResult, ...]]:
        if not task.photos:
            return task.task, ()
        try:
            if future is not None:
                return task.task, future.result()
        except BrokenProcessPool:
            future = None  # some photo in flight took a process down; perhaps one of these
        return task.task, tuple(self._alone(photo) for photo in task.photos)

    def _alone(self, photo: Photo) -> PhotoResult:
        """Examine one photo in a process that has nothing else to lose."""
        with self._started(1) as pool:
            try:
                (result,) = pool.submit(_examine, (photo,)).result()
            except BrokenProcessPool:
                return PhotoResult(
                    photo.name, refusal=Refusal.UNREADABLE, detail="it brings the decoder down"
                )
        self._revive()
        return result

    def _revive(self) -> None:
        try:
            self._pool.submit(_nothing).result()
        except BrokenProcessPool:
            self._pool = self._started(self._jobs)

    def _started(self, jobs: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._make,),
        )


_EXAMINERS: list[Callable[[], Examiner]] = []  # one, in each process of the pool
_READY: list[Examiner] = []


def _begin(make: MakesExaminer) -> None:
    cv2.setNumThreads(1)
    _EXAMINERS.append(make)


def _nothing() -> None:
    return None


def _examine(photos: tuple[Photo, ...]) -> tuple[PhotoResult, ...]:
    if not _READY:  # made here and not at the start, so that its errors reach the caller
        _READY.append(_EXAMINERS[0]())
    return tuple(_READY[0].examine_alone(photo) for photo in photos)
