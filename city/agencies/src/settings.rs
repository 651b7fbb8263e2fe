//! The settings file: where files and ports are, which agencies there are, how they misbehave.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use ubugoe_exchange::{Dialer, Identity, Subsystem, TlsError};
use ubugoe_protocol::{KeyError, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use crate::{Agency, Answers, Fault, Faults, Kind, Verdict, Verdicts};

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The city they are linked to.
    pub city: CitySettings,
    /// Who they are.
    pub agency: Vec<AgencySettings>,
}

/// The city.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitySettings {
    /// Its address in the exchange.
    pub address: String,
    /// `host:port` of its door for agencies.
    pub at: String,
    /// The name in its certificate.
    pub tls_name: String,
    /// File with its public key.
    pub verify: String,
    /// File with the exchange's authorities.
    pub ca: String,
    /// How long one question may take, in milliseconds.
    #[serde(default = "patience")]
    pub patience_ms: u64,
}

const fn patience() -> u64 {
    10_000
}

/// One agency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencySettings {
    /// What it is.
    pub kind: Kind,
    /// Its address in the exchange.
    pub address: String,
    /// Where it listens; port 0 takes any free one.
    pub bind: SocketAddr,
    /// File with its certificate.
    pub cert: String,
    /// File with the certificate's key.
    pub key: String,
    /// File with the key that it signs with.
    pub sign: String,
    /// How it misbehaves, one word for each of the next exchanges.
    #[serde(default)]
    pub faults: Vec<String>,
    /// What it decides, one word for each of the next new questions; then everything is granted.
    #[serde(default)]
    pub verdicts: Vec<String>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// Not such a file.
    #[error("the settings are not readable")]
    Toml(#[from] toml::de::Error),
    /// A file is missing.
    #[error("cannot read {file}")]
    File {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A key file holds no key.
    #[error("a file holds no such key")]
    Key(#[from] KeyError),
    /// An address is none.
    #[error("an address is not readable")]
    Address(#[from] ubugoe_exchange::AddressError),
    /// TLS.
    #[error("TLS cannot be set up")]
    Tls(#[from] TlsError),
    /// An unknown fault.
    #[error(transparent)]
    Fault(#[from] crate::fault::NoFault),
    /// An unknown verdict.
    #[error(transparent)]
    Verdict(#[from] crate::verdict::NoVerdict),
}

/// Reads a file named by the settings.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

fn file(
    folder: &Path,
    name: &str,
    read: ReadFile<'_>,
) -> Result<Zeroizing<Vec<u8>>, SettingsError> {
    read(&folder.join(name))
        .map(Zeroizing::new)
        .map_err(|source| SettingsError::File {
            file: name.to_owned(),
            source,
        })
}

impl Settings {
    /// Reads the text.
    ///
    /// # Errors
    /// [`SettingsError::Toml`].
    pub fn from_toml(text: &str) -> Result<Self, SettingsError> {
        Ok(toml::from_str(text)?)
    }
}

/// An agency, its TLS identity and where it listens.
pub type Ready = (Agency, Identity, SocketAddr);

impl AgencySettings {
    /// The agency, with its files read. Relative names count from `folder`.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn agency(
        &self,
        city: &CitySettings,
        folder: &Path,
        read: ReadFile<'_>,
    ) -> Result<Ready, SettingsError> {
        let text = |name: &str| -> Result<Zeroizing<String>, SettingsError> {
            let bytes = file(folder, name, read)?;
            Ok(Zeroizing::new(
                String::from_utf8_lossy(&bytes).trim_end().to_owned(),
            ))
        };
        let identity = Identity {
            ca_pem: file(folder, &city.ca, read)?.to_vec(),
            cert_pem: file(folder, &self.cert, read)?.to_vec(),
            key_pem: file(folder, &self.key, read)?,
        };
        let key = SigningKey::from_text(&text(&self.sign)?)?;
        let faults = Faults::default();
        let words: Vec<Fault> = self
            .faults
            .iter()
            .map(|word| word.parse())
            .collect::<Result<_, _>>()?;
        faults.plan(words);
        let verdicts = Verdicts::default();
        let words: Vec<Verdict> = self
            .verdicts
            .iter()
            .map(|word| word.parse())
            .collect::<Result<_, _>>()?;
        verdicts.plan(words);
        let patience = Duration::from_millis(city.patience_ms);
        let agency = Agency {
            kind: self.kind,
            own: self.address.parse::<Subsystem>()?,
            dialer: Dialer::new(identity.client()?, key.clone(), patience),
            key,
            strange: SigningKey::generate()?,
            city: city.address.parse()?,
            city_name: city.tls_name.clone(),
            city_key: VerifyingKey::from_text(&text(&city.verify)?)?,
            faults,
            verdicts,
            answers: Answers::default(),
        };
        Ok((agency, identity, self.bind))
    }
}
