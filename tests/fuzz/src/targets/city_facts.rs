//! Any bytes as the content of a filing that opened, as the city reads it for its lists.

use ubugoe_city::casework::facts::{Context, from_canonical};
use ubugoe_city::store::{Finding, SignatureFinding};

use crate::Verdict;
use crate::keys::NOW;
use crate::real::CATALOGUE;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let context = Context {
        catalogue: &CATALOGUE,
        municipality: "991015".parse().expect("a municipality"),
        created: NOW - 60,
        now: NOW,
    };
    let signature = SignatureFinding {
        math: Finding::Ok,
        chain: Finding::Ok,
        validity: Finding::Ok,
        revocation: Finding::Unknown,
        subject: None,
        serial: None,
        problem: None,
    };
    let Ok(facts) = from_canonical(bytes, signature, &context) else {
        return Verdict::Refused;
    };
    let filing = ubugoe_procedures::Filing::parse(bytes).expect("its facts were read");
    assert_eq!(facts.procedure, filing.procedure.to_string());
    assert!(
        facts
            .due
            .is_none_or(|due| due.parse::<jiff::civil::Date>().is_ok())
    );
    Verdict::Taken
}
