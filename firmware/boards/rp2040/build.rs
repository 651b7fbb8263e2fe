//! Writes the memory map of the slot that is built for (`UBUGOE_PANEL_SLOT`, a or b) and of the boot loader.
//!
//! ```text
//! 0x1000_0000 boot2 (256 bytes), boot loader (64 KiB)
//! 0x1001_0000 two records of 4 KiB
//! 0x1001_2000 slot A, 0x1010_2000 slot B: 256 bytes of head, then the image
//! ```

use std::{env, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let slot = env::var("UBUGOE_PANEL_SLOT").unwrap_or_else(|_| "a".to_owned());
    let image = if slot == "b" {
        0x1010_2100
    } else {
        0x1001_2100
    };
    let ram = "RAM : ORIGIN = 0x20000000, LENGTH = 256K";
    for (folder, flash) in [
        ("image", format!("FLASH : ORIGIN = {image:#x}, LENGTH = 0xEFF00")),
        ("boot", "BOOT2 : ORIGIN = 0x10000000, LENGTH = 0x100\n  FLASH : ORIGIN = 0x10000100, LENGTH = 0xFF00".to_owned()),
    ] {
        let boot2 = if folder == "boot" {
            "SECTIONS { .boot2 ORIGIN(BOOT2) : { KEEP(*(.boot2)); } > BOOT2 } INSERT BEFORE .text;\n"
        } else {
            ""
        };
        fs::create_dir_all(out.join(folder))?;
        fs::write(out.join(folder).join("memory.x"), format!("MEMORY {{\n  {flash}\n  {ram}\n}}\n{boot2}"))?;
    }
    let path = |folder: &str| out.join(folder).display().to_string();
    println!("cargo::rustc-link-arg-bin=panel-rp2040=-L{}", path("image"));
    println!(
        "cargo::rustc-link-arg-bin=panel-rp2040-boot=-L{}",
        path("boot")
    );
    println!("cargo::rustc-link-arg-bins=-Tlink.x");
    println!("cargo::rustc-env=UBUGOE_PANEL_SLOT={slot}");
    println!("cargo::rerun-if-env-changed=UBUGOE_PANEL_SLOT");
    println!("cargo::rerun-if-env-changed=UBUGOE_PANEL_KEY");
    Ok(())
}
