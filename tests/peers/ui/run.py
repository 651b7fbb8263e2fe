#!/usr/bin/env python3
"""Figures of the screen beside the same pages in a Chromium kiosk, both on the same virtual display, in one run.

Measured from outside, alike for both: the display's own memory is watched, touches are injected by the X server, memory and
processor time come from /proc. Ours in the `image` profile, software renderer, as on the appliance.

    tests/peers/ui/run.py            everything
    tests/peers/ui/run.py --quick    three touches each, to see that it runs
"""

import ctypes
import hashlib
import mmap
import os
import pathlib
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
QUICK = "--quick" in sys.argv
TURNS = 3 if QUICK else 30
TICK = os.sysconf("SC_CLK_TCK")
PAPER = 0xFAF5EC
STAFF = (270, 744)  # the staff button, on every page
DIGIT = (1000, 420)  # a key of the pad


class Display:
    """A virtual display whose pixels lie in a mapped file."""

    def __init__(self, folder):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x800x24", "-fbdir", folder, "-nolisten", "tcp"],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with open(read) as line:
            self.name = ":" + line.readline().strip()
        x11, self.xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        self.connection = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        file = open(pathlib.Path(folder) / "Xvfb_screen0", "rb")
        self.memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = struct.unpack(">25I", self.memory[:100])
        self.stride, self.start = header[12], header[0] + header[19] * 12
        self.flush = lambda: x11.XFlush(self.connection)

    def pixel(self, x, y):
        at = self.start + y * self.stride + 4 * x
        return int.from_bytes(self.memory[at:at + 3], "little")

    def picture(self):
        """What stands below the header: a blinking cursor or a clock there would count as a frame."""
        return hashlib.blake2b(self.memory[self.start + 100 * self.stride:], digest_size=8).digest()

    def painted(self):
        """Paper in the margin, and something written in the middle."""
        return self.pixel(4, 400) == PAPER and len({self.pixel(x, y) for x in range(60, 1220, 9) for y in range(110, 680, 6)}) > 8

    def touch(self, place):
        self.xtst.XTestFakeMotionEvent(self.connection, -1, *place, 0)
        self.xtst.XTestFakeButtonEvent(self.connection, 1, 1, 0)
        self.flush()

    def lift(self):
        self.xtst.XTestFakeButtonEvent(self.connection, 1, 0, 0)
        # A finger leaves nothing hovering behind.
        self.xtst.XTestFakeMotionEvent(self.connection, -1, 640, 4, 0)
        self.flush()

    def close(self):
        self.server.terminate()
        self.server.wait()


def wait_for(what, seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what}: nothing in {seconds} s")
        time.sleep(0.0002)


def family(pid):
    """A process and everything it started."""
    children = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def proportional_memory(pid):
    """MB, shared pages divided among those who share them."""
    total = 0
    for one in family(pid):
        try:
            lines = pathlib.Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def processor_time(pid):
    """Seconds of processor time so far."""
    total = 0
    for one in family(pid):
        try:
            fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def touches(display, place, count):
    """Milliseconds from a touch (press) to the first changed frame."""
    taken = []
    for _ in range(count):
        before = display.picture()
        begun = time.monotonic()
        display.touch(place)
        wait_for("a frame after a touch", 10, lambda: display.picture() != before)
        taken.append((time.monotonic() - begun) * 1000)
        display.lift()
        time.sleep(0.4)  # the measured program comes to rest; nothing waits for this
    return taken


def turned(display, count):
    """Milliseconds from the end of a touch on the staff button to the first frame of the next page."""
    taken = []
    for _ in range(count):
        display.touch(STAFF)
        time.sleep(0.15)
        before = display.picture()
        begun = time.monotonic()
        display.lift()
        wait_for("the next page", 10, lambda: display.picture() != before)
        taken.append((time.monotonic() - begun) * 1000)
        time.sleep(0.4)
    return taken


def measure(name, command):
    folder = tempfile.mkdtemp(prefix="ubugoe-ui-")
    display = Display(folder)
    environment = dict(os.environ, DISPLAY=display.name, HOME=folder, SLINT_BACKEND="winit-software", SLINT_SCALE_FACTOR="1")
    begun = time.monotonic()
    program = subprocess.Popen([part.replace("@", folder) for part in command], env=environment,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(f"{name}: the first frame", 60, display.painted)
        first = time.monotonic() - begun
        time.sleep(3)
        memory, before = proportional_memory(program.pid), processor_time(program.pid)
        time.sleep(3 if QUICK else 20)
        rest = 100 * (processor_time(program.pid) - before) / (3 if QUICK else 20)
        turns_before = processor_time(program.pid)
        pages = turned(display, TURNS)
        busy = (processor_time(program.pid) - turns_before) / TURNS * 1000
        # The page with the pad is the third: the turns above come to a multiple of three.
        turned(display, 2)
        keys = touches(display, DIGIT, TURNS)
        after = proportional_memory(program.pid)
    finally:
        program.terminate()
        program.wait()
        display.close()
        shutil.rmtree(folder, ignore_errors=True)
    return {"first frame, s": first, "memory at rest (PSS), MB": memory, "memory after all that, MB": after, "processor at rest, %": rest,
            "processor for a page change, ms": busy, "page change, median ms": statistics.median(pages),
            "page change, worst ms": max(pages), "touch to frame, median ms": statistics.median(keys), "touch to frame, worst ms": max(keys)}


def instructions(program):
    """Instructions of one full redraw of the line: the difference of two runs, by callgrind."""
    counted = []
    for count in (4, 14):
        with tempfile.TemporaryDirectory() as folder:
            log = pathlib.Path(folder) / "log"
            subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", f"--log-file={log}",
                            program, "--redraws", str(count)], check=True)
            line = next(line for line in log.read_text().splitlines() if "Collected" in line)
            counted.append(int(line.split(":")[-1]))
    return (counted[1] - counted[0]) / 10


def main():
    os.chdir(ROOT)
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--profile", "image", "-p", "ubugoe-view", "--example", "figures_ui"], check=True)
    ours = str(TARGET / "image" / "examples" / "figures_ui")
    results = {
        "ours": measure("ours", [ours]),
        "chromium": measure("chromium", ["chromium", "--kiosk", "--no-sandbox", "--no-first-run", "--disable-gpu", "--user-data-dir=@/profile",
                                         "--window-size=1280,800", "--window-position=0,0",
                                         (ROOT / "tests/peers/ui/pages.html").as_uri()]),
    }
    print(f"{'':34}{'ours':>10}{'chromium':>10}{'ratio':>8}")
    for figure, our in results["ours"].items():
        theirs = results["chromium"][figure]
        ratio = f"{our / theirs:8.3f}" if theirs else "       -"
        print(f"{figure:34}{our:10.2f}{theirs:10.2f}{ratio}")
    print(f"{'instructions, one full redraw':34}{instructions(ours):14,.0f}")


if __name__ == "__main__":
    main()
