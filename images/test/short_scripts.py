"""The image's own scripts, each with stand-ins for the programs it calls; no image, no root."""

import os
import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

IMAGES = Path(__file__).resolve().parent.parent
OVERLAY = IMAGES / "overlay"


class Scratch(unittest.TestCase):
    """A folder that goes, and programs in it that come before the real ones."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "bin").mkdir()

    def stand_in(self, name, script):
        path = self.folder / "bin" / name
        path.write_text("#!/bin/sh\n" + textwrap.dedent(script))
        path.chmod(0o755)

    def copy(self, layer, name, replace):
        """A script with other paths; where it lies."""
        text = (OVERLAY / layer / "usr/lib/ubugoe" / name).read_text()
        for old, new in replace:
            self.assertIn(old, text)
            text = text.replace(old, new)
        script = self.folder / f"{name}.sh"
        script.write_text(text)
        return str(script)

    def run_script(self, layer, name, *words, replace=(), **more):
        script = self.copy(layer, name, replace)
        env = {**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "S": str(self.folder), **more}
        return subprocess.run(["sh", script, *words], env=env, capture_output=True, text=True, check=False)


class RaspberryPi(Scratch):
    """autoboot.txt names what starts next, good.txt what has proven itself; a system on trial puts the good one back."""

    def slots(self, *words, booted="ubugoe-a"):
        (self.folder / "slot").write_text(f"SLOT={booted}\n")
        (self.folder / "state").mkdir(exist_ok=True)
        (self.folder / "start").mkdir(exist_ok=True)
        ran = self.run_script("rpi-arm64", "slots", *words, UBUGOE_STATE=f"{self.folder}/state", UBUGOE_START=f"{self.folder}/start",
                              UBUGOE_SLOT=f"{self.folder}/slot")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout.strip()

    def start(self, number):
        """What the initial RAM disk does that was started from this boot partition, with its own lines."""
        init = (IMAGES / "initrd/init").read_text()
        function = init[init.index("on_trial() {"):init.index("tries=0")].replace("/start", f"{self.folder}/start").replace("/dev/kmsg", "/dev/null")
        self.stand_in("busybox", 'case $1 in mount | umount) ;; *) exec "$@" ;; esac')
        script = f"named() {{ echo x; }}\nnumber={number} slot=b\n{function}\non_trial"
        subprocess.run(["sh", "-c", script], env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"}, check=True)

    def next(self):
        text = (self.folder / "start/autoboot.txt").read_text()
        self.assertRegex(text, r"^\[all\]\nboot_partition=[23]\n$")
        return int(text[-2])

    def good(self):
        return int((self.folder / "start/good.txt").read_text())

    def test_an_update_is_tried_once_and_stays_only_when_it_is_marked_good(self):
        self.slots("register")
        self.assertEqual((self.next(), self.good(), self.slots("get-primary")), (2, 2, "ubugoe-a"))
        self.slots("set-state", "ubugoe-b", "bad")
        self.slots("set-primary", "ubugoe-b")
        self.assertEqual((self.next(), self.good(), self.slots("get-primary")), (3, 2, "ubugoe-b"))
        self.start(3)
        self.assertEqual((self.next(), self.good()), (2, 2), "whatever happens from here on, the old system is next")
        self.assertEqual(self.slots("get-primary", booted="ubugoe-b"), "ubugoe-a", "health knows by this that it is a trial")
        self.assertEqual(self.slots("get-state", "ubugoe-b"), "bad")
        self.slots("set-state", "ubugoe-b", "good", booted="ubugoe-b")
        self.assertEqual((self.next(), self.good()), (3, 3))
        self.start(3)
        self.assertEqual((self.next(), self.good()), (3, 3))

    def test_a_power_cut_before_the_last_word_makes_another_trial(self):
        self.slots("register")
        (self.folder / "start/autoboot.txt").write_text("[all]\nboot_partition=3\n")
        self.start(3)
        self.assertEqual((self.next(), self.good()), (2, 2))

    def test_marking_the_other_system_changes_nothing_that_starts(self):
        self.slots("register")
        self.slots("set-state", "ubugoe-b", "good", booted="ubugoe-a")
        self.slots("set-state", "ubugoe-a", "good", booted="ubugoe-a")
        self.assertEqual((self.next(), self.good()), (2, 2))

    def test_going_back_by_hand_takes_the_trial_away(self):
        self.slots("register")
        self.slots("set-primary", "ubugoe-b")
        self.slots("set-primary", "ubugoe-a")
        self.assertEqual((self.next(), self.good(), self.slots("get-primary")), (2, 2, "ubugoe-a"))


class Firmware(Scratch):
    """The entries of a PC's firmware."""

    def register(self, listed, booted="ubugoe-a"):
        (self.folder / "slot").write_text(f"SLOT={booted}\n")
        (self.folder / "listed").write_text(listed)
        for slot, number in (("a", 1), ("b", 2)):
            (self.folder / f"part-{slot}").touch()
            sys = self.folder / "sys" / f"part-{slot}"
            sys.mkdir(parents=True)
            (sys / "partition").write_text(f"{number}\n")
        self.stand_in("readlink", 'for last; do :; done; case $last in *boot-a) echo $S/part-a;; *boot-b) echo $S/part-b;; *) echo /sys/disk/vda/x;; esac')
        self.stand_in("blkid", 'for last; do :; done; case $last in *-a) echo aaaaaaaa-0000-4000-8000-00000000000a;; *) echo bbbbbbbb-0000-4000-8000-00000000000b;; esac')
        self.stand_in("efibootmgr", """
            echo "$@" >>$S/asked
            case "$*" in
            "") cat $S/listed ;;
            *--create-only*) n=$(($(wc -l <$S/listed) + 1)); label=$(echo "$*" | sed 's/.*--label \\([^ ]*\\) .*/\\1/'); guid=aaaaaaaa-0000-4000-8000-00000000000a
                [ $label = ubugoe-a ] || guid=bbbbbbbb-0000-4000-8000-00000000000b
                printf 'Boot000%s* %s\\tHD(1,GPT,%s)/File(x)\\n' $n $label $guid >>$S/listed ;;
            *--delete-bootnum*) sed -i "/^Boot$3/d" $S/listed ;;
            esac""")
        ran = self.run_script("generic-amd64", "slots", "register", replace=[(". /run/ubugoe-boot/slot", f". {self.folder}/slot"), ("/sys/class/block/$(basename \"$at\")", f"{self.folder}/sys/$(basename \"$at\")")])
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return [line for line in (self.folder / "asked").read_text().splitlines() if line]

    def test_both_systems_are_made_known_and_what_runs_comes_first(self):
        asked = self.register("", booted="ubugoe-b")
        self.assertEqual(sum("--create-only" in line for line in asked), 2)
        self.assertTrue(any("--label ubugoe-b" in line and "--part 2" in line for line in asked), asked)
        self.assertEqual(asked[-1], "--quiet --bootorder 0002,0001")

    def test_entries_that_fit_are_left_alone(self):
        listed = ("Boot0001* ubugoe-a\tHD(1,GPT,aaaaaaaa-0000-4000-8000-00000000000a)/File(x)\n"
                  "Boot0002* ubugoe-b\tHD(2,GPT,bbbbbbbb-0000-4000-8000-00000000000b)/File(x)\n")
        self.assertEqual(self.register(listed), [])

    def test_an_entry_of_another_disk_is_replaced(self):
        asked = self.register("Boot0001* ubugoe-a\tHD(1,GPT,ffffffff-0000-4000-8000-00000000000a)/File(x)\n")
        self.assertTrue(any("0001 --delete-bootnum" in line for line in asked), asked)
        self.assertEqual(sum("--create-only" in line for line in asked), 2)


class Health(Scratch):
    """A system stays only if the screen is there, and the same one each time it is looked at."""

    def look(self, pids, active=0, booted="ubugoe-b", primary="root.0", status=""):
        self.stand_in("sleep", "exit 0")
        (self.folder / "pids").write_text("\n".join(pids) + "\n")
        self.stand_in("systemctl", f"""
            case $* in is-active*) exit {active} ;; *StatusText*) echo "{status}" ;; show*) head -n 1 $S/pids; sed -i 1d $S/pids ;; reboot) touch $S/rebooted ;; esac""")
        self.stand_in("rauc", f"""
            case $2 in mark-good) echo "$@" >$S/marked ;; *) echo "RAUC_SYSTEM_BOOTED_BOOTNAME='{booted}'"; echo "RAUC_BOOT_PRIMARY='{primary}'"; echo "RAUC_SLOTS='1 2'" ;; esac""")
        ran = self.run_script("common", "health", RUNTIME_DIRECTORY=str(self.folder))
        self.assertEqual((self.folder / "good").exists(), ran.returncode == 0, "the kiosk is told of what was marked, and of nothing else")
        marked = self.folder / "marked"
        self.rebooted = (self.folder / "rebooted").exists()
        return ran.returncode, marked.read_text().strip() if marked.exists() else None

    def test_a_screen_that_stays_is_marked_good(self):
        self.assertEqual(self.look(["700", "700", "700"]), (0, "status mark-good"))
        self.assertFalse(self.rebooted)

    def test_a_screen_that_died_between_two_looks_is_not(self):
        code, marked = self.look(["700", "700", "733"])
        self.assertNotEqual(code, 0)
        self.assertIsNone(marked)

    def test_a_screen_that_says_it_cannot_be_used_goes_back_on_trial(self):
        code, marked = self.look(["700", "700", "700"], status="closed: the keys are not there")
        self.assertNotEqual(code, 0)
        self.assertIsNone(marked)
        self.assertTrue(self.rebooted)

    def test_no_screen_on_trial_goes_back_to_what_was_good(self):
        code, marked = self.look(["0", "0", "0"], active=3)
        self.assertNotEqual(code, 0)
        self.assertIsNone(marked)
        self.assertTrue(self.rebooted)

    def test_no_screen_of_a_system_that_has_been_good_starts_nothing_anew(self):
        code, _ = self.look(["0", "0", "0"], active=3, booted="ubugoe-b", primary="root.1")
        self.assertNotEqual(code, 0)
        self.assertFalse(self.rebooted)


class Stick(Scratch):
    """A stick: what is not signed leaves no trace, what is starts anew."""

    def plug(self, files, accepted, tried=()):
        at, kept = self.folder / "stick", self.folder / "kept"
        at.mkdir()
        kept.mkdir()
        (self.folder / "asked").unlink(missing_ok=True)
        for hash in tried:
            (kept / f"tried-{hash}").touch()
        for file in files:
            (at / file).write_text("content")
        self.stand_in("mount", "exit 0")
        self.stand_in("umount", "exit 0")
        self.stand_in("systemctl", 'echo "$@" >$S/told')
        self.stand_in("sync", "exit 0")
        self.stand_in("rauc", f"""
            case $1 in
            info) [ {int(accepted)} = 1 ] || exit 1; echo "RAUC_MF_COMPATIBLE='x'"; echo "RAUC_MF_HASH='ab12'" ;;
            install) echo asked >>$S/asked; test -s $2 && exit {0 if accepted else 1} ;;
            esac""")
        (self.folder / "before").write_text("an order of the network")
        replace = [("/usr/lib/ubugoe/bundle", self.copy("common", "bundle", [("/var/lib/rauc", str(kept)), ("/var/lib/ubugoe-system", str(self.folder))]))]
        ran = self.run_script("common", "stick", "/dev/sda1", replace=[("/run/ubugoe-stick", str(at)), *replace])
        self.assertEqual((self.folder / "before").exists(), not (self.folder / "asked").exists(), "nobody goes back to a slot that was written over")
        told = self.folder / "told"
        return ran.returncode, told.read_text().strip() if told.exists() else None, sorted(path.name for path in kept.iterdir())

    def test_a_stick_without_an_update_is_left_alone(self):
        self.assertEqual(self.plug(["photo.jpg"], accepted=False), (0, None, []))

    def test_a_refused_update_leaves_nothing_and_starts_nothing(self):
        self.assertEqual(self.plug(["x.raucb"], accepted=False), (1, None, []))

    def test_an_accepted_update_starts_the_machine_anew(self):
        self.assertEqual(self.plug(["x.raucb"], accepted=True), (0, "reboot", ["tried-ab12"]))

    def test_a_stick_that_stays_in_its_socket_is_not_installed_again(self):
        self.assertEqual(self.plug(["x.raucb"], accepted=True, tried=["ab12"]), (0, None, ["tried-ab12"]))
        self.assertFalse((self.folder / "asked").exists())


if __name__ == "__main__":
    unittest.main()
