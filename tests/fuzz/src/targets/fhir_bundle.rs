//! Any bytes as a hospital's FHIR document. What is read is written to be read alike, and a stillbirth is never a birth.

use ubugoe_procedures::fhir::{
    HospitalWord, read, write_birth, write_stillbirth, write_withdrawal,
};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(word) = read(bytes) else {
        return Verdict::Refused;
    };
    let again = match &word {
        HospitalWord::Birth(certificate) => write_birth(certificate),
        HospitalWord::Stillbirth(certificate) => write_stillbirth(certificate),
        HospitalWord::Withdrawn { number } => write_withdrawal(number, false),
    };
    assert_eq!(read(&again).expect("our own words are read"), word);
    Verdict::Taken
}
