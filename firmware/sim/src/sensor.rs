//! A VL53L0X as its driver sees it: registers in pages, and what the chip answers of itself.
//!
//! Register numbers: ST's API (UM2039) as carried by the `vl53l0x-simple` crate, MIT OR Apache-2.0.

use std::{collections::HashMap, convert::Infallible};

use embedded_hal::{
    delay::DelayNs,
    i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation},
};

use crate::world::Shared;

const ADDRESS: u8 = 0x29;
const PAGE: u8 = 0xFF;
const MODEL_ID: (u8, u8) = (0, 0xC0);
const INTERRUPT_STATUS: (u8, u8) = (0, 0x13);
const RANGE: (u8, u8) = (0, 0x1E);
const SPAD_READY: (u8, u8) = (7, 0x83);
const SPAD_INFO: (u8, u8) = (7, 0x92);
/// What the chip says when nothing is in reach.
const OUT_OF_REACH: u16 = 8190;

/// The chip on its bus.
#[derive(Debug)]
pub struct Chip {
    world: Shared,
    page: u8,
    at: u8,
    registers: HashMap<(u8, u8), u8>,
}

impl Chip {
    /// Behind the distance of this world.
    #[must_use]
    pub fn new(world: Shared) -> Self {
        Self {
            world,
            page: 0,
            at: 0,
            registers: HashMap::new(),
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        let Some((at, values)) = bytes.split_first() else {
            return;
        };
        self.at = *at;
        for value in values {
            if self.at == PAGE {
                self.page = *value;
            } else {
                self.registers.insert((self.page, self.at), *value);
            }
            self.at = self.at.wrapping_add(1);
        }
    }

    fn read(&mut self, into: &mut [u8]) {
        let [high, low] = self
            .world
            .lock()
            .distance
            .unwrap_or(OUT_OF_REACH)
            .to_be_bytes();
        for place in into {
            let key = (self.page, self.at);
            *place = match key {
                MODEL_ID => 0xEE,
                // A measurement is always ready.
                INTERRUPT_STATUS => 0x07,
                RANGE => high,
                (0, 0x1F) => low,
                SPAD_READY => 0x01,
                SPAD_INFO => 0x85,
                _ => self.registers.get(&key).copied().unwrap_or(0),
            };
            self.at = self.at.wrapping_add(1);
        }
    }
}

impl ErrorType for Chip {
    type Error = ErrorKind;
}

impl I2c for Chip {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), ErrorKind> {
        if address != ADDRESS || self.world.lock().eye_dead {
            return Err(ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address));
        }
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.write(bytes),
                Operation::Read(into) => self.read(into),
            }
        }
        Ok(())
    }
}

/// The chip's reset line: nothing hangs on it here.
#[derive(Debug)]
pub struct ResetLine;

impl embedded_hal::digital::ErrorType for ResetLine {
    type Error = Infallible;
}

impl embedded_hal::digital::OutputPin for ResetLine {
    fn set_low(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// The chip answers at once, so nobody has to wait for it.
#[derive(Debug)]
pub struct NoWait;

impl DelayNs for NoWait {
    fn delay_ns(&mut self, _: u32) {}
}
