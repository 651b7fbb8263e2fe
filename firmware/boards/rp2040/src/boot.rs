//! The boot loader: chooses a slot and jumps into it. It is written once, at the bench, and never by an update.

#![no_std]
#![no_main]

#[allow(dead_code, reason = "both programs share it")]
mod flash;

use panic_halt as _;
use rp2040_hal::{Watchdog, pac};
use ubugoe_icd::Slot;
use ubugoe_panel_logic::{choose, update::IMAGE_AT};

/// Sets up the flash, after the ROM and before everything: the RP2040's second stage for a W25Q080.
#[unsafe(link_section = ".boot2")]
#[used]
static BOOT2: [u8; 256] = rp2040_boot2::BOOT_LOADER_W25Q080;

#[rp2040_hal::entry]
fn main() -> ! {
    // What ran before may have left its watchdog running, and a new image is hashed here on the ring oscillator: some 40 µs a byte,
    // 3 s for today's 75 kB. The image starts the watchdog anew.
    if let Some(pac) = pac::Peripherals::take() {
        Watchdog::new(pac.WATCHDOG).disable();
    }
    let slot = choose(&mut flash::Flash, &flash::LAYOUT).map_or(Slot::A, |choice| choice.slot);
    let [a, b] = flash::LAYOUT.slots;
    let start = match slot {
        Slot::A => a,
        Slot::B => b,
    };
    let vectors = (0x1000_0000 + start + IMAGE_AT) as *const u32;
    // SAFETY: an image begins with its vector table. Nothing of this program is used any more.
    unsafe {
        (*cortex_m::peripheral::SCB::PTR).vtor.write(vectors as u32);
        cortex_m::asm::bootload(vectors)
    }
}
