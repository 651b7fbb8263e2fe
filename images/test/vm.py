"""A machine in QEMU: firmware with its own memory, a disk, a TPM, a display, a serial line that is read as it comes.

Waits for what it says on the serial line or over QMP, with a bound; nothing here sleeps.
"""

import json
import os
import queue
import re
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

FIRMWARE = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
]
# Emulated instruction by instruction where there is no KVM: a start takes minutes.
SBIN = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
PATIENCE = float(os.environ.get("UBUGOE_IMAGE_PATIENCE", "600"))

# What the kiosk says of a device without a city.
NO_CITY = r"no city yet: the screen asks for its code"
# What RAUC says; its words are its own.
INSTALLED, REFUSED = r"Installing .*succeeded", r"Installing .*failed|signature verification failed|[Ff]ailed to (check|verify)|[Ii]nvalid (bundle|signature|identifier)"


def say(words):
    print(f"{time.strftime('%H:%M:%S')}  {words}", flush=True)


def free_ports(count):
    """Ports of this machine that nobody has; held until all are found."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


class Late(AssertionError):
    """Something was not said in time."""


class Vm:
    """One machine. Its folder outlives it: a new Vm on the same folder is the same machine, switched on again."""

    def __init__(self, folder, image=None, *, tpm=True, memory=2048, forwards=(), accel=None, size_mib=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disk = self.folder / "disk.img"
        if image is not None:
            subprocess.run(["cp", "--sparse=always", image, self.disk], check=True)
            if size_mib:
                os.truncate(self.disk, size_mib << 20)
        code, variables = next(pair for pair in FIRMWARE if Path(pair[0]).exists())
        self.code = code
        self.variables = self.folder / "firmware.fd"
        if not self.variables.exists():
            shutil.copyfile(variables, self.variables)
        self.tpm, self.memory, self.forwards = tpm, memory, forwards
        self.accel = accel or os.environ.get("UBUGOE_IMAGE_ACCEL", "tcg,thread=multi")
        self.said = []
        self.lines = queue.Queue()
        self.process = self.swtpm = self.disk_server = self.qmp = None
        self.extra = []

    def board(self):
        """The program that is this machine, with what is soldered to it: processor, firmware, display."""
        return ["qemu-system-x86_64", "-machine", "q35", "-cpu", "host" if "kvm" in self.accel else "max",
                "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={self.code}",
                "-drive", f"if=pflash,format=raw,unit=1,file={self.variables}", "-device", "virtio-vga,xres=1280,yres=800"]

    # ---- on and off ----

    def on(self):
        """Switches it on. The line of time starts here."""
        for name in ("qmp", "serial", "tpm", "disk"):
            (self.folder / name).unlink(missing_ok=True)
        # A disk with a memory of its own: what was written is on it only once it was told to flush, and is lost with the current.
        self.disk_server = subprocess.Popen(["nbdkit", "--exit-with-parent", "--unix", str(self.folder / "disk"), "--filter=cache", "file", str(self.disk)],
                                            env={**SBIN, "TMPDIR": str(self.folder)}, stdout=open(self.folder / "disk.log", "ab"), stderr=subprocess.STDOUT)
        self._there(self.folder / "disk")
        arguments = [
            *self.board(), "-name", "ubugoe-image-test", "-accel", self.accel, "-smp", "2", "-m", str(self.memory), "-nodefaults", "-no-user-config", "-display", "none",
            "-drive", f"if=none,id=disk,format=raw,cache=writeback,file=nbd+unix:///?socket={self.folder}/disk", "-device", "virtio-blk-pci,drive=disk,bootindex=1",
            "-device", "qemu-xhci,id=xhci", "-device", "usb-kbd", "-device", "usb-tablet",
            "-device", "virtio-rng-pci", "-device", "i6300esb", "-action", "watchdog=reset",
            "-netdev", "user,id=net" + "".join(f",hostfwd=tcp:127.0.0.1:{host}-:{guest}" for host, guest in self.forwards),
            "-device", "virtio-net-pci,netdev=net",
            "-chardev", f"socket,id=serial,path={self.folder}/serial,server=on,wait=off", "-serial", "chardev:serial",
            "-qmp", f"unix:{self.folder}/qmp,server=on,wait=off", "-S",
        ] + self.extra
        if self.tpm:
            state = self.folder / "tpm-state"
            state.mkdir(exist_ok=True)
            self.swtpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--ctrl", f"type=unixio,path={self.folder}/tpm",
                                           "--flags", "startup-clear"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._there(self.folder / "tpm")
            arguments += ["-chardev", f"socket,id=tpm,path={self.folder}/tpm", "-tpmdev", "emulator,id=tpm0,chardev=tpm", "-device", "tpm-crb,tpmdev=tpm0"]
        self.process = subprocess.Popen(arguments, stdout=open(self.folder / "qemu.log", "ab"), stderr=subprocess.STDOUT)
        serial = self._connect("serial")
        self.qmp = self._connect("qmp").makefile("rw")
        self.events = []
        self._answer()
        self.order("qmp_capabilities")
        # Its own for every start: what an earlier one said last, or its end, is not this one's.
        self.lines = queue.Queue()
        self.started = time.monotonic()
        threading.Thread(target=self._read, args=(serial, self.lines, self.started), daemon=True).start()
        self.order("cont")
        return self

    def off(self):
        """Pulls the plug: what was not flushed is lost, the disk's own memory first of all."""
        running = [process for process in (self.disk_server, self.process, self.swtpm) if process and process.poll() is None]
        for process in running:
            process.kill()
        for process in running:
            process.wait()
        self.process = self.swtpm = self.disk_server = None

    def __enter__(self):
        return self.on()

    def __exit__(self, *_):
        self.off()

    def _there(self, path):
        until = time.monotonic() + 20
        while not path.exists():
            if time.monotonic() > until:
                raise Late(f"{path} does not appear")
            threading.Event().wait(0.02)  # no event tells of a new file; bounded above

    def _connect(self, name):
        path = self.folder / name
        self._there(path)
        until = time.monotonic() + 20
        while True:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(path))
                return connection
            except OSError:
                connection.close()
                if time.monotonic() > until or self.process.poll() is not None:
                    raise Late(f"QEMU does not answer: {(self.folder / 'qemu.log').read_text()[-800:]}") from None
                threading.Event().wait(0.02)

    # ---- what it says ----

    def _read(self, serial, lines, started):
        log = open(self.folder / "serial.log", "ab")
        rest = b""
        while True:
            try:
                data = serial.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            log.write(data)
            log.flush()
            rest += data
            *whole, rest = rest.split(b"\n")
            for line in whole:
                lines.put((time.monotonic() - started, line.decode("utf-8", "replace").strip()))
        lines.put((time.monotonic() - started, None))

    def wait(self, pattern, patience=PATIENCE, never=None):
        """The next line in which `pattern` is found; `never` in one before it is a failure."""
        until = time.monotonic() + patience
        while True:
            try:
                at, line = self.lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise Late(f"not said in {patience:.0f} s: {pattern}\n" + "\n".join(line for _, line in self.said[-25:])) from None
            if line is None:
                raise Late(f"the machine is off before it said: {pattern}\n" + "\n".join(line for _, line in self.said[-25:]))
            self.said.append((at, line))
            if never and re.search(never, line):
                raise AssertionError(f"said: {line}")
            if re.search(pattern, line):
                return at, line

    # ---- QMP ----

    def _answer(self):
        while True:
            line = self.qmp.readline()
            if not line:
                raise Late("QEMU ended")
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)
                continue
            return message

    def order(self, command, **arguments):
        """One QMP command and its answer."""
        self.qmp.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.qmp.flush()
        answer = self._answer()
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer.get("return")

    def picture(self, path):
        """What is on the display, as PNG, once it is the same twice: a page that is drawn may be on its way to the display."""
        before = None
        for _ in range(8):
            self.order("screendump", filename=str(path), format="png")
            now = Path(path).read_bytes()
            if now == before:
                break
            before = now
            threading.Event().wait(0.3)  # no event tells of a frame; bounded above
        return Path(path)

    def type(self, text):
        """Types on the keyboard, as a scanner would."""
        named = {"-": "minus", ".": "dot", "/": "slash", " ": "spc", "\n": "ret", ",": "comma", "=": "equal"}
        shifted = {"#": "3", ":": "semicolon", "_": "minus", "?": "slash", "+": "equal"}
        for sign in text:
            if sign in shifted or sign.isupper():
                keys = ["shift", shifted.get(sign, sign.lower())]
            else:
                keys = [named.get(sign, sign)]
            self.order("send-key", keys=[{"type": "qcode", "data": key} for key in keys], **{"hold-time": 30})

    def plug(self, *files, writable=False):
        """Puts a stick with these files into a socket; its image."""
        stick = self.folder / "stick.img"
        stick.unlink(missing_ok=True)
        size = sum(Path(file).stat().st_size for file in files) // (1 << 20) + 48
        with open(stick, "wb") as made:
            made.truncate(size << 20)
        subprocess.run(["mkfs.vfat", "-n", "STICK", "-F", "32", str(stick)], check=True, stdout=subprocess.DEVNULL, env=SBIN)
        for file in files:
            subprocess.run(["mcopy", "-i", str(stick), str(file), "::"], check=True)
        self.order("blockdev-add", **{"node-name": "stick", "driver": "raw", "read-only": not writable, "file": {"driver": "file", "filename": str(stick)}})
        self.order("device_add", driver="usb-storage", id="stick-device", drive="stick", bus="xhci.0", removable=True)
        return stick

    def unplug(self):
        """Takes it out; returns when QEMU says that it is gone."""
        self.order("device_del", id="stick-device")
        while not any(event["event"] == "DEVICE_DELETED" and event["data"].get("device") == "stick-device" for event in self.events):
            self._answer_or_event()
        self.events.clear()
        self.order("blockdev-del", **{"node-name": "stick"})

    def _answer_or_event(self):
        line = self.qmp.readline()
        if not line:
            raise Late("QEMU ended")
        self.events.append(json.loads(line))

    def healthy(self):
        """When the system found itself healthy, and how it said so."""
        at, line = self.wait(r"\]: healthy: |\]: not healthy|Kernel panic|is not what was signed")
        assert "]: healthy: " in line, line
        return at, line

    # ---- the doors of the qa profile ----

    def ask(self, order, argument="", body=b""):
        """One order to /usr/lib/ubugoe/qa; its answer."""
        port = next(host for host, guest in self.forwards if guest == 7701)
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
            connection.sendall(f"{order} {argument}".strip().encode() + b"\n" + body)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while data := connection.recv(65536):
                answer += data
        text = answer.decode("utf-8", "replace")
        if f"done: {order}" not in text:
            raise AssertionError(f"{order}: {text}")
        return text.rsplit("done:", 1)[0]
