//! Who works on this device's keys and outbox: one program at a time.
//!
//! An advisory lock on a file beside the outbox. The kiosk holds it for as long as it runs; whoever would replace or destroy what
//! it works with takes it first. The system gives it back when a process ends, however it ends.

use std::fs::{OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Its file, in the folder of the outbox.
pub const FILE: &str = "in-use";

/// Why the device is not one's own.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// Another program works on it.
    #[error("another program works on this device")]
    Held,
    /// The file could not be made or locked.
    #[error("cannot lock the folder of the outbox")]
    File(#[source] io::Error),
}

/// The device is one's own until this is dropped.
#[derive(Debug)]
pub struct Hold {
    _file: std::fs::File,
}

impl Hold {
    /// Takes it at once, or not at all. `folder` is the outbox's and must be there.
    ///
    /// # Errors
    /// [`HoldError`].
    pub fn take(folder: &Path) -> Result<Self, HoldError> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(folder.join(FILE))
            .map_err(HoldError::File)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(HoldError::Held),
            Err(TryLockError::Error(error)) => Err(HoldError::File(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_device_is_held_once_and_free_again_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        let first = Hold::take(folder.path()).unwrap();
        assert!(matches!(Hold::take(folder.path()), Err(HoldError::Held)));
        drop(first);
        assert!(Hold::take(folder.path()).is_ok());
        let gone = folder.path().join("gone");
        assert!(matches!(Hold::take(&gone), Err(HoldError::File(_))));
    }
}
