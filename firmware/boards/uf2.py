#!/usr/bin/env python3
"""Makes a UF2 file, which an RP2040 takes as a file on the drive it shows while BOOTSEL is held down.

uf2.py OUT ADDRESS=FILE …   such as   uf2.py panel.uf2 0x10000000=boot.bin 0x10012100=image.bin

Format: https://github.com/microsoft/uf2. Blocks of 512 bytes carry 256 each. Every flash sector of 4 KiB that is touched is given
whole, the rest of it as erased flash: the RP2040's ROM erases by sectors (erratum RP2040-E14).
"""

import struct
import sys

FAMILY = 0xE48BFF56  # RP2040
HAS_FAMILY = 0x00002000
PAGE = 256
SECTOR = 4096
FLASH = range(0x10000000, 0x10000000 + 2 * 1024 * 1024)


def pages(parts):
    """Address of every page of every touched sector, with its bytes."""
    sectors = {}
    written = set()
    for address, data in parts:
        if address % PAGE:
            sys.exit(f"{address:#x} is no beginning of a page of {PAGE} bytes")
        if address not in FLASH or address + len(data) > FLASH.stop:
            sys.exit(f"{len(data)} bytes at {address:#x} do not lie in flash")
        for at in range(0, len(data), PAGE):
            page = address + at
            if page in written:
                sys.exit(f"two parts at {page:#x}")
            written.add(page)
            sector = sectors.setdefault(page - page % SECTOR, bytearray(b"\xff" * SECTOR))
            chunk = data[at : at + PAGE]
            sector[page % SECTOR : page % SECTOR + len(chunk)] = chunk
    for start in sorted(sectors):
        for at in range(0, SECTOR, PAGE):
            yield start + at, bytes(sectors[start][at : at + PAGE])


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    parts = []
    for argument in sys.argv[2:]:
        address, name = argument.split("=", 1)
        with open(name, "rb") as file:
            parts.append((int(address, 0), file.read()))
    blocks = list(pages(parts))
    with open(sys.argv[1], "wb") as out:
        for number, (address, data) in enumerate(blocks):
            head = struct.pack(
                "<8I", 0x0A324655, 0x9E5D5157, HAS_FAMILY, address, PAGE, number, len(blocks), FAMILY
            )
            out.write(head + data + bytes(476 - PAGE) + struct.pack("<I", 0x0AB16F30))


if __name__ == "__main__":
    main()
