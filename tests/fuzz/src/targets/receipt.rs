//! A receipt with any bytes under the city's signature. What is read is signed again to the very same bytes.

use ubugoe_protocol::Receipt;

use super::signed;
use crate::Verdict;

pub(super) const TYP: &str = "ubugoe-receipt/1";

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let read = signed::peeked(TYP, bytes, Receipt::peek, Receipt::verify, Receipt::sign);
    let Some((_, signed)) = read else {
        return Verdict::Refused;
    };
    let text = Receipt::qr_text(&signed).expect("what is signed can be printed");
    assert_eq!(Receipt::qr_bytes(&text).as_ref(), Ok(&signed));
    Verdict::Taken
}
