//! The time-of-flight sensor: an ST VL53L0X on I²C, by the `vl53l0x-simple` driver, started anew by its XSHUT pin.

use core::cell::RefCell;

use embedded_hal::{
    delay::DelayNs,
    digital::{self, OutputPin},
    i2c::{self, I2c, Operation},
};
use vl53l0x_simple::{DEFAULT_ADDRESS, Vl53l0x};

/// The sensor does not answer, or not as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EyeSilent;

/// Something that measures how far away the nearest thing is.
pub trait Eye {
    /// Starts it, or starts it anew.
    ///
    /// # Errors
    /// [`EyeSilent`]: it is not there, or not what it should be.
    fn start(&mut self) -> Result<(), EyeSilent>;

    /// The newest distance in millimetres, `None` before there is a new one. Nothing in reach is far away (8190).
    ///
    /// # Errors
    /// [`EyeSilent`].
    fn look(&mut self) -> Result<Option<u16>, EyeSilent>;
}

/// One bus or pin that a driver borrows for as long as it lives, and that outlives it.
#[derive(Debug)]
pub struct Shared<'a, T>(pub &'a RefCell<T>);

impl<T: i2c::ErrorType> i2c::ErrorType for Shared<'_, T> {
    type Error = T::Error;
}

impl<T: I2c> I2c for Shared<'_, T> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), Self::Error> {
        self.0.borrow_mut().transaction(address, operations)
    }

    fn write(&mut self, address: u8, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.borrow_mut().write(address, bytes)
    }

    fn write_read(
        &mut self,
        address: u8,
        bytes: &[u8],
        into: &mut [u8],
    ) -> Result<(), Self::Error> {
        self.0.borrow_mut().write_read(address, bytes, into)
    }
}

impl<T: digital::ErrorType> digital::ErrorType for Shared<'_, T> {
    type Error = T::Error;
}

impl<T: OutputPin> OutputPin for Shared<'_, T> {
    fn set_low(&mut self) -> Result<(), Self::Error> {
        self.0.borrow_mut().set_low()
    }

    fn set_high(&mut self) -> Result<(), Self::Error> {
        self.0.borrow_mut().set_high()
    }
}

/// A VL53L0X.
pub struct TimeOfFlight<'a, I, X, D>
where
    I: I2c,
    X: OutputPin,
{
    bus: &'a RefCell<I>,
    shut: &'a RefCell<X>,
    delay: D,
    running: Option<Vl53l0x<Shared<'a, I>, Shared<'a, X>>>,
}

impl<'a, I: I2c, X: OutputPin, D: DelayNs> TimeOfFlight<'a, I, X, D> {
    /// Not started.
    pub const fn new(bus: &'a RefCell<I>, shut: &'a RefCell<X>, delay: D) -> Self {
        Self {
            bus,
            shut,
            delay,
            running: None,
        }
    }
}

impl<I: I2c, X: OutputPin, D: DelayNs> Eye for TimeOfFlight<'_, I, X, D> {
    fn start(&mut self) -> Result<(), EyeSilent> {
        self.running = None;
        let (bus, shut) = (Shared(self.bus), Shared(self.shut));
        let started = Vl53l0x::new(bus, shut, DEFAULT_ADDRESS, &mut self.delay);
        self.running = Some(started.map_err(|_| EyeSilent)?);
        Ok(())
    }

    fn look(&mut self) -> Result<Option<u16>, EyeSilent> {
        let running = self.running.as_mut().ok_or(EyeSilent)?;
        running.try_read().map_err(|_| EyeSilent)
    }
}
