"""A city that lets devices in, outside the machine: a real broker and a real `ubugoe-city`, from `ubugoe-demo`'s keys and the
city's own commands (docs/provisioning.md), a device without a city that is registered at its own screen, and a system that reaches it.
"""

import base64
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from visit import CITY, Door, Drive, demo, end, forward
from vm import INSTALLED, PATIENCE, REFUSED, Late, free_ports
from web import Server

# This machine, as one in QEMU reaches it.
HERE = "10.0.2.2"
PIN = "482715"
WARD = "あすこえ産院 3階東"
# What every kiosk of this city has; the rest is written by its registration.
PROFILE = """language = "ja"
clock = "system"
service_switch = "/var/lib/ubugoe/switch"
[technician]
pin_hash = "{hash}"
[input]
home = "/run/ubugoe/input"
"""


class Town:
    """Broker and city, until it is closed."""

    def __init__(self, folder):
        self.folder, self.running = folder, []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def start(self, vm):
        """Makes keys, authority and configuration, starts broker and city."""
        folder, world = self.folder, self._keys(vm)
        self.city = folder / "programs" / "ubugoe-city"
        pki = folder / "pki"
        for words in (["root"], ["issuing"], ["door", "--host", HERE, "--host", "127.0.0.1"]):
            by = [] if words == ["root"] else ["--root-cert", f"{pki}/device-root.pem", "--root-key", f"{pki}/device-root.key"]
            self.ask("device-ca", *words, *by, "--out", str(pki))
        self.broker, http, door = free_ports(3)
        self.door = f"{HERE}:{door}"
        self._start_broker()
        hash_pin = subprocess.run([str(folder / "programs" / "real-kiosk"), "hash-pin"], input=PIN, check=True, capture_output=True, text=True)
        (pki / "profile.toml").write_text(PROFILE.format(hash=hash_pin.stdout.strip()))
        keep = [part for part in world.split("\n\n") if part.split("\n")[0] in ("[recipient]", "[jpki]", "[[staff]]")]
        self.config = folder / "city.toml"
        self.config.write_text(f"""[http]
bind = "127.0.0.1:{http}"
public_url = "http://127.0.0.1:{http}"
secure_cookies = false

[store]
url = "sqlite:city.sqlite"

[broker]
host = "127.0.0.1"
port = {self.broker}
ca = "{pki}/broker-ca.pem"
cert = "{pki}/city-{CITY}.pem"
key = "{pki}/city-{CITY}.key"

[enrol]
bind = "127.0.0.1:{door}"
address = "{self.door}"
cert = "{pki}/enrol-door.pem"
key = "{pki}/enrol-door.key"
root = "{pki}/device-root.pem"
issuing = "{pki}/device-issuing.pem"
issuing_key = "{pki}/device-issuing.key"
brokers = ["127.0.0.1:{self.broker}"]
broker_ca = "{pki}/broker-ca.pem"
sign_roots = ["{pki}/jpki-sign-ca.pem"]
attribute_roots = ["{pki}/attributes-root"]
profile = "{pki}/profile.toml"

""" + "\n\n".join(keep))
        self._spawn("city", [str(self.city), "serve", "--config", str(self.config)], until="ready")

    def _keys(self, vm):
        """The keys of a world that `ubugoe-demo` made; its city's configuration."""
        door = Door(vm, self.folder, only_look=True)
        started = demo(vm, self.folder, door, self.folder / "world.txt", "--pictures", str(self.folder / "unused"))
        try:
            if not door.stopped.wait(PATIENCE):
                raise Late((self.folder / "world.txt").read_text()[-1500:])
            there = door.config.parent
            shutil.copytree(there / "pki", self.folder / "pki")
            return (there / "city.toml").read_text().replace(f"{there}/", f"{self.folder}/")
        finally:
            end(started)
            door.go.set()

    def _start_broker(self):
        pki = self.folder / "pki"
        (self.folder / "clients.pem").write_text((pki / "broker-ca.pem").read_text() + (pki / "device-root.pem").read_text())
        (self.folder / "acl").write_text(
            f"user {CITY}\ntopic read ubg/v1/up/+/{CITY}\ntopic write ubg/v1/down/+/+\ntopic write ubg/v1/city/{CITY}/presence\n\n"
            "pattern write ubg/v1/up/%u/+\npattern read ubg/v1/down/%u/#\npattern read ubg/v1/city/+/presence\n")
        (self.folder / "mosquitto.conf").write_text(
            f"user root\nallow_anonymous false\nacl_file {self.folder}/acl\npersistence false\nlog_dest stderr\nlog_type all\n"
            f"listener {self.broker} 127.0.0.1\ncafile {self.folder}/clients.pem\ncertfile {pki}/broker.pem\nkeyfile {pki}/broker.key\n"
            "require_certificate true\nuse_identity_as_username true\n")
        self._spawn("broker", ["mosquitto", "-c", str(self.folder / "mosquitto.conf")], until="running")

    def _spawn(self, name, command, until):
        log = self.folder / f"{name}.log"
        path = os.environ["PATH"] + ":/usr/sbin"
        process = subprocess.Popen(command, stdout=open(log, "wb"), stderr=subprocess.STDOUT, env={**os.environ, "PATH": path})
        self.running.append(process)
        limit = time.monotonic() + 60
        while until not in log.read_text():
            if process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"{name} does not start: {log.read_text()[-1500:]}")
            time.sleep(0.1)  # its log is read; bounded above

    def ask(self, *words):
        """What the city's own program answers."""
        ran = subprocess.run([str(self.city), *words], capture_output=True, text=True)
        if ran.returncode:
            raise AssertionError(f"ubugoe-city {' '.join(words)}: {ran.stdout}{ran.stderr}")
        return ran.stdout

    def close(self):
        for process in reversed(self.running):
            process.kill()
            process.wait()


def register_typed(vm, folder, say):
    """The code is typed on the keyboard, once with a slip, then as it is; the kiosk begins anew as the ward's and is connected."""
    town = Town(folder / "town")
    try:
        drive = _registered(vm, folder, town)
        listed = town.ask("device", "list", "--config", str(town.config))
        assert WARD in listed and "trusted" in listed, listed
        say(f"registered by a typed code and connected: {listed.strip()}")
        _technician(vm, drive, folder, say)
    finally:
        town.close()


def _registered(vm, folder, town):
    """Starts the town and has the machine registered by a typed code; resting, connected."""
    town.start(vm)
    drive = Drive(vm)
    drive.do("wait", stages=["technician-code"])
    vm.picture(folder / "register-1-asks.png")
    code = json.loads(town.ask("enrol-code", "make", "--config", str(town.config), "--ward", WARD, "--json"))
    vm.type(code["code"][:-1] + "\n")
    _says(drive, "打ちまちがい")
    vm.picture(folder / "register-2-slip.png")
    drive.do("tap", label="全部消す")
    # With the city's address: what a scanner reads from the code's picture.
    vm.type(code["qr"] + "\n")
    _says(drive, "登録しました", WARD)
    vm.picture(folder / "register-3-done.png")
    forward(vm, [town.broker])
    drive.order(b'{"do":"tap","label":"\\u59cb\\u3081\\u76f4\\u3059"}\n')
    vm.wait(r"Started ubugoe-kiosk.service")
    drive = Drive(vm)
    drive.do("wait", stages=["resting"], online=True)
    vm.picture(folder / "register-4-resting.png")
    [key] = [part for part in json.loads(vm.ask("diagnose"))["parts"] if part["part"] == "key"]
    assert key["facts"] == {"place": "tpm"} and key["state"] == "good", key
    return drive


def over_the_network(vm, folder, say, bundle, healthy):
    """The city publishes a system; the machine fetches it from a web server that breaks off once, starts into it between visits and says that it is
    well, and the wave goes on.
    """
    town = Town(folder / "town")
    web = Server(folder, bundle.read_bytes(), seen_as=HERE)
    web.cut = len(web.file) // 2
    try:
        _registered(vm, folder, town)
        vm.ask("site", "fetch-ca.pem", base64.b64encode(web.ca.read_bytes()))
        before = vm.ask("version").strip()
        published = town.ask("publish", "--config", str(town.config), "--content", "system", "--file", str(bundle), "--url", web.url,
                             "--canary", WARD, "--observe", "1m")
        say(published.strip())
        vm.wait(r"order [0-9a-f]{32}: fetching")
        vm.wait(r"ubugoe-fetch.service: (Failed|Main process exited)")
        say("the web server broke off in the middle")
        web.cut = None
        _, line = vm.wait(r"order [0-9a-f]{32}: (installing|failed)")
        assert "installing" in line, line
        assert any(asked and asked != "bytes=0-" for asked in web.asked), web.asked
        say(f"fetched in {len(web.asked)} pieces, and {before} runs meanwhile")
        vm.wait(INSTALLED, never=REFUSED)
        vm.wait(r"order [0-9a-f]{32}: no visit runs, the machine starts anew")
        healthy(vm)
        after = vm.ask("version").strip()
        assert after != before and after in bundle.with_suffix(".raucm").read_text(), (before, after)
        forward(vm, [town.broker])
        until = time.monotonic() + PATIENCE
        while "everywhere" not in (listed := town.ask("rollouts", "--config", str(town.config))):
            if time.monotonic() > until or "withdrawn" in listed:
                raise Late(f"the wave does not go on: {listed}")
            time.sleep(1)  # the city is asked; bounded above
        assert "healthy" in listed, listed
        say(f"{before} became {after}: {listed.strip()}")
        vm.picture(folder / "wire-resting.png")
    finally:
        web.close()
        town.close()


def _technician(vm, drive, folder, say):
    """The technician signs in, and the stick in the machine's socket is among those to write to."""
    vm.ask("file", "switch")
    stick = vm.plug(writable=True)
    vm.wait(r"Finished ubugoe-stick@|ubugoe-stick@.*Deactivated")
    for label, stage in (("スタッフの方", "staff-number"), ("保守", "staff-pin")):
        drive.do("tap", label=label)
        drive.do("wait", stages=[stage])
    for digit in PIN:
        drive.do("tap", label=digit)
    drive.do("tap", label="サインイン")
    drive.do("wait", stages=["technician"])
    vm.picture(folder / "technician-1.png")
    for number, errand in enumerate(("届け出をUSBメモリーへ書き出す", "ログをUSBメモリーへ写す")):
        drive.do("tap", label=errand)
        drive.do("wait", stages=["technician-sticks"])
        vm.picture(folder / f"technician-{2 + 2 * number}-sticks.png")
        drive.do("tap", label="USB-sda")
        drive.do("wait", stages=["technician-done"])
        vm.picture(folder / f"technician-{3 + 2 * number}-done.png")
        drive.do("tap", label="わかりました")
        drive.do("wait", stages=["technician"])
    vm.unplug()
    there = subprocess.run(["mdir", "-b", "-i", str(stick), "::"], capture_output=True, text=True).stdout.split()
    assert {name.rsplit(".", 1)[-1] for name in there} >= {"export", "jsonl"}, there
    say(f"the technician wrote to the stick: {there}")


def _says(drive, *words):
    """Waits until all of these words are on the screen."""
    until = time.monotonic() + 120
    while True:
        labels = drive.do("labels")["labels"]
        shown = "\n".join(f"{one['label']} {one.get('value') or ''}" for one in labels)
        if all(one in shown for one in words):
            return
        if time.monotonic() > until:
            raise Late(f"{words} is not on the screen: {shown}")
        time.sleep(0.5)  # the screen is read; bounded above
