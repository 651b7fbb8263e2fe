//! New TLS certificates for devices, signed by a person with the CA's key at hand.
//!
//! Of a request only its subject and its key count; what else a device asks for (other names, other uses, a CA) is not
//! granted. The CA's key is on no running server.

use jiff::civil::Date;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, KeyUsagePurpose, SerialNumber, date_time_ymd,
};
use ubugoe_protocol::{DeviceId, Grant};

use super::{OPERATOR, OperateError, Operator, device};
use crate::config::Config;
use crate::store::{NewGrant, Store};

/// Days a certificate is valid unless said otherwise.
pub const DAYS: u16 = 397;

/// The CA as an operator has it on a stick.
#[derive(Clone, Copy)]
pub struct Authority<'a> {
    /// Its certificate, PEM.
    pub cert_pem: &'a str,
    /// Its key, PEM (PKCS #8).
    pub key_pem: &'a str,
}

impl std::fmt::Debug for Authority<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority(***)")
    }
}

/// Grants the newest request of a device and queues the certificate.
///
/// # Errors
/// [`OperateError`]; nothing was granted then.
pub async fn grant(
    config: &Config,
    store: &dyn Store,
    id: &DeviceId,
    authority: Authority<'_>,
    (days, now): (u16, i64),
) -> Result<String, OperateError> {
    let operator = Operator::of(config)?;
    device(config, id)?;
    let asks = store.certificate_asks().await?;
    let ask = asks
        .into_iter()
        .rfind(|ask| ask.device == *id)
        .ok_or_else(|| OperateError::NotAsked(id.clone()))?;
    let certified = certify(&ask.device, &ask.csr, authority, days, now)?;
    let chain_pem = certified.chain_pem;
    let signed = Grant {
        device: id.clone(),
        request: ask.request,
        chain_pem: chain_pem.clone(),
    }
    .sign(operator.key)?;
    let new = NewGrant {
        device: id.clone(),
        request: ask.request,
        signed,
        at: now,
        actor: OPERATOR.to_owned(),
    };
    if store.grant(new).await? {
        store
            .note_certificate(id.clone(), certified.serial, certified.until, now)
            .await?;
        Ok(chain_pem)
    } else {
        Err(OperateError::NotAsked(id.clone()))
    }
}

/// A certificate as it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// The certificate, and the CA's behind it, PEM.
    pub chain_pem: String,
    /// Its serial number, for the list of revoked ones.
    pub serial: Vec<u8>,
    /// The day it ends, about: unix seconds.
    pub until: i64,
}

/// Makes the certificate that answers a device's request (PKCS #10, DER), and appends the CA's. `now` in seconds since 1970
/// UTC.
///
/// # Errors
/// [`OperateError::Request`] and [`OperateError::Certificate`].
pub fn certify(
    device: &DeviceId,
    csr: &[u8],
    authority: Authority<'_>,
    days: u16,
    now: i64,
) -> Result<Certified, OperateError> {
    // reading it verifies that whoever asks has the key
    let request = CertificateSigningRequestParams::from_der(&csr.into())
        .map_err(OperateError::Certificate)?;
    if !names_only(&request.params.distinguished_name, device) {
        return Err(OperateError::Request(
            "its subject is not the device's own id",
        ));
    }
    let issuer = super::ca::issuer(authority)?;
    let params = params(device, days, now)?;
    let serial = params.serial_number.as_ref().map(SerialNumber::to_bytes);
    let params = CertificateSigningRequestParams {
        params,
        public_key: request.public_key,
    };
    let certificate = params
        .signed_by(&issuer)
        .map_err(OperateError::Certificate)?;
    let chain = format!("{}{}", certificate.pem(), authority.cert_pem);
    Ok(Certified {
        chain_pem: chain.replace('\r', ""),
        serial: serial.unwrap_or_default(),
        until: now.saturating_add(i64::from(days) * 86_400),
    })
}

/// Whether a subject is exactly the common name of this device.
fn names_only(subject: &DistinguishedName, device: &DeviceId) -> bool {
    let mut names = subject.iter();
    let first = names.next().is_some_and(|(kind, value)| {
        let text = match value {
            DnValue::Utf8String(text) => text.as_str(),
            DnValue::PrintableString(text) => text.as_str(),
            _ => return false,
        };
        *kind == DnType::CommonName && text == device.as_str()
    });
    first && names.next().is_none()
}

/// What a device's certificate says, whatever was asked for.
fn params(device: &DeviceId, days: u16, now: i64) -> Result<CertificateParams, OperateError> {
    let mut params =
        CertificateParams::new([device.as_str().to_owned()]).map_err(OperateError::Certificate)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, device.as_str());
    params.distinguished_name = name;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.serial_number = Some(super::ca::serial()?);
    lasts(&mut params, days, now)?;
    Ok(params)
}

/// From a day back, for devices whose clock lags.
pub(super) fn lasts(
    params: &mut CertificateParams,
    days: u16,
    now: i64,
) -> Result<(), OperateError> {
    let day = |at: i64| {
        crate::jst::date(at)
            .map(|day: Date| {
                date_time_ymd(
                    i32::from(day.year()),
                    day.month().unsigned_abs(),
                    day.day().unsigned_abs(),
                )
            })
            .ok_or(OperateError::Request("the calendar ends before it does"))
    };
    params.not_before = day(now - 86_400)?;
    params.not_after = day(now.saturating_add(i64::from(days) * 86_400))?;
    Ok(())
}
