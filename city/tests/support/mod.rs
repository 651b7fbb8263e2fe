//! What several tests need: an invented family's filings, a parent's key, a device, a browser. Nothing here is under test.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

pub(crate) mod browser;
pub(crate) mod device;
pub(crate) mod exchange;
pub(crate) mod office;
pub(crate) mod papers;
pub(crate) mod provider;
