//! A status notice with any bytes under the city's signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::StatusNotice;

use crate::Verdict;
use crate::keys::{CITY_SIGN, DEVICE_SIGN, signing, verifying};
use crate::sealing::sign1;

pub(super) const TYP: &str = "ubugoe-status/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let signed = sign1(TYP, bytes, &CITY_SIGN);
    let read = StatusNotice::verify(&signed, &verifying(&CITY_SIGN));
    assert_eq!(read, StatusNotice::peek(&signed), "the signature is right");
    let Ok(read) = read else {
        return Verdict::Refused;
    };
    assert_eq!(
        read.sign(&signing(&CITY_SIGN)).as_ref(),
        Ok(&signed),
        "two spellings of one message"
    );
    assert!(
        StatusNotice::verify(&signed, &verifying(&DEVICE_SIGN)).is_err(),
        "another key's signature was taken"
    );
    Verdict::Taken
}
