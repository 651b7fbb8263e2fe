//! One try at a broker: TCP, TLS with the device's certificate, and MQTT's first two packets, under a name of its own so that the
//! kiosk's session is left alone.

use std::error::Error as _;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, ClientConnection, Error, RootCertStore, StreamOwned};
use ubugoe_edge::{KeyTrouble, Tpm, keys};
use zeroize::Zeroizing;

use super::State;
use crate::device::Kiosk;
use crate::net;
use crate::say::{Words, words};

/// Longest wait for each step.
const PATIENCE: Duration = Duration::from_secs(5);

/// Key and chain that are in use.
pub(crate) struct Identity {
    pub(crate) chain_pem: Vec<u8>,
    key_pem: Zeroizing<Vec<u8>>,
}

impl Identity {
    /// The one in use: the lowest generation of the folder, or the one the device was delivered with. Reads only.
    pub(crate) fn of(kiosk: &Kiosk) -> io::Result<Self> {
        let lowest = kiosk.identities.as_deref().and_then(lowest);
        let (chain, key) = match &lowest {
            Some(both) => (both, both),
            None => (&kiosk.tls.certificate, &kiosk.tls.key),
        };
        Ok(Self {
            chain_pem: std::fs::read(chain)?,
            key_pem: Zeroizing::new(std::fs::read(key)?),
        })
    }

    /// One generation as PEM: key and chain in one.
    pub(crate) fn whole(pem: &[u8]) -> Self {
        Self {
            chain_pem: pem.to_vec(),
            key_pem: Zeroizing::new(pem.to_vec()),
        }
    }
}

fn lowest(folder: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = folder
        .read_dir()
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "identity"))
        .collect();
    found.sort();
    found.into_iter().next()
}

/// How a try ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// The broker lets the device in.
    Connected,
    /// The device has no certificate.
    NoIdentity,
    /// Nobody answers, or there is no way.
    Unreachable,
    /// Whoever answers is not the broker.
    Untrusted,
    /// The broker does not take the device's certificate.
    CertificateRefused,
    /// The TPM that holds the device's key does not sign.
    NoKey,
    /// It takes it and says no.
    Refused,
    /// It broke off.
    Broken,
}

impl Found {
    /// How it is; a word; reason; what to do.
    pub(super) fn words(self) -> (State, &'static str, Words, Words) {
        let none = words("", "");
        match self {
            Self::Connected => (
                State::Good,
                "connected",
                words("つながります", "it lets the device in"),
                none,
            ),
            Self::NoIdentity => (
                State::Bad,
                "no_identity",
                words("端末の証明書がありません", "the device has no certificate"),
                words("登録しなおす", "enrol it anew"),
            ),
            // a device works without a network
            Self::Unreachable => (
                State::Look,
                "unreachable",
                words(
                    "つながりません。届出は端末に残ります",
                    "nobody answers; filings stay on the device",
                ),
                words(
                    "ケーブル、ポート、施設の出口を見る",
                    "look at cable, port and the way out of the house",
                ),
            ),
            Self::Untrusted => (
                State::Bad,
                "untrusted",
                words(
                    "相手の証明書を信用できません",
                    "whoever answers is not the broker",
                ),
                words(
                    "間に入る機器がないか施設に聞く",
                    "ask the house what stands in between",
                ),
            ),
            Self::CertificateRefused => (
                State::Bad,
                "certificate_refused",
                words(
                    "端末の証明書が拒まれました",
                    "the device's certificate is refused",
                ),
                words(
                    "失効していないか自治体に聞く",
                    "ask the city whether it was revoked",
                ),
            ),
            Self::NoKey => (
                State::Bad,
                "no_key",
                words(
                    "端末の鍵を使えません（TPM）",
                    "the device's key cannot be used (TPM)",
                ),
                words("「鍵」の項を見る", "see under \"key\""),
            ),
            Self::Refused => (
                State::Bad,
                "refused",
                words("接続を断られました", "the broker says no"),
                words("自治体に聞く", "ask the city"),
            ),
            Self::Broken => (
                State::Look,
                "broken",
                words("途中で切れました", "it broke off"),
                words("もう一度試す", "try again"),
            ),
        }
    }
}

fn told(error: &io::Error) -> Found {
    let tls = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
        .or_else(|| error.source().and_then(|inner| inner.downcast_ref()));
    match tls {
        Some(Error::InvalidCertificate(_)) => Found::Untrusted,
        Some(Error::AlertReceived(_)) => Found::CertificateRefused,
        Some(error) if keys::tpm_error(error).is_some() => Found::NoKey,
        _ => Found::Broken,
    }
}

impl Identity {
    /// Whether the key rests in the device's TPM.
    pub(super) fn in_tpm(&self) -> bool {
        keys::pem_in_tpm(&self.key_pem)
    }

    /// Uses the key once, for nothing.
    pub(super) fn tried(&self, tpm: &Tpm) -> Result<(), KeyTrouble> {
        keys::try_once(&self.key_pem, tpm)
    }
}

fn config(kiosk: &Kiosk, identity: &Identity) -> Option<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for root in CertificateDer::pem_file_iter(&kiosk.tls.ca).ok()? {
        roots.add(root.ok()?).ok()?;
    }
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&identity.chain_pem)
        .collect::<Result<_, _>>()
        .ok()?;
    let key = keys::load(&identity.key_pem, &kiosk.tpm().unwrap_or_default()).ok()?;
    let own = CertifiedKey::new(chain, key);
    own.keys_match().ok()?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)));
    Some(config)
}

/// MQTT 5 CONNECT: clean start, ten seconds, no properties.
fn connect(client: &str) -> Vec<u8> {
    let name = client.as_bytes();
    let mut body = b"\x00\x04MQTT\x05\x02\x00\x0a\x00".to_vec();
    body.extend_from_slice(&u16::try_from(name.len()).unwrap_or_default().to_be_bytes());
    body.extend_from_slice(name);
    let mut packet = vec![0x10, u8::try_from(body.len()).unwrap_or_default()];
    packet.append(&mut body);
    packet
}

/// Tries one broker.
pub(crate) fn probe(kiosk: &Kiosk, identity: &Identity, host: &str, port: u16) -> Found {
    let Some(config) = config(kiosk, identity) else {
        return Found::NoIdentity;
    };
    let Ok((tcp, bare)) = net::connect(&format!("{host}:{port}"), PATIENCE) else {
        return Found::Unreachable;
    };
    let Ok(name) = ServerName::try_from(bare) else {
        return Found::Unreachable;
    };
    let Ok(session) = ClientConnection::new(Arc::new(config), name) else {
        return Found::NoIdentity;
    };
    let mut stream = StreamOwned::new(session, tcp);
    // with TLS 1.3 the broker's no to our certificate comes after the handshake
    let mut answer = [0; 4];
    let said = stream
        .write_all(&connect(&format!("{}-tech", kiosk.device)))
        .and_then(|()| stream.flush())
        .and_then(|()| stream.read_exact(&mut answer));
    if let Err(error) = said {
        return told(&error);
    }
    // orderly: no will, no session
    let _ = stream.write_all(&[0xe0, 0x00]);
    let _ = stream.flush();
    match answer {
        [0x20, _, _, 0] => Found::Connected,
        [0x20, _, _, _] => Found::Refused,
        _ => Found::Broken,
    }
}
