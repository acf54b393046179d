"""How fast the engine is, beside hand-written NumPy and other engines.

    python -m benchmarks                      (all rows; torch, jax, autograd, micrograd where they are installed)
    python -m benchmarks --quick              (about three minutes)
    python -m benchmarks --rows neuron hvp --threads 1 2 --json times.json --plot times.svg
    python -m benchmarks --threads 1 2 --write                                  (makes RESULTS.md)
    python -m benchmarks --read times.json --rows hvp --write                   (only this row is measured anew)

Every contender computes the same numbers, which is checked first. What is shown is a Markdown table: the time by hand,
and the time of each contender as a multiple of it. rows/ has the problems, racing.py says how they are measured.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

from benchmarks import tables
from benchmarks.contenders import CONTENDERS, HAND, environment, machine, present
from benchmarks.growth import GROWTH, compile_times, grow
from benchmarks.imports import imports
from benchmarks.racing import limit_processors, race
from benchmarks.rows import ROWS

RESULTS = Path(__file__).with_name("RESULTS.md")
OTHERS = [*GROWTH, "compile-time", "import"]  # measured once for the first number of threads
NAMES = [*ROWS, *OTHERS]


def main() -> None:
    """The command."""
    options = _options()
    if options.child:
        _child(options.child, options.seconds, options.threads[0], options.contenders)
        return
    results = json.loads(Path(options.read).read_text()) if options.read else {"times": {}, "others": {}}
    results |= {"machine": machine(), "contenders": [n for n in present() if n in (HAND, *options.contenders)]}
    for threads in options.threads:
        measure(results, [r for r in options.rows if r in ROWS], threads, options)
    for name in options.rows:
        if name in OTHERS and not (name == "compile-time" and "compiled" not in results["contenders"]):
            results["others"][name] = in_child(name, options, options.threads[0])
    text = tables.document(results)
    print(text)
    if options.json:
        Path(options.json).write_text(json.dumps(results, indent=1) + "\n")
    if options.plot:
        from benchmarks.plots import plot  # matplotlib is an extra

        plot(results, options.plot)
    if options.write:
        RESULTS.write_text(text, encoding="utf-8")
    failed = tables.failures(results)
    if failed:
        raise SystemExit("\n".join(["", "Contenders that could not run a row:", *failed]))


def measure(results: dict[str, Any], rows: list[str], threads: int, options: argparse.Namespace) -> None:
    """Put the times of these rows into the results, and say on stderr how far it is."""
    own = results["times"].setdefault(str(threads), {})
    if rows:
        print(tables.heading(results["contenders"]), file=sys.stderr)
    for row in rows:
        found = [in_child(row, options, threads) for _ in range(options.processes)]
        own[row] = {
            key: {name: [f[key][name] for f in found if name in f[key]] for name in found[0][key]}
            for key in ("seconds", "memory")
            if key in found[0]
        } | {"failed": found[0]["failed"]}
        print(tables.line(row, own[row], results["contenders"]), file=sys.stderr, flush=True)


def in_child(name: str, options: argparse.Namespace, threads: int) -> Any:
    """What a process of its own measures."""
    command = [sys.executable, "-m", "benchmarks", "--child", name]
    command += ["--seconds", str(options.seconds), "--threads", str(threads), "--contenders", *options.contenders]
    root = Path(__file__).parent.parent
    done = subprocess.run(command, env=environment(threads), stdout=subprocess.PIPE, text=True, cwd=root)
    if done.returncode:  # the child has said on stderr what went wrong
        raise SystemExit(f"row {name} stopped with exit status {done.returncode}: see above.")
    return json.loads(done.stdout)


def _child(name: str, seconds: float, threads: int, contenders: list[str]) -> None:
    warnings.filterwarnings("ignore", category=FutureWarning, module="torch")
    limit_processors(threads)
    if name in ROWS:
        found: Any = race(ROWS[name], seconds, threads, contenders)
    elif name in GROWTH:
        found = grow(GROWTH[name], seconds, threads, contenders)
    elif name == "compile-time":
        found = compile_times((300, 1_200, 4_800, 19_200))
    else:
        found = imports(present(), max(1, round(seconds)))
    print(json.dumps(found))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--rows", nargs="+", choices=NAMES, metavar="ROW", help=f"what is measured (default: all): {', '.join(NAMES)}"
    )
    parser.add_argument(
        "--contenders",
        nargs="+",
        choices=list(CONTENDERS),
        default=list(CONTENDERS),
        metavar="NAME",
        help=f"who is measured, as far as it is installed (default: all): {', '.join(map(repr, CONTENDERS))}",
    )
    parser.add_argument(
        "--threads",
        nargs="+",
        type=_positive,
        default=[1],
        help="how many threads BLAS, torch and so on may use (default 1)",
    )
    parser.add_argument("--processes", type=_positive, help="processes per row (default 3)")
    parser.add_argument("--seconds", type=float, help="seconds per process, for at least three rounds (default 10)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one process, half a second for each row: about three minutes in all, more where torch and JAX are there",
    )
    parser.add_argument("--json", metavar="FILE", help="write all times, with the machine's description")
    parser.add_argument("--read", metavar="FILE", help="begin with what --json wrote; only --rows are measured anew")
    parser.add_argument("--plot", metavar="FILE", help="write a figure; needs matplotlib")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    parser.add_argument("--child", choices=NAMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.processes = options.processes or (1 if options.quick else 3)
    options.seconds = options.seconds or (0.5 if options.quick else 10.0)
    options.rows = options.rows or ([] if options.read else NAMES)
    return options


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more; got {number}")
    return number


if __name__ == "__main__":
    main()
