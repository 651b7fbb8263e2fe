//! The municipal end: filings arrive, officers decide, families see where things stand.
//!
//! [`ingest`] turns sealed messages into committed rows and signed receipts; [`store`] keeps them in SQLite or
//! PostgreSQL; [`casework`] is the vocabulary of deciding; [`papers`] sets forms and notices as PDF; [`export`] hands accepted
//! filings on to core systems; [`bankfile`] writes payment orders; [`http`] shows the staff console and the family pages;
//! [`nonstop`] is what the city does without being asked again; [`retention`] erases what the law lets go; [`receipt`] signs what leaves; [`agencies`] asks other
//! authorities and is asked by them; [`oidc`] asks the town's identity provider who somebody is; [`operate`] is the city as the
//! operator of devices. [`server`] joins them. Libraries of this crate read no environment and no clock of their own: the
//! binary hands both in.

pub mod agencies;
pub mod bankfile;
pub mod casework;
pub mod config;
pub mod export;
mod fetch;
pub mod http;
pub mod ingest;
pub mod jst;
pub mod metrics;
pub mod nonstop;
pub mod oidc;
pub mod operate;
pub mod papers;
pub mod push;
pub mod receipt;
pub mod retention;
pub mod server;
pub mod services;
pub mod store;
pub mod traces;

use std::sync::Arc;

/// The city's clock, handed in by the binary (and by tests).
pub type Clock = Arc<dyn Fn() -> jiff::Timestamp + Send + Sync>;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes from the operating system: {0}")]
pub struct NoRandomness(getrandom::Error);

/// 128 random bits as 32 lower-case hexadecimal digits.
pub(crate) fn random_token() -> Result<String, NoRandomness> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(hex::encode(bytes))
}
