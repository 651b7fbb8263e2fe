//! Filings that were carried by hand: a sealed envelope from a stick, landed like those from the broker, and the sealed answer
//! for the way back.
//!
//! Whatever is damaged or foreign goes to quarantine as it would from the broker. It may be repeated, and it may run beside
//! the server: the database keeps both apart.

use ubugoe_protocol::{Downlink, OpenError, peek};

use crate::ingest::{Ingest, Message};
use crate::store::StoreError;

/// What became of one envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// Receipted, now or before; the answer is sealed to the device.
    Receipted(Vec<u8>),
    /// Refused with the city's signature; the answer is sealed to the device.
    Refused(Vec<u8>),
    /// In quarantine, without an answer.
    SetAside,
}

/// Why carrying stopped.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The store failed; nothing became of this envelope.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The answer could not be sealed; the envelope has landed.
    #[error("an answer could not be sealed")]
    Seal(#[source] ubugoe_protocol::SealError),
}

/// Lands one envelope.
///
/// # Errors
/// [`CarryError`].
pub async fn land(ingest: &Ingest, wire: Vec<u8>) -> Result<Carried, CarryError> {
    let device = device_of(&wire).ok();
    let answers = ingest.land(vec![Message { device, wire }]).await?;
    // One message has at most one answer.
    let Some(answer) = answers.first() else {
        return Ok(Carried::SetAside);
    };
    let Some(sealed) = ingest.seal(answer).map_err(CarryError::Seal)? else {
        return Ok(Carried::SetAside);
    };
    Ok(match answer.content {
        Downlink::Receipts(_) => Carried::Receipted(sealed),
        _ => Carried::Refused(sealed),
    })
}

/// There is no topic to name the device, so the header does; its signature is checked as always.
fn device_of(wire: &[u8]) -> Result<ubugoe_protocol::DeviceId, OpenError> {
    Ok(peek(wire)?.device)
}
