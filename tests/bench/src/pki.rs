//! The rig's little PKI: one offline broker CA, and every key file the parts need, in one directory.
//!
//! Answers for names and contents of those files (listed on [`Pki`]). It must not outlive its test
//! or demo: the CA's key stays in memory and is never written, so nobody can extend this PKI later.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams,
    CertificateSigningRequestParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use ubugoe_protocol::keys::{RecipientSecretKey, SigningKey};

use crate::Error;

/// The broker's addresses in networks of their own, as kiosks and as cities see it (RFC 5737: nobody's).
pub const FAR: [&str; 2] = ["192.0.2.1", "198.51.100.1"];

/// Keys and certificates of one rig.
///
/// | file | holds |
/// |---|---|
/// | `broker-ca.pem` | the CA that signed every TLS certificate below |
/// | `broker.pem`, `broker.key` | TLS server of the broker: `localhost`, 127.0.0.1, `::1`, and [`FAR`] |
/// | `broker-ca.crl` | what the CA revoked, put there by [`Pki::revoke`] |
/// | `device-<id>.pem`, `.key` | TLS client, common name = device id |
/// | `device-<id>.sign`, `.sign.pub` | Ed25519: the device signs envelopes |
/// | `device-<id>.hpke`, `.hpke.pub` | X25519: what comes down is sealed to the device |
/// | `city-<id>.pem`, `.key` | TLS client, common name = recipient id |
/// | `city-<id>.receipt`, `.receipt.pub` | Ed25519: the city signs receipts |
/// | `city-<id>.operate`, `.operate.pub` | Ed25519: whoever runs the devices signs orders |
/// | `city-<id>.hpke`, `.hpke.pub` | X25519: filings are sealed to the city |
/// | `jpki-sign-ca.pem`, `jpki-auth-ca.pem` | anchors of the card's certificates, put there by [`Pki::trust_card_issuers`] |
///
/// Secret files are readable by their owner only.
#[derive(Debug)]
pub struct Pki {
    dir: PathBuf,
    issuer: Issuer<'static, KeyPair>,
    devices: BTreeSet<String>,
    cities: BTreeSet<String>,
    /// Of every certificate, by the stem of its file.
    serials: BTreeMap<String, [u8; 16]>,
    revoked: Vec<[u8; 16]>,
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// Years on either side of today.
    Now,
    /// It ended in 2025.
    Over,
    /// From 2024 to the end of this day: year, month, day.
    Until(i32, u8, u8),
}

/// The TLS files one client needs, as paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// CA to trust, PEM.
    pub ca: PathBuf,
    /// The client's certificate, PEM.
    pub cert: PathBuf,
    /// The client's private key, PEM (PKCS #8).
    pub key: PathBuf,
}

impl Pki {
    /// Makes the directory if needed, a new CA, and the broker's certificate.
    ///
    /// # Errors
    /// When a key cannot be made or a file not written.
    pub fn create(dir: impl Into<PathBuf>) -> Result<Self, Error> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(Error::file("make", &dir))?;
        let (ca, issuer) = broker_ca()?;
        let mut pki = Self {
            dir,
            issuer,
            devices: BTreeSet::new(),
            cities: BTreeSet::new(),
            serials: BTreeMap::new(),
            revoked: Vec::new(),
        };
        pki.write("broker-ca.pem", &ca.pem(), Secrecy::Public)?;
        pki.certify("broker", server_params()?)?;
        Ok(pki)
    }

    /// A PKI with these devices and cities in it.
    ///
    /// # Errors
    /// As [`Pki::create`], [`Pki::add_device`] and [`Pki::add_city`].
    pub fn with(dir: impl Into<PathBuf>, devices: &[&str], cities: &[&str]) -> Result<Self, Error> {
        let mut pki = Self::create(dir)?;
        for id in devices {
            pki.add_device(id)?;
        }
        for id in cities {
            pki.add_city(id)?;
        }
        Ok(pki)
    }

    /// Makes TLS, signing and sealing keys for a device.
    ///
    /// # Errors
    /// When the id is malformed or taken, or a file cannot be written.
    pub fn add_device(&mut self, id: &str) -> Result<(), Error> {
        self.check_new(id)?;
        let stem = format!("device-{id}");
        self.certify(&stem, client_params(id)?)?;
        self.signing_pair(&stem, "sign", id)?;
        self.sealing_pair(&stem, id)?;
        self.devices.insert(id.to_owned());
        Ok(())
    }

    /// Makes TLS, receipt and sealing keys for a recipient's city server.
    ///
    /// # Errors
    /// When the id is malformed or taken, or a file cannot be written.
    pub fn add_city(&mut self, id: &str) -> Result<(), Error> {
        self.check_new(id)?;
        let stem = format!("city-{id}");
        self.certify(&stem, client_params(id)?)?;
        self.signing_pair(&stem, "receipt", id)?;
        self.signing_pair(&stem, "operate", id)?;
        self.sealing_pair(&stem, id)?;
        self.cities.insert(id.to_owned());
        Ok(())
    }

    /// Makes TLS and signing keys for a member of an exchange between authorities, who asks and is asked under this DNS name:
    /// `<id>.pem`, `<id>.key`, `<id>.sign`, `<id>.sign.pub`.
    ///
    /// # Errors
    /// As [`Pki::add_city`].
    pub fn add_member(&mut self, id: &str, name: &str) -> Result<(), Error> {
        self.check_new(id)?;
        let mut params = client_params(name)?;
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ClientAuth,
            ExtendedKeyUsagePurpose::ServerAuth,
        ];
        self.certify(id, params)?;
        self.signing_pair(id, "sign", id)?;
        self.cities.insert(id.to_owned());
        Ok(())
    }

    /// Makes another certificate for the broker's names, as `<stem>.pem` and `<stem>.key`, good between the first days of two years.
    ///
    /// # Errors
    /// When a key cannot be made or a file not written.
    pub fn add_broker(&mut self, stem: &str, from: i32, until: i32) -> Result<(), Error> {
        let mut params = server_params()?;
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        self.certify(stem, params)
    }

    /// Writes the anchors under which the card's signature and authentication certificates are verified.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn trust_card_issuers(&self, sign_ca_pem: &str, auth_ca_pem: &str) -> Result<(), Error> {
        self.write("jpki-sign-ca.pem", sign_ca_pem, Secrecy::Public)?;
        self.write("jpki-auth-ca.pem", auth_ca_pem, Secrecy::Public)
    }

    /// Revokes a certificate by the stem of its file and writes `broker-ca.crl` with all that were revoked so far. An empty
    /// stem revokes nothing more.
    ///
    /// # Errors
    /// [`Error::BadId`] when there is no such certificate; when the list cannot be made or written.
    pub fn revoke(&mut self, stem: &str) -> Result<(), Error> {
        if !stem.is_empty() {
            let serial = self.serials.get(stem).ok_or_else(|| Error::BadId {
                id: stem.to_owned(),
            })?;
            self.revoked.push(*serial);
        }
        let revoked = self.revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: date_time_ymd(2026, 1, 1),
            reason_code: Some(RevocationReason::KeyCompromise),
            invalidity_date: None,
        });
        let list = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 1, 1),
            next_update: date_time_ymd(2049, 12, 31),
            crl_number: SerialNumber::from(self.revoked.len() as u64 + 1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let pem = list
            .signed_by(&self.issuer)
            .and_then(|list| list.pem())
            .map_err(Error::certificate("broker-ca.crl"))?;
        self.write("broker-ca.crl", &pem, Secrecy::Public)
    }

    /// Answers a device's request (PKCS #10, DER) with a certificate, PEM, in the name `id`: the request's own, or a wrong one.
    ///
    /// # Errors
    /// When the request is not one, or the certificate cannot be made.
    pub fn answer(&self, request: &[u8], id: &str, life: Life) -> Result<String, Error> {
        let failed = || Error::certificate(id);
        let mut asked =
            CertificateSigningRequestParams::from_der(&request.into()).map_err(failed())?;
        asked.params = client_params(id)?;
        match life {
            Life::Now => {}
            Life::Over => asked.params.not_after = date_time_ymd(2025, 1, 1),
            Life::Until(year, month, day) => {
                asked.params.not_after = date_time_ymd(year, month, day);
            }
        }
        let certificate = asked.signed_by(&self.issuer).map_err(failed())?;
        Ok(certificate.pem())
    }

    /// The directory all files are in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of a file of this PKI, whether it exists or not.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The text of a file of this PKI.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn text(&self, name: &str) -> Result<String, Error> {
        let path = self.path(name);
        fs::read_to_string(&path).map_err(Error::file("read", path))
    }

    /// TLS files of a device.
    #[must_use]
    pub fn device_tls(&self, id: &str) -> ClientFiles {
        self.client(&format!("device-{id}"))
    }

    /// TLS files of a city.
    #[must_use]
    pub fn city_tls(&self, id: &str) -> ClientFiles {
        self.client(&format!("city-{id}"))
    }

    /// Ids of the devices, in order.
    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(String::as_str)
    }

    /// Ids of the recipients, in order.
    pub fn cities(&self) -> impl Iterator<Item = &str> {
        self.cities.iter().map(String::as_str)
    }

    fn client(&self, stem: &str) -> ClientFiles {
        ClientFiles {
            ca: self.path("broker-ca.pem"),
            cert: self.path(&format!("{stem}.pem")),
            key: self.path(&format!("{stem}.key")),
        }
    }

    fn check_new(&self, id: &str) -> Result<(), Error> {
        let shaped = (3..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !shaped {
            return Err(Error::BadId { id: id.to_owned() });
        }
        if self.devices.contains(id) || self.cities.contains(id) {
            return Err(Error::IdTaken { id: id.to_owned() });
        }
        Ok(())
    }

    fn certify(&mut self, stem: &str, mut params: CertificateParams) -> Result<(), Error> {
        let failed = || Error::certificate(stem);
        // Counted, so that a list of revocations can name it; the first byte keeps it positive and of full length.
        let mut serial = [0; 16];
        serial[0] = 1;
        serial[8..].copy_from_slice(&(self.serials.len() as u64).to_be_bytes());
        params.serial_number = Some(SerialNumber::from_slice(&serial));
        self.serials.insert(stem.to_owned(), serial);
        let key = KeyPair::generate().map_err(failed())?;
        let cert = params.signed_by(&key, &self.issuer).map_err(failed())?;
        self.write(&format!("{stem}.pem"), &cert.pem(), Secrecy::Public)?;
        self.write(
            &format!("{stem}.key"),
            &key.serialize_pem(),
            Secrecy::Secret,
        )
    }

    fn signing_pair(&self, stem: &str, role: &'static str, id: &str) -> Result<(), Error> {
        let failed = |source| Error::Key {
            kind: "signing",
            id: id.to_owned(),
            source,
        };
        let secret = SigningKey::generate().map_err(failed)?;
        let public = secret.verifying().map_err(failed)?;
        self.write(
            &format!("{stem}.{role}"),
            &line(&secret.to_text()),
            Secrecy::Secret,
        )?;
        self.write(
            &format!("{stem}.{role}.pub"),
            &line(&public.to_text()),
            Secrecy::Public,
        )
    }

    fn sealing_pair(&self, stem: &str, id: &str) -> Result<(), Error> {
        let failed = |source| Error::Key {
            kind: "sealing",
            id: id.to_owned(),
            source,
        };
        let secret = RecipientSecretKey::generate().map_err(failed)?;
        let public = secret.public().map_err(failed)?;
        self.write(
            &format!("{stem}.hpke"),
            &line(&secret.to_text()),
            Secrecy::Secret,
        )?;
        self.write(
            &format!("{stem}.hpke.pub"),
            &line(&public.to_text()),
            Secrecy::Public,
        )
    }

    fn write(&self, name: &str, text: &str, secrecy: Secrecy) -> Result<(), Error> {
        let path = self.path(name);
        let mode = match secrecy {
            Secrecy::Public => 0o644,
            Secrecy::Secret => 0o600,
        };
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&path)
            .map_err(Error::file("create", &path))?;
        file.write_all(text.as_bytes())
            .map_err(Error::file("write", path))
    }
}

#[derive(Clone, Copy)]
enum Secrecy {
    Public,
    Secret,
}

fn line(text: &str) -> String {
    format!("{text}\n")
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// Years on either side of today, so that tests with a simulated calendar stay inside.
fn dated(mut params: CertificateParams) -> CertificateParams {
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    params
}

fn broker_ca() -> Result<(Certificate, Issuer<'static, KeyPair>), Error> {
    let failed = |source| Error::Certificate {
        name: "broker-ca".to_owned(),
        source,
    };
    let mut params = dated(CertificateParams::default());
    params.distinguished_name = named("Ubugoe test broker CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().map_err(failed)?;
    let cert = params.self_signed(&key).map_err(failed)?;
    Ok((cert, Issuer::new(params, key)))
}

fn server_params() -> Result<CertificateParams, Error> {
    let names = ["localhost", "127.0.0.1", "::1"].into_iter().chain(FAR);
    let params =
        CertificateParams::new(names.map(str::to_owned).collect::<Vec<_>>()).map_err(|source| {
            Error::Certificate {
                name: "broker".to_owned(),
                source,
            }
        })?;
    let mut params = dated(params);
    params.distinguished_name = named("localhost");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    Ok(params)
}

fn client_params(id: &str) -> Result<CertificateParams, Error> {
    let params = CertificateParams::new([id.to_owned()]).map_err(|source| Error::Certificate {
        name: id.to_owned(),
        source,
    })?;
    let mut params = dated(params);
    params.distinguished_name = named(id);
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(params)
}
