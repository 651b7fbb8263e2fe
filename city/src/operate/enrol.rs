//! Devices register themselves: whoever has a code, or a bench that the city knows, is let in once.
//!
//! ```text
//!  make_code ──> paper, QR ──> device ──request──> judge ──> store: code spent ∧ device registered ──> answer
//!                                                    └── no ──> a line in the chain, a word for the technician
//! ```
//! The answer is made before the transaction and kept in it. So a request that comes again, because its answer was lost, gets
//! the same bytes, and a code that was spent by somebody else gets nothing.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use ubugoe_protocol::enrol::{
    Answer, Bundle, City, CodeError, Core, EnrolCode, Pin, Purpose, Request, Runner, Voucher,
    bundle_digest,
};
use ubugoe_protocol::{DeviceId, KeyError, digest};

use super::certificate::{Authority, Certified, certify};
use super::{OPERATOR, OperateError};
use crate::casework::audit::AuditEntry;
use crate::config::{CityKeys, EnrolConfig, Office};
use crate::ingest::Registry;
use crate::store::enrol::{Admission, Admitted, NewCode, code_name};
use crate::store::{Store, StoreError};

/// Why a device was not let in. Its word and its number are what the technician reads.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Not a request, or not signed by its own key.
    #[error("the request is not readable")]
    Unreadable,
    /// There is no such code.
    #[error("there is no such code")]
    Unknown,
    /// The code let somebody else in.
    #[error("the code was used before")]
    Spent,
    /// The code is too old.
    #[error("the code is too old")]
    Expired,
    /// The city does not know this bench, or not for this ward, or not any more.
    #[error("this bench may not vouch for that ward")]
    Bench,
    /// Another device has this id, or this device was revoked.
    #[error("this device was revoked, or its id is another's")]
    Taken,
    /// A renewal of somebody who is not known.
    #[error("this device is not known")]
    NotKnown,
    /// The certificate cannot be made.
    #[error("the certificate cannot be made")]
    Operate(#[source] OperateError),
    /// The database.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl Refused {
    /// One word, for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unknown => "unknown",
            Self::Spent => "spent",
            Self::Expired => "expired",
            Self::Bench => "bench",
            Self::Taken => "taken",
            Self::NotKnown => "not-known",
            Self::Operate(_) | Self::Store(_) => "failed",
        }
    }

    /// Whether asking again may help.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::Operate(_) | Self::Store(_))
    }
}

/// The device CA as the city has it at hand, tried.
pub struct Issuing {
    root: Vec<u8>,
    certificate: Vec<u8>,
    key: EcdsaKeyPair,
}

impl std::fmt::Debug for Issuing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuing(***)")
    }
}

impl Issuing {
    /// Reads root, issuing certificate and key, and sees that the key belongs to the certificate.
    ///
    /// # Errors
    /// [`OperateError::Request`] with what is wrong.
    pub fn of(config: &EnrolConfig) -> Result<Self, OperateError> {
        let certificate = |pem: &str| {
            CertificateDer::from_pem_slice(pem.as_bytes())
                .map(|der| der.to_vec())
                .map_err(|_| OperateError::Request("a certificate of the device CA is unreadable"))
        };
        let key = PrivateKeyDer::from_pem_slice(config.issuing_key.as_bytes())
            .map_err(|_| OperateError::Request("the issuing key is unreadable"))?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.secret_der())
            .map_err(|_| OperateError::Request("the issuing key is none of P-256"))?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let der = certificate(&config.issuing_pem)?;
        rustls::sign::CertifiedKey::from_der(vec![der.clone().into()], key, &provider)
            .map_err(|_| OperateError::Request("the issuing key is another certificate's"))?;
        Ok(Self {
            root: certificate(&config.root_pem)?,
            certificate: der,
            key: pair,
        })
    }

    /// What codes of this city are bound to.
    #[must_use]
    pub fn pin(&self) -> Pin {
        Pin::of(&self.root)
    }
}

/// Lets devices in.
#[derive(Debug)]
pub struct Desk {
    config: EnrolConfig,
    issuing: Issuing,
    office: Office,
    city: City,
    runner: Option<Runner>,
}

impl Desk {
    /// The desk of a city.
    ///
    /// # Errors
    /// [`OperateError`] when a key is unusable.
    pub fn new(
        config: EnrolConfig,
        office: &Office,
        keys: &CityKeys,
    ) -> Result<Self, OperateError> {
        let unusable = |_: KeyError| OperateError::Request("a key of the city is unusable");
        let runner = match &keys.operate {
            None => None,
            Some(key) => Some(Runner {
                recipient: office.recipient.clone(),
                key: key.verifying().map_err(unusable)?,
            }),
        };
        Ok(Self {
            issuing: Issuing::of(&config)?,
            city: City {
                id: office.recipient.clone(),
                municipality: office.municipality.to_string(),
                seal: keys.open.public().map_err(unusable)?,
                receipt: keys.sign.verifying().map_err(unusable)?,
            },
            office: office.clone(),
            runner,
            config,
        })
    }

    /// Makes a code for a ward. It is shown once; the store keeps its hash.
    ///
    /// # Errors
    /// No random bytes, or the store's.
    pub async fn make_code(
        &self,
        store: &dyn Store,
        ward: &str,
        actor: &str,
        now: i64,
    ) -> Result<EnrolCode, OperateError> {
        let code = EnrolCode::generate(self.issuing.pin())
            .map_err(|_: CodeError| OperateError::Request("no random bytes for a code"))?;
        let lasts = i64::try_from(self.config.code_lasts.as_secs()).unwrap_or(i64::MAX);
        let new = NewCode {
            hash: code.hash(),
            ward: ward.to_owned(),
            made_at: now,
            ends_at: now.saturating_add(lasts),
            actor: actor.to_owned(),
        };
        store.make_code(new).await?;
        Ok(code)
    }

    /// Minutes for which a code lets somebody in.
    #[must_use]
    pub fn minutes(&self) -> i64 {
        i64::try_from(self.config.code_lasts.as_secs() / 60).unwrap_or(i64::MAX)
    }

    /// Where devices reach the door, if there is one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.config.door.as_ref().map(|door| door.address.as_str())
    }

    /// Judges a request and lets its device in. `code` for a request that came on a stick: typed in by whoever runs the
    /// command.
    ///
    /// # Errors
    /// [`Refused`]; the chain has a line about it.
    pub async fn judge(
        &self,
        store: &dyn Store,
        registry: &Registry,
        request: &[u8],
        code: Option<&EnrolCode>,
        now: i64,
    ) -> Result<Vec<u8>, Refused> {
        let judged = self.try_to(store, registry, request, code, now).await;
        if let Err(refused) = &judged
            && !refused.is_ours()
        {
            let asked = Request::from_bytes(request).ok();
            let said = asked.and_then(|asked| Core::verify(&asked.core).ok());
            let device = said.map_or_else(|| "?".to_owned(), |said| said.device().to_string());
            let detail = format!("why={}", refused.code());
            tracing::warn!(device, why = refused.code(), "a device was turned away");
            let line = AuditEntry {
                at: now,
                actor: "system".to_owned(),
                action: "device.turned_away".to_owned(),
                subject: device,
                detail,
            };
            store.turned_away(line).await?;
        }
        judged
    }

    async fn try_to(
        &self,
        store: &dyn Store,
        registry: &Registry,
        request: &[u8],
        code: Option<&EnrolCode>,
        now: i64,
    ) -> Result<Vec<u8>, Refused> {
        let request = Request::from_bytes(request).map_err(|_| Refused::Unreadable)?;
        let said = Core::verify(&request.core).map_err(|_| Refused::Unreadable)?;
        if said.purpose == Purpose::Renew {
            return self.renew(store, registry, &request, &said, now).await;
        }
        let (hash, voucher, ward) = self.vouched(store, &request, code, now).await?;
        let device = said.device();
        if device.as_str() == self.office.recipient.as_str() {
            return Err(Refused::Taken);
        }
        // a code knows by itself whether this request spent it; a bench's word is spent by nothing
        if hash.is_none()
            && let Some(answer) = store.answered(digest(&request.core)).await?
        {
            return Ok(answer);
        }
        let (certified, answer) = self.answer(&said, &request.core, &ward, now)?;
        let admission = Admission {
            code: hash,
            voucher,
            device,
            ward,
            sign: said.sign,
            seal: said.seal,
            request: digest(&request.core),
            answer: answer.clone(),
            certificate: (certified.serial, certified.until),
            at: now,
        };
        match store.admit(admission).await? {
            Admitted::Now => Ok(answer),
            Admitted::Before(answer) => Ok(answer),
            Admitted::Unknown => Err(Refused::Unknown),
            Admitted::Spent => Err(Refused::Spent),
            Admitted::Expired => Err(Refused::Expired),
            Admitted::Taken => Err(Refused::Taken),
        }
    }

    /// By what it may be let in: the code's hash, a word for the chain, the ward.
    async fn vouched(
        &self,
        store: &dyn Store,
        request: &Request,
        code: Option<&EnrolCode>,
        now: i64,
    ) -> Result<(Option<[u8; 32]>, String, String), Refused> {
        let hash = match (&request.voucher, code) {
            (Voucher::Secret(secret), None) => EnrolCode::hash_of(secret),
            (Voucher::Proof(proof), Some(code)) if code.proof(&request.core) == *proof => {
                code.hash()
            }
            (Voucher::Bench { bench, ward, .. }, None) => {
                let known = self.config.benches.iter().find(|one| one.id == *bench);
                let known = known.ok_or(Refused::Bench)?;
                if known.until < now || !known.wards.contains(ward) {
                    return Err(Refused::Bench);
                }
                request
                    .verify_bench(&known.key)
                    .map_err(|_| Refused::Bench)?;
                return Ok((None, format!("bench:{bench}"), ward.clone()));
            }
            _ => return Err(Refused::Unknown),
        };
        let row = store.code(hash).await?.ok_or(Refused::Unknown)?;
        Ok((Some(hash), code_name(&hash), row.ward))
    }

    /// A new certificate for a device that is known: its own signature is enough.
    async fn renew(
        &self,
        store: &dyn Store,
        registry: &Registry,
        request: &Request,
        core: &Core,
        now: i64,
    ) -> Result<Vec<u8>, Refused> {
        let device = core.device();
        let known = registry.get(&device).ok_or(Refused::NotKnown)?;
        if known.sign != core.sign
            || known.revoked_at.is_some()
            || request.voucher != Voucher::Known
        {
            return Err(Refused::Taken);
        }
        let (certified, answer) = self.answer(core, &request.core, &known.ward, now)?;
        store
            .renewed(device, (certified.serial, certified.until), now)
            .await?;
        Ok(answer)
    }

    fn answer(
        &self,
        core: &Core,
        signed: &[u8],
        ward: &str,
        now: i64,
    ) -> Result<(Certified, Vec<u8>), Refused> {
        let authority = Authority {
            cert_pem: &self.config.issuing_pem,
            key_pem: &self.config.issuing_key,
        };
        let device = core.device();
        let certified = certify(&device, &core.csr, authority, self.config.days, now)
            .map_err(Refused::Operate)?;
        let mut cities = vec![self.city.clone()];
        cities.extend(self.config.cities.iter().cloned());
        let bundle = Bundle {
            device,
            request: digest(signed),
            at: now,
            ward: ward.to_owned(),
            municipality: self.office.municipality.to_string(),
            chain_pem: certified.chain_pem.clone(),
            brokers: self.config.brokers.clone(),
            broker_ca_pem: self.config.broker_ca_pem.clone(),
            cities,
            runner: self.runner.clone(),
            sign_roots_pem: self.config.sign_roots_pem.clone(),
            attribute_roots: self.config.attribute_roots.clone(),
            profile: self.config.profile.clone(),
        }
        .to_bytes();
        let signature = self
            .issuing
            .key
            .sign(&SystemRandom::new(), &bundle_digest(&bundle))
            .map_err(|_| Refused::Operate(OperateError::Request("the answer cannot be signed")))?;
        let answer = Answer {
            bundle,
            issuing: self.issuing.certificate.clone(),
            root: self.issuing.root.clone(),
            signature: signature.as_ref().to_vec(),
        };
        Ok((certified, answer.to_bytes()))
    }
}

/// Takes in a device's last word, if the device signed it; `false`: it was known before.
///
/// # Errors
/// [`Refused::NotKnown`], [`Refused::Unreadable`], the store's.
pub async fn take_wipe(
    store: &dyn Store,
    registry: &Registry,
    signed: &[u8],
    now: i64,
) -> Result<(DeviceId, bool), Refused> {
    use ubugoe_protocol::enrol::WipeRecord;
    let said = WipeRecord::peek(signed).map_err(|_| Refused::Unreadable)?;
    let known = registry.get(&said.device).ok_or(Refused::NotKnown)?;
    let record = WipeRecord::verify(signed, &known.sign).map_err(|_| Refused::Unreadable)?;
    let detail = format!(
        "files={} bytes={} unsent={} exported={} why={:?} said_at={}",
        record.files, record.bytes, record.unsent, record.exported, record.why, record.at
    );
    let first = store
        .wiped(
            record.device.clone(),
            signed.to_vec(),
            now,
            detail,
            OPERATOR.to_owned(),
        )
        .await?;
    Ok((record.device, first))
}
