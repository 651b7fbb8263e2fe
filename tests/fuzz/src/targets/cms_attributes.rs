//! Any bytes as the signed attributes, signed by the parent's key as the card would. What verifies names this content
//! and this certificate.

use ubugoe_protocol::cades::verify;
use ubugoe_protocol::digest;

use crate::Verdict;
use crate::keys::{NOW, PAPERS};
use crate::real::{self, CONTENT};
use crate::sealing::{der, first_value, rsa_sign};

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let cms = around(bytes);
    let Ok(verified) = verify(&cms, CONTENT, &real::SIGNATURE.trust, NOW) else {
        return Verdict::Refused;
    };
    let holds = |digest: [u8; 32]| bytes.windows(32).any(|window| window == digest);
    assert!(holds(digest(CONTENT)), "the content is not named");
    assert!(
        holds(digest(&PAPERS.certificate)),
        "the certificate is not named"
    );
    let facts = &verified.facts;
    assert!((facts.not_before..=facts.not_after).contains(&verified.signing_time));
    Verdict::Taken
}

const DATA: &[u8] = &[
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x01,
];
const SIGNED_DATA: &[u8] = &[
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x07, 0x02,
];
const RSA: &[u8] = &[
    0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01,
];
const SHA_256: &[u8] = &[
    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
];

/// A CMS of the one accepted shape around these contents of the signed attributes.
fn around(attributes: &[u8]) -> Vec<u8> {
    let signature = rsa_sign(&PAPERS.person, &der(0x31, &[attributes]));
    let version = [0x02, 0x01, 0x01];
    let sha_256 = der(0x30, &[SHA_256]);
    let signer = der(
        0x30,
        &[
            &version,
            &issuer_and_serial(&PAPERS.certificate),
            &sha_256,
            &der(0xA0, &[attributes]),
            &der(0x30, &[RSA, &[0x05, 0x00]]),
            &der(0x04, &[&signature]),
        ],
    );
    let signed_data = der(
        0x30,
        &[
            &version,
            &der(0x31, &[&sha_256]),
            &der(0x30, &[DATA]),
            &der(0xA0, &[&PAPERS.certificate]),
            &der(0x31, &[&signer]),
        ],
    );
    der(0x30, &[SIGNED_DATA, &der(0xA0, &[&signed_data])])
}

/// Takes both out of a certificate: version, serial, algorithm, issuer.
fn issuer_and_serial(certificate: &[u8]) -> Vec<u8> {
    let (_, outer) = first_value(certificate).expect("a certificate");
    let (_, mut body) = first_value(outer).expect("a body");
    let mut next = || {
        let (whole, _) = first_value(body).expect("a field");
        body = body.get(whole.len()..).unwrap_or_default();
        whole
    };
    let (_version, serial, _algorithm, issuer) = (next(), next(), next(), next());
    der(0x30, &[issuer, serial])
}
