"""What keeps a child process from doing harm: limits, Landlock and seccomp. None of them needs root.

The child takes them on itself, for good, before it runs a learner's code. Limits hold wherever Python has `resource`.
Landlock and seccomp are Linux: Landlock says which files can be read, seccomp which calls of the system can be made.
They are called through ctypes, because Python has no functions for them. Numbers are from the kernel's headers.
"""

from __future__ import annotations

import ctypes
import math
import os
import signal
import struct
import sys
import time
from collections.abc import Iterable, Iterator

MEMORY = 1 << 29
"""How many bytes may be asked for, beyond what Python and NumPy have when they are loaded."""

FILES = 64
"""How many files may be open."""

CALLS = {
    "brk": (12, 214), "clock_getres": (229, 114), "clock_gettime": (228, 113), "clock_nanosleep": (230, 115),
    "close": (3, 57), "exit": (60, 93), "exit_group": (231, 94), "fstat": (5, 80), "futex": (202, 98),
    "getcwd": (79, 17), "getdents64": (217, 61), "getegid": (108, 177), "geteuid": (107, 175), "getgid": (104, 176),
    "getpid": (39, 172), "getrandom": (318, 278), "getrusage": (98, 165), "gettid": (186, 178),
    "gettimeofday": (96, 169), "getuid": (102, 174), "lseek": (8, 62), "lstat": (6, None), "madvise": (28, 233), "mmap": (9, 222),
    "mprotect": (10, 226), "mremap": (25, 216), "munmap": (11, 215), "nanosleep": (35, 101), "newfstatat": (262, 79),
    "pread64": (17, 67), "read": (0, 63), "restart_syscall": (219, 128), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sched_getaffinity": (204, 123),
    "sched_yield": (24, 124), "sigaltstack": (131, 132), "stat": (4, None), "statx": (332, 291), "sysinfo": (99, 179),
    "uname": (63, 160), "write": (1, 64), "writev": (20, 66),
}  # fmt: skip
"""What a computation asks the system for, by its number on x86_64 and on aarch64; None where it is another call.

All other calls are refused. None of these starts a process or a thread, reaches another process or the network, or
changes a file."""

MACHINES = {"x86_64": (0, 0xC000003E, 317, 257), "aarch64": (1, 0xC00000B7, 277, 56)}
"""By machine: its column in CALLS, its name for seccomp, and the numbers of the calls seccomp and openat."""


def start(seconds: float, numpy: str, lock: bool = True) -> list[str]:
    """Take on all protections that there are here, and say which. numpy: the folder of NumPy.

    lock: False leaves out Landlock and seccomp, as on a system that has none.
    """
    active = ["time limit", *limits(seconds)]
    if lock and sys.platform == "linux" and os.uname().machine in MACHINES and sys.maxsize > 1 << 32:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.syscall.restype = ctypes.c_long
        libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG: this process ends when its parent does
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS: what the next two ask for
        reads = landlock(libc, [*readable(numpy)])
        if not reads:
            preloaded()
        active += ["Landlock"] * reads + ["seccomp"] * seccomp(libc, os.uname().machine, opens=reads)
    return active


def preloaded() -> list[object]:
    """Import what answers may want: where Landlock is missing, seccomp lets no file be opened."""
    import cmath
    import decimal
    import fractions
    import random
    import statistics

    import numpy.fft
    import numpy.polynomial
    import numpy.random

    return [cmath, decimal, fractions, random, statistics, numpy.fft, numpy.polynomial, numpy.random]


def limits(seconds: float) -> Iterator[str]:
    """Limits on memory, time, processes and what is written; the names of those that hold."""
    if limit_memory(MEMORY):
        yield "memory limit"
    try:
        import resource
    except ImportError:  # Windows
        return
    end = math.ceil(time.process_time() + seconds) + 1
    # A user who may have 0 processes can start none. It does not hold for root.
    for name, kind, soft, hard in (
        ("", "RLIMIT_CPU", end, end + 1), ("", "RLIMIT_CORE", 0, 0), ("", "RLIMIT_FSIZE", 0, 0),
        ("", "RLIMIT_NOFILE", FILES, FILES), ("process limit" if os.getuid() else "", "RLIMIT_NPROC", 0, 0),
    ):  # fmt: skip
        try:
            resource.setrlimit(getattr(resource, kind), (soft, hard))
        except (AttributeError, OSError, ValueError):
            continue
        if name:
            yield name


def limit_memory(more: int) -> bool:
    """Let this process ask for so many bytes beyond what it has. Whether the system keeps it to that: Linux does."""
    try:
        import resource

        with open("/proc/self/statm") as file:
            most = int(file.read().split()[0]) * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    except (ImportError, OSError, ValueError):
        return False
    return True


def readable(numpy: str) -> Iterator[str]:
    """The files and folders of Python and NumPy, without the other packages that lie among them."""
    yield numpy
    yield f"{numpy}.libs"
    for folder in sys.path:
        if os.path.isdir(folder):
            packages = ("site-packages", "dist-packages")
            yield from (os.path.join(folder, name) for name in os.listdir(folder) if name not in packages)
        else:
            yield folder


def landlock(libc: ctypes.CDLL, paths: Iterable[str]) -> bool:
    """Make the paths the only ones that can be read, and nothing writable. Whether the kernel does so."""
    create, add, restrict = 444, 445, 446
    version = libc.syscall(create, None, 0, 1)
    if version < 1:
        return False
    rights = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)  # how many rights to files a version knows
    network, signals = 3 if version >= 4 else 0, 3 if version >= 6 else 0
    handled = struct.pack("QQQ", (1 << rights) - 1, network, signals)
    rules = libc.syscall(create, handled, len(handled), 0)
    if rules < 0:
        return False
    read_file, read_folder = 4, 8
    for path in paths:
        try:
            opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        access = read_file | read_folder if os.path.isdir(path) else read_file
        libc.syscall(add, rules, 1, struct.pack("=Qi", access, opened), 0)
        os.close(opened)
    done: bool = libc.syscall(restrict, rules, 0) == 0
    os.close(rules)
    return done


def seccomp(libc: ctypes.CDLL, machine: str, opens: bool) -> bool:
    """Refuse all calls of the system but those of CALLS. Whether the kernel does so.

    opens: whether files can be opened, to be read only.
    """
    column, name, call, openat = MACHINES[machine]
    load, equal, any_bit, result = 0x20, 0x15, 0x45, 0x06
    kill, allow, refuse = 0x8000_0000, 0x7FFF_0000, 0x5_0000 | 13  # EACCES
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    # A line is a code, how many lines to skip if it holds and if not, and a number. At 4 stands the name of the
    # machine, at 0 the call, and at 32 the third argument, which for openat says how to open.
    lines = [(load, 0, 0, 4), (equal, 1, 0, name), (result, 0, 0, kill), (load, 0, 0, 0)]
    for number in (numbers[column] for numbers in CALLS.values()):
        if number is not None:
            lines += [(equal, 0, 1, number), (result, 0, 0, allow)]
    if opens:
        lines += [(equal, 0, 3, openat), (load, 0, 0, 32), (any_bit, 1, 0, writing), (result, 0, 0, allow)]
    lines += [(result, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
    program = struct.pack("HxxxxxxQ", len(lines), ctypes.addressof(code))
    mode_filter, all_threads = 1, 1
    return bool(libc.syscall(call, mode_filter, all_threads, program) == 0)
