//! What a technician does with a device: registering, looking, moving, renewing, carrying away, taking in, wiping.
//!
//! Two programs show it: `ubugoe-tech` on a terminal and the kiosk's technician screen. Each job is a function of a [`Bench`] and of
//! what its command line would say; it ends with [`say::Done`] or [`say::Failed`], tells of its steps through [`say::Progress`], and leaves
//! a line in the device's own chain ([`audit`]).

pub mod audit;
mod device;
pub mod diagnose;
pub mod enrol;
pub mod export;
pub mod import;
pub mod logs;
mod net;
pub mod order;
pub mod rotate;
pub mod say;
pub mod wipe;

use std::path::Path;

use ubugoe_edge::Layout;

use crate::say::{Done, Failed, Progress, Steps, words};

/// The port of a city's door for devices, where an address names none.
pub const DOOR: u16 = 8444;

/// What every job has at hand.
pub struct Bench<'a> {
    /// The folder below which the device keeps everything.
    home: &'a Path,
    layout: Layout,
    progress: &'a dyn Progress,
    /// Seconds since 1970 UTC.
    at: i64,
}

impl<'a> Bench<'a> {
    /// At a device that keeps everything below `home`; it is `at`, seconds since 1970 UTC.
    #[must_use]
    pub fn new(home: &'a Path, progress: &'a dyn Progress, at: i64) -> Self {
        Self {
            home,
            layout: Layout::below(home),
            progress,
            at,
        }
    }

    /// Where this device's TPM would be, if not at the usual place.
    #[must_use]
    pub fn with_tpm(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.layout.tpm);
        self
    }

    fn steps(&self, steps: u64) -> Steps<'_> {
        Steps::new(self.progress, steps)
    }
}

/// A device that nobody enrolled.
fn not_enrolled() -> Failed {
    Failed::new(
        "not-enrolled",
        words(
            "この端末はまだ登録されていません。ubugoe-tech enrol で登録してください",
            "this device is not enrolled: use ubugoe-tech enrol",
        ),
    )
}

/// How a job ended.
pub type Outcome = Result<Done, Failed>;
