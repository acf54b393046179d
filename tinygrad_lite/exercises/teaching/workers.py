"""Answers graded in several processes at once.

Each process has one answer at a time, so that an answer that ends its process, or never comes back, costs only itself.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from tinygrad_lite.exercises.sandbox.protections import limit_memory
from tinygrad_lite.exercises.teaching.finding import exercise_named
from tinygrad_lite.exercises.teaching.grading import Graded, Task, failed, graded

PATIENCE = 60.0
"""Seconds that the judge itself may take for an answer, beyond those that the answer's code may run."""

MEMORY = 2 << 30
"""Bytes that the judge may ask for: an answer that takes it further is not judged, and the machine goes on."""


def serve(connection: Connection, specs: Sequence[str]) -> None:
    """Grade what comes, until nothing comes any more: what a worker process runs.

    specs: the exercises, as a teacher names them. Ctrl-C is left to the parent, which ends its workers; they end in
    order, so that each ends the process in which an answer runs.
    """
    limit_memory(MEMORY)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    exercises = {exercise.id: exercise for exercise in map(exercise_named, specs)}
    while (task := _received(connection)) is not None:
        exercise = exercises[task.exercise]
        try:
            result = graded(exercise, task)
        except Exception as error:  # of ours, for one answer of fifty: the others are still to be graded
            result = failed(exercise.id, exercise.steps, "judge", f"the judge failed: {type(error).__name__}: {error}")
        connection.send(result)


def _received(connection: Connection) -> Task | None:
    """The next answer; None when the parent has gone."""
    try:
        task: Task = connection.recv()
    except (EOFError, OSError):
        return None
    return task


class Worker:
    """A process that grades, and the answer that it has now."""

    def __init__(self, specs: Sequence[str]) -> None:
        context = multiprocessing.get_context("spawn")  # the same on every system, and no thread is copied
        self.connection, other = context.Pipe()
        self.process = context.Process(target=serve, args=(other, specs), daemon=True)
        self.process.start()
        other.close()
        self.task: Task | None = None
        self.until = 0.0

    def give(self, task: Task) -> None:
        """Begin with an answer."""
        self.connection.send(task)
        self.task, self.until = task, time.monotonic() + task.seconds + PATIENCE

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.connection.close()
        self.process.terminate()
        self.process.join(2)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def grade_all(
    tasks: Iterable[Task], specs: Sequence[str], steps: dict[str, tuple[str, ...]], jobs: int
) -> Iterator[tuple[Task, Graded]]:
    """Each answer with its grade, as they are done.

    steps: the steps of each exercise by its id. Closing the iterator ends all processes.
    """
    waiting = list(reversed(list(tasks)))
    jobs = min(jobs, len(waiting))
    workers: list[Worker] = []
    try:
        while waiting or any(worker.task for worker in workers):
            while waiting and len(workers) < jobs:
                workers.append(Worker(specs))
            for worker in workers:
                if worker.task is None and waiting:
                    worker.give(waiting.pop())
            for worker, result in _next(workers, steps):
                task, worker.task = worker.task, None
                assert task is not None
                yield task, result
            workers = [worker for worker in workers if not worker.connection.closed]
    finally:
        for worker in workers:
            worker.stop()


def _next(workers: Sequence[Worker], steps: dict[str, tuple[str, ...]]) -> list[tuple[Worker, Graded]]:
    """The workers that are done, with what they found; those that failed are ended."""
    busy = {worker.connection: worker for worker in workers if worker.task is not None}
    soonest = min(worker.until for worker in busy.values())
    ready: list[Any] = wait(list(busy), max(0.0, soonest - time.monotonic()))
    found = []
    for connection, worker in busy.items():
        assert worker.task is not None
        own = worker.task.exercise
        if connection in ready:
            try:
                found.append((worker, worker.connection.recv()))
                continue
            except (EOFError, OSError):
                text = "the process that judged it ended; no other answer is affected"
        elif time.monotonic() > worker.until:
            text = "it took the judge too long; no other answer is affected"
        else:
            continue
        worker.stop()
        found.append((worker, failed(own, steps[own], "judge", text)))
    return found
