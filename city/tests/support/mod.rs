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

/// Unix seconds. Providers and programs of their own have the real time, and TLS asks for it; the city's clock then starts at it.
#[expect(
    clippy::disallowed_methods,
    reason = "what runs beside the test has the real clock"
)]
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
