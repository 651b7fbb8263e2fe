//! Any bytes as the birth certificate that a ward's software hands over. What is read is written to be read alike.

use jiff::civil::datetime;
use ubugoe_procedures::BirthCertificate;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(read) = BirthCertificate::from_json(bytes) else {
        return Verdict::Refused;
    };
    let again = BirthCertificate::from_json(&read.to_json()).expect("our own words are read");
    assert_eq!(again, read);
    let _doubts = read.doubts();
    let _later = read.is_after(datetime(2026, 11, 24, 12, 0, 0, 0));
    Verdict::Taken
}
