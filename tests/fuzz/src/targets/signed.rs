//! Messages under a signature: shared by the targets of the single kinds, which each give any bytes as the payload.

use std::fmt::Debug;

use ubugoe_protocol::{SignedError, SigningKey, VerifyingKey};

use crate::keys::{CITY_SIGN, DEVICE_SIGN, signing, verifying};
use crate::sealing::sign1;

/// Signs the payload with our own hand and gives it to the decoder. What is read is signed again to the very same bytes, and no
/// other key's signature is taken for it.
pub(super) fn read<T: PartialEq + Debug>(
    typ: &str,
    payload: &[u8],
    verify: impl Fn(&[u8], &VerifyingKey) -> Result<T, SignedError>,
    sign: impl Fn(&T, &SigningKey) -> Result<Vec<u8>, SignedError>,
) -> Option<T> {
    let signed = sign1(typ, payload, &CITY_SIGN);
    let read = verify(&signed, &verifying(&CITY_SIGN)).ok()?;
    assert_eq!(
        sign(&read, &signing(&CITY_SIGN)).as_ref(),
        Ok(&signed),
        "two spellings of one message"
    );
    assert!(
        verify(&signed, &verifying(&DEVICE_SIGN)).is_err(),
        "another key's signature was taken"
    );
    Some(read)
}

/// The same for what can also be read without a key: both readings agree. What was read, and the message it was read from.
pub(super) fn peeked<T: PartialEq + Debug>(
    typ: &str,
    payload: &[u8],
    peek: impl Fn(&[u8]) -> Result<T, SignedError>,
    verify: impl Fn(&[u8], &VerifyingKey) -> Result<T, SignedError>,
    sign: impl Fn(&T, &SigningKey) -> Result<Vec<u8>, SignedError>,
) -> Option<(T, Vec<u8>)> {
    let signed = sign1(typ, payload, &CITY_SIGN);
    assert_eq!(
        verify(&signed, &verifying(&CITY_SIGN)),
        peek(&signed),
        "the signature is right"
    );
    Some((read(typ, payload, verify, sign)?, signed))
}
