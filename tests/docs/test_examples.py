"""The examples: they tell the lecture's story, write what they promise, and survive Ctrl-C and wrong options."""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinygrad_lite as tg
from tests.helpers.processes import started
from tests.helpers.repository import MNIST, ROOT, load_example, needed, needs_graphviz, needs_mnist
from tests.helpers.slow import slow
from tinygrad_lite.nn import MLP

for package in ("matplotlib", "tqdm"):  # the examples plot and have progress bars
    needed(package)
pytestmark = pytest.mark.usefixtures("elsewhere")
slow_learning, digits = load_example("slow_learning"), load_example("digits")


def without(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """As if the extra that brings these modules were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def is_picture(path: Path) -> bool:
    start = path.read_bytes()[:300]
    return start.startswith(b"\x89PNG") or b"<svg" in start or b"<?xml" in start or start.startswith(b"%PDF")


# --- slow_learning.py ------------------------------------------------------------------------------------------------


def test_the_table_has_the_published_outputs(capsys: pytest.CaptureFixture[str]) -> None:
    assert slow_learning.main(["--no-plot"]) == 0
    text = capsys.readouterr().out
    rows = {
        tuple(line.split()[:4]): line.split()[4:] for line in text.splitlines() if "quadr" in line or "cross" in line
    }
    published = {
        ("quadratic", "0.6,", "0.9", "0.15"): ["0.121938", "0.8176", "0.3870", "0.2110", "0.1237", "0.0938"],
        ("quadratic", "2.0,", "2.0", "0.15"): ["0.017345", "0.9820", "0.9759", "0.9641", "0.7887", "0.2013"],
        ("cross-entropy", "0.6,", "0.9", "0.005"): ["0.817574", "0.8176", "0.7516", "0.6789", "0.5355", "0.4167"],
        ("cross-entropy", "2.0,", "2.0", "0.005"): ["0.982014", "0.9820", "0.9710", "0.9539", "0.8912", "0.7782"],
        ("cross-entropy", "2.0,", "2.0", "0.15"): ["0.982014", "0.9820", "0.0985", "0.0411", "0.0186", "0.0120"],
    }
    assert published.items() <= rows.items()
    assert "56.6 times" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("name", ["curves.png", *slow("curves.svg", "new/folder/curves.pdf")])
def test_the_curves_are_written_as_the_name_says(name: str) -> None:
    assert slow_learning.main(["--out", name]) == 0
    assert is_picture(Path(name))


def test_the_two_costs_differ_in_colour_and_in_line_style() -> None:
    styles = slow_learning.STYLES.values()
    assert set(slow_learning.STYLES) == set(slow_learning.COSTS)
    for key in ("color", "linestyle"):
        assert len({style[key] for style in styles}) == len(styles)


@pytest.mark.parametrize("name", ["curves.unknown", "a-file/curves.png"])
def test_a_picture_that_cannot_be_written_is_one_clear_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a-file").touch()
    assert slow_learning.main(["--out", name]) == 2
    assert re.fullmatch(rf"slow_learning.py: cannot write the picture to {name}: .+\n", capsys.readouterr().err)


EXTRA = "pip install 'tinygrad-lite[plot]', or in a clone pip install '.[plot]'"


@needs_graphviz
def test_without_matplotlib_a_picture_that_is_asked_for_is_refused_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "matplotlib", "matplotlib.figure")
    for example, words in (
        (slow_learning, ["--out", "a.png"]),
        (digits, ["--out", "a.png"]),
        (load_example("gallery"), ["here"]),
    ):
        assert example.main(words) == 2
        shown = capsys.readouterr().err
        assert EXTRA in shown
        assert shown.count("\n") == 1


@pytest.mark.parametrize(("example", "options"), [(slow_learning, []), (digits, ["--examples", "60", "--epochs", "1"])])
def test_without_matplotlib_an_example_runs_and_says_why_there_is_no_picture(
    example: Any, options: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "matplotlib", "matplotlib.figure")
    assert example.main(options) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.lower().startswith("no picture: ")
    assert EXTRA in last
    assert list(Path().rglob("*.png")) == []


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "examples").glob("*.py")))
def test_help_says_what_an_example_does_and_writes_nothing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        load_example(name).main(["--help"])
    assert stop.value.code == 0
    assert "usage: " in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("example", "options"), [(slow_learning, []), (digits, ["--examples", "60", "--epochs", "1"])])
def test_where_nothing_can_be_written_results_go_to_a_temporary_folder_that_is_named(
    example: Any,
    options: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("out").touch()  # a folder of this name cannot be made
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    assert example.main(options) == 0
    picture = Path(capsys.readouterr().out.splitlines()[-1].split(": ")[1])
    assert picture.is_relative_to(tmp_path / "temporary")
    assert is_picture(picture)


@pytest.mark.parametrize(("name", "options"), [("lecture", ["--to", "a-file/x.html"]), ("gallery", ["a-file/gallery"])])
def test_a_place_that_cannot_be_written_is_one_line_with_the_way_out(
    name: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a-file").touch()
    assert load_example(name).main(options) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(f"{name}.py: ")
    assert shown.count("\n") == 1
    assert "--to FILE" in shown or "gallery.py FOLDER" in shown


# --- digits.py -------------------------------------------------------------------------------------------------------

EPOCH = re.compile(r"epoch +(\d+) +cost +([\d.]+) +correct: training +([\d.]+) %, validation +([\d.]+) %( \*)?")
BEST = re.compile(r"best: epoch (\d+), validation ([\d.]+) %, test ([\d.]+) %")


def validation_set(dtype: str = "float64") -> tuple[Any, Any]:
    """The last sixth of the training digits."""
    x, y, _, _ = tg.data.digits(dtype=dtype)
    return x[-(len(x) // 6) :], y[-(len(y) // 6) :]


def accuracy(model: MLP, x: Any, y: Any) -> float:
    return 100 * float((model(x).detach().numpy().argmax(axis=1) == y).mean())


def test_a_run_learns_reports_every_epoch_and_leaves_its_best_weights(capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main(["--epochs", "8"]) == 0
    text = capsys.readouterr().out
    epochs = [tuple(map(float, found[:4])) for found in EPOCH.findall(text)]
    assert [epoch for epoch, *_ in epochs] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert epochs[-1][1] < epochs[0][1] / 3
    best, share, test_share = map(float, BEST.findall(text)[0])
    assert share == max(validation for *_, validation in epochs) > 90
    assert [validation for *_, validation in epochs].index(share) == best - 1
    assert best < len(epochs)  # so that the weights of the last epoch would not do
    model = MLP([64, 30, 10])
    model.load("out/digits.npz")
    assert accuracy(model, *validation_set()) == pytest.approx(share, abs=0.005)
    assert accuracy(model, *list(tg.data.digits())[2:]) == pytest.approx(test_share, abs=0.005)
    assert is_picture(Path("out/digits.png"))


QUICK = ["--examples", "240", "--epochs", "2", "--no-plot"]


@pytest.mark.parametrize(
    "options",
    [
        *(["--activation", name] for name in digits.HIDDEN_ACTIVATIONS),
        *(["--cost", name] for name in digits.COSTS),
        *(["--optimiser", name] for name in digits.RATES),
        ["--hidden", "20", "15"],
        ["--hidden"],
        ["--momentum", "0.5", "--lr", "0.1"],
        ["--init", "large", "--l2", "0.01"],
        ["--dtype", "float32", "--batch", "7"],
    ],
    ids=" ".join,
)
def test_every_option_trains(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main([*QUICK, *options]) == 0
    costs = [float(found[1]) for found in EPOCH.findall(capsys.readouterr().out)]
    assert costs[1] < costs[0]
    with np.load("out/digits.npz") as saved:
        assert {saved[key].dtype.name for key in saved.files} == {"float32" if "float32" in options else "float64"}
    assert not Path("out/digits.png").exists()


def test_the_seed_decides_and_options_change_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for options in ([], [], ["--seed", "1"], ["--l2", "0.1"], ["--momentum", "0.9"], ["--init", "large"]):
        digits.main([*QUICK, *options])
        told.append(EPOCH.findall(capsys.readouterr().out))
    assert told[0] == told[1]
    assert all(other != told[0] for other in told[2:])


@pytest.mark.parametrize("seed", [0, 5])
def test_the_seed_draws_the_weights(seed: int) -> None:
    assert digits.main([*QUICK, "--lr", "0", "--seed", str(seed)]) == 0
    model = MLP([64, 30, 10])
    model.load("out/digits.npz")
    for name, weights in MLP([64, 30, 10], rng=seed).state_dict().items():
        np.testing.assert_array_equal(model.state_dict()[name], weights)


def test_without_tqdm_the_lines_per_epoch_remain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without(monkeypatch, "tqdm")
    assert digits.main(QUICK) == 0
    shown = capsys.readouterr()
    assert len(EPOCH.findall(shown.out)) == 2
    assert shown.err == ""


@pytest.mark.slow
@needs_mnist
def test_mnist_from_a_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert digits.main([*QUICK, "--data", "mnist", "--data-dir", str(MNIST), "--dtype", "float32"]) == 0
    text = capsys.readouterr().out
    assert "784-30-10" in text
    assert "200 to train on, 40 to validate, 10,000 to test" in text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--epochs", "0"], "--epochs must be 1 or more; got 0."),
        (["--batch", "-1"], "--batch must be 1 or more; got -1."),
        (["--seed", "-1"], "--seed must be 0 or more; got -1."),
        (["--examples", "5"], "--examples must be 6 or more; got 5."),
        (["--hidden", "30", "0"], "layer sizes are positive integers; got 30 and 0."),
        (["--lr", "-1"], "lr must be 0 or more; got -1.0."),
        (["--lr", "nan"], "lr must be 0 or more; got nan."),
        (["--l2", "-1"], "an L2 penalty has a strength of 0 or more; got -1.0."),
        (["--momentum", "1"], "momentum must lie in [0, 1); got 1.0."),
        (["--momentum", "0.5", "--optimiser", "adam"], "--momentum is an option of sgd"),
        (["--data-dir", "."], "--data-dir is where MNIST lies: it goes with --data mnist."),
        (["--data", "mnist", "--data-dir", "nowhere"], "cannot look for MNIST in nowhere"),
        (["--out", "curves.unknown"], "--out curves.unknown: a picture is one of"),
        (["--save", "."], ". is a directory"),
        (["--save", "a-file/weights.npz"], "cannot make the directory of a-file/weights.npz"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_options_are_one_clear_line_before_any_training(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("a-file").touch()
    assert digits.main(options) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith(f"digits.py: {message}")
    assert shown.err.count("\n") == 1
    assert not EPOCH.search(shown.out)


@pytest.mark.parametrize("options", [["--cost", "hinge"], ["--lr", "fast"], ["--activation", "softmax"]], ids=" ".join)
def test_unknown_choices_are_refused_with_those_that_there_are(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        digits.main(options)
    assert stop.value.code == 2
    assert re.search(r"choose from .*(quadratic|sigmoid)|invalid float value", capsys.readouterr().err)


# --- Ctrl-C ------------------------------------------------------------------------------------------------------------


def test_a_real_ctrl_c_keeps_and_reports_the_best_weights_so_far(tmp_path: Path) -> None:
    endless = [sys.executable, str(ROOT / "examples" / "digits.py"), "--epochs", "1000000", "--lr", "0.1"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    with started(endless, cwd=tmp_path, env=environment, encoding="utf-8") as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(5)]  # two lines of heading, three epochs
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate()
    assert (process.returncode, errors) == (130, "")
    assert "\ninterrupted\n" in rest
    text = "".join(seen) + rest
    epochs = EPOCH.findall(text)
    assert len(epochs) >= 3
    best, share, _ = BEST.findall(text)[0]
    assert float(share) == max(float(validation) for *_, validation, _ in epochs)
    assert "weights: out/digits.npz\npicture: out/digits.png\n" in rest
    model = MLP([64, 30, 10])
    model.load(tmp_path / "out" / "digits.npz")
    assert accuracy(model, *validation_set()) == pytest.approx(float(share), abs=0.005)
    assert is_picture(tmp_path / "out" / "digits.png")
    assert int(best) <= len(epochs)


def test_ctrl_c_before_the_first_epoch_says_that_there_is_nothing_to_keep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(digits, "train", interrupted)
    assert digits.main(["--no-plot"]) == 130
    assert capsys.readouterr().out.endswith("no epoch was finished: there are no weights to keep\n")
    assert not Path("out/digits.npz").exists()


def test_ctrl_c_between_an_epoch_and_its_save_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save, calls = MLP.save, []

    def interrupted_once(model: MLP, path: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        save(model, path)

    monkeypatch.setattr(MLP, "save", interrupted_once)
    assert digits.main(QUICK) == 130
    assert "best: epoch 1" in capsys.readouterr().out
    assert Path("out/digits.npz").exists()
