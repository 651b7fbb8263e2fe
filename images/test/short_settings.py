"""What the image's data files say, against each other: slots and partitions, profiles, the update's configuration."""

import configparser
import re
import subprocess
import unittest
from pathlib import Path

IMAGES = Path(__file__).resolve().parent.parent


def settings(target, profile):
    names = ("packages", "target_packages", "profile_packages")
    script = f'source "{IMAGES}/lib.sh"; settings {target} {profile}; echo "$kiosk_features"; echo "' + " ".join(f"${{{name}[*]}}" for name in names) + '"'
    told = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.splitlines()
    return told[0], set(told[1].split())


class Settings(unittest.TestCase):
    def test_prod_has_neither_a_way_in_nor_a_way_to_drive_it(self):
        for target in ("generic-amd64", "rpi-arm64"):
            features, packages = settings(target, "prod")
            self.assertEqual(features, "appliance")
            self.assertFalse(packages & {"vsmartcard-vpcd", "openssh-server", "bash", "login"}, packages)
        self.assertFalse((IMAGES / "overlay/prod").exists(), "prod adds nothing to what every image has")

    def test_both_systems_have_a_root_and_a_boot_partition_that_the_disk_has(self):
        parts = set(re.findall(r"^\s*(?:\(\(pi_mib == 0\)\) \|\| )?part (\S+)", (IMAGES / "stages/disk").read_text(), re.M))
        for boot, loader in (("uki", "efi"), ("rpi", "custom")):
            config = configparser.ConfigParser()
            config.read(IMAGES / f"rauc/system-{boot}.conf")
            self.assertEqual(config["system"]["bootloader"], loader)
            self.assertEqual(config["system"]["bundle-formats"], "verity")
            self.assertEqual(config["keyring"]["check-purpose"], "codesign")
            names = {}
            for section in config.sections():
                if not section.startswith("slot."):
                    continue
                slot = config[section]
                self.assertIn(slot["device"].removeprefix("/dev/disk/by-partlabel/"), parts)
                self.assertTrue("bootname" in slot or f"slot.{slot['parent']}" in config)
                if "bootname" in slot:
                    names[slot["bootname"]] = slot["device"][-1]
            self.assertEqual(names, {"ubugoe-a": "a", "ubugoe-b": "b"})

    def test_the_parts_of_a_bundle_are_the_slots_of_a_device(self):
        wanted = set(re.findall(r"^\[image\.(\w+)\]", (IMAGES / "stages/bundle").read_text(), re.M))
        for boot in ("uki", "rpi"):
            slots = set(re.findall(r"^\[slot\.(\w+)\.\d\]", (IMAGES / f"rauc/system-{boot}.conf").read_text(), re.M))
            self.assertEqual(wanted, slots)

    def test_every_unit_of_ours_has_its_recorded_exposure(self):
        recorded = {line.split("\t")[0] for line in (IMAGES / "security.tsv").read_text().splitlines()}
        units = {path.name for path in (IMAGES / "overlay/common/usr/lib/systemd/system").glob("ubugoe-*.service")}
        self.assertLessEqual(units, recorded)

    def test_a_new_account_does_not_take_the_number_that_files_on_a_device_belong_to(self):
        given = re.findall(r"^u!? (\S+)", (IMAGES / "overlay/common/usr/lib/sysusers.d/ubugoe.conf").read_text(), re.M)
        self.assertEqual(given[0], "ubugoe")
        rules = (IMAGES / "overlay/common/etc/nftables.conf").read_text()
        self.assertLessEqual(set(re.findall(r"skuid (ubugoe\S*)", rules)), set(given))

    def test_time_is_taken_from_authenticated_servers_only(self):
        lines = (IMAGES / "overlay/common/etc/chrony/chrony.conf").read_text().splitlines()
        servers = [line for line in lines if line.startswith(("server", "pool", "peer"))]
        self.assertTrue(servers)
        self.assertTrue(all(line.endswith(" nts") for line in servers), servers)
        self.assertIn("authselectmode require", lines)


if __name__ == "__main__":
    unittest.main()
