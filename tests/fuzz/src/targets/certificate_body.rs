//! Any bytes as the body of a certificate that the authority really signed. Whatever else it says, it is believed only
//! while it is valid.

use ubugoe_protocol::cades::{Purpose, check_certificate, describe};

use crate::Verdict;
use crate::keys::{NOW, PAPERS};
use crate::real;
use crate::sealing::{der, rsa_sign};

/// `SEQUENCE { sha256WithRSAEncryption, NULL }`
const SHA_256_WITH_RSA: &[u8] = &[
    0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B, 0x05, 0x00,
];

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let signature = rsa_sign(&PAPERS.authority, bytes);
    let certificate = der(
        0x30,
        &[bytes, SHA_256_WITH_RSA, &der(0x03, &[&[0], &signature])],
    );
    let described = describe(&certificate);
    let mut taken = false;
    for purpose in [Purpose::Signature, Purpose::Authentication] {
        if let Ok(facts) = check_certificate(&certificate, &real::SIGNATURE.trust, purpose, NOW) {
            assert!((facts.not_before..=facts.not_after).contains(&NOW));
            assert_eq!(described.as_ref(), Ok(&facts));
            let late = facts.not_after.saturating_add(1);
            assert!(
                check_certificate(&certificate, &real::SIGNATURE.trust, purpose, late).is_err(),
                "believed when it is over"
            );
            taken = true;
        }
    }
    Verdict::of(taken)
}
