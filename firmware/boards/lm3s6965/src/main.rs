//! The panel on TI's LM3S6965 as QEMU emulates it (`-M lm3s6965evb`): a real Cortex-M3 and a real UART, lamps on GPIO port B.
//!
//! Not there, and said so by the panel: the distance sensor. Without effect: ring, backlight, buzzer. **Flash is emulated in
//! memory** (the upper 20 KiB, which QEMU keeps over a restart), and an image is not executed: which slot is chosen, and what its
//! head says, is all real; the code that runs stays this one.
//!
//! Register addresses: LM3S6965 data sheet (Texas Instruments, DS-LM3S6965-12746), and QEMU's `hw/arm/stellaris.c`.

#![no_std]
#![no_main]

use core::{
    convert::Infallible,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
};

use cortex_m::peripheral::{SCB, syst::SystClkSource};
use cortex_m_rt::{entry, exception};
use embedded_hal::{
    digital::{ErrorType as PinErrorType, InputPin, OutputPin},
    pwm::{ErrorType as PwmErrorType, SetDutyCycle},
};
use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use panic_halt as _;
use smart_leds_trait::{RGB8, SmartLedsWrite};
use ubugoe_icd::Board;
use ubugoe_panel_logic::{
    Eye, EyeSilent, Firmware, Hardware, Layout, Panel, Parts, Updater, choose,
    update::{key_from_hex, version_of},
};

/// The version in the first slot.
const VERSION: u32 = 1;
const KEY: [u8; 32] = key_from_hex(option_env!("UBUGOE_PANEL_KEY"));

static MILLIS: AtomicU32 = AtomicU32::new(0);

const UART0: usize = 0x4000_C000;
const UART_FLAGS: usize = UART0 + 0x18;
const UART_CONTROL: usize = UART0 + 0x30;
const RECEIVER_EMPTY: u32 = 1 << 4;
const SENDER_FULL: u32 = 1 << 5;

const PORT_B: usize = 0x4000_5000;
const PORT_C: usize = 0x4000_6000;
const DIRECTION: usize = 0x400;
const DIGITAL: usize = 0x51C;

fn read(register: usize) -> u32 {
    // SAFETY: only called with the addresses above, which are registers of this chip.
    unsafe { ptr::read_volatile(register as *const u32) }
}

fn write(register: usize, value: u32) {
    // SAFETY: as for `read`.
    unsafe { ptr::write_volatile(register as *mut u32, value) }
}

/// One bit of a port; its address masks the others.
struct Pin {
    port: usize,
    bit: u8,
}

impl Pin {
    const fn data(&self) -> usize {
        self.port + (1 << self.bit << 2)
    }

    fn output(port: usize, bit: u8) -> Self {
        write(port + DIRECTION, read(port + DIRECTION) | 1 << bit);
        write(port + DIGITAL, read(port + DIGITAL) | 1 << bit);
        Self { port, bit }
    }
}

impl PinErrorType for Pin {
    type Error = Infallible;
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        write(self.data(), 0);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        write(self.data(), 0xFF);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        Ok(read(self.data()) != 0)
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}

/// What QEMU's board does not have.
struct Nothing;

impl PwmErrorType for Nothing {
    type Error = Infallible;
}

impl SetDutyCycle for Nothing {
    fn max_duty_cycle(&self) -> u16 {
        100
    }

    fn set_duty_cycle(&mut self, _: u16) -> Result<(), Infallible> {
        Ok(())
    }
}

impl SmartLedsWrite for Nothing {
    type Error = Infallible;
    type Color = RGB8;

    fn write<T, I>(&mut self, _: T) -> Result<(), Infallible>
    where
        T: IntoIterator<Item = I>,
        I: Into<RGB8>,
    {
        Ok(())
    }
}

impl Eye for Nothing {
    fn start(&mut self) -> Result<(), EyeSilent> {
        Err(EyeSilent)
    }

    fn look(&mut self) -> Result<Option<u16>, EyeSilent> {
        Err(EyeSilent)
    }
}

const FLASH: usize = 0x2000_B000;
const FLASH_SIZE: usize = 0x4A00;
/// Behind the flash: whether it was ever erased.
const ERASED: usize = 0x2000_FFF0;
const MARK: u32 = 0x5542_5547;
const LAYOUT: Layout = Layout {
    records: [0, 0x100],
    slots: [0x200, 0x2600],
    slot_size: 0x2400,
};

/// Memory that stands for flash.
struct Memory;

impl Memory {
    /// New memory is zero, new flash is not.
    fn take() -> Self {
        if read(ERASED) != MARK {
            Self::fill(0, FLASH_SIZE);
            write(ERASED, MARK);
        }
        Self
    }

    fn fill(from: usize, length: usize) {
        // SAFETY: within the memory that memory.x leaves to nobody; the callers check the range.
        unsafe { ptr::write_bytes((FLASH + from) as *mut u8, 0xFF, length) }
    }
}

impl ErrorType for Memory {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Memory {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        check_read(self, offset, into.len())?;
        let from = (FLASH + offset as usize) as *const u8;
        // SAFETY: the range was checked, and `into` is elsewhere.
        unsafe { ptr::copy_nonoverlapping(from, into.as_mut_ptr(), into.len()) }
        Ok(())
    }

    fn capacity(&self) -> usize {
        FLASH_SIZE
    }
}

impl NorFlash for Memory {
    const WRITE_SIZE: usize = 256;
    const ERASE_SIZE: usize = 256;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        Self::fill(from as usize, (to - from) as usize);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        for (at, byte) in (FLASH + offset as usize..).zip(bytes) {
            // SAFETY: the range was checked.
            unsafe {
                ptr::write_volatile(at as *mut u8, ptr::read_volatile(at as *const u8) & byte)
            }
        }
        Ok(())
    }
}

struct Emulated;

impl Hardware for Emulated {
    type Ring = Nothing;
    type Help = Pin;
    type HelpCurrent = Pin;
    type CardSlot = Pin;
    type Power = Pin;
    type Backlight = Nothing;
    type Buzzer = Nothing;
    type Case = Pin;
    type Eye = Nothing;
    type Flash = Memory;
}

fn send(bytes: &[u8]) {
    for byte in bytes {
        while read(UART_FLAGS) & SENDER_FULL != 0 {}
        write(UART0, u32::from(*byte));
    }
}

#[exception]
fn SysTick() {
    MILLIS.fetch_add(1, Ordering::Relaxed);
}

#[entry]
fn main() -> ! {
    if let Some(mut core) = cortex_m::Peripherals::take() {
        // 12.5 MHz after reset.
        core.SYST.set_clock_source(SystClkSource::Core);
        core.SYST.set_reload(12_500 - 1);
        core.SYST.clear_current();
        core.SYST.enable_counter();
        core.SYST.enable_interrupt();
    }
    write(UART_CONTROL, 0x301);
    let mut memory = Memory::take();
    let choice = choose(&mut memory, &LAYOUT);
    let Ok(choice) = choice else { SCB::sys_reset() };
    let firmware = Firmware {
        board: Board::Lm3s6965,
        version: version_of(&mut memory, &LAYOUT, choice.slot, VERSION),
        key: KEY,
    };
    let Ok(updater) = Updater::new(memory, LAYOUT, firmware, choice) else {
        SCB::sys_reset()
    };
    let parts: Parts<Emulated> = Parts {
        ring: Nothing,
        help: Pin::output(PORT_B, 0),
        // The lamp's own pin read back: there is no lamp whose current could be measured.
        help_current: Pin {
            port: PORT_B,
            bit: 0,
        },
        card_slot: Pin::output(PORT_B, 1),
        power: Pin::output(PORT_B, 2),
        backlight: Nothing,
        buzzer: Nothing,
        case: Pin {
            port: PORT_C,
            bit: 4,
        },
    };
    let mut panel = Panel::new(parts, Nothing, updater, 0);
    let mut looked = u64::MAX;
    loop {
        let now = u64::from(MILLIS.load(Ordering::Relaxed));
        while read(UART_FLAGS) & RECEIVER_EMPTY == 0 {
            let [byte, ..] = read(UART0).to_le_bytes();
            panel.receive(byte, now, &mut send);
        }
        if looked != now {
            looked = now;
            panel.tick(now, &mut send);
        }
        if panel.wants_restart() {
            SCB::sys_reset();
        }
        cortex_m::asm::wfi();
    }
}
