"""Processes that grade: an answer that ends its process, or never comes back, costs only itself."""

from __future__ import annotations

from pathlib import Path

from tinygrad_lite.exercises.teaching import workers
from tinygrad_lite.exercises.teaching.grading import Task

COSTS = """
import os, time
from tinygrad_lite.exercises import Exercise

def square(w):
    return w ** 2

def ends(w):
    os._exit(3)

def hangs(w):
    time.sleep(1000)

fine, ending, hanging = Exercise(square, "w"), Exercise(ends, "w"), Exercise(hangs, "w")
"""


def task(student: str, exercise: str) -> Task:
    return Task(student, exercise, "a.py", 'dw = "2 w"', 1.0)


def test_an_answer_that_ends_its_process_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text(COSTS)
    specs = [f"{tmp_path}/f.py:fine", f"{tmp_path}/f.py:ending"]
    tasks = [task("a", "square"), task("b", "ends"), task("c", "square")]
    found = {t.student: g for t, g in workers.grade_all(tasks, specs, {"square": ("w",), "ends": ("w",)}, 1)}
    assert [found[student].steps[0]["outcome"] for student in "abc"] == ["right", "error", "right"]
    assert "the process that judged it ended" in found["b"].report


def test_an_answer_whose_time_is_over_is_given_up_with_its_process(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text(COSTS)
    worker = workers.Worker([f"{tmp_path}/f.py:hanging"])
    worker.give(task("a", "hangs"))
    worker.until = 0.0
    ((given_up, found),) = workers._next([worker], {"hangs": ("w",)})
    assert given_up is worker
    assert "it took the judge too long" in found.report
    assert not worker.process.is_alive()


def test_processes_end_when_nobody_wants_more(tmp_path: Path) -> None:
    (tmp_path / "f.py").write_text(COSTS)
    grades = workers.grade_all([task("a", "square")] * 3, [f"{tmp_path}/f.py:fine"], {"square": ("w",)}, 1)
    next(grades)
    begun = [process for process in workers.multiprocessing.active_children() if process.is_alive()]
    grades.close()
    assert begun
    assert not any(process.is_alive() for process in begun)
