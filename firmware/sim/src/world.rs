//! What is around a simulated panel, and the pins and wires between the two.

use std::{
    convert::Infallible,
    fmt::Write as _,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use embedded_hal::{
    digital::{self, InputPin, OutputPin},
    pwm::{self, SetDutyCycle},
};
use smart_leds_trait::{RGB8, SmartLedsWrite};
use ubugoe_icd::panel::RING;

/// Everything that can be seen of a panel, and done to it.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "wires that are independent")]
pub struct World {
    /// Millimetres to the nearest thing.
    pub distance: Option<u16>,
    /// The sensor does not answer.
    pub eye_dead: bool,
    /// The case is open.
    pub case_open: bool,
    /// The "needs help" lamp is broken.
    pub lamp_broken: bool,
    /// The ring.
    pub ring: [RGB8; RING],
    /// The "needs help" lamp is driven.
    pub help: bool,
    /// The light at the card slot.
    pub card_slot: bool,
    /// The kiosk has power.
    pub power: bool,
    /// How often power was taken away.
    pub cuts: u32,
    /// The screen's light in percent.
    pub backlight: u8,
    /// The buzzer sounds.
    pub sounding: bool,
    /// How often it began to.
    pub sounds: u32,
    /// Firmware that runs.
    pub version: u32,
    /// How often the microcontroller started.
    pub starts: u32,
    /// Pictures of the ring so far.
    pub pictures: u32,
}

impl World {
    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut ring = String::new();
        let mut colours = String::new();
        for light in &self.ring {
            ring.push(if *light == RGB8::default() { '.' } else { 'o' });
            let comma = if colours.is_empty() { "" } else { "," };
            let RGB8 { r, g, b } = light;
            let _ = write!(colours, "{comma}\"{r:02x}{g:02x}{b:02x}\"");
        }
        let distance = self.distance.map_or("null".to_owned(), |mm| mm.to_string());
        let lit = self.help && !self.lamp_broken;
        format!(
            "{{\"ring\":\"{ring}\",\"colours\":[{colours}],\"help\":{},\"help_lit\":{lit},\"card_slot\":{},\"power\":{},\
             \"cuts\":{},\"backlight\":{},\"sounds\":{},\"distance\":{distance},\"case_open\":{},\"version\":{},\"starts\":{}}}",
            self.help,
            self.card_slot,
            self.power,
            self.cuts,
            self.backlight,
            self.sounds,
            self.case_open,
            self.version,
            self.starts,
        )
    }
}

/// A world that several hold, and that says when it changed.
#[derive(Debug, Clone, Default)]
pub struct Shared(Arc<(Mutex<World>, Condvar)>);

impl Shared {
    /// The world as it is.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits.
    pub fn changed(&self) {
        self.0.1.notify_all();
    }

    /// Waits until the world is so; whether it was in time.
    #[must_use]
    pub fn wait(&self, patience: Duration, mut so: impl FnMut(&World) -> bool) -> bool {
        let waited = self
            .0
            .1
            .wait_timeout_while(self.lock(), patience, |world| !so(world));
        waited.is_ok_and(|(_, result)| !result.timed_out())
    }
}

/// What a wire is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// The "needs help" lamp.
    Help,
    /// Its current.
    HelpCurrent,
    /// The card slot's light.
    CardSlot,
    /// The kiosk's power.
    Power,
    /// The case's switch.
    Case,
    /// The screen's light.
    Backlight,
    /// The buzzer.
    Buzzer,
}

/// One wire into the world.
#[derive(Debug)]
pub struct Pin(pub Shared, pub Wire);

impl digital::ErrorType for Pin {
    type Error = Infallible;
}

impl Pin {
    fn set(&self, high: bool) {
        let mut world = self.0.lock();
        match self.1 {
            Wire::Help => world.help = high,
            Wire::CardSlot => world.card_slot = high,
            Wire::Power => {
                world.cuts += u32::from(world.power && !high);
                world.power = high;
            }
            Wire::HelpCurrent | Wire::Case | Wire::Backlight | Wire::Buzzer => {}
        }
    }
}

impl OutputPin for Pin {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.set(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.set(true);
        Ok(())
    }
}

impl InputPin for Pin {
    fn is_high(&mut self) -> Result<bool, Infallible> {
        let world = self.0.lock();
        Ok(match self.1 {
            Wire::HelpCurrent => world.help && !world.lamp_broken,
            Wire::Case => world.case_open,
            Wire::Help | Wire::CardSlot | Wire::Power | Wire::Backlight | Wire::Buzzer => false,
        })
    }

    fn is_low(&mut self) -> Result<bool, Infallible> {
        self.is_high().map(|high| !high)
    }
}

impl pwm::ErrorType for Pin {
    type Error = Infallible;
}

impl SetDutyCycle for Pin {
    fn max_duty_cycle(&self) -> u16 {
        100
    }

    fn set_duty_cycle(&mut self, duty: u16) -> Result<(), Infallible> {
        let mut world = self.0.lock();
        match self.1 {
            Wire::Backlight => world.backlight = u8::try_from(duty).unwrap_or(100),
            Wire::Buzzer => {
                world.sounds += u32::from(!world.sounding && duty > 0);
                world.sounding = duty > 0;
            }
            Wire::Help | Wire::HelpCurrent | Wire::CardSlot | Wire::Power | Wire::Case => {}
        }
        Ok(())
    }
}

/// The ring.
#[derive(Debug)]
pub struct Ring(pub Shared);

impl SmartLedsWrite for Ring {
    type Error = Infallible;
    type Color = RGB8;

    fn write<T, I>(&mut self, lights: T) -> Result<(), Infallible>
    where
        T: IntoIterator<Item = I>,
        I: Into<RGB8>,
    {
        let mut world = self.0.lock();
        world.pictures += 1;
        for (place, light) in world.ring.iter_mut().zip(lights) {
            *place = light.into();
        }
        Ok(())
    }
}
