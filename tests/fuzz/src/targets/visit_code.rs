//! Any text as a family's code. What is read is written alike, and only the city's list of forms verifies.

use ubugoe_protocol::{VisitCode, digest};

use crate::Verdict;
use crate::keys::{CITY_SIGN, DEVICE_SIGN, public, verifying};
use crate::real::CONTENT;
use crate::sealing::signed_payload;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    read(&String::from_utf8_lossy(bytes))
}

/// Shared by the two targets of this text.
pub(super) fn read(text: &str) -> Verdict {
    let Ok(code) = VisitCode::from_text(text) else {
        return Verdict::Refused;
    };
    assert_eq!(code.to_text(), text, "two spellings of one code");
    let listed = code.tree.digests();
    let compared = code.compare(&[CONTENT, b"another form"]);
    let known = listed.contains(&digest(CONTENT));
    assert_eq!(compared.altered.contains(&0), !known);
    assert!(compared.missing.len() <= listed.len());
    assert!(
        code.verify(&verifying(&DEVICE_SIGN)).is_err(),
        "not the city's"
    );
    let Ok(receipt) = code.verify(&verifying(&CITY_SIGN)) else {
        return Verdict::Refused;
    };
    assert!(
        signed_payload(super::receipt::TYP, &code.receipt, &public(&CITY_SIGN)).is_some(),
        "not the city's"
    );
    let place = receipt.visit.expect("a visit that was verified");
    assert_eq!(place.root, code.tree.root());
    assert_eq!(
        listed.get(usize::from(place.index)),
        Some(&receipt.digest),
        "the receipt is for another form"
    );
    Verdict::Taken
}
