//! A city on loopback: its folder, its keys, its configuration, and the city itself.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tempfile::TempDir;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use ubugoe_bench::envelope;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::Clock;
use ubugoe_city::casework::FilingState;
use ubugoe_city::config::{Config, Problems};
use ubugoe_city::http::password;
use ubugoe_city::ingest::{Answer, Desk, Faults, Ingest, Message, Registry, no_faults};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::server::{City, open_store};
use ubugoe_city::store::desk::{Concluded, Conclusion};
use ubugoe_city::store::{Decided, Decision, Sealer, Store};
use ubugoe_procedures::Catalogue;
use ubugoe_protocol::{
    AttachmentRef, CaseId, Chunk, DeviceId, Downlink, FilingBody, FilingId, Header, Kind, Receipt,
    RecipientPublicKey, RecipientSecretKey, Report, SecondBody, SigningKey, TimeClaim, VERSION,
    VerifyingKey, attachment, report, second,
};

use super::papers::{Parent, parent};

/// 2026-11-24 12:00 in Japan.
pub(crate) const NOON: i64 = 1_795_489_200;
/// The account's password.
pub(crate) const PASSWORD: &str = "あすこえの審査係 2026";

/// A clock that tests set.
#[derive(Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn at(second: i64) -> Self {
        Self(Arc::new(AtomicI64::new(second)))
    }

    pub(crate) fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Arc::new(move || jiff::Timestamp::from_second(hands.load(Ordering::SeqCst)).unwrap())
    }
}

/// A folder with everything a city needs, before it runs.
pub(crate) struct Office {
    pub(crate) folder: TempDir,
    pub(crate) pki: Pki,
    pub(crate) hands: Hands,
    pub(crate) broker_port: u16,
    pub(crate) store_url: String,
    /// Its recipient id: `asukoe`, or the neighbour `tonari`.
    pub(crate) id: &'static str,
    /// A schema of its own, in a database that it shares.
    pub(crate) schema: Option<&'static str>,
    /// Whether the city has an operator's key.
    pub(crate) operates: bool,
    /// A line for ward 1 in the configuration: since when it is revoked.
    pub(crate) revoked: String,
    /// What 佐藤 works as, as the configuration has it.
    pub(crate) roles: String,
    /// Further sections of the configuration.
    pub(crate) more: String,
}

pub(crate) fn password_hash() -> String {
    static HASH: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD).unwrap())
        .clone()
}

impl Office {
    /// Two wards, one city, one account; the broker's port is filled in by whoever starts one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::with(folder.path(), &["ward-1", "ward-2"], &["asukoe", "tonari"]).unwrap();
        std::fs::write(
            folder.path().join("jpki-sign-ca.pem"),
            &parent().authority_pem,
        )
        .unwrap();
        Self {
            folder,
            pki,
            hands: Hands::at(NOON),
            broker_port: 1,
            store_url: "sqlite:city.db".to_owned(),
            id: "asukoe",
            schema: None,
            operates: false,
            revoked: String::new(),
            roles: r#"["examiner", "decider", "auditor", "administrator"]"#.to_owned(),
            more: String::new(),
        }
    }

    /// The city's clock, unix seconds.
    pub(crate) fn now(&self) -> i64 {
        (self.hands.clock())().as_second()
    }

    /// The configuration file.
    pub(crate) fn toml(&self) -> String {
        format!(
            r#"
[http]
bind = "127.0.0.1:0"
public_url = "http://127.0.0.1:8080"
secure_cookies = false

[store]
url = "{store}"
{schema}

[broker]
host = "127.0.0.1"
port = {port}
ca = "broker-ca.pem"
cert = "city-{id}.pem"
key = "city-{id}.key"

[recipient]
id = "{id}"
municipality = "991015"
name_ja = "あすこえ市 市民課"
name_en = "Asukoe City, Citizens' Division"
hpke = "city-{id}.hpke"
receipt = "city-{id}.receipt"
{operate}

[jpki]
anchors = ["jpki-sign-ca.pem"]

[[device]]
id = "ward-1"
ward = "あすこえ市民病院 3階"
sign = "device-ward-1.sign.pub"
hpke = "device-ward-1.hpke.pub"
{revoked}

[[device]]
id = "ward-2"
ward = "うぶ町産院"
sign = "device-ward-2.sign.pub"
hpke = "device-ward-2.hpke.pub"

[[staff]]
id = "sato"
name = "佐藤"
roles = {roles}
password = '{password}'

{more}
"#,
            more = self.more,
            store = self.store_url,
            id = self.id,
            schema = self
                .schema
                .map_or_else(String::new, |name| format!("schema = \"{name}\"")),
            port = self.broker_port,
            password = password_hash(),
            operate = if self.operates {
                format!("operate = \"city-{}.operate\"", self.id)
            } else {
                String::new()
            },
            revoked = self.revoked,
            roles = self.roles,
        )
    }

    /// Another account, with the same password.
    pub(crate) fn hire(&mut self, id: &str, name: &str, roles: &[&str]) {
        let line = format!(
            "[[staff]]\nid = {id:?}\nname = {name:?}\nroles = {roles:?}\npassword = '{}'\n",
            password_hash()
        );
        self.more = format!("{line}\n{}", self.more);
    }

    /// Writes the configuration and answers its path.
    pub(crate) fn write_config(&self) -> PathBuf {
        let path = self.folder.path().join("city.toml");
        std::fs::write(&path, self.toml()).unwrap();
        path
    }

    pub(crate) fn config(&self) -> Config {
        self.config_of(&self.toml()).unwrap()
    }

    pub(crate) fn config_of(&self, text: &str) -> Result<Config, Problems> {
        Config::from_toml(text, self.folder.path(), &|path| std::fs::read(path))
    }

    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        let config = self.config();
        open_store(&config.store, &config.office.recipient)
            .await
            .unwrap()
    }

    /// Signs as the city does.
    pub(crate) fn sealer(&self) -> Arc<dyn Sealer> {
        let config = self.config();
        Arc::new(CitySealer::new(
            config.office.recipient,
            config.keys.sign,
            &config.http.public_url,
        ))
    }

    /// One officer accepts, where one is enough.
    pub(crate) async fn accept(&self, store: &dyn Store, filing: FilingId) -> Decided {
        accept(store, &self.sealer(), filing, self.now()).await
    }

    /// The ingest without a broker.
    pub(crate) async fn ingest(&self) -> Ingest {
        let devices = self.config().devices.into();
        self.ingest_of(devices, self.store().await)
    }

    /// The same, for these devices on this store.
    pub(crate) fn ingest_of(&self, devices: Registry, store: Arc<dyn Store>) -> Ingest {
        let config = self.config();
        let sealer = CitySealer::new(
            config.office.recipient.clone(),
            config.keys.sign.clone(),
            &config.http.public_url,
        );
        let desk = Desk {
            office: config.office,
            keys: config.keys,
            devices,
            trust: config.trust,
            catalogue: Catalogue::builtin().unwrap(),
        };
        Ingest::new(Arc::new(desk), store, Arc::new(sealer), self.hands.clock())
    }

    /// The city's public keys, as a kiosk has them.
    pub(crate) fn seal_key(&self) -> RecipientPublicKey {
        let name = format!("city-{}.hpke.pub", self.id);
        RecipientPublicKey::from_text(self.pki.text(&name).unwrap().trim_end()).unwrap()
    }

    pub(crate) fn receipt_key(&self) -> VerifyingKey {
        let name = format!("city-{}.receipt.pub", self.id);
        VerifyingKey::from_text(self.pki.text(&name).unwrap().trim_end()).unwrap()
    }

    pub(crate) fn device_sign(&self, id: &str) -> SigningKey {
        SigningKey::from_text(
            self.pki
                .text(&format!("device-{id}.sign"))
                .unwrap()
                .trim_end(),
        )
        .unwrap()
    }

    pub(crate) fn device_open(&self, id: &str) -> RecipientSecretKey {
        RecipientSecretKey::from_text(
            self.pki
                .text(&format!("device-{id}.hpke"))
                .unwrap()
                .trim_end(),
        )
        .unwrap()
    }

    fn header(&self, id: FilingId, device: &str, kind: Kind) -> Header {
        Header {
            v: VERSION,
            id,
            device: device.parse().unwrap(),
            recipient: self.id.parse().unwrap(),
            kind,
            schema: "ubugoe-test/1".to_owned(),
            case: CaseId::from_bytes([0; 16]),
            case_seq: 0,
            created: NOON - 60,
            expires: None,
            key_id: self.seal_key().key_id(),
        }
    }

    /// A sealed piece of an attachment.
    pub(crate) fn piece(&self, id: FilingId, device: &str, chunk: &Chunk) -> Vec<u8> {
        let header = self.header(id, device, Kind::Attachment);
        attachment::seal_chunk(&header, chunk, &self.seal_key(), &self.device_sign(device)).unwrap()
    }

    /// A sealed report.
    pub(crate) fn report(&self, device: &str, said: &Report) -> Vec<u8> {
        let header = self.header(FilingId::generate().unwrap(), device, Kind::Report);
        report::seal_report(&header, said, &self.seal_key(), &self.device_sign(device)).unwrap()
    }

    /// A sealed second signature, signed as if at `at`.
    pub(crate) fn second(
        &self,
        id: FilingId,
        device: &str,
        (ticket, cms): ([u8; 16], &[u8]),
        at: i64,
    ) -> Vec<u8> {
        static COUNTER: AtomicU64 = AtomicU64::new(1_000_000);
        let header = self.header(id, device, Kind::Second);
        let body = SecondBody {
            ticket,
            signature: cms.to_vec(),
            time: envelope::claim(COUNTER.fetch_add(1, Ordering::SeqCst), at),
        };
        second::seal_second(&header, &body, &self.seal_key(), &self.device_sign(device)).unwrap()
    }

    /// A sealed filing.
    pub(crate) fn envelope(&self, letter: &Letter) -> Vec<u8> {
        let to = self.seal_key();
        let header = Header {
            v: VERSION,
            id: letter.id,
            device: letter.device.parse().unwrap(),
            recipient: letter.recipient.parse().unwrap(),
            kind: Kind::Filing,
            schema: letter.schema.to_owned(),
            case: letter.case,
            case_seq: letter.case_seq,
            created: NOON - 60,
            expires: None,
            key_id: to.key_id(),
        };
        let body = FilingBody {
            canonical: letter.canonical.clone(),
            signature: letter.signature.clone(),
            attachments: letter.attachments.clone(),
            time: letter.time,
            visit: envelope::alone(&letter.canonical),
        };
        ubugoe_protocol::seal(&header, &body, &to, &self.device_sign(letter.device)).unwrap()
    }

    /// Starts the city.
    pub(crate) async fn open(&self) -> Running {
        self.open_with(no_faults()).await
    }

    pub(crate) async fn open_with(&self, faults: Faults) -> Running {
        self.start(self.config(), faults).await
    }

    /// Starts a city with another configuration in the same folder.
    pub(crate) async fn open_as(&self, config: Config) -> Running {
        self.start(config, no_faults()).await
    }

    async fn start(&self, config: Config, faults: Faults) -> Running {
        let city = City::start(config, self.hands.clock(), faults)
            .await
            .unwrap();
        let address = city.address().unwrap();
        let enrol = city.enrol_address();
        let (raise, stop) = watch::channel(false);
        let task = tokio::spawn(async move { city.run(stop).await.unwrap() });
        Running {
            address,
            enrol,
            raise,
            task,
        }
    }
}

/// One officer decides, where one is enough.
pub(crate) async fn decide(
    store: &dyn Store,
    decision: Decision,
    sealer: &Arc<dyn Sealer>,
) -> Decided {
    let alone = Conclusion::default();
    let concluded = store.conclude(decision, alone, Arc::clone(sealer)).await;
    match concluded.unwrap() {
        Concluded::Decided(decided) => decided,
        other => panic!("{other:?}"),
    }
}

/// One officer accepts the filing as it lies there.
pub(crate) async fn accept(
    store: &dyn Store,
    sealer: &Arc<dyn Sealer>,
    filing: FilingId,
    at: i64,
) -> Decided {
    let decision = Decision {
        filing,
        version: store.filing(filing).await.unwrap().unwrap().version(),
        to: FilingState::Accepted,
        reason: None,
        note: None,
        actor: "sato".to_owned(),
        at,
    };
    decide(store, decision, sealer).await
}

/// A running city.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// Where devices register.
    pub(crate) enrol: Option<SocketAddr>,
    raise: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.raise.send(true).unwrap();
        self.task.await.unwrap();
    }
}

/// One filing on its way.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) id: FilingId,
    pub(crate) device: &'static str,
    pub(crate) recipient: &'static str,
    pub(crate) schema: &'static str,
    pub(crate) case: CaseId,
    pub(crate) case_seq: u32,
    pub(crate) canonical: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) time: TimeClaim,
    pub(crate) attachments: Vec<AttachmentRef>,
}

/// A signed filing from ward 1 in a case of its own.
pub(crate) fn letter(canonical: Vec<u8>) -> Letter {
    signed_by(parent(), canonical)
}

pub(crate) fn signed_by(parent: &Parent, canonical: Vec<u8>) -> Letter {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    Letter {
        id: FilingId::generate().unwrap(),
        device: "ward-1",
        recipient: "asukoe",
        schema: "ubugoe-filing/1",
        case: CaseId::generate().unwrap(),
        case_seq: 0,
        signature: parent.sign(&canonical),
        time: envelope::claim(COUNTER.fetch_add(1, Ordering::SeqCst), NOON - 60),
        attachments: Vec::new(),
        canonical,
    }
}

/// A message as the broker hands it over.
pub(crate) fn message(device: &str, wire: Vec<u8>) -> Message {
    Message {
        device: Some(device.parse::<DeviceId>().unwrap()),
        wire,
    }
}

/// The one signed receipt among answers.
pub(crate) fn only_receipt(answers: &[Answer]) -> Vec<u8> {
    match answers {
        [
            Answer {
                content: Downlink::Receipts(items),
                ..
            },
        ] => match items.as_slice() {
            [one] => one.clone(),
            _ => panic!("{} receipts", items.len()),
        },
        other => panic!("not one receipt: {other:?}"),
    }
}

/// Lands one letter and reads its receipt.
pub(crate) async fn land(office: &Office, ingest: &Ingest, letter: &Letter) -> Receipt {
    let answers = ingest
        .land(vec![message(letter.device, office.envelope(letter))])
        .await
        .unwrap();
    Receipt::verify(&only_receipt(&answers), &office.receipt_key()).unwrap()
}

/// Tells the same story to a city on SQLite and to one on PostgreSQL, in a database of its own each.
pub(crate) async fn on_each_store(story: impl AsyncFn(&mut Office)) {
    story(&mut Office::new()).await;
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    office.store_url = cluster.url();
    story(&mut office).await;
}
