//! A flash memory in memory: bits go from one to zero by writing and back by erasing a block, as NOR flash has it.

use embedded_storage::nor_flash::{
    ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash, check_erase, check_read, check_write,
};
use ubugoe_panel_logic::Layout;

/// Bytes of a block that is erased at once, as on the RP2040's flash.
pub const BLOCK: usize = 4096;

/// Two records and two slots of 64 KiB.
pub const LAYOUT: Layout = Layout {
    records: [0, 0x1000],
    slots: [0x2000, 0x1_2000],
    slot_size: 0x1_0000,
};

/// The memory. With a `budget` the current fails after so many operations: the last one is done by half.
#[derive(Debug, Clone)]
pub struct Flash {
    bytes: Vec<u8>,
    /// Operations until the current fails.
    pub budget: Option<usize>,
}

impl Default for Flash {
    fn default() -> Self {
        Self {
            bytes: vec![0xFF; 0x2_2000],
            budget: None,
        }
    }
}

impl Flash {
    /// How much of an operation on `length` bytes is done before the current fails.
    fn spend(&mut self, length: usize) -> Result<usize, NorFlashErrorKind> {
        match &mut self.budget {
            None => Ok(length),
            Some(0) => Err(NorFlashErrorKind::Other),
            Some(left) => {
                *left -= 1;
                Ok(if *left == 0 { length / 2 } else { length })
            }
        }
    }

    fn ended(&self) -> Result<(), NorFlashErrorKind> {
        match self.budget {
            Some(0) => Err(NorFlashErrorKind::Other),
            _ => Ok(()),
        }
    }
}

impl ErrorType for Flash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        self.ended()?;
        check_read(self, offset, into.len())?;
        for (place, byte) in into.iter_mut().zip(self.bytes.iter().skip(offset as usize)) {
            *place = *byte;
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.bytes.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 256;
    const ERASE_SIZE: usize = BLOCK;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        check_erase(self, from, to)?;
        let done = self.spend((to - from) as usize)?;
        for byte in self.bytes.iter_mut().skip(from as usize).take(done) {
            *byte = 0xFF;
        }
        self.ended()
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        check_write(self, offset, bytes.len())?;
        let done = self.spend(bytes.len())?;
        let places = self.bytes.iter_mut().skip(offset as usize);
        for (place, byte) in places.zip(bytes.iter().take(done)) {
            *place &= *byte;
        }
        self.ended()
    }
}
