//! The device CA: a root that lies in a safe, and an issuing key that the city has at hand.
//!
//! ```text
//!  root (offline, 20 years) ──┬─> issuing (5 years): clients only, no addresses ──> devices (a year)
//!                             └─> door (2 years): the server at which devices enrol
//! ```
//! Whoever takes the issuing key can make devices, and no servers: brokers and the door are beyond it. The root signs a new
//! issuing key, and the broker is given its list of revoked ones.

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CidrSubnet,
    DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, NameConstraints, RevocationReason, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use zeroize::Zeroizing;

use super::OperateError;
use super::certificate::{Authority, lasts};

/// Days a root is valid: 20 years.
pub const ROOT_DAYS: u16 = 7_305;
/// Days an issuing certificate is valid: 5 years.
pub const ISSUING_DAYS: u16 = 1_826;
/// Days the door's certificate is valid: 2 years.
pub const DOOR_DAYS: u16 = 731;
/// Days a list of revoked certificates may be used.
pub const LIST_DAYS: u16 = 30;

/// A certificate and its key.
pub struct Made {
    /// Certificate, PEM.
    pub cert_pem: String,
    /// Key, PEM (PKCS #8).
    pub key_pem: Zeroizing<String>,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Made(***)")
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn dated(
    mut params: CertificateParams,
    name: &str,
    days: u16,
    now: i64,
) -> Result<CertificateParams, OperateError> {
    params.distinguished_name = named(name);
    params.serial_number = Some(serial()?);
    lasts(&mut params, days, now)?;
    Ok(params)
}

/// 127 random bits, never zero in front: positive, and of one length.
pub(super) fn serial() -> Result<SerialNumber, OperateError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|_| OperateError::Request("no random serial"))?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x7f) | 0x40;
    }
    Ok(SerialNumber::from_slice(&bytes))
}

fn made(params: &CertificateParams, by: Option<Authority<'_>>) -> Result<Made, OperateError> {
    let key = KeyPair::generate().map_err(OperateError::Certificate)?;
    let certificate = match by {
        None => params.self_signed(&key),
        Some(by) => params.signed_by(&key, &issuer(by)?),
    }
    .map_err(OperateError::Certificate)?;
    Ok(Made {
        cert_pem: certificate.pem().replace('\r', ""),
        key_pem: Zeroizing::new(key.serialize_pem().replace('\r', "")),
    })
}

pub(super) fn issuer(by: Authority<'_>) -> Result<Issuer<'static, KeyPair>, OperateError> {
    let key = KeyPair::from_pem(by.key_pem).map_err(OperateError::Certificate)?;
    Issuer::from_ca_cert_pem(by.cert_pem, key).map_err(OperateError::Certificate)
}

/// A new root. `now` in seconds since 1970 UTC.
///
/// # Errors
/// [`OperateError::Certificate`].
pub fn root(name: &str, now: i64) -> Result<Made, OperateError> {
    let mut params = dated(CertificateParams::default(), name, ROOT_DAYS, now)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    made(&params, None)
}

/// A new issuing key under a root: for clients only, and for no address.
///
/// # Errors
/// [`OperateError::Certificate`].
pub fn issuing(root: Authority<'_>, name: &str, now: i64) -> Result<Made, OperateError> {
    let mut params = dated(CertificateParams::default(), name, ISSUING_DAYS, now)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::CrlSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![
            GeneralSubtree::IpAddress(CidrSubnet::V4([0; 4], [0; 4])),
            GeneralSubtree::IpAddress(CidrSubnet::V6([0; 16], [0; 16])),
        ],
    });
    made(&params, Some(root))
}

/// The certificate of the server at which devices enrol, for these names or addresses; with the root behind it, because devices
/// know the root by its hash only.
///
/// # Errors
/// [`OperateError::Certificate`].
pub fn door(root: Authority<'_>, names: Vec<String>, now: i64) -> Result<Made, OperateError> {
    let name = names.first().cloned().unwrap_or_default();
    let params = CertificateParams::new(names).map_err(OperateError::Certificate)?;
    let mut params = dated(params, &name, DOOR_DAYS, now)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    let mut door = made(&params, Some(root))?;
    door.cert_pem.push_str(root.cert_pem);
    Ok(door)
}

/// The list of certificates that a broker must refuse: serials with the moment of their revocation, unix seconds. PEM.
///
/// # Errors
/// [`OperateError::Certificate`].
pub fn list(
    issuing: Authority<'_>,
    revoked: &[(Vec<u8>, i64)],
    now: i64,
) -> Result<String, OperateError> {
    let moment =
        |at: i64| date_time_ymd(1970, 1, 1) + Duration::from_secs(at.max(0).unsigned_abs());
    let revoked_certs = revoked
        .iter()
        .map(|(serial, at)| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: moment(*at),
            reason_code: Some(RevocationReason::CessationOfOperation),
            invalidity_date: None,
        })
        .collect();
    let params = CertificateRevocationListParams {
        this_update: moment(now),
        next_update: moment(now + i64::from(LIST_DAYS) * 86_400),
        crl_number: SerialNumber::from(now.unsigned_abs()),
        issuing_distribution_point: None,
        revoked_certs,
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params
        .signed_by(&issuer(issuing)?)
        .and_then(|list| list.pem())
        .map(|pem| pem.replace('\r', ""))
        .map_err(OperateError::Certificate)
}
