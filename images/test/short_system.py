"""An ordered system's way: `system` with stand-ins for systemd and RAUC, the real curl with the very configuration that it writes, and a real HTTPS
server on loopback that breaks off, sends something else, or knows no ranges.
"""

import hashlib
import re
import subprocess
import unittest

from short_scripts import OVERLAY, Scratch
from web import Server

OLD, NEW = "0.8.0+2026", "0.8.1+2027"
ID = "ab" * 16
BUNDLE = bytes(range(251)) * 1300


class System(Scratch):
    def setUp(self):
        super().setUp()
        self.server = Server(self.folder, BUNDLE)
        self.addCleanup(self.server.close)
        for folder in ("ubugoe/system", "ubugoe-fetch", "ubugoe-system", "ubugoe-site", "rauc"):
            (self.folder / "var/lib" / folder).mkdir(parents=True)
        for name, text in (("os-release", f"ID=ubugoe\nIMAGE_VERSION={OLD}\n"), ("system.conf", "[system]\ncompatible=ubugoe-pc\n"), ("boot", "first-start\n"),
                           ("says", f"{NEW} ubugoe-pc"), ("status", "0 0")):
            (self.folder / name).write_text(text)
        self.asked, self.here = self.folder / "var/lib/ubugoe/system", self.folder / "var/lib/ubugoe-system"
        self.part, self.whole = self.folder / "var/lib/ubugoe-fetch/part", self.folder / "var/lib/rauc/fetched.raucb"
        (self.folder / "var/lib/ubugoe-site/fetch-ca.pem").write_bytes(self.server.ca.read_bytes())
        self.stand_in("chown", "exit 0")
        self.stand_in("systemctl", """
            case $* in
            "is-active --quiet ubugoe-fetch.service") exit 3 ;;
            *ExecMainExitTimestampMonotonic*) cut -d ' ' -f 1 $S/status ;;
            *ExecMainStatus*) cut -d ' ' -f 2 $S/status ;;
            *) echo "$@" >>$S/told ;;
            esac""")
        self.stand_in("rauc", """
            read -r version machine <$S/says
            case $1 in
            info) [ -n "$version" ] || exit 1; echo "RAUC_MF_COMPATIBLE='$machine'"; echo "RAUC_MF_VERSION='$version'"; echo "RAUC_MF_HASH='ab12'" ;;
            install) echo "install $(sha256sum <$2 | cut -c 1-64)" >>$S/rauc; [ ! -e $S/refuses ] ;;
            *) echo "$@" >>$S/rauc ;;
            esac""")

    def order(self, **other):
        lines = {"id": ID, "url": self.server.url, "compatible": "ubugoe-pc", "version": NEW, "sha256": hashlib.sha256(BUNDLE).hexdigest(), "len": len(BUNDLE), **other}
        (self.asked / "order").write_text("ubugoe-system/1\n" + "".join(f"{name} {value}\n" for name, value in lines.items() if value is not None))

    def step(self):
        """One run of root's script; what it told systemd and RAUC meanwhile."""
        for name in ("told", "rauc"):
            (self.folder / name).unlink(missing_ok=True)
        var = ("/var/lib/", f"{self.folder}/var/lib/")
        bundle = self.copy("common", "bundle", [var])
        ran = self.run_script("common", "system", replace=[("/usr/lib/ubugoe/bundle", bundle), ("/etc/os-release", f"{self.folder}/os-release"),
                              ("/etc/rauc/system.conf", f"{self.folder}/system.conf"), ("/proc/sys/kernel/random/boot_id", f"{self.folder}/boot"), var])
        self.assertEqual((ran.returncode, ran.stderr), (0, ""), ran.stdout)
        read = lambda name: (self.folder / name).read_text().splitlines() if (self.folder / name).exists() else []
        return read("told"), read("rauc")

    def outcome(self):
        line = (self.here / "outcome").read_text()
        self.assertTrue(line.startswith(f"{ID} ") and line.count("\n") == 1 and len(line) < 1024, line)
        return line[len(ID) + 1:].strip()

    def fetch(self):
        """What ubugoe-fetch.service does, by its own line; curl's answer is what systemd knows afterwards."""
        unit = (OVERLAY / "common/usr/lib/systemd/system/ubugoe-fetch.service").read_text()
        program, *words = re.search(r"^ExecStart=(.*)$", unit, re.M)[1].split()
        self.assertEqual(program, "/usr/bin/curl")
        words = [word.replace("/var/lib/", f"{self.folder}/var/lib/") for word in words]
        code = subprocess.run(["curl", *words], capture_output=True, check=False).returncode
        (self.folder / "status").write_text(f"4711 {code}")
        return code

    def ready(self):
        self.order()
        self.step()
        self.fetch()
        told = self.step()
        self.assertEqual(self.outcome(), "ready first-start")
        return told

    def starts(self, version):
        (self.folder / "os-release").write_text(f"ID=ubugoe\nIMAGE_VERSION={version}\n")
        (self.folder / "boot").write_text("second-start\n")
        (self.folder / "status").write_text("0 0")

    def test_an_order_is_fetched_installed_and_started_once_the_kiosk_says_that_nobody_is_there(self):
        self.order()
        told, _ = self.step()
        self.assertEqual((told[-1], self.outcome()), ("start --no-block ubugoe-fetch.service", "fetching"))
        self.assertEqual(self.fetch(), 0)
        told, rauc = self.step()
        self.assertEqual(rauc, [f"install {hashlib.sha256(BUNDLE).hexdigest()}"])
        self.assertEqual(self.outcome(), "ready first-start")
        self.assertFalse(self.part.exists() or self.whole.exists(), "what was installed takes no room")
        self.assertEqual(self.step(), ([], []), "not before the kiosk says so")
        (self.asked / "start").write_text("cd" * 16 + "\n")
        self.assertEqual(self.step(), ([], []), "not for another order")
        (self.asked / "start").write_text(ID + "\n")
        self.assertEqual(self.step(), (["reboot"], []))
        self.starts(NEW)
        self.assertEqual(self.step(), ([], []))
        (self.asked / "order").unlink()
        self.step()
        self.assertFalse((self.here / "outcome").exists(), "settled")

    def test_a_fetch_that_is_cut_off_goes_on_where_it_was_days_later_too(self):
        self.order()
        self.step()
        for cut in (100_000, 200_000):
            self.server.cut = cut
            self.assertNotEqual(self.fetch(), 0)
            self.assertEqual(self.part.stat().st_size, cut)
            told, _ = self.step()
            self.assertEqual((told, self.outcome()), (["start --no-block ubugoe-fetch.service"], "fetching"))
        self.starts(OLD)
        self.step()
        self.server.cut = None
        self.assertEqual(self.fetch(), 0)
        self.assertEqual(self.server.asked, [None, "bytes=100000-", "bytes=200000-"])
        self.step()
        self.assertEqual(self.outcome(), "ready second-start")

    def test_a_server_without_ranges_is_asked_from_the_beginning(self):
        self.order()
        self.step()
        self.server.cut, self.server.ranges = 100_000, False
        self.fetch()
        self.step()
        self.server.cut = None
        self.assertEqual(self.fetch(), 33)
        self.step()
        self.assertEqual(self.fetch(), 0)
        self.step()
        self.assertEqual(self.outcome(), "ready first-start")

    def test_another_file_is_fetched_anew_once_and_then_given_up(self):
        self.server.file = BUNDLE[:-1] + b"x"
        self.order()
        self.step()
        self.fetch()
        told, rauc = self.step()
        self.assertEqual((told, rauc, self.outcome()), (["start --no-block ubugoe-fetch.service"], [], "fetching"))
        self.fetch()
        _, rauc = self.step()
        self.assertEqual((rauc, self.outcome()), ([], "failed the file there is not the one that was ordered"))
        self.assertFalse(self.part.exists() or self.whole.exists())
        self.assertEqual(self.step(), ([], []), "given up")

    def test_a_half_file_that_a_power_cut_tore_is_fetched_anew(self):
        self.order()
        self.step()
        self.server.cut = 100_000
        self.fetch()
        self.part.write_bytes(bytes(100_000))
        self.server.cut = None
        self.step()
        self.fetch()
        self.step()
        self.fetch()
        self.step()
        self.assertEqual(self.outcome(), "ready first-start")

    def test_a_file_that_is_longer_or_shorter_than_ordered_is_given_up_and_fills_no_disk(self):
        for name, file, said in (("longer", BUNDLE * 2, "longer"), ("shorter", BUNDLE[:-9], "shorter")):
            with self.subTest(name):
                self.server.file = file
                (self.here / "outcome").unlink(missing_ok=True)
                self.order()
                self.step()
                self.fetch()
                self.assertLessEqual(self.part.stat().st_size if self.part.exists() else 0, len(BUNDLE))
                _, rauc = self.step()
                self.assertEqual((rauc, self.outcome()), ([], f"failed the file there is {said} than the order says"))
                self.assertFalse(self.part.exists())

    def test_nobody_is_believed_but_the_house_s_own_authority_where_it_has_one(self):
        stranger = self.folder / "stranger"
        stranger.mkdir()
        other = Server(stranger, BUNDLE)
        self.addCleanup(other.close)
        self.order(url=other.url)
        self.step()
        self.assertEqual(self.fetch(), 60, "curl: the certificate is not believed")
        self.assertEqual(other.asked, [])
        self.step()
        self.assertEqual(self.outcome(), "fetching", "a wrong certificate may be mended")

    def test_a_redirection_leads_to_https_only(self):
        self.server.elsewhere = f"file://{self.folder}/os-release"
        self.order()
        self.step()
        self.assertNotEqual(self.fetch(), 0)
        self.server.elsewhere = f"http://127.0.0.1:{self.server.server.server_port}/"
        self.assertNotEqual(self.fetch(), 0)
        self.assertFalse(self.part.exists() and self.part.stat().st_size)

    def test_without_room_nothing_is_fetched(self):
        self.stand_in("df", f"printf 'Avail\\n{len(BUNDLE) + 67108863}\\n'")
        self.order()
        told, _ = self.step()
        self.assertNotIn("start --no-block ubugoe-fetch.service", told)
        self.assertRegex(self.outcome(), r"^failed no room: \d+ bytes and 67108864 are needed, \d+ are free$")

    def test_older_foreign_and_unsigned_bundles_are_refused_by_root_whatever_the_kiosk_says(self):
        for other, says, said in (
            ({"version": "0.7.9+2027"}, None, f"not newer than {OLD}, which runs"),
            ({"version": "0.8.0+2025"}, None, f"not newer than {OLD}, which runs"),
            ({"compatible": "ubugoe-rpi"}, None, "not for this machine"),
            ({}, "0.7.0+1 ubugoe-pc", f"the bundle is 0.7.0+1 for ubugoe-pc, the order says {NEW}"),
            ({}, f"{NEW} ubugoe-rpi", f"the bundle is {NEW} for ubugoe-rpi, the order says {NEW}"),
            ({}, "", "not signed by whom this device believes"),
        ):
            with self.subTest(said):
                (self.here / "outcome").unlink(missing_ok=True)
                (self.folder / "says").write_text(says if says is not None else f"{NEW} ubugoe-pc")
                self.order(**other)
                self.step()
                if says is not None:
                    self.fetch()
                _, rauc = self.step()
                self.assertEqual((rauc, self.outcome()), ([], f"failed {said}"))

    def test_an_order_that_is_not_one_moves_nothing(self):
        for name, value in (("url", "http://127.0.0.1/x"), ("url", "file:///etc/shadow"), ("url", 'https://a/"\noutput = "/etc/x'), ("sha256", "ab"), ("len", "0"),
                            ("len", "1e9"), ("version", "1.0"), ("version", "$(touch $S/ran)"), ("url", "https://a/$(touch $S/ran)")):
            with self.subTest(f"{name} {value}"):
                (self.here / "outcome").unlink(missing_ok=True)
                self.order(**{name: value})
                told, rauc = self.step()
                self.assertEqual(rauc, [])
                self.assertTrue(self.outcome().startswith("failed "), self.outcome())
                self.assertFalse((self.folder / "ran").exists())
        self.order(id="../../etc")
        (self.here / "outcome").unlink()
        self.assertEqual(self.step(), ([], []))
        (self.asked / "order").unlink()
        (self.asked / "order").symlink_to(self.folder / "ca.key")
        self.assertEqual(self.step(), ([], []))

    def test_what_rauc_refuses_and_what_stops_the_machine_three_times_is_given_up(self):
        (self.folder / "refuses").touch()
        self.order()
        self.step()
        self.fetch()
        self.step()
        self.assertEqual(self.outcome(), "failed RAUC did not install it")
        self.assertFalse((self.folder / "var/lib/rauc/tried-ab12").exists())
        (self.folder / "refuses").unlink()
        (self.here / "outcome").write_text(f"{ID} installing 3\n")
        self.whole.write_bytes(BUNDLE)
        _, rauc = self.step()
        self.assertEqual((rauc, self.outcome()), ([], "failed the machine stopped three times while it was being installed"))

    def test_a_device_that_went_back_to_the_system_before_says_so(self):
        self.ready()
        self.starts(OLD)
        (self.asked / "start").write_text(ID + "\n")
        told, _ = self.step()
        self.assertNotIn("reboot", told, "what fell back is not started again and again")
        self.assertEqual(self.outcome(), "failed installed and started, and the device went back to the system before")

    def test_withdrawn_while_it_is_fetched_nothing_stays(self):
        self.order()
        self.step()
        self.server.cut = 100_000
        self.fetch()
        (self.asked / "order").unlink()
        told, rauc = self.step()
        self.assertEqual((told, rauc), (["stop ubugoe-fetch.service"], []))
        self.assertFalse(self.part.exists() or (self.here / "outcome").exists() or (self.here / "fetch.conf").exists())

    def test_an_order_that_takes_another_s_place_begins_anew(self):
        self.order()
        self.step()
        self.server.cut = 100_000
        self.fetch()
        self.order(id="cd" * 16, version="0.8.2+1")
        self.step()
        self.assertFalse(self.part.exists())
        self.assertEqual((self.here / "outcome").read_text(), "cd" * 16 + " fetching\n")

    def test_withdrawn_before_it_was_started_the_running_system_stays_the_next_one(self):
        self.ready()
        (self.asked / "order").unlink()
        _, rauc = self.step()
        self.assertEqual(rauc, ["status mark-active booted"])

    def test_withdrawn_after_it_was_started_the_one_before_starts_between_visits(self):
        self.ready()
        self.starts(NEW)
        (self.asked / "order").unlink()
        self.step()
        (self.asked / "back").write_text(f"{ID} {NEW}\n")
        _, rauc = self.step()
        self.assertEqual((rauc, self.outcome()), (["status mark-active other"], "ready second-start"))
        self.assertEqual(self.step(), ([], []))
        (self.asked / "start").write_text(ID + "\n")
        self.assertEqual(self.step(), (["reboot"], []))

    def test_a_slot_that_something_else_was_written_to_since_is_not_gone_back_to(self):
        self.ready()
        self.starts(NEW)
        (self.here / "before").unlink()  # as put_in does, whoever brings the next bundle
        (self.asked / "back").write_text(f"{ID} {NEW}\n")
        _, rauc = self.step()
        self.assertEqual((rauc, self.outcome()), ([], "failed withdrawn, and stays: what was in use before is not there any more"))
        (self.asked / "back").write_text(f"{'cd' * 16} {NEW}\n")
        (self.here / "before").write_text(f"{ID} {NEW}\n")
        _, rauc = self.step()
        self.assertEqual(rauc, [], "only by the order that brought it")

    def test_the_house_s_proxy_is_asked(self):
        self.order(proxy="proxy.example:3128")
        self.step()
        self.assertIn('proxy = "http://proxy.example:3128"\n', (self.here / "fetch.conf").read_text())


if __name__ == "__main__":
    unittest.main()
