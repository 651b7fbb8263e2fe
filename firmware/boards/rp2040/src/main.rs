//! The panel on a Raspberry Pi Pico (RP2040). Pins: docs/hardware.md. Never run on a real board yet.
//!
//! Nothing is decided here: pins become parts, parts become a `Panel`, and the loop feeds it bytes and time.

#![no_std]
#![no_main]

mod flash;

use core::cell::RefCell;

use cortex_m::{peripheral::SCB, singleton};
use embedded_hal::pwm::SetDutyCycle as _;
use fugit::RateExtU32 as _;
use panic_halt as _;
use rp2040_hal::{
    self as hal, Clock as _, I2C, Sio, Timer, Watchdog,
    gpio::{
        FunctionI2c, FunctionPio0, FunctionSioInput, FunctionSioOutput, Pin, Pins, PullDown,
        PullUp,
        bank0::{Gpio2, Gpio3, Gpio4, Gpio5, Gpio6, Gpio9, Gpio10, Gpio12, Gpio13},
    },
    pac,
    pio::{PIOExt as _, SM0},
    pwm::{A, B, Channel, FreeRunning, Pwm3, Pwm4, Slice, Slices},
    uart::{DataBits, StopBits, UartConfig, UartPeripheral},
};
use ubugoe_icd::{Board, Slot};
use ubugoe_panel_logic::{
    Choice, Firmware, Hardware, Panel, Parts, Updater,
    eye::TimeOfFlight,
    update::{choice_of_running, key_from_hex, version_in},
};
use ws2812_pio::Ws2812Direct;

/// The version of an image without a head, as it is put on at the bench.
const VERSION: u32 = 1;
const KEY: [u8; 32] = key_from_hex(option_env!("UBUGOE_PANEL_KEY"));
const SLOT: Slot = if matches!(env!("UBUGOE_PANEL_SLOT").as_bytes(), b"b") {
    Slot::B
} else {
    Slot::A
};
/// The crystal of a Pico.
const CRYSTAL: u32 = 12_000_000;
/// A loop that stands still for so long starts anew.
const HANG: u32 = 2_000_000;

type Bus = I2C<
    pac::I2C0,
    (
        Pin<Gpio12, FunctionI2c, PullUp>,
        Pin<Gpio13, FunctionI2c, PullUp>,
    ),
>;
type Shut = Pin<Gpio10, FunctionSioOutput, PullDown>;

struct Pico;

impl Hardware for Pico {
    type Ring = Ws2812Direct<pac::PIO0, SM0, Pin<Gpio2, FunctionPio0, PullDown>>;
    type Help = Pin<Gpio3, FunctionSioOutput, PullDown>;
    type HelpCurrent = Pin<Gpio4, FunctionSioInput, PullDown>;
    type CardSlot = Pin<Gpio5, FunctionSioOutput, PullDown>;
    type Power = Pin<Gpio6, FunctionSioOutput, PullDown>;
    type Backlight = Channel<Slice<Pwm3, FreeRunning>, B>;
    type Buzzer = Channel<Slice<Pwm4, FreeRunning>, A>;
    type Case = Pin<Gpio9, FunctionSioInput, PullUp>;
    type Eye = TimeOfFlight<'static, Bus, Shut, Timer>;
    type Flash = flash::Flash;
}

#[rp2040_hal::entry]
fn main() -> ! {
    match run() {
        Some(never) => match never {},
        // A part that is not there at the start may be there at the next.
        None => SCB::sys_reset(),
    }
}

fn run() -> Option<core::convert::Infallible> {
    let mut pac = pac::Peripherals::take()?;
    let mut watchdog = Watchdog::new(pac.WATCHDOG);
    let clocks = hal::clocks::init_clocks_and_plls(
        CRYSTAL,
        pac.XOSC,
        pac.CLOCKS,
        pac.PLL_SYS,
        pac.PLL_USB,
        &mut pac.RESETS,
        &mut watchdog,
    )
    .ok()?;
    let sio = Sio::new(pac.SIO);
    let pins = Pins::new(
        pac.IO_BANK0,
        pac.PADS_BANK0,
        sio.gpio_bank0,
        &mut pac.RESETS,
    );
    let timer = Timer::new(pac.TIMER, &mut pac.RESETS, &clocks);
    let uart = UartPeripheral::new(
        pac.UART0,
        (pins.gpio0.into_function(), pins.gpio1.into_function()),
        &mut pac.RESETS,
    )
    .enable(
        UartConfig::new(115_200.Hz(), DataBits::Eight, None, StopBits::One),
        clocks.peripheral_clock.freq(),
    )
    .ok()?;
    let bus: Bus = I2C::i2c0(
        pac.I2C0,
        pins.gpio12.reconfigure(),
        pins.gpio13.reconfigure(),
        400.kHz(),
        &mut pac.RESETS,
        &clocks.system_clock,
    );
    let bus: &'static RefCell<Bus> = singleton!(: RefCell<Bus> = RefCell::new(bus))?;
    let shut: Shut = pins.gpio10.reconfigure();
    let shut: &'static RefCell<Shut> = singleton!(: RefCell<Shut> = RefCell::new(shut))?;
    let (mut pio, sm0, ..) = pac.PIO0.split(&mut pac.RESETS);
    let slices = Slices::new(pac.PWM, &mut pac.RESETS);
    let mut light = slices.pwm3;
    light.enable();
    light.channel_b.output_to(pins.gpio7);
    // 2.7 kHz, where a piezo is loudest: 125 MHz / 11.5 / 4000.
    let mut tone = slices.pwm4;
    tone.set_div_int(11);
    tone.set_div_frac(9);
    tone.set_top(4000);
    tone.enable();
    tone.channel_a.output_to(pins.gpio8);
    let _ = tone.channel_a.set_duty_cycle_fully_off();

    let parts: Parts<Pico> = Parts {
        ring: Ws2812Direct::new(
            pins.gpio2.into_function(),
            &mut pio,
            sm0,
            clocks.peripheral_clock.freq(),
        ),
        help: pins.gpio3.reconfigure(),
        help_current: pins.gpio4.reconfigure(),
        card_slot: pins.gpio5.reconfigure(),
        // Power first, whatever comes then.
        power: pins
            .gpio6
            .into_push_pull_output_in_state(hal::gpio::PinState::High),
        backlight: light.channel_b,
        buzzer: tone.channel_a,
        case: pins.gpio9.reconfigure(),
    };
    let choice: Choice = choice_of_running(&mut flash::Flash, &flash::LAYOUT, SLOT).ok()?;
    let written = version_in(&mut flash::Flash, &flash::LAYOUT, SLOT).ok()?;
    let firmware = Firmware {
        board: Board::Rp2040,
        version: written.unwrap_or(VERSION),
        key: KEY,
    };
    let updater = Updater::new(flash::Flash, flash::LAYOUT, firmware, choice).ok()?;
    let eye = TimeOfFlight::new(bus, shut, timer);
    let now = || timer.get_counter().ticks() / 1000;
    let mut send = |bytes: &[u8]| uart.write_full_blocking(bytes);
    let mut panel = Panel::new(parts, eye, updater, now());
    watchdog.start(fugit::MicrosDurationU32::from_ticks(HANG));
    let mut looked = u64::MAX;
    loop {
        watchdog.feed();
        let mut bytes = [0; 32];
        let read = uart.read_raw(&mut bytes).unwrap_or(0);
        for byte in bytes.iter().take(read) {
            panel.receive(*byte, now(), &mut send);
        }
        // Ten milliseconds between two pictures are also the ring's pause.
        if now() / 10 != looked {
            looked = now() / 10;
            panel.tick(now(), &mut send);
        }
        if panel.wants_restart() {
            SCB::sys_reset();
        }
    }
}
