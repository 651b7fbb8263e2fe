"""Visits, with the kiosk inside the machine: `ubugoe-demo` runs as it always does, broker, city, card and browser outside,
and what it takes for the kiosk is `kiosk` beside this file, which asks us to start the one in the machine.
"""

import base64
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

from vm import PATIENCE, Late

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
# The city of `ubugoe-demo` (tests/bench/src/rig.rs).
CITY = "r-9a40e71b"
# What only the card and the parent said, long enough not to come about by chance (tests/vcard/personas/hana.toml, tests/bench/src/story.rs).
SAID = ["潮風ハイツ２０５", "汐見町三丁目１２", "ヤマダ"]


def _programs(folder):
    """The demonstration's programs, with our stand-in for the kiosk among them."""
    built = Path(os.environ.get("CARGO_TARGET_DIR", SOURCE / "target")) / "debug"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("ubugoe-demo", "ubugoe-city", "ubugoe-agencies", "vcard"):
        if not (built / name).exists():
            raise AssertionError(f"{built / name} is not built: cargo build --workspace --bins")
        (folder / name).unlink(missing_ok=True)
        try:
            os.link(built / name, folder / name)
        except OSError:
            shutil.copy2(built / name, folder / name)
    shutil.copy2(HERE / "kiosk", folder / "ubugoe-kiosk")
    (folder / "real-kiosk").unlink(missing_ok=True)
    (folder / "real-kiosk").symlink_to(built / "ubugoe-kiosk")
    if (built / "vcard-pki").exists() and not (folder / "vcard-pki").exists():
        shutil.copytree(built / "vcard-pki", folder / "vcard-pki")
    return folder / "ubugoe-demo"


def _device(vm, config):
    """Puts a kiosk's configuration and every file that it names into the machine, as an enrolment would have left them."""
    vm.ask("empty")
    text = Path(config).read_text()
    ports = set()
    for name in sorted(set(re.findall(r'"(/[^"]+)"', text))):
        path = Path(name)
        if path.is_file():
            inside = f"device/{path.name}"
            vm.ask("file", inside, base64.b64encode(path.read_bytes()))
            text = text.replace(f'"{name}"', f'"/var/lib/ubugoe/{inside}"')
            vacancies = path.with_name(path.stem + "_vacancies.csv")
            if path.suffix == ".csv" and vacancies.exists():
                vm.ask("file", f"device/{vacancies.name}", base64.b64encode(vacancies.read_bytes()))
        elif path.name == "certificates":
            for certificate in path.iterdir():
                vm.ask("file", f"certificates/{certificate.name}", base64.b64encode(certificate.read_bytes()))
            text = text.replace(f'"{name}"', '"/var/lib/ubugoe/certificates"')
        elif "typing" in name:
            text = text.replace(f'"{name}"', '"/run/ubugoe/input"')
        else:
            text = text.replace(f'"{name}"', '"/var/lib/ubugoe/data"')
    # It is nobody else here: the kiosk's own account converts.
    text = re.sub(r"^[ug]id = \d+\n", "", text, flags=re.M)
    for port in re.findall(r"^port = (\d+)", text, re.M):
        ports.add(port)
    forward(vm, ports)
    vm.ask("file", "device/kiosk.toml", base64.b64encode(text.encode()))
    return ports


def forward(vm, ports):
    """Ports of the machine outside, as if they were inside; until it is switched off."""
    for port in ports:
        vm.ask("forward", port)


class Drive:
    """The driving socket of the kiosk in the machine; found again after the machine was switched on anew."""

    def __init__(self, vm):
        self.vm, self.since = vm, None

    def order(self, line):
        """One order, one answer, both as they travel."""
        if self.since != self.vm.started:
            port = next(host for host, guest in self.vm.forwards if guest == 7700)
            self.far = socket.create_connection(("127.0.0.1", port))
            self.answers, self.since = self.far.makefile("rb"), self.vm.started
        self.far.sendall(line)
        return self.answers.readline()

    def do(self, what, **more):
        """The answer to an order that must be carried out."""
        answer = json.loads(self.order((json.dumps({"do": what, **more}) + "\n").encode()))
        if not answer["ok"]:
            raise AssertionError(f"{what} {more}: {answer}")
        return answer


class Door:
    """Where the stand-in knocks: starts the kiosk in the machine and carries its driving socket across.

    `stop_at` names a picture: once it is taken, `stopped` is set, and the demonstration waits until `go` is.
    With `only_look` it does so before any kiosk is started: the world outside is all that is wanted.
    """

    def __init__(self, vm, folder, stop_at=None, only_look=False):
        self.vm, self.stop_at, self.only_look = vm, stop_at, only_look
        self.config, self.ports = None, set()
        self.stopped, self.go, self.over = threading.Event(), threading.Event(), threading.Event()
        self.path = folder / "door"
        self.path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.lock = threading.Lock()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._knocked, args=(connection,), daemon=True).start()

    def _knocked(self, connection):
        with connection, connection.makefile("rw") as lines:
            asked = json.loads(lines.readline())
            try:
                self.config = Path(asked["config"])
                if self.only_look:
                    self.stopped.set()
                    self.go.wait()
                    return
                self.ports = _device(self.vm, self.config)
                self.vm.ask("kiosk", "restart")
                control = socket.socket(socket.AF_UNIX)
                Path(asked["control"]).unlink(missing_ok=True)
                control.bind(asked["control"])
                control.listen()
                threading.Thread(target=self._carry, args=(control,), daemon=True).start()
                lines.write(json.dumps({"event": "ready", "control": asked["control"]}) + "\n")
            except Exception as wrong:  # whoever waits for the line is to hear of it
                lines.write(json.dumps({"event": "failed", "why": str(wrong)[:500]}) + "\n")
            lines.flush()

    def _carry(self, control):
        while True:
            near, _ = control.accept()
            try:
                self._orders(near, Drive(self.vm))
            except OSError:
                continue  # whoever drove it has ended

    def _orders(self, near, drive):
        for line in near.makefile("rb"):
            order = json.loads(line)
            if order["do"] == "snapshot":
                # Not what the program would draw: what is on the machine's display.
                with self.lock:
                    self.vm.picture(order["path"])
                if self.stop_at and Path(order["path"]).stem.endswith(self.stop_at):
                    self.stopped.set()
                    self.go.wait()
                near.sendall(b'{"ok":true}\n')
                continue
            if self.stop_at and order.get("delivered"):
                self.over.wait()  # nobody follows anything on a screen that began anew
            near.sendall(drive.order(line))


def demo(vm, folder, door, log, *words):
    """The demonstration, as the leader of a session of its own."""
    reader = next(host for host, guest in vm.forwards if guest == 35963)
    return subprocess.Popen([str(_programs(folder / "programs")), "--headless", "--reader", str(reader), *words],
                            stdout=open(log, "wb"), stderr=subprocess.STDOUT, start_new_session=True,
                            env={**os.environ, "UBUGOE_IMAGE_DOOR": str(door.path), "TMPDIR": str(_fresh(folder / "world"))})


def end(demo):
    """Ends a demonstration that is not to go on, and everything it had started."""
    try:
        os.killpg(demo.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass  # it ended by itself, and with it what it had started
    demo.wait()


def _fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def resting(vm, folder, say):
    """The kiosk of a world outside, configured and started in the machine, until it says that its first page is on the screen."""
    door = Door(vm, folder)
    world = demo(vm, folder, door, folder / "rest.txt", "--pictures", str(folder / "unused"))
    try:
        at, _ = vm.wait(r"Started ubugoe-kiosk.service")
        vm.wait(r"ubugoe-kiosk\[")
    finally:
        end(world)
    vm.picture(folder / "resting.png")
    say(f"its first page is on the screen (resting.png) {at:.0f} s after it was switched on")


def whole_visit(vm, folder, say):
    """From the card to the officer's decision; the city's receipts verify, or it fails."""
    door = Door(vm, folder)
    log = folder / "visit.txt"
    world = demo(vm, folder, door, log, "--offline", "--pictures", str(_fresh(folder / "visit")))
    try:
        ended = world.wait(3 * PATIENCE)
    except subprocess.TimeoutExpired:
        raise Late(f"no end of the visit: {log.read_text()[-1500:]}") from None
    finally:
        end(world)
    for line in log.read_text().splitlines()[-24:]:
        say(f"   {line}")
    if ended:
        raise AssertionError(f"the visit ended with {ended}: {log.read_text()[-1500:]}")


def _cut_at(vm, folder, say, page, healthy, checks):
    """Runs the demonstration until it has taken the picture of `page`, pulls the plug, switches on again, then `checks(door)`."""
    door = Door(vm, folder, stop_at=page)
    log = folder / f"cut-{page}.txt"
    world = demo(vm, folder, door, log, "--offline", "--pictures", str(_fresh(folder / f"cut-{page}")))
    try:
        until = time.monotonic() + 3 * PATIENCE
        while not door.stopped.wait(1):
            if world.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"it did not come to {page}: {log.read_text()[-1500:]}")
        # It waits 150 s for an answer, and a start may take longer: its time stands still meanwhile.
        os.kill(world.pid, signal.SIGSTOP)
        vm.off()
        say(f"the plug was pulled at {page}")
        vm.on()
        healthy(vm)
        os.kill(world.pid, signal.SIGCONT)
        checks(door)
    finally:
        door.go.set()
        end(world)
        door.over.set()


def cut_while_typing(vm, folder, say, healthy):
    """A name is half told and the current goes: nobody who starts the machine again finds anything of it."""

    def nothing_is_left(door):
        # Her card may still lie there.
        report = Drive(vm).do("wait", stages=["resting", "notice"])["posted"]["report"]
        assert report["pending"] == 0 and not report["deliveries"], report
        vm.picture(folder / "after-cut-while-typing.png")
        # What is there is found.
        vm.ask("file", "word", base64.b64encode("さがせばある".encode()))
        found = vm.ask("search", body="\n".join([*SAID, "さがせばある"]).encode()).split()
        assert found == ["さがせばある"], f"on the data partition stand {found}"
        say("nothing that was said is on the data partition, freed blocks and journal included")

    _cut_at(vm, folder, say, "question-honseki", healthy, nothing_is_left)


def cut_when_kept(vm, folder, say, healthy):
    """The kiosk has said that it keeps the filings, and the broker is away: they arrive once each, after the current came back."""

    def arrives_once(door):
        kept = _rows(vm)
        assert kept and set(kept.values()) <= {"queued"}, kept
        say(f"{len(kept)} filings were kept")
        vm.picture(folder / "after-cut-when-kept.png")
        forward(vm, door.ports)
        # The cable comes back.
        door.go.set()
        until = time.monotonic() + PATIENCE
        while set((rows := _rows(vm)).values()) != {"arrived"}:
            if time.monotonic() > until:
                raise Late(f"not arrived: {rows}")
            threading.Event().wait(2)  # the rows are asked; bounded above
        assert rows.keys() == kept.keys(), (kept, rows)
        with sqlite3.connect(f"file:{door.config.parent}/city.sqlite?mode=ro", uri=True) as city:
            there = city.execute("SELECT lower(hex(id)), procedure, arrival_no FROM filings").fetchall()
        assert sorted(filing for filing, _, _ in there) == sorted(kept), (there, kept)
        assert len({number for _, _, number in there}) == len(there), there
        for filing, procedure, number in there:
            say(f"   {filing} {procedure}: arrived once, no. {number}; its receipt verifies")

    _cut_at(vm, folder, say, "stored", healthy, arrives_once)


def _rows(vm):
    """State by filing of the machine's outbox; every answer in it verifies with the city's key, or it fails."""
    told = vm.ask("outbox", CITY)
    assert " 0 bad" in told, told
    return dict(re.findall(r"^([0-9a-f]{32})  (\w+)", told, re.M))
