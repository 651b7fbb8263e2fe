//! Any bytes as a certificate, and as the text of anchors. Only what the authority signed is trusted.

use ubugoe_protocol::cades::{Purpose, Trust, check_certificate, describe, prepare};

use crate::Verdict;
use crate::keys::{NOW, PAPERS};
use crate::real;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let described = describe(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _readable = Trust::from_pem(text).is_ok();
    }
    if let Ok(own) = Trust::new(&[bytes.to_vec()]) {
        // As its own anchor, a stranger's certificate may even be one; it must not panic.
        let _trusted = check_certificate(bytes, &own, Purpose::Signature, NOW).is_ok();
    }
    if let Ok(prepared) = prepare(b"content", bytes, NOW) {
        assert!(prepared.assemble(&[0; 256]).is_ok());
    }
    for purpose in [Purpose::Signature, Purpose::Authentication] {
        if let Ok(facts) = check_certificate(bytes, &real::SIGNATURE.trust, purpose, NOW) {
            assert_eq!(
                bytes, PAPERS.certificate,
                "trusted, and not the authority's"
            );
            assert_eq!(described.as_ref(), Ok(&facts));
        }
    }
    if let Ok(facts) = &described {
        let _date = facts.birth_date();
        let _as_registered = facts.name_is_as_registered();
    }
    Verdict::of(described.is_ok())
}
