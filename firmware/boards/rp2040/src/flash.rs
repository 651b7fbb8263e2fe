//! The flash beside the RP2040, by the functions in its ROM (RP2040 data sheet, 2.8.3.1.3). While they work, nothing may be read
//! from flash: they are called from memory with interrupts off.

use core::{ptr, slice};

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use rp2040_hal::rom_data;
use ubugoe_panel_logic::Layout;

/// Where flash is read, past no cache: what was just written is what is read.
const XIP: usize = 0x1300_0000;
const SIZE: usize = 2 * 1024 * 1024;
const BLOCK: usize = 4096;

/// See `build.rs`.
pub const LAYOUT: Layout = Layout {
    records: [0x1_0000, 0x1_1000],
    slots: [0x1_2000, 0x10_2000],
    slot_size: 0xF_0000,
};

/// All of it.
pub struct Flash;

#[derive(Clone, Copy)]
struct Rom {
    connect: unsafe extern "C" fn(),
    exit_xip: unsafe extern "C" fn(),
    erase: unsafe extern "C" fn(u32, usize, u32, u8),
    program: unsafe extern "C" fn(u32, *const u8, usize),
    flush: unsafe extern "C" fn(),
    enter_xip: unsafe extern "C" fn(),
}

impl Rom {
    fn look_up() -> Self {
        Self {
            connect: rom_data::connect_internal_flash::ptr(),
            exit_xip: rom_data::flash_exit_xip::ptr(),
            erase: rom_data::flash_range_erase::ptr(),
            program: rom_data::flash_range_program::ptr(),
            flush: rom_data::flash_flush_cache::ptr(),
            enter_xip: rom_data::flash_enter_cmd_xip::ptr(),
        }
    }
}

/// Erases when there is nothing to write, else writes. Runs from memory.
#[inline(never)]
#[unsafe(link_section = ".data.ram_func")]
unsafe fn work(rom: Rom, at: u32, length: usize, bytes: *const u8) {
    // SAFETY: the caller turned interrupts off and checked the range; nothing here is read from flash meanwhile. Afterwards
    // flash is read at the ROM's slow setting until the next start.
    unsafe {
        (rom.connect)();
        (rom.exit_xip)();
        if bytes.is_null() {
            (rom.erase)(at, length, 1 << 16, 0xD8);
        } else {
            (rom.program)(at, bytes, length);
        }
        (rom.flush)();
        (rom.enter_xip)();
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, into.len())?;
        // SAFETY: flash is mapped here for its whole size, and the range was checked.
        let from =
            unsafe { slice::from_raw_parts((XIP + offset as usize) as *const u8, into.len()) };
        into.copy_from_slice(from);
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 256;
    const ERASE_SIZE: usize = BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        let rom = Rom::look_up();
        // SAFETY: interrupts are off; the range was checked.
        cortex_m::interrupt::free(|_| unsafe {
            work(rom, from, (to - from) as usize, ptr::null())
        });
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let rom = Rom::look_up();
        // SAFETY: as above; every caller's bytes are on the stack, which is in memory.
        cortex_m::interrupt::free(|_| unsafe { work(rom, offset, bytes.len(), bytes.as_ptr()) });
        Ok(())
    }
}
