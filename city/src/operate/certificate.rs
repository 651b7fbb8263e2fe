//! New TLS certificates for devices, signed by a person with the CA's key at hand.
//!
//! Of a request only its subject and its key count; what else a device asks for (other names, other uses, a CA) is not
//! granted. The CA's key is on no running server.

use jiff::civil::Date;
use rcgen::{
    CertificateParams, CertificateSigningRequestParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use ubugoe_protocol::{DeviceId, Grant};

use super::{OPERATOR, OperateError, Operator, device};
use crate::config::Config;
use crate::store::{CertificateAsk, NewGrant, Store};

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
    let chain_pem = certify(&ask, authority, days, now)?;
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
        Ok(chain_pem)
    } else {
        Err(OperateError::NotAsked(id.clone()))
    }
}

/// Makes the certificate that answers a request, and appends the CA's; both PEM. `now` in seconds since 1970 UTC.
///
/// # Errors
/// [`OperateError::Request`] and [`OperateError::Certificate`].
pub fn certify(
    ask: &CertificateAsk,
    authority: Authority<'_>,
    days: u16,
    now: i64,
) -> Result<String, OperateError> {
    // reading it verifies that whoever asks has the key
    let request = CertificateSigningRequestParams::from_der(&ask.csr.as_slice().into())
        .map_err(OperateError::Certificate)?;
    if !names_only(&request.params.distinguished_name, &ask.device) {
        return Err(OperateError::Request(
            "its subject is not the device's own id",
        ));
    }
    let key = KeyPair::from_pem(authority.key_pem).map_err(OperateError::Certificate)?;
    let issuer =
        Issuer::from_ca_cert_pem(authority.cert_pem, key).map_err(OperateError::Certificate)?;
    let params = CertificateSigningRequestParams {
        params: params(&ask.device, days, now)?,
        public_key: request.public_key,
    };
    let certificate = params
        .signed_by(&issuer)
        .map_err(OperateError::Certificate)?;
    let chain = format!("{}{}", certificate.pem(), authority.cert_pem);
    Ok(chain.replace('\r', ""))
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
    // a day back, for devices whose clock lags
    params.not_before = day(now - 86_400)?;
    params.not_after = day(now.saturating_add(i64::from(days) * 86_400))?;
    Ok(params)
}
