//! A receipt with any bytes under the city's signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Receipt;

use crate::Verdict;
use crate::keys::{CITY_SIGN, DEVICE_SIGN, signing, verifying};
use crate::sealing::sign1;

pub(super) const TYP: &str = "ubugoe-receipt/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let signed = sign1(TYP, bytes, &CITY_SIGN);
    let read = Receipt::verify(&signed, &verifying(&CITY_SIGN));
    assert_eq!(read, Receipt::peek(&signed), "the signature is right");
    let Ok(read) = read else {
        return Verdict::Refused;
    };
    assert_eq!(
        read.sign(&signing(&CITY_SIGN)).as_ref(),
        Ok(&signed),
        "two spellings of one message"
    );
    assert!(
        Receipt::verify(&signed, &verifying(&DEVICE_SIGN)).is_err(),
        "another key's signature was taken"
    );
    let text = Receipt::qr_text(&signed).expect("what is signed can be printed");
    assert_eq!(Receipt::qr_bytes(&text).as_ref(), Ok(&signed));
    Verdict::Taken
}
