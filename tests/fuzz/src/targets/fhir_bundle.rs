//! Any bytes as the document that a hospital's system sends. What is read is written to be read alike, and a loss stays a loss.

use ubugoe_procedures::fhir::{
    HospitalWord, read, write_birth, write_stillbirth, write_withdrawal,
};
use ubugoe_procedures::{BirthCertificate, StillbirthCertificate};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Ok(word) = read(bytes) else {
        return Verdict::Refused;
    };
    let again = match &word {
        HospitalWord::Birth(certificate) => {
            let form = certificate.to_json();
            let form = BirthCertificate::from_json(&form).expect("a ward's form is read");
            assert_eq!(form, **certificate);
            assert!(StillbirthCertificate::from_json(&certificate.to_json()).is_err());
            write_birth(certificate)
        }
        HospitalWord::Stillbirth(certificate) => {
            let form = certificate.to_json();
            let form = StillbirthCertificate::from_json(&form).expect("our own form is read");
            assert_eq!(form, **certificate);
            assert!(BirthCertificate::from_json(&certificate.to_json()).is_err());
            write_stillbirth(certificate)
        }
        HospitalWord::Withdrawn { number } => write_withdrawal(number, bytes.len() % 2 == 0),
    };
    assert_eq!(read(&again).expect("our own words are read"), word);
    Verdict::Taken
}
