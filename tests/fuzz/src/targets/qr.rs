//! Any text as what a scanner read off a printed receipt. What is read is printed alike, and only the city's verifies.

use ubugoe_protocol::Receipt;

use crate::Verdict;
use crate::keys::{CITY_SIGN, public, verifying};
use crate::sealing::signed_payload;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let Ok(scanned) = Receipt::qr_bytes(&text) else {
        return Verdict::Refused;
    };
    if let Ok(again) = Receipt::qr_text(&scanned) {
        assert_eq!(again, text, "two spellings of one receipt");
    }
    let read = Receipt::from_qr_text(&text, &verifying(&CITY_SIGN));
    let signed = signed_payload(super::receipt::TYP, &scanned, &public(&CITY_SIGN));
    assert!(read.is_err() || signed.is_some(), "not the city's");
    Verdict::of(read.is_ok())
}
