//! `[enrol]`: how devices register themselves, and what each is told. May be left out: then devices are written down by hand.
//!
//! Answers for reading it. The issuing key, the profile and every other file are tried here, so that a wrong one is named at the
//! start and not in front of a technician.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use toml::Table;
use ubugoe_procedures::MunicipalityCode;
use ubugoe_protocol::enrol::City;
use ubugoe_protocol::{RecipientId, RecipientPublicKey, VerifyingKey};
use zeroize::Zeroizing;

use super::Form;

/// Name of the section.
pub(super) const P: &str = "enrol";
/// What an enrolment writes itself; a profile may not.
const OURS: [&str; 12] = [
    "device",
    "data_dir",
    "birthplace",
    "certificates",
    "identities",
    "sign_roots",
    "tls",
    "keys",
    "broker",
    "recipient",
    "operator",
    "card",
];

/// How devices register themselves.
#[derive(Clone)]
pub struct EnrolConfig {
    /// Where they do it over a network; without it, by a stick only.
    pub door: Option<EnrolDoor>,
    /// The root of the device CA, PEM.
    pub root_pem: String,
    /// The issuing certificate, PEM.
    pub issuing_pem: String,
    /// Its key, PEM (PKCS #8).
    pub issuing_key: Zeroizing<String>,
    /// Days a device's certificate is valid.
    pub days: u16,
    /// How long a code lets somebody in.
    pub code_lasts: Duration,
    /// Brokers, as devices reach them.
    pub brokers: Vec<(String, u16)>,
    /// Who vouches for the brokers, PEM.
    pub broker_ca_pem: String,
    /// Further cities that devices may send to.
    pub cities: Vec<City>,
    /// Roots of signature certificates, PEM.
    pub sign_roots_pem: String,
    /// Keys that certify issuers of attribute records, one line each.
    pub attribute_roots: Vec<String>,
    /// The municipality's settings for its devices, TOML.
    pub profile: String,
    /// Benches that may vouch for devices.
    pub benches: Vec<Bench>,
}

impl fmt::Debug for EnrolConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolConfig({} benches)", self.benches.len())
    }
}

/// The server at which devices register.
#[derive(Clone)]
pub struct EnrolDoor {
    /// Address to listen on.
    pub bind: SocketAddr,
    /// How devices reach it, `host:port`.
    pub address: String,
    /// Its certificate and key.
    pub tls: Arc<ServerConfig>,
}

impl fmt::Debug for EnrolDoor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EnrolDoor({})", self.address)
    }
}

/// A technician's bench that may vouch for devices.
#[derive(Debug, Clone)]
pub struct Bench {
    /// Its name, for the audit chain.
    pub id: String,
    /// Verifies what it vouches for.
    pub key: VerifyingKey,
    /// For which wards.
    pub wards: Vec<String>,
    /// Until when, unix seconds.
    pub until: i64,
}

impl Form<'_> {
    /// `None`: there are problems with it. Only to be called if there is such a section.
    pub(super) fn enrol(&mut self, root: &mut Table) -> Option<EnrolConfig> {
        const MQ: &str = "[\"mq.asukoe.example:8883\"]";
        let mut t = self.section(root, P, "[enrol]")?;
        let door = if t.contains_key("bind") {
            Some(self.enrol_door(&mut t)?)
        } else {
            None
        };
        let root_pem = self.pem(&mut t, "root", "\"device-root.pem\"");
        let issuing_pem = self.pem(&mut t, "issuing", "\"device-issuing.pem\"");
        let issuing_key = self.pem(&mut t, "issuing_key", "\"device-issuing.key\"");
        let days = self.number::<u16>(&mut t, P, "days", Some(397), "397");
        let minutes = self.number::<u16>(&mut t, P, "code_minutes", Some(15), "15");
        let brokers = self.addresses(&mut t, "brokers", MQ);
        let broker_ca_pem = self.pem(&mut t, "broker_ca", "\"broker-ca.pem\"");
        let sign_roots = self.files(&mut t, "sign_roots", "[\"jpki-sign-ca.pem\"]", true);
        let attribute_roots = self.files(&mut t, "attribute_roots", "[\"attributes-root\"]", false);
        let profile = self.profile(&mut t);
        let cities = self
            .some_sections(&mut t, P, "city")
            .into_iter()
            .map(|(prefix, table)| self.enrol_city(table, &prefix))
            .collect::<Vec<_>>();
        let benches = self
            .some_sections(&mut t, P, "bench")
            .into_iter()
            .map(|(prefix, table)| self.bench(table, &prefix))
            .collect::<Vec<_>>();
        self.leftovers(P, &t);
        let minutes = minutes?;
        if !(1..=1_440).contains(&minutes) {
            return self.problem(
                "enrol.code_minutes".to_owned(),
                format!("{minutes} is not between 1 and 1440"),
                "15",
            );
        }
        let lines = attribute_roots?;
        let lines = lines.lines().filter(|line| !line.trim().is_empty());
        let config = EnrolConfig {
            door,
            root_pem: root_pem?,
            issuing_pem: issuing_pem?,
            issuing_key: Zeroizing::new(issuing_key?),
            days: days?,
            code_lasts: Duration::from_secs(60 * u64::from(minutes)),
            brokers: brokers?,
            broker_ca_pem: broker_ca_pem?,
            cities: cities.into_iter().collect::<Option<_>>()?,
            sign_roots_pem: sign_roots?,
            attribute_roots: lines.map(str::to_owned).collect(),
            profile: profile?,
            benches: benches.into_iter().collect::<Option<_>>()?,
        };
        if let Err(error) = crate::operate::enrol::Issuing::of(&config) {
            return self.problem(
                "enrol.issuing_key".to_owned(),
                error.to_string(),
                "\"device-issuing.key\", made by `ubugoe-city device-ca issuing`",
            );
        }
        Some(config)
    }

    fn pem(&mut self, t: &mut Table, name: &str, example: &'static str) -> Option<String> {
        let bytes = self.file(t, P, name, example)?;
        let what = "the file is not text";
        String::from_utf8(bytes)
            .map_or_else(|_| self.problem(format!("{P}.{name}"), what, example), Some)
    }

    /// Several files, one after the other.
    fn files(
        &mut self,
        t: &mut Table,
        name: &str,
        example: &'static str,
        needed: bool,
    ) -> Option<String> {
        let mut whole = String::new();
        for path in self.text_list(t, P, name, example, needed)? {
            let bytes = self.read_file(format!("{P}.{name}"), &path, example)?;
            whole.push_str(&String::from_utf8_lossy(&bytes));
            if !whole.ends_with('\n') {
                whole.push('\n');
            }
        }
        Some(whole)
    }

    fn addresses(
        &mut self,
        t: &mut Table,
        name: &str,
        example: &'static str,
    ) -> Option<Vec<(String, u16)>> {
        let texts = self.text_list(t, P, name, example, true)?;
        let addresses: Option<Vec<_>> = texts.iter().map(|text| super::host_port(text)).collect();
        addresses.filter(|all| !all.is_empty()).or_else(|| {
            self.problem(
                format!("{P}.{name}"),
                format!("{texts:?} must be at least one host:port"),
                example,
            )
        })
    }

    fn enrol_door(&mut self, t: &mut Table) -> Option<EnrolDoor> {
        const CERT: &str = "\"enrol-door.pem\", made by `ubugoe-city device-ca door`";
        let bind: Option<SocketAddr> = self.parsed(t, P, "bind", "\"0.0.0.0:8444\"");
        let address = self.text(t, P, "address", "\"enrol.asukoe.example:8444\"");
        let cert = self.file(t, P, "cert", CERT);
        let key = self
            .file(t, P, "key", "\"enrol-door.key\"")
            .map(Zeroizing::new);
        let (cert, key) = (cert?, key?);
        match server(&cert, &key) {
            Ok(tls) => Some(EnrolDoor {
                bind: bind?,
                address: address?,
                tls: Arc::new(tls),
            }),
            Err(error) => self.problem("enrol.cert".to_owned(), error, CERT),
        }
    }

    fn profile(&mut self, t: &mut Table) -> Option<String> {
        const EXAMPLE: &str = "\"kiosk-profile.toml\"";
        let text = self.pem(t, "profile", EXAMPLE)?;
        let read = match text.parse::<Table>() {
            Ok(read) => read,
            // never the line: it may hold a hash
            Err(error) => {
                return self.problem("enrol.profile".into(), error.message().to_owned(), EXAMPLE);
            }
        };
        if let Some(name) = OURS.iter().find(|name| read.contains_key(**name)) {
            let what = format!("the profile says {name}, which every enrolment writes itself");
            return self.problem("enrol.profile".into(), what, EXAMPLE);
        }
        if !read.contains_key("clock") {
            let what = "the profile does not say what proves the clock";
            return self.problem(
                "enrol.profile".into(),
                what,
                "clock = \"/run/systemd/timesync/synchronized\" in the profile",
            );
        }
        Some(text)
    }

    fn enrol_city(&mut self, mut t: Table, prefix: &str) -> Option<City> {
        let id: Option<RecipientId> = self.parsed(&mut t, prefix, "id", "\"tonari\"");
        let municipality: Option<MunicipalityCode> =
            self.parsed(&mut t, prefix, "municipality", "\"131016\"");
        let seal = self.key_file(
            &mut t,
            prefix,
            "hpke",
            "\"city-tonari.hpke.pub\"",
            RecipientPublicKey::from_text,
        );
        let receipt = self.key_file(
            &mut t,
            prefix,
            "receipt",
            "\"city-tonari.receipt.pub\"",
            VerifyingKey::from_text,
        );
        self.leftovers(prefix, &t);
        Some(City {
            id: id?,
            municipality: municipality?.to_string(),
            seal: seal?,
            receipt: receipt?,
        })
    }

    fn bench(&mut self, mut t: Table, prefix: &str) -> Option<Bench> {
        let id = self.text(&mut t, prefix, "id", "\"bench-1\"");
        let key = self.key_file(
            &mut t,
            prefix,
            "key",
            "\"bench-1.pub\", made by `ubugoe-tech bench-key`",
            VerifyingKey::from_text,
        );
        let wards = self.text_list(&mut t, prefix, "wards", "[\"あすこえ市立病院 3階\"]", true);
        let until = self.moment(&mut t, prefix, "until");
        self.leftovers(prefix, &t);
        let until = until.or_else(|| {
            self.problem(
                format!("{prefix}.until"),
                "is missing: a bench's word ends some day",
                "2026-12-31T00:00:00+09:00",
            )
        });
        Some(Bench {
            id: id?,
            key: key?,
            wards: wards?,
            until: until?,
        })
    }
}

fn server(cert: &[u8], key: &[u8]) -> Result<ServerConfig, String> {
    let chain = CertificateDer::pem_slice_iter(cert)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| "the key is unreadable".to_owned())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
