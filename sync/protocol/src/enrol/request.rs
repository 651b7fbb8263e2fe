//! What a device asks: its own keys' public halves, signed by them, and why it may be let in.

use ciborium::Value;
use zeroize::Zeroizing;

use crate::cose::{self, SignedError, Unverified};
use crate::wire::{self, Fields, WireError};
use crate::{DeviceId, RecipientPublicKey, SigningKey, VerifyingKey};

const CORE: &str = "ubugoe-enrol/1";
const REQUEST: &str = "ubugoe-enrol-request/1";
const BENCH: &str = "ubugoe-enrol-bench/1";
const MAX_CORE: usize = 8 * 1024;
const MAX: usize = 16 * 1024;
const MAX_CSR: usize = 4 * 1024;
const MAX_TEXT: usize = 256;

/// What it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be let in, or to be moved to another ward.
    Enrol,
    /// A new certificate, for a device that is known.
    Renew,
}

/// The device's part: signed by the very key that it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// What for.
    pub purpose: Purpose,
    /// Certificate request, PKCS #10, DER; its subject is the device.
    pub csr: Vec<u8>,
    /// Will verify what it sends. The device's id follows from it.
    pub sign: VerifyingKey,
    /// What is sent to it will be sealed to this.
    pub seal: RecipientPublicKey,
    /// When, seconds since 1970 UTC by the device's clock, which nobody vouches for yet.
    pub at: i64,
}

/// The id of the device that has this key: `d-` and eight hexadecimal digits of the key's hash. It needs no list of names that
/// are free, and a device that asks again is the same device.
#[must_use]
pub fn device_of(key: &VerifyingKey) -> DeviceId {
    let hash = crate::digest(format!("ubugoe-device-id/1:{}", key.to_text()).as_bytes());
    let digits = hex::encode(hash.get(..4).unwrap_or_default());
    // two letters, a hyphen and eight digits are always an id; the fallback is never reached
    format!("d-{digits}").parse().unwrap_or_else(|_| never())
}

fn never() -> DeviceId {
    unreachable!("eight hexadecimal digits are an id")
}

impl Core {
    /// The device it is from.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        device_of(&self.sign)
    }

    /// Signs it. `key` must be the secret half of `sign`.
    pub fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, SignedError> {
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (
                2,
                Value::from(match self.purpose {
                    Purpose::Enrol => 1,
                    Purpose::Renew => 2,
                }),
            ),
            (3, Value::Bytes(self.csr.clone())),
            (4, Value::from(self.sign.to_text())),
            (5, Value::from(self.seal.to_text())),
            (6, Value::from(self.at.max(0))),
        ];
        cose::sign1(CORE, wire::encode(&wire::map(fields)), key)
    }

    /// Reads one and verifies it under the key that it tells itself.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let signed = Unverified::parse(CORE, bytes, MAX_CORE)?;
        let mut f = Fields::open(CORE, wire::decode(CORE, signed.payload(), MAX_CORE)?)?;
        f.version(1)?;
        let purpose = match f.uint(2, "purpose", 255)? {
            1 => Purpose::Enrol,
            2 => Purpose::Renew,
            _ => return Err(out(CORE, "purpose").into()),
        };
        let csr = f.bytes(3, "csr", MAX_CSR)?;
        let sign = f.text(4, "sign", MAX_TEXT)?;
        let seal = f.text(5, "seal", MAX_TEXT)?;
        let core = Self {
            purpose,
            csr,
            sign: VerifyingKey::from_text(&sign).map_err(|_| out(CORE, "sign"))?,
            seal: RecipientPublicKey::from_text(&seal).map_err(|_| out(CORE, "seal"))?,
            at: f.time(6, "at")?,
        };
        f.finish()?;
        signed.verify(&core.sign)?;
        Ok(core)
    }
}

/// Why it may be let in.
#[derive(Clone, PartialEq, Eq)]
pub enum Voucher {
    /// It knows the code: inside TLS, to nobody but the city.
    Secret(Zeroizing<Vec<u8>>),
    /// It knows the code, and does not say it: on a stick.
    Proof([u8; 32]),
    /// A bench that the city knows signed it, for a ward.
    Bench {
        /// Which bench.
        bench: String,
        /// The ward.
        ward: String,
        /// Its word, signed.
        signed: Vec<u8>,
    },
    /// The device's own signature is enough: it is known, and asks for a new certificate.
    Known,
}

impl std::fmt::Debug for Voucher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(***)",
            Self::Proof(_) => "Proof",
            Self::Bench { .. } => "Bench",
            Self::Known => "Known",
        })
    }
}

/// A request as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The device's part, signed.
    pub core: Vec<u8>,
    /// Why.
    pub voucher: Voucher,
}

impl Request {
    /// A bench vouches for a device, in a ward.
    pub fn by_bench(
        core: Vec<u8>,
        bench: &str,
        ward: &str,
        key: &SigningKey,
    ) -> Result<Self, SignedError> {
        let signed = cose::sign1(BENCH, vouched(&core, ward), key)?;
        Ok(Self {
            core,
            voucher: Voucher::Bench {
                bench: bench.to_owned(),
                ward: ward.to_owned(),
                signed,
            },
        })
    }

    /// Whether the bench with this key vouched for this device in this ward.
    pub fn verify_bench(&self, key: &VerifyingKey) -> Result<(), SignedError> {
        let Voucher::Bench { ward, signed, .. } = &self.voucher else {
            return Err(out(BENCH, "voucher").into());
        };
        let read = Unverified::parse(BENCH, signed, MAX)?;
        read.verify(key)?;
        if read.payload() == vouched(&self.core, ward) {
            Ok(())
        } else {
            Err(SignedError::Signature { what: BENCH })
        }
    }

    /// As bytes, for HTTP or a file.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.core.clone())),
        ];
        let (kind, more) = match &self.voucher {
            Voucher::Secret(secret) => (1, vec![(4, Value::Bytes(secret.to_vec()))]),
            Voucher::Proof(proof) => (2, vec![(4, Value::Bytes(proof.to_vec()))]),
            Voucher::Bench {
                bench,
                ward,
                signed,
            } => (
                3,
                vec![
                    (4, Value::Bytes(signed.clone())),
                    (5, Value::from(bench.as_str())),
                    (6, Value::from(ward.as_str())),
                ],
            ),
            Voucher::Known => (4, Vec::new()),
        };
        fields.push((3, Value::from(kind)));
        fields.extend(more);
        Zeroizing::new(wire::encode(&wire::map(fields)))
    }

    /// Reads one. Nothing of it is verified.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(REQUEST, wire::decode(REQUEST, bytes, MAX)?)?;
        f.version(1)?;
        let core = f.bytes(2, "core", MAX_CORE)?;
        let voucher = match f.uint(3, "kind", 255)? {
            1 => Voucher::Secret(Zeroizing::new(f.bytes(4, "secret", 64)?)),
            2 => Voucher::Proof(f.array(4, "proof")?),
            3 => Voucher::Bench {
                signed: f.bytes(4, "signed", 1024)?,
                bench: f.text(5, "bench", MAX_TEXT)?,
                ward: f.text(6, "ward", MAX_TEXT)?,
            },
            4 => Voucher::Known,
            _ => return Err(out(REQUEST, "kind")),
        };
        f.finish()?;
        Ok(Self { core, voucher })
    }
}

fn vouched(core: &[u8], ward: &str) -> Vec<u8> {
    wire::encode(&wire::map(vec![
        (1, Value::from(crate::VERSION)),
        (2, Value::Bytes(crate::digest(core).to_vec())),
        (3, Value::from(ward)),
    ]))
}

const fn out(what: &'static str, field: &'static str) -> WireError {
    WireError::OutOfRange { what, field }
}
