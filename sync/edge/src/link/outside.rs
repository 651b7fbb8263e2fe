//! What the link makes of bytes from outside, without a network: for the fuzz targets only.

use super::{DisconnectReason, LinkError, Tls, dial, tls};

/// Reads authorities, revocation lists, certificates and key as a start of the link does.
///
/// # Errors
/// What the start would say.
pub fn read_tls(files: &Tls) -> Result<(), LinkError> {
    tls::client(files, &crate::tpm::Tpm::default()).map(|_| ())
}

/// Reads the head of a proxy's answer; `Ok` when it opened the way.
///
/// # Errors
/// What it said instead.
pub fn read_proxy(head: &[u8]) -> Result<(), DisconnectReason> {
    dial::judge(head)
}
