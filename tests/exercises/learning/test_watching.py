"""Watching a folder: a saved file is checked, keys do what they say, and no exercise is entered by accident."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.exercises.learning.small import LAYER, NEURON, RIGHT, SMALL, WRONG, answer, folder, layer
from tinygrad_lite.exercises import Exercise
from tinygrad_lite.exercises.learning import catalogue
from tinygrad_lite.exercises.learning.folder import Folder
from tinygrad_lite.exercises.learning.watching import Watcher

__all__ = ["folder"]

Event = str | Callable[[], None]


class Played:
    """A screen that remembers, and keys that are played from a list: a key, "" for none, or something that happens."""

    width, colors = 60, False

    def __init__(self, *events: Event) -> None:
        self.events, self.shown = list(events), list[str]()

    def key(self, seconds: float) -> str:
        event = self.events.pop(0) if self.events else "q"
        if isinstance(event, str):
            return event
        event()
        return ""

    def show(self, lines: Sequence[str]) -> None:
        self.shown.append("\n".join(lines))


def watched(folder: Folder, *events: Event) -> list[str]:
    """What is shown, screen by screen."""
    played = Played(*events)
    Watcher(folder, played, played).run()
    return played.shown


def test_a_saved_file_is_checked_once_and_the_next_exercise_is_only_offered(folder: Folder) -> None:
    shown = watched(folder, "", lambda: answer(folder, NEURON, RIGHT[NEURON]), "", "", "")
    assert len(shown) == 2
    assert "✓ dz" in shown[1]
    assert "press n" in shown[1]
    assert folder.entry().number == 1


def test_a_file_that_is_half_saved_waits(folder: Folder) -> None:
    def save(text: str) -> Callable[[], None]:
        return lambda: answer(folder, NEURON, text)

    answer(folder, NEURON, RIGHT[NEURON])
    shown = watched(folder, save(""), "", "", save('da = "a -'), save(WRONG), "", "")
    assert len(shown) == 2
    assert "✓ dz" in shown[0]
    assert "✗ dz" in shown[1]


def test_a_file_that_is_gone_for_a_moment_is_no_trouble(folder: Folder) -> None:
    path = folder.path / NEURON
    shown = watched(folder, path.unlink, "", lambda: answer(folder, NEURON, WRONG), "", "")
    assert len(shown) == 2
    assert "✗ dz" in shown[1]


def test_a_syntax_error_is_shown_and_watching_goes_on(folder: Folder) -> None:
    shown = watched(
        folder, lambda: answer(folder, NEURON, 'dz = "a'), "", "", lambda: answer(folder, NEURON, WRONG), "", ""
    )
    assert "line 1" in shown[1]
    assert "✗ dz" in shown[2]


def test_to_save_the_file_of_another_exercise_goes_there(folder: Folder) -> None:
    shown = watched(folder, lambda: answer(folder, LAYER, RIGHT[LAYER]), "", "")
    assert "✓ dW" in shown[1]
    assert folder.entry().number == 2


def test_where_all_files_change_at_once_the_current_exercise_stays(folder: Folder) -> None:
    def all_at_once() -> None:
        for name in (NEURON, LAYER):
            answer(folder, name, RIGHT[name])

    shown = watched(folder, all_at_once, "", "")
    assert "✓ dz" in shown[1]
    assert folder.entry().number == 1


def test_where_several_other_files_change_none_of_them_is_gone_to(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        catalogue, "PATH", (*SMALL, Exercise(layer, "a", {"x": "m n", "W": "n J", "y": "m J"}, id="third"))
    )
    (third,) = [entry.name for entry in folder.start()]

    def both() -> None:
        for name in (LAYER, third):
            answer(folder, name, RIGHT[LAYER])

    assert len(watched(folder, both, "", "")) == 1
    assert folder.entry().number == 1


def test_another_command_leads_the_watcher(folder: Folder) -> None:
    other = Folder(folder.path)
    shown = watched(folder, lambda: other.choose(other.entry("2")), "")
    assert LAYER in shown[-1]


def test_keys_do_what_they_say(folder: Folder) -> None:
    answer(folder, NEURON, WRONG)
    shown = watched(folder, "h", "h", "l", "c", "n", "?", "é")
    said = ["✗ dz", "Hint 1 of 3 for dz", "Hint 2 of 3 for dz", ">", "✗ dz", f"Open   {LAYER}"]
    assert len(shown) == len(said)
    for screen, words in zip(shown, said, strict=True):
        assert words in screen
    assert folder.entry().number == 2


def test_reset_asks_first_and_any_other_key_is_a_no(folder: Folder) -> None:
    answer(folder, NEURON, WRONG)
    shown = watched(folder, "x", "é", "x", "l")
    assert "Press x again" in shown[1]
    assert (folder.path / NEURON).read_text("utf-8") == WRONG
    shown = watched(folder, "x", "", "x")
    assert "Your answers are kept in" in shown[-1]
    assert (folder.path / f"{NEURON}.bak").read_text("utf-8") == WRONG


def test_nothing_is_drawn_where_nothing_changes(folder: Folder) -> None:
    assert len(watched(folder, *[""] * 20)) == 1


def test_it_fits_a_narrow_terminal(folder: Folder) -> None:
    played = Played("h", "l", "n", "x", lambda: answer(folder, LAYER, "dz = ("), "", "")
    played.width = 40
    Watcher(folder, played, played).run()
    assert len(played.shown) == 6
    assert "never closed" in played.shown[-1]
    assert max(len(line) for screen in played.shown for line in screen.splitlines()) <= 40
