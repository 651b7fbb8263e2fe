"""A whole visit, with the kiosk inside the machine: `ubugoe-demo` runs as it always does, broker, city, card and browser outside,
and what it takes for the kiosk is `kiosk` beside this file, which asks us to start the one in the machine.
"""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent.parent


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
            text = text.replace(f'"{name}"', '"/var/lib/ubugoe"')
    # It is nobody else here: the kiosk's own account converts.
    text = re.sub(r"^[ug]id = \d+\n", "", text, flags=re.M)
    for port in re.findall(r"^port = (\d+)", text, re.M):
        ports.add(port)
    for port in ports:
        vm.ask("forward", port)
    vm.ask("file", "device/kiosk.toml", base64.b64encode(text.encode()))


class Door:
    """Where the stand-in knocks: starts the kiosk in the machine and carries its driving socket across."""

    def __init__(self, vm, folder, say):
        self.vm, self.folder, self.say = vm, folder, say
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
                _device(self.vm, asked["config"])
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
            port = next(host for host, guest in self.vm.forwards if guest == 7700)
            far = socket.create_connection(("127.0.0.1", port))
            answers = far.makefile("r")
            for line in near.makefile("r"):
                order = json.loads(line)
                if order["do"] == "snapshot":
                    # Not what the program would draw: what is on the machine's display.
                    with self.lock:
                        self.vm.picture(order["path"])
                    near.sendall(b'{"ok":true}\n')
                    continue
                far.sendall(line.encode())
                near.sendall(answers.readline().encode())


def resting(vm, folder, say):
    """The kiosk of a world outside, configured and started in the machine, until it says that its first page is on the screen."""
    door = Door(vm, folder, say)
    reader = next(host for host, guest in vm.forwards if guest == 35963)
    demo = subprocess.Popen([str(_programs(folder / "programs")), "--headless", "--pictures", str(folder / "unused"), "--reader", str(reader)],
                            stdout=open(folder / "rest.txt", "wb"), stderr=subprocess.STDOUT, env={**os.environ, "UBUGOE_IMAGE_DOOR": str(door.path)})
    try:
        at, _ = vm.wait(r"Started ubugoe-kiosk.service")
        vm.wait(r"ubugoe-kiosk\[")
    finally:
        demo.kill()
        demo.wait()
    vm.picture(folder / "resting.png")
    say(f"its first page is on the screen (resting.png) {at:.0f} s after it was switched on")


def whole_visit(vm, folder, say):
    """From the card to the officer's decision; the city's receipts verify, or it fails."""
    door = Door(vm, folder, say)
    demo = _programs(folder / "programs")
    reader = next(host for host, guest in vm.forwards if guest == 35963)
    pictures = folder / "visit"
    shutil.rmtree(pictures, ignore_errors=True)
    ran = subprocess.run([str(demo), "--headless", "--offline", "--pictures", str(pictures), "--reader", str(reader)], text=True, capture_output=True, timeout=1800,
                         env={**os.environ, "UBUGOE_IMAGE_DOOR": str(door.path)})
    (folder / "visit.txt").write_text(ran.stdout + ran.stderr)
    for line in ran.stdout.splitlines()[-24:]:
        say(f"   {line}")
    if ran.returncode:
        raise AssertionError(f"the visit ended with {ran.returncode}: {ran.stderr[-1500:]}")
