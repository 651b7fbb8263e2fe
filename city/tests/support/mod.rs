//! What several tests need: an invented family's filings, a parent's key, a device, a browser. Nothing here is under test.

pub(crate) mod broker;
pub(crate) mod browser;
pub(crate) mod device;
pub(crate) mod exchange;
pub(crate) mod listener;
pub(crate) mod office;
pub(crate) mod papers;
pub(crate) mod provider;
pub(crate) mod shown;
