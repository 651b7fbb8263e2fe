"""Updates that must not be taken, or must not stay; and a root that is not what was signed."""

import shutil
import subprocess
from pathlib import Path

IMAGES = Path(__file__).resolve().parent.parent
BLOCK = 4096


def _bundled(out, image, name, *, signer="signer", cmdline=None):
    """The image's own parts, bundled anew by stages/bundle with another signer or another command line."""
    made = image / f"{name}.raucb"
    if made.exists():
        return made
    script = f"""
        set -euo pipefail
        source "{IMAGES}/lib.sh"; settings generic-amd64 qa
        "$images/stages/bundle" generic-amd64 qa "{name}" "{signer}" "{cmdline or ''}"
    """
    subprocess.run(["bash", "-c", script], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return made


def stranger(out, image):
    """Signed, by somebody whom nobody vouches for."""
    return _bundled(out, image, "stranger", signer="stranger")


def sick(out, image):
    """Signed by the right one; its screen never comes."""
    masked = "systemd.mask=ubugoe-kiosk.service"
    return _bundled(out, image, "sick", cmdline=masked)


def again(out, image):
    """The same system, as another update."""
    return _bundled(out, image, "again")


def newer(out, image):
    """The same system as of the next build, signed under the authority that comes after today's."""
    made = out / "newer" / image.name / "next.raucb"
    if made.exists() and made.stat().st_mtime > (image / "root.img").stat().st_mtime:
        return made
    script = f"""
        set -euo pipefail
        source "{IMAGES}/lib.sh"; settings generic-amd64 qa
        there=$out/newer/generic-amd64-qa release=usr/lib/os-release
        was=$(sed -n 's/^IMAGE_VERSION=//p' "$image/root/$release")
        next=$((${{was#*+}} + 1))
        rm -rf "$out/newer" && mkdir -p "$there"
        ln -s ../tools ../keys "$out/newer/"
        cp -al "$image/root" "$there/"
        cp -a "$image/boot" "$image/sbom.cdx.json" "$image/licences.tsv" "$there/"
        rm "$there/root/$release"
        sed "s/^IMAGE_VERSION=.*/IMAGE_VERSION=${{was%+*}}+$next/" "$image/root/$release" >"$there/root/$release"
        export UBUGOE_IMAGE_OUT=$out/newer UBUGOE_IMAGE_BUILD=$next
        "$images/stages/boot" generic-amd64 qa
        "$images/stages/bundle" generic-amd64 qa next next
    """
    told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    if told.returncode:
        raise AssertionError(f"no newer bundle: {told.stdout[-400:]}{told.stderr[-800:]}")
    return made


def tampered(image):
    """One byte of the content is another one: RAUC's own hash tree does not fit."""
    made = image / "tampered.raucb"
    shutil.copyfile(image / "ubugoe.raucb", made)
    flip(made, made.stat().st_size // 2)
    return made


def unsigned(image):
    """The signature at the end is cut off."""
    made = image / "unsigned.raucb"
    shutil.copyfile(image / "ubugoe.raucb", made)
    with open(made, "r+b") as file:
        file.truncate(made.stat().st_size - 1024)
    return made


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 1]))


def break_root(disk):
    """Changes one byte of the first block of root-a, which holds the file system's own description."""
    table = subprocess.run(["/usr/sbin/sfdisk", "--dump", str(disk)], check=True, capture_output=True, text=True).stdout
    line = next(line for line in table.splitlines() if 'name="root-a"' in line)
    start = int(line.split("start=")[1].split(",")[0]) * 512
    flip(disk, start + 1024 + 64)
    return start + 1024 + 64
