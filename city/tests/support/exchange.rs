//! An exchange on loopback: its authority, the city's part of the configuration, and simulated agencies that really listen.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use ubugoe_agencies::settings::CitySettings;
use ubugoe_agencies::{Agency, Kind, settings::AgencySettings};
use ubugoe_city::agencies::Book;
use ubugoe_city::agencies::desk::Desk;
use ubugoe_city::agencies::send::Sender;
use ubugoe_city::config::{AgenciesConfig, Config};
use ubugoe_city::store::Store;
use ubugoe_exchange::client::Answered;
use ubugoe_exchange::{AskError, Dialer, Identity, MessageId, server};
use ubugoe_protocol::SigningKey;
use zeroize::Zeroizing;

use super::office::Office;

/// How long one question may take in the tests.
pub(crate) const PATIENCE: Duration = Duration::from_millis(1_500);
/// After how many sendings an officer gets it.
pub(crate) const TRIES: u32 = 3;
/// The name in the city's certificate.
const CITY: &str = "city.exchange.example";
const CITY_ADDRESS: &str = "JPX/GOV/991015/UBUGOE";

/// Id, kind, and what stands in the configuration about its rights.
const AGENCIES: &[(&str, Kind, &str)] = &[
    (
        "hospital",
        Kind::Hospital,
        "clerks = [\"ward-clerk\"]\n[[agencies.agency.calls]]\nservice = \"birthCertificate\"\npurpose = \"registration\"\nlaw = \"戸籍法第49条第3項\"\n",
    ),
    (
        "clinic",
        Kind::Hospital,
        "clerks = [\"clinic-clerk\"]\n[[agencies.agency.calls]]\nservice = \"birthCertificate\"\npurpose = \"registration\"\nlaw = \"戸籍法第49条第3項\"\n",
    ),
    (
        "insurer",
        Kind::Insurer,
        "clerks = [\"insurer-clerk\"]\n[[agencies.agency.calls]]\nservice = \"birthStatus\"\npurpose = \"lump-sum\"\n[[agencies.agency.asks]]\nservice = \"lumpSum\"\npurpose = \"lump-sum\"\nitems = [\"kodomo_iryohi\"]\n",
    ),
    (
        "pension",
        Kind::PensionOffice,
        "jurisdiction = [\"98\"]\n[[agencies.agency.calls]]\nservice = \"birthStatus\"\npurpose = \"premium\"\nlaw = \"国民年金法第88条の2\"\n[[agencies.agency.asks]]\nservice = \"premiumRelief\"\npurpose = \"premium\"\n",
    ),
    (
        "prefecture",
        Kind::Prefecture,
        "jurisdiction = [\"99\"]\n[[agencies.agency.calls]]\nservice = \"birthStatus\"\npurpose = \"statistics\"\nlaw = \"人口動態調査令第3条\"\n[[agencies.agency.asks]]\nservice = \"vitalStatistics\"\npurpose = \"statistics\"\nlaw = \"人口動態調査令第3条\"\n",
    ),
    (
        "provider",
        Kind::Provider,
        "[[agencies.agency.asks]]\nservice = \"gift\"\npurpose = \"gift\"\njoyful = true\n",
    ),
];

/// One simulated agency that listens.
pub(crate) struct Running {
    pub(crate) id: &'static str,
    pub(crate) agency: Arc<Agency>,
    raise: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The exchange of one office.
pub(crate) struct Exchange {
    pub(crate) running: Vec<Running>,
    pub(crate) config: AgenciesConfig,
    /// The whole configuration, with the exchange in it.
    pub(crate) toml: String,
    key: SigningKey,
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    Now,
    Over,
}

pub(crate) fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2040, 1, 1);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a name, and its key.
pub(crate) fn certify(
    authority: &CertifiedIssuer<'static, KeyPair>,
    name: &str,
    life: Life,
) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsagePurpose::ServerAuth,
    ];
    params.not_before = rcgen::date_time_ymd(2024, 1, 1);
    params.not_after = match life {
        Life::Now => rcgen::date_time_ymd(2039, 1, 1),
        Life::Over => rcgen::date_time_ymd(2025, 1, 1),
    };
    let certificate = params.signed_by(&key, authority).unwrap();
    (certificate.pem(), key.serialize_pem())
}

pub(crate) fn identity(ca_pem: &str, (cert, key): (String, String)) -> Identity {
    Identity {
        ca_pem: ca_pem.as_bytes().to_vec(),
        cert_pem: cert.into_bytes(),
        key_pem: Zeroizing::new(key.into_bytes()),
    }
}

fn address(id: &str, kind: Kind) -> String {
    let class = match kind {
        Kind::Hospital => "MED",
        Kind::Insurer => "INS",
        Kind::PensionOffice | Kind::Prefecture => "GOV",
        Kind::Provider => "COM",
    };
    // a member whose name is not ASCII
    format!("JPX/{class}/%E3%81%82-{id}/SYSTEM")
}

impl Exchange {
    /// Files and configuration for an office, and every agency listening.
    pub(crate) async fn of(office: &Office) -> Self {
        let folder = office.folder.path();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let authority = authority("exchange");
        write("exchange-ca.pem", &authority.pem());
        let (cert, key) = certify(&authority, CITY, Life::Now);
        write("exchange.pem", &cert);
        write("exchange.key", &key);
        let mut toml = office.toml();
        let password = office.config().staff[0].password.clone();
        for clerk in ["ward-clerk", "clinic-clerk", "insurer-clerk"] {
            write!(
                toml,
                "\n[[staff]]\nid = \"{clerk}\"\nname = \"{clerk}\"\nroles = [\"agency\"]\npassword = '{password}'\n"
            )
            .unwrap();
        }
        write!(
            toml,
            "\n[agencies]\naddress = \"{CITY_ADDRESS}\"\nbind = \"127.0.0.1:0\"\nca = \"exchange-ca.pem\"\ncert = \"exchange.pem\"\nkey = \"exchange.key\"\npatience_ms = {}\ntries = {TRIES}\n",
            PATIENCE.as_millis()
        )
        .unwrap();
        let city = CitySettings {
            address: CITY_ADDRESS.to_owned(),
            at: String::new(),
            tls_name: CITY.to_owned(),
            verify: format!("city-{}.receipt.pub", office.id),
            ca: "exchange-ca.pem".to_owned(),
            patience_ms: 10_000,
        };
        let mut running = Vec::new();
        for &(id, kind, rights) in AGENCIES {
            let sign = SigningKey::generate().unwrap();
            let (cert, key) = certify(&authority, &tls_name(id), Life::Now);
            write(&format!("{id}.pem"), &cert);
            write(&format!("{id}.key"), &key);
            write(&format!("{id}.sign"), &sign.to_text());
            write(
                &format!("{id}.sign.pub"),
                &sign.verifying().unwrap().to_text(),
            );
            let settings = AgencySettings {
                kind,
                address: address(id, kind),
                bind: "127.0.0.1:0".parse().unwrap(),
                cert: format!("{id}.pem"),
                key: format!("{id}.key"),
                sign: format!("{id}.sign"),
                faults: Vec::new(),
                verdicts: Vec::new(),
            };
            let (agency, identity, bind) = settings
                .agency(&city, folder, &|path| std::fs::read(path))
                .unwrap();
            let agency = Arc::new(agency);
            let listener = TcpListener::bind(bind).await.unwrap();
            let at = listener.local_addr().unwrap();
            let (raise, stop) = watch::channel(false);
            let answering: Arc<Agency> = Arc::clone(&agency);
            let task = tokio::spawn(server::serve(
                listener,
                identity.server().unwrap(),
                answering,
                stop,
            ));
            running.push(Running {
                id,
                agency,
                raise,
                task,
            });
            write!(
                toml,
                "\n[[agencies.agency]]\nid = \"{id}\"\nname_ja = \"あすこえ{id}\"\nname_en = \"Asukoe {id}\"\naddress = \"{}\"\ntls_name = \"{}\"\nat = \"{at}\"\nverify = \"{id}.sign.pub\"\n{rights}",
                address(id, kind),
                tls_name(id)
            )
            .unwrap();
        }
        let config = office.config_of(&toml).unwrap();
        Self {
            running,
            config: config.agencies.unwrap(),
            toml,
            key: config.keys.sign,
            authority,
        }
    }

    pub(crate) fn whole(&self, office: &Office) -> Config {
        office.config_of(&self.toml).unwrap()
    }

    pub(crate) fn book(&self, office: &Office) -> Book {
        Book::new(
            self.config.own.clone(),
            office.config().office.municipality,
            self.config.agencies.clone(),
        )
    }

    pub(crate) fn agency(&self, id: &str) -> &Arc<Agency> {
        let found = self.running.iter().find(|running| running.id == id);
        &found.unwrap().agency
    }

    /// Whoever asks in the city's name; nothing is sent by itself.
    pub(crate) fn sender(&self, office: &Office, store: Arc<dyn Store>) -> Arc<Sender> {
        let tls = self.config.identity.client().unwrap();
        Arc::new(Sender {
            book: self.book(office),
            store,
            dialer: Dialer::new(tls, self.key.clone(), PATIENCE),
            key: self.key.clone(),
            clock: office.hands.clock(),
            patience: PATIENCE,
            tries: TRIES,
            queued: Notify::new(),
        })
    }

    /// The city's door for agencies alone.
    pub(crate) async fn door(&self, office: &Office, store: Arc<dyn Store>) -> Door {
        let desk = Desk {
            book: self.book(office),
            store,
            key: self.key.clone(),
            clock: office.hands.clock(),
            recipient: office.id.parse().unwrap(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (raise, stop) = watch::channel(false);
        let tls = self.config.identity.server().unwrap();
        let task = tokio::spawn(server::serve(listener, tls, Arc::new(desk), stop));
        Door {
            address,
            raise,
            task,
        }
    }

    /// Another identity in the same exchange, or in none.
    pub(crate) fn stranger(
        &self,
        signer: Option<&CertifiedIssuer<'static, KeyPair>>,
        id: &str,
        life: Life,
    ) -> Identity {
        let signer = signer.unwrap_or(&self.authority);
        identity(&self.authority.pem(), certify(signer, &tls_name(id), life))
    }

    pub(crate) async fn stop(self) {
        for running in self.running {
            running.raise.send(true).unwrap();
            running.task.await.unwrap();
        }
    }
}

pub(crate) fn tls_name(id: &str) -> String {
    format!("{id}.exchange.example")
}

/// The city's door.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    raise: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Door {
    pub(crate) async fn stop(self) {
        self.raise.send(true).unwrap();
        self.task.await.unwrap();
    }

    /// An agency asks here.
    pub(crate) async fn ask(
        &self,
        agency: &Arc<Agency>,
        id: MessageId,
        (service, path): (&str, &str),
        body: Option<Vec<u8>>,
    ) -> Result<Answered, AskError> {
        let question = agency.question(id, service, path, body.is_some()).unwrap();
        agency
            .ask(
                &self.address.to_string(),
                &question,
                body.unwrap_or_default(),
            )
            .await
    }
}
