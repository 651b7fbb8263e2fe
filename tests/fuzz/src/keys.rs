//! Keys that everybody knows. They sign and open what the harness makes, and nothing else may ever trust them.

use std::sync::LazyLock;

use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use jiff::civil::{Date, date};
use ubugoe_protocol::{RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey};
use ubugoe_vcard::{Card, Issuer, Pki};

/// The device's signing seed.
pub(crate) const DEVICE_SIGN: [u8; 32] = [0x11; 32];
/// The city's signing seed.
pub(crate) const CITY_SIGN: [u8; 32] = [0x22; 32];
/// What the city opens with.
pub(crate) const CITY_OPEN: [u8; 32] = [0x33; 32];
/// What the device opens with.
pub(crate) const DEVICE_OPEN: [u8; 32] = [0x44; 32];

/// The day on which certificates are made.
pub(crate) const TODAY: Date = date(2026, 11, 24);
/// A time on that day, seconds since 1970 UTC.
pub(crate) const NOW: i64 = 1_795_489_200;

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

pub(crate) fn signing(seed: &[u8; 32]) -> SigningKey {
    let text = format!("ubugoe-ed25519-secret-v1:{}", hex(seed));
    SigningKey::from_text(&text).expect("32 bytes are a seed")
}

pub(crate) fn verifying(seed: &[u8; 32]) -> VerifyingKey {
    signing(seed).verifying().expect("a key")
}

/// The bytes of the public key.
pub(crate) fn public(seed: &[u8; 32]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("32 bytes are a seed");
    pair.public_key().as_ref().to_vec()
}

pub(crate) fn opening(secret: &[u8; 32]) -> RecipientSecretKey {
    let text = format!("ubugoe-x25519-secret-v1:{}", hex(secret));
    RecipientSecretKey::from_text(&text).expect("any 32 bytes are a key")
}

pub(crate) fn sealing(secret: &[u8; 32]) -> RecipientPublicKey {
    opening(secret).public().expect("a key")
}

/// The bytes of a public key that is sealed to.
pub(crate) fn sealing_bytes(secret: &[u8; 32]) -> Vec<u8> {
    let text = sealing(secret).to_text();
    let digits = text.rsplit(':').next().unwrap_or_default();
    digits
        .as_bytes()
        .chunks(2)
        .filter_map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok())
        .collect()
}

/// The virtual card's authorities, a card of theirs, and the private keys behind both.
pub(crate) struct Papers {
    pub(crate) pki: Pki,
    pub(crate) card: Card,
    /// The parent's signing certificate, DER.
    pub(crate) certificate: Vec<u8>,
    /// The parent's signing key, which a real card never gives away.
    pub(crate) person: RsaKeyPair,
    /// The authority's.
    pub(crate) authority: RsaKeyPair,
}

/// Keys derived from their names: the first process takes some seconds to make them and leaves them beside its
/// program, later ones read them.
pub(crate) static PAPERS: LazyLock<Papers> = LazyLock::new(|| {
    let program = std::env::current_exe().expect("a running program has a file");
    let folder = program.with_file_name("fuzz-pki");
    let pki = Pki::open(&folder, TODAY).expect("the authorities");
    let card = Issuer::new(pki.clone())
        .issue("hana")
        .expect("a built-in persona");
    let key = |name: &str| {
        let path = pki.directory().join(format!("{name}.key"));
        let pem = std::fs::read_to_string(&path).expect("the key was just written");
        let (_, pkcs8) = der::Document::from_pem(&pem).expect("PEM");
        RsaKeyPair::from_pkcs8(pkcs8.as_bytes()).expect("an RSA key")
    };
    let (person, authority) = (key("hana-sign"), key("jpki-sign-ca"));
    let certificate = crate::targets::card::sign_certificate(&card);
    Papers {
        pki,
        card,
        certificate,
        person,
        authority,
    }
});

/// A town's papers for the broker: an authority with a revocation list, a device with its certificate, and its request for the
/// next one with the certificate that answers it. P-256, until 2049; made once with `openssl req`, `x509` and `ca`.
pub(crate) mod town {
    /// The authority.
    pub(crate) const CA: &str = include_str!("../town/ca.pem");
    pub(crate) const CA_KEY: &str = include_str!("../town/ca.key");
    /// One other device is revoked.
    pub(crate) const CRL: &str = include_str!("../town/crl.pem");
    /// The device's key and certificate.
    pub(crate) const PAIR: &str = include_str!("../town/pair.pem");
    /// A new key and the request for its certificate.
    pub(crate) const ASKED: &str = include_str!("../town/asked.pem");
    /// The certificate.
    pub(crate) const GRANTED: &str = include_str!("../town/granted.pem");

    /// The request alone, DER.
    pub(crate) fn request() -> Vec<u8> {
        let begin = ASKED.find("-----BEGIN CERTIFICATE REQUEST");
        let pem = begin.and_then(|at| ASKED.get(at..)).unwrap_or_default();
        let (_, request) = der::Document::from_pem(pem).expect("PEM");
        request.as_bytes().to_vec()
    }
}
