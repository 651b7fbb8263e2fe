//! Any bytes as one of the eight messages that are signed. What verifies is its one spelling and was signed by the city;
//! nothing is two of them.

use ubugoe_protocol::{
    Command, Grant, Manifest, Receipt, Refusal, SecondNotice, StatusNotice, TimeNotice,
};

use super::{command, grant, manifest, receipt, refusal, second_notice, status, time_notice};
use crate::Verdict;
use crate::keys::{CITY_SIGN, public, verifying};
use crate::sealing::signed_payload;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let city = verifying(&CITY_SIGN);
    // These two have no reading without a key.
    let (grants, announces) = (
        Grant::verify(bytes, &city).is_ok(),
        Manifest::verify(bytes, &city).is_ok(),
    );
    let kinds = [
        (
            command::TYP,
            Command::verify(bytes, &city).is_ok(),
            Command::peek(bytes).is_ok(),
        ),
        (grant::TYP, grants, grants),
        (manifest::TYP, announces, announces),
        (
            time_notice::TYP,
            TimeNotice::verify(bytes, &city).is_ok(),
            TimeNotice::peek(bytes).is_ok(),
        ),
        (
            second_notice::TYP,
            SecondNotice::verify(bytes, &city).is_ok(),
            SecondNotice::peek(bytes).is_ok(),
        ),
        (
            receipt::TYP,
            Receipt::verify(bytes, &city).is_ok(),
            Receipt::peek(bytes).is_ok(),
        ),
        (
            refusal::TYP,
            Refusal::verify(bytes, &city).is_ok(),
            Refusal::peek(bytes).is_ok(),
        ),
        (
            status::TYP,
            StatusNotice::verify(bytes, &city).is_ok(),
            StatusNotice::peek(bytes).is_ok(),
        ),
    ];
    for (typ, verifies, readable) in kinds {
        assert!(readable || !verifies, "{typ}: verifies and cannot be read");
        assert!(
            !verifies || signed_payload(typ, bytes, &public(&CITY_SIGN)).is_some(),
            "{typ}: verifies, and is not what the city signed"
        );
    }
    assert!(
        kinds.iter().filter(|(_, _, readable)| *readable).count() <= 1,
        "one message is of two kinds"
    );
    Verdict::of(kinds.iter().any(|(_, verifies, _)| *verifies))
}
