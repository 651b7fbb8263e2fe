//! The file that a blank RP2040 takes: every byte where the linker put it, whole sectors, and nothing outside of the flash.

#![expect(clippy::unwrap_used, reason = "a panic is the failure")]

use std::{collections::BTreeMap, fs, path::Path, process::Command};

fn make(folder: &Path, parts: &[(u32, &[u8])]) -> Result<Vec<u8>, String> {
    let out = folder.join("out.uf2");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../boards/uf2.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(&out);
    for (number, (address, bytes)) in parts.iter().enumerate() {
        let file = folder.join(format!("{number}.bin"));
        fs::write(&file, bytes).unwrap();
        command.arg(format!("{address:#x}={}", file.display()));
    }
    let output = command.output().unwrap();
    if output.status.success() {
        Ok(fs::read(out).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn word(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(block.get(4 * at..4 * at + 4).unwrap().try_into().unwrap())
}

/// Pages by address, each block's frame checked.
fn pages(file: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    assert_eq!(file.len() % 512, 0);
    let all = u32::try_from(file.len() / 512).unwrap();
    let blocks = file.chunks(512).zip(0..);
    blocks
        .map(|(block, number)| {
            assert_eq!((word(block, 0), word(block, 1)), (0x0A32_4655, 0x9E5D_5157));
            assert_eq!((word(block, 2), word(block, 7)), (0x2000, 0xE48B_FF56));
            assert_eq!(
                (word(block, 4), word(block, 5), word(block, 6)),
                (256, number, all)
            );
            assert_eq!(word(block, 127), 0x0AB1_6F30);
            (word(block, 3), block.get(32..288).unwrap().to_vec())
        })
        .collect()
}

#[test]
fn boot_loader_and_image_lie_where_they_belong_and_their_sectors_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let boot: Vec<u8> = (0..5000_u32).map(|n| (n % 251) as u8).collect();
    let image: Vec<u8> = (0..700_u32).map(|n| (n % 241) as u8).collect();
    let file = make(
        folder.path(),
        &[(0x1000_0000, &boot), (0x1001_2100, &image)],
    )
    .unwrap();
    let pages = pages(&file);
    let mut flash = BTreeMap::new();
    for (address, bytes) in &pages {
        flash.extend((*address..).zip(bytes.iter().copied()));
    }
    for (start, bytes) in [(0x1000_0000_u32, &boot), (0x1001_2100, &image)] {
        for (address, byte) in (start..).zip(bytes.iter()) {
            assert_eq!(flash.remove(&address), Some(*byte), "{address:#x}");
        }
    }
    assert!(
        flash.values().all(|byte| *byte == 0xFF),
        "the rest is erased"
    );
    // two sectors of the boot loader, one of the image: its head is left to be written by an update
    let sectors: Vec<u32> = pages.keys().copied().filter(|at| at % 4096 == 0).collect();
    assert_eq!(sectors, [0x1000_0000, 0x1000_1000, 0x1001_2000]);
    assert_eq!(pages.len(), 3 * 16);
}

#[test]
fn what_does_not_fit_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for parts in [
        &[(0x1000_0010_u32, &[1_u8; 4][..])][..],
        &[(0x2000_0000, &[1; 4])],
        &[(0x101F_FF00, &[1; 300])],
        &[(0x1000_0000, &[1; 300]), (0x1000_0100, &[2; 4])],
    ] {
        assert!(
            make(folder.path(), parts).is_err(),
            "{:x?}",
            parts.first().unwrap().0
        );
    }
}
