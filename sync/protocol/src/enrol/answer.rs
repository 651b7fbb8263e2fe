//! What a city answers: one bundle with everything a device needs, signed by the key that signed its certificate.
//!
//! Whether the chain leads to the root is for whoever has a TLS library; here only the shape, and the bundle's signature.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use ciborium::Value;
use der::Decode as _;
use x509_cert::Certificate;

use super::code::Pin;
use crate::wire::{self, Fields, WireError};
use crate::{DeviceId, RecipientId, RecipientPublicKey, VerifyingKey};

const ANSWER: &str = "ubugoe-enrol-answer/1";
const BUNDLE: &str = "ubugoe-enrol-bundle/1";
/// What is signed begins with this.
const SIGNED: &[u8] = b"ubugoe-enrol-bundle/1:";
const MAX: usize = 512 * 1024;
const MAX_PEM: usize = 64 * 1024;
const MAX_CERT: usize = 8 * 1024;
const MAX_TEXT: usize = 1024;
const MOST: usize = 64;

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not in the profile's form.
    #[error("the answer is not readable")]
    Wire(#[from] WireError),
    /// Another city's, or somebody's in between.
    #[error("the answer is from another city than the code is for")]
    Stranger,
    /// The issuing certificate cannot be read.
    #[error("the issuing certificate is unreadable")]
    Certificate,
    /// Changed under way.
    #[error("the answer's signature does not verify")]
    Signature,
}

/// One city to which the device may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct City {
    /// Its id.
    pub id: RecipientId,
    /// 全国地方公共団体コード.
    pub municipality: String,
    /// Envelopes are sealed to it.
    pub seal: RecipientPublicKey,
    /// Verifies receipts.
    pub receipt: VerifyingKey,
}

/// Whoever runs the device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runner {
    /// One of the cities.
    pub recipient: RecipientId,
    /// Verifies orders, updates and certificates.
    pub key: VerifyingKey,
}

/// Everything a device needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// For whom.
    pub device: DeviceId,
    /// SHA-256 of the device's part of the request that it answers.
    pub request: [u8; 32],
    /// When, seconds since 1970 UTC by the city's clock.
    pub at: i64,
    /// Where the device stands, as staff call it.
    pub ward: String,
    /// The municipality in which it stands.
    pub municipality: String,
    /// Its certificate and what that chains to, PEM.
    pub chain_pem: String,
    /// Brokers in order of preference.
    pub brokers: Vec<(String, u16)>,
    /// Who vouches for the brokers, PEM.
    pub broker_ca_pem: String,
    /// Cities it may send to; the first is the one that answers.
    pub cities: Vec<City>,
    /// Whose orders it takes.
    pub runner: Option<Runner>,
    /// Roots of signature certificates, PEM.
    pub sign_roots_pem: String,
    /// Keys that certify issuers of attribute records, one line each.
    pub attribute_roots: Vec<String>,
    /// The municipality's settings for its devices, TOML.
    pub profile: String,
}

/// What is signed with the issuing key: a label and the bundle.
#[must_use]
pub fn bundle_digest(bundle: &[u8]) -> Vec<u8> {
    [SIGNED, bundle].concat()
}

impl Bundle {
    /// As bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let pair = |(host, port): &(String, u16)| {
            Value::Array(vec![Value::from(host.as_str()), Value::from(*port)])
        };
        let city = |city: &City| {
            Value::Array(vec![
                Value::from(city.id.as_str()),
                Value::from(city.municipality.as_str()),
                Value::from(city.seal.to_text()),
                Value::from(city.receipt.to_text()),
            ])
        };
        let mut fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::from(self.device.as_str())),
            (3, Value::Bytes(self.request.to_vec())),
            (4, Value::from(self.at.max(0))),
            (5, Value::from(self.ward.as_str())),
            (6, Value::from(self.municipality.as_str())),
            (7, Value::from(self.chain_pem.as_str())),
            (8, Value::Array(self.brokers.iter().map(pair).collect())),
            (9, Value::from(self.broker_ca_pem.as_str())),
            (10, Value::Array(self.cities.iter().map(city).collect())),
        ];
        if let Some(runner) = &self.runner {
            fields.push((
                11,
                Value::Array(vec![
                    Value::from(runner.recipient.as_str()),
                    Value::from(runner.key.to_text()),
                ]),
            ));
        }
        let roots = self.attribute_roots.iter().map(|line| Value::from(&**line));
        fields.extend([
            (12, Value::from(self.sign_roots_pem.as_str())),
            (13, Value::Array(roots.collect())),
            (14, Value::from(self.profile.as_str())),
        ]);
        wire::encode(&wire::map(fields))
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(BUNDLE, wire::decode(BUNDLE, bytes, MAX)?)?;
        f.version(1)?;
        let bundle = Self {
            device: f.id(2, "device")?,
            request: f.array(3, "request")?,
            at: f.time(4, "at")?,
            ward: f.text(5, "ward", MAX_TEXT)?,
            municipality: f.text(6, "municipality", 16)?,
            chain_pem: f.text(7, "chain", MAX_PEM)?,
            brokers: f
                .list(8, "brokers", MOST)?
                .into_iter()
                .map(broker)
                .collect::<Result<_, _>>()?,
            broker_ca_pem: f.text(9, "broker_ca", MAX_PEM)?,
            cities: f
                .list(10, "cities", MOST)?
                .into_iter()
                .map(city)
                .collect::<Result<_, _>>()?,
            runner: if f.has(11) {
                Some(runner(f.list(11, "runner", 2)?)?)
            } else {
                None
            },
            sign_roots_pem: f.text(12, "sign_roots", MAX_PEM)?,
            attribute_roots: f
                .list(13, "attribute_roots", MOST)?
                .into_iter()
                .map(|line| text("attribute_roots", Some(line), 4 * MAX_TEXT))
                .collect::<Result<_, _>>()?,
            profile: f.text(14, "profile", MAX_PEM)?,
        };
        f.finish()?;
        if bundle.brokers.is_empty() || bundle.cities.is_empty() {
            return Err(out("brokers and cities"));
        }
        Ok(bundle)
    }
}

fn out(field: &'static str) -> WireError {
    WireError::OutOfRange {
        what: BUNDLE,
        field,
    }
}

fn text(field: &'static str, value: Option<Value>, max: usize) -> Result<String, WireError> {
    match value {
        Some(Value::Text(text)) if text.len() <= max => Ok(text),
        _ => Err(out(field)),
    }
}

fn broker(value: Value) -> Result<(String, u16), WireError> {
    let Value::Array(items) = value else {
        return Err(out("broker"));
    };
    let mut items = items.into_iter();
    let host = text("broker", items.next(), MAX_TEXT)?;
    let port = items
        .next()
        .map(|port| wire::uint_of(BUNDLE, "broker", port, u64::from(u16::MAX)))
        .transpose()?
        .and_then(|port| u16::try_from(port).ok());
    match (port, items.next()) {
        (Some(port), None) if !host.is_empty() => Ok((host, port)),
        _ => Err(out("broker")),
    }
}

fn city(value: Value) -> Result<City, WireError> {
    const F: &str = "city";
    let Value::Array(items) = value else {
        return Err(out(F));
    };
    let [id, municipality, seal, receipt] =
        <[Value; 4]>::try_from(items).map_err(|_| out(F))?.map(Some);
    Ok(City {
        id: text(F, id, 64)?.parse().map_err(|_| out(F))?,
        municipality: text(F, municipality, 16)?,
        seal: RecipientPublicKey::from_text(&text(F, seal, 256)?).map_err(|_| out(F))?,
        receipt: VerifyingKey::from_text(&text(F, receipt, 256)?).map_err(|_| out(F))?,
    })
}

fn runner(items: Vec<Value>) -> Result<Runner, WireError> {
    const F: &str = "runner";
    let [recipient, key] = <[Value; 2]>::try_from(items).map_err(|_| out(F))?.map(Some);
    Ok(Runner {
        recipient: text(F, recipient, 64)?.parse().map_err(|_| out(F))?,
        key: VerifyingKey::from_text(&text(F, key, 256)?).map_err(|_| out(F))?,
    })
}

/// A bundle with what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The bundle, as signed.
    pub bundle: Vec<u8>,
    /// The certificate of the key that signed bundle and certificate, DER.
    pub issuing: Vec<u8>,
    /// The root, DER.
    pub root: Vec<u8>,
    /// ECDSA P-256 SHA-256 over [`bundle_digest`], ASN.1.
    pub signature: Vec<u8>,
}

impl Answer {
    /// As bytes, for HTTP or a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(&wire::map(vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.bundle.clone())),
            (3, Value::Bytes(self.issuing.clone())),
            (4, Value::Bytes(self.root.clone())),
            (5, Value::Bytes(self.signature.clone())),
        ]))
    }

    /// Reads one. Nothing of it is verified.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(ANSWER, wire::decode(ANSWER, bytes, MAX)?)?;
        f.version(1)?;
        let answer = Self {
            bundle: f.bytes(2, "bundle", MAX)?,
            issuing: f.bytes(3, "issuing", MAX_CERT)?,
            root: f.bytes(4, "root", MAX_CERT)?,
            signature: f.bytes(5, "signature", 256)?,
        };
        f.finish()?;
        Ok(answer)
    }

    /// The bundle, if the root is the one that is pinned and the issuing key signed it. That the issuing certificate comes from
    /// that root is for the caller to see.
    ///
    /// # Errors
    /// [`AnswerError`].
    pub fn verify(&self, pin: &Pin) -> Result<Bundle, AnswerError> {
        if Pin::of(&self.root) != *pin {
            return Err(AnswerError::Stranger);
        }
        if !crate::cades::lengths_fit(&self.issuing) {
            return Err(AnswerError::Certificate);
        }
        let issuing = Certificate::from_der(&self.issuing).map_err(|_| AnswerError::Certificate)?;
        let key = issuing
            .tbs_certificate
            .subject_public_key_info
            .subject_public_key
            .as_bytes()
            .ok_or(AnswerError::Certificate)?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key)
            .verify(&bundle_digest(&self.bundle), &self.signature)
            .map_err(|_| AnswerError::Signature)?;
        Ok(Bundle::from_bytes(&self.bundle)?)
    }
}
