//! Kiosks, a broker and cities, all real, on loopback: what the other parts break.
//!
//! A kiosk here is the outbox and the link without a screen, in this process or in one of its own. Its filings are birth
//! notifications that a city reads; their signatures are not, so the city marks them and receipts them all the same.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::envelope;
use ubugoe_bench::pki::Pki;
use ubugoe_bench::ports::Lease;
use ubugoe_bench::postgres::Postgres;
use ubugoe_bench::process::Process;
use ubugoe_bench::rig::MUNICIPALITY;
use ubugoe_bench::{programs, rig};
use ubugoe_city::config::StoreAddress;
use ubugoe_city::server::open_store;
use ubugoe_city::store::FilingRow;
use ubugoe_edge::link::{
    Config as LinkConfig, DisconnectReason, LinkEvent, Operator, Stats, Voice,
};
use ubugoe_edge::outbox::{Config, Counts, NewRow, Outbox, OutboxHandle, Recipients, RowKind};
use ubugoe_edge::{Broker, Link, Tls, Tuning};
use ubugoe_protocol::attachment::{cut, seal_chunk};
use ubugoe_protocol::{
    AttachmentRef, CaseId, DeviceId, FilingBody, FilingId, Header, Kind, RecipientId,
    RecipientPublicKey, RecipientSecretKey, Report, SigningKey, VERSION, VerifyingKey, VisitTree,
    digest, report::seal_report, seal,
};

use crate::paper::Writer;

/// How long anything may take before the part gives up.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// Where a town's cities keep their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// Each in a file of its own.
    Sqlite,
    /// One cluster, one database each.
    Postgres,
}

/// One city of a town.
#[derive(Debug)]
struct CityHall {
    id: String,
    process: Option<Process>,
    port: Lease,
    store: StoreAddress,
    lives: u32,
}

/// The town.
#[derive(Debug)]
pub struct Town {
    // In this order: who talks goes before who listens.
    cities: Vec<CityHall>,
    /// The broker.
    pub broker: Mosquitto,
    /// The cities' cluster, if they have one.
    pub postgres: Option<Postgres>,
    /// Keys and certificates.
    pub pki: Pki,
    devices: Vec<String>,
    places: Places,
    /// Where cities find the broker, if not at its own port.
    through: Option<Vec<Broker>>,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
}

/// In which network namespaces a town lies, and where its cities see the broker. Loopback if nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The broker's namespace.
    pub broker: Option<String>,
    /// The cities' namespace.
    pub cities: Option<String>,
    /// The broker's address as the cities see it.
    pub address: Option<String>,
}

/// A broker on this machine.
#[must_use]
pub fn near(port: u16) -> Broker {
    Broker {
        host: "localhost".to_owned(),
        port,
    }
}

/// The id of the nth device.
#[must_use]
pub fn device(n: usize) -> String {
    format!("d-{n:04}")
}

/// The id of the nth city.
#[must_use]
pub fn city(n: usize) -> String {
    format!("r-{n:02}")
}

impl Town {
    /// Builds a town and starts its broker and cities.
    ///
    /// # Errors
    /// By what does not start.
    pub fn build(devices: usize, cities: usize, database: Database) -> Result<Self> {
        Self::at(devices, cities, database, Places::default())
    }

    /// As [`Town::build`], spread over networks. The cities' data is on the disk that all of them share.
    ///
    /// # Errors
    /// As [`Town::build`].
    pub fn at(devices: usize, cities: usize, database: Database, places: Places) -> Result<Self> {
        let temporary = tempfile::Builder::new().prefix("ubugoe-town-").tempdir()?;
        let folder = temporary.path().to_owned();
        let devices: Vec<String> = (0..devices).map(device).collect();
        let names: Vec<String> = (0..cities).map(city).collect();
        let as_text = |list: &[String]| list.to_vec();
        let (d, c) = (as_text(&devices), as_text(&names));
        let d: Vec<&str> = d.iter().map(String::as_str).collect();
        let c: Vec<&str> = c.iter().map(String::as_str).collect();
        let pki = Pki::with(folder.join("pki"), &d, &c)?;
        let broker = Mosquitto::start(
            &pki,
            &Settings {
                dir: Some(folder.join("broker")),
                namespace: places.broker.clone(),
                ..Settings::default()
            },
        )?;
        let postgres = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(Postgres::start()?),
        };
        let mut town = Self {
            cities: Vec::new(),
            broker,
            postgres,
            pki,
            devices,
            places,
            through: None,
            folder,
            _temporary: temporary,
        };
        for (n, id) in names.into_iter().enumerate() {
            let store = town.store_of(n, &id)?;
            town.cities.push(CityHall {
                id,
                process: None,
                port: Lease::take()?,
                store,
                lives: 0,
            });
            town.start_city(n)?;
        }
        Ok(town)
    }

    fn store_of(&self, n: usize, id: &str) -> Result<StoreAddress> {
        Ok(match &self.postgres {
            None => StoreAddress::Sqlite(self.folder.join(format!("{id}.sqlite"))),
            Some(postgres) => {
                let name = format!("city_{n}");
                postgres.create_database(&name)?;
                StoreAddress::Postgres {
                    url: postgres.url_of(&name).into(),
                    connections: 4,
                    schema: None,
                    ca_pem: None,
                }
            }
        })
    }

    /// Cities that start from now on find the broker at this port.
    pub fn through(&mut self, port: u16) {
        self.through = Some(vec![near(port)]);
    }

    /// Cities that start from now on find their broker at one of these addresses.
    pub fn through_any(&mut self, brokers: Vec<Broker>) {
        self.through = Some(brokers);
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The configuration file of the nth city.
    #[must_use]
    pub fn city_file(&self, n: usize) -> PathBuf {
        self.folder.join(format!("{}.toml", city(n)))
    }

    fn hall(&mut self, n: usize) -> Result<&mut CityHall> {
        self.cities.get_mut(n).context("no such city")
    }

    /// Starts a city, again if it ran before.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_city(&mut self, n: usize) -> Result<()> {
        let text = self.city_toml(n)?;
        let (file, folder) = (self.city_file(n), self.folder.clone());
        fs::write(&file, text)?;
        let program = programs::ours("ubugoe-city")?;
        let mut command = programs::within(self.places.cities.as_deref(), &program);
        command.arg("serve").arg("--config").arg(file);
        let hall = self.hall(n)?;
        hall.lives += 1;
        let log = folder.join(format!("{}-{}.log", hall.id, hall.lives));
        let process = Process::spawn("ubugoe-city", command, log)?;
        process.wait_ready(PATIENCE)?;
        hall.process = Some(process);
        Ok(())
    }

    /// kill -9.
    ///
    /// # Errors
    /// When it does not run.
    pub fn kill_city(&mut self, n: usize) -> Result<()> {
        let hall = self.hall(n)?;
        hall.process
            .take()
            .context("this city does not run")?
            .kill()?;
        Ok(())
    }

    /// Runs a command of `ubugoe-city` with a city's configuration; what it printed.
    ///
    /// # Errors
    /// When it does not end with success.
    pub fn city_command(&self, n: usize, command: &str, more: &[&str]) -> Result<String> {
        let done = Command::new(programs::ours("ubugoe-city")?)
            .arg(command)
            .arg("--config")
            .arg(self.city_file(n))
            .args(more)
            .output()?;
        ensure!(
            done.status.success(),
            "{command}: {} {}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// Everything a city holds, straight from its database.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn filings(&self, n: usize) -> Result<Vec<FilingRow>> {
        const MOST: u32 = 1_000_000;
        let hall = self.cities.get(n).context("no such city")?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let store = open_store(&hall.store, &hall.id.parse()?).await?;
            Ok(store.filings(None, MOST).await?)
        })
    }

    /// How many of these attachments a city can show whole.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn attachments(&self, n: usize, bytes: &[u8]) -> Result<u64> {
        let hall = self.cities.get(n).context("no such city")?;
        let filings = self.filings(n)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let store = open_store(&hall.store, &hall.id.parse()?).await?;
            let mut whole = 0;
            for filing in filings {
                let found = store.attachment(filing.id, 0).await?;
                whole += u64::from(found.as_deref() == Some(bytes));
            }
            Ok(whole)
        })
    }

    /// A kiosk of this town in this process, without a connection.
    ///
    /// # Errors
    /// When its outbox does not open.
    pub fn kiosk(&self, n: usize) -> Result<Kiosk> {
        let cities: Vec<String> = self.cities.iter().map(|c| c.id.clone()).collect();
        Kiosk::open(&self.folder, &device(n), &cities)
    }

    fn city_toml(&self, n: usize) -> Result<String> {
        let hall = self.cities.get(n).context("no such city")?;
        let hash = rig::password_hash("town only: 産声の窓口")?;
        let own = [Broker {
            host: self
                .places
                .address
                .clone()
                .unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: self.broker.port(),
        }];
        let brokers = self.through.as_deref().unwrap_or(&own);
        city_toml(
            &hall.id,
            self.pki.dir(),
            &hall.store,
            &self.devices,
            (hall.port.port(), brokers),
            &hash,
        )
    }
}

/// A city's configuration: its own port and where the broker is, and the hash of its console's password.
///
/// # Errors
/// Without a broker.
pub fn city_toml(
    id: &str,
    pki: &Path,
    store: &StoreAddress,
    devices: &[String],
    (http, brokers): (u16, &[Broker]),
    hash: &str,
) -> Result<String> {
    let pki = pki.display();
    let url = match store {
        StoreAddress::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreAddress::Postgres { url, .. } => url.to_string(),
    };
    let Broker { host, port } = brokers.first().context("no broker")?;
    let others: Vec<String> = brokers
        .iter()
        .skip(1)
        .map(|other| format!("\"{}:{}\"", other.host, other.port))
        .collect();
    let others = others.join(", ");
    let mut list = String::new();
    for d in devices {
        write!(
            list,
            "\n[[device]]\nid = \"{d}\"\nward = \"あすこえ産院\"\nsign = \"{pki}/device-{d}.sign.pub\"\nhpke = \"{pki}/device-{d}.hpke.pub\"\n"
        )?;
    }
    Ok(format!(
        r#"[http]
bind = "127.0.0.1:{http}"
public_url = "http://127.0.0.1:{http}"
secure_cookies = false

[store]
url = "{url}"

[broker]
host = "{host}"
port = {port}
others = [{others}]
ca = "{pki}/broker-ca.pem"
cert = "{pki}/city-{id}.pem"
key = "{pki}/city-{id}.key"

[recipient]
id = "{id}"
municipality = "{MUNICIPALITY}"
name_ja = "あすこえ市 市民課"
name_en = "Asukoe City, Citizens' Affairs"
hpke = "{pki}/city-{id}.hpke"
receipt = "{pki}/city-{id}.receipt"
operate = "{pki}/city-{id}.operate"

# Nobody's signatures lead here: what is filed in this town is signed by nobody.
[jpki]
anchors = ["{pki}/broker-ca.pem"]
{list}
[[staff]]
id = "madoguchi"
name = "窓口 一郎"
roles = ["examiner", "decider", "auditor", "administrator"]
password = "{hash}"
"#
    ))
}

/// A kiosk without a screen.
#[derive(Debug)]
pub struct Kiosk {
    // In this order: the link ends before its outbox does.
    link: Option<Link>,
    outbox: OutboxHandle,
    device: DeviceId,
    cities: Vec<(RecipientId, RecipientPublicKey)>,
    signing: SigningKey,
    pki: PathBuf,
    writer: Writer,
    news: Arc<(Mutex<News>, Condvar)>,
}

/// What a kiosk's link had to say.
#[derive(Debug, Default)]
struct News {
    count: u64,
    /// Why connections ended.
    ended: Vec<DisconnectReason>,
}

impl Kiosk {
    /// Opens a device's outbox in a town's folder.
    ///
    /// # Errors
    /// When its keys or its outbox cannot be opened.
    pub fn open(town: &Path, device: &str, cities: &[String]) -> Result<Self> {
        let pki = town.join("pki");
        let text = |name: String| fs::read_to_string(pki.join(&name)).context(name);
        let outbox = Outbox::open(&Config::at(town.join(format!("{device}.outbox"))))?;
        let keys = cities.iter().map(|id| {
            let key =
                RecipientPublicKey::from_text(text(format!("city-{id}.hpke.pub"))?.trim_end())?;
            Ok((id.parse()?, key))
        });
        Ok(Self {
            link: None,
            outbox: OutboxHandle::new(outbox),
            device: device.parse()?,
            cities: keys.collect::<Result<_>>()?,
            signing: SigningKey::from_text(text(format!("device-{device}.sign"))?.trim_end())?,
            writer: Writer::new(rig::today())?,
            pki,
            news: Arc::default(),
        })
    }

    /// Its outbox.
    #[must_use]
    pub const fn outbox(&self) -> &OutboxHandle {
        &self.outbox
    }

    /// Its id.
    #[must_use]
    pub const fn device(&self) -> &DeviceId {
        &self.device
    }

    /// Opens what is sent to it.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn opening_key(&self) -> Result<RecipientSecretKey> {
        let text = self.text(&format!("device-{}.hpke", self.device))?;
        Ok(RecipientSecretKey::from_text(text.trim_end())?)
    }

    /// The cities whose signatures settle its rows.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn recipients(&self) -> Result<Recipients> {
        let key = |(id, _): &(RecipientId, RecipientPublicKey)| {
            let text = self.text(&format!("city-{id}.receipt.pub"))?;
            Ok((id.clone(), VerifyingKey::from_text(text.trim_end())?))
        };
        self.cities.iter().map(key).collect()
    }

    /// A sealed report to a city.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub fn report(&self, city: usize, report: &Report) -> Result<Vec<u8>> {
        let (recipient, key) = self.cities.get(city).context("no such city")?;
        let header = Header {
            v: VERSION,
            id: FilingId::generate()?,
            device: self.device.clone(),
            recipient: recipient.clone(),
            kind: Kind::Report,
            schema: "ubugoe-report/1".to_owned(),
            case: CaseId::from_bytes([0; 16]),
            case_seq: 0,
            created: now(),
            expires: None,
            key_id: key.key_id(),
        };
        Ok(seal_report(&header, report, key, &self.signing)?)
    }

    fn text(&self, name: &str) -> Result<String> {
        fs::read_to_string(self.pki.join(name)).context(name.to_owned())
    }

    /// Rows by state.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn counts(&self) -> Result<Counts> {
        Ok(self.outbox.lock().counts()?)
    }

    /// How many visits it has stored.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn visits(&self) -> Result<usize> {
        Ok(self.outbox.lock().visits()?.len())
    }

    /// Files one visit: one form for each of these cities, signed at `at` (seconds since 1970 UTC). Durable on return.
    ///
    /// # Errors
    /// Whatever refuses.
    pub fn file(&mut self, number: &str, cities: &[usize], at: i64) -> Result<Vec<FilingId>> {
        self.file_with(number, cities, at, &[])
    }

    /// As [`Kiosk::file`], each form with this attachment, unless it is empty.
    ///
    /// # Errors
    /// Whatever refuses.
    pub fn file_with(
        &mut self,
        number: &str,
        cities: &[usize],
        at: i64,
        attachment: &[u8],
    ) -> Result<Vec<FilingId>> {
        let mut counter = self.outbox.lock().last_counter()?;
        let canonical = cities
            .iter()
            .map(|n| self.writer.canonical(&format!("{number}-{n}")))
            .collect::<Result<Vec<_>>>()?;
        let tree = VisitTree::new(
            *FilingId::generate()?.as_bytes(),
            canonical.iter().map(|c| digest(c)).collect(),
        )
        .context("a visit without forms")?;
        let case = CaseId::generate()?;
        let (mut rows, mut filed) = (Vec::new(), Vec::new());
        for ((index, canonical), city) in (0..).zip(canonical).zip(cities) {
            let (recipient, key) = self.cities.get(*city).context("no such city")?;
            counter += 1;
            let id = FilingId::generate()?;
            let header = Header {
                v: VERSION,
                id,
                device: self.device.clone(),
                recipient: recipient.clone(),
                kind: Kind::Filing,
                schema: "ubugoe-filing/1".to_owned(),
                case,
                case_seq: u32::from(index),
                created: at,
                expires: None,
                key_id: key.key_id(),
            };
            let body = FilingBody {
                signature: vec![0x30; 1500],
                attachments: reference(attachment),
                time: envelope::claim(counter, at),
                visit: tree.proof(index).context("in the tree")?,
                canonical,
            };
            rows.push(NewRow {
                id,
                kind: RowKind::Filing,
                counter: Some(counter),
                recipient: recipient.clone(),
                digest: digest(&body.canonical),
                sealed: seal(&header, &body, key, &self.signing)?,
                legal_due: Some(at + 14 * 86_400),
            });
            filed.push(id);
            for chunk in cut(id, attachment).unwrap_or_default() {
                let header = Header {
                    id: FilingId::generate()?,
                    kind: Kind::Attachment,
                    schema: "ubugoe-attachment/1".to_owned(),
                    ..header.clone()
                };
                rows.push(NewRow {
                    id: header.id,
                    kind: RowKind::Chunk,
                    counter: None,
                    recipient: recipient.clone(),
                    digest: digest(&chunk.bytes),
                    sealed: seal_chunk(&header, &chunk, key, &self.signing)?,
                    legal_due: Some(at + 14 * 86_400),
                });
            }
        }
        self.outbox
            .lock()
            .store(case.as_bytes(), &rows, b"record", at)?;
        if let Some(link) = &self.link {
            link.wake();
        }
        Ok(filed)
    }

    /// Connects to a broker on this machine, with little patience; the first city is the operator.
    ///
    /// # Errors
    /// When keys cannot be read or the link does not start.
    pub fn connect(&mut self, broker_port: u16) -> Result<()> {
        self.connect_to(vec![near(broker_port)], hasty())
    }

    /// Connects to the first of these brokers that answers.
    ///
    /// # Errors
    /// As [`Kiosk::connect`].
    pub fn connect_to(&mut self, brokers: Vec<Broker>, tuning: Tuning) -> Result<()> {
        let text = |name: String| self.text(&name);
        let device = self.device.as_str();
        let (first, _) = self.cities.first().context("no city")?;
        let operate = text(format!("city-{first}.operate.pub"))?;
        let config = LinkConfig {
            brokers,
            network: ubugoe_edge::Network::default(),
            identities: None,
            tls: Tls {
                ca_pem: text("broker-ca.pem".to_owned())?.into_bytes(),
                crl_pem: Vec::new(),
                cert_pem: text(format!("device-{device}.pem"))?.into_bytes(),
                key_pem: text(format!("device-{device}.key"))?.into_bytes(),
            },
            device: self.device.clone(),
            device_key: self.opening_key()?,
            recipients: self.recipients()?,
            voice: Some(Voice {
                signing: self.signing.clone(),
                seal: self.cities.iter().cloned().collect(),
                operator: Some(Operator {
                    id: first.clone(),
                    key: VerifyingKey::from_text(operate.trim_end())?,
                }),
                time: None,
            }),
            clock: Arc::new(now),
            tuning,
        };
        let news = Arc::clone(&self.news);
        let link = Link::start(config, self.outbox.clone(), move |event| {
            let mut told = news.0.lock().unwrap_or_else(PoisonError::into_inner);
            told.count += 1;
            if let LinkEvent::Disconnected { reason } = event {
                told.ended.push(reason);
            }
            drop(told);
            news.1.notify_all();
        })?;
        self.link = Some(link);
        Ok(())
    }

    /// What its link counted; nothing before it was connected.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.link.as_ref().map(Link::stats).unwrap_or_default()
    }

    /// Whether nothing waits for a receipt any more.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub fn settled(&self) -> Result<bool> {
        let counts = self.counts()?;
        let again = self.outbox.lock().pending()?.len();
        Ok(counts.queued + counts.sent == 0 && again == 0)
    }

    /// Waits until the link has news, for so long at most.
    pub fn wait_news(&self, most: Duration) {
        let (news, changed) = &*self.news;
        let seen = news.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.count;
        drop(changed.wait_timeout_while(seen, most, |n| n.count == before));
    }

    /// Why connections ended since this was last asked.
    pub fn ended(&self) -> Vec<DisconnectReason> {
        let mut told = self.news.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut told.ended)
    }

    /// Waits until nothing waits for a receipt any more.
    ///
    /// # Errors
    /// After [`PATIENCE`], with what is left.
    pub fn wait_settled(&self) -> Result<()> {
        self.wait("receipts", || self.settled())
    }

    /// Waits until something is so, looking whenever the link has news.
    ///
    /// # Errors
    /// After [`PATIENCE`], with how things stand.
    pub fn wait(&self, what: &str, so: impl Fn() -> Result<bool>) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        while !so()? {
            ensure!(
                Instant::now() < end,
                "no {what} in {PATIENCE:?}: {:?}, {:?}",
                self.counts(),
                self.link.as_ref().map(Link::stats)
            );
            // What happens beside the link is looked at twice a second.
            self.wait_news(Duration::from_millis(500));
        }
        Ok(())
    }
}

/// Times for parts that break something every second.
#[must_use]
pub fn hasty() -> Tuning {
    Tuning {
        stall_after: Duration::from_secs(5),
        resend_after: Duration::from_secs(5),
        pause_min: Duration::from_millis(100),
        pause_max: Duration::from_secs(2),
        ..Tuning::default()
    }
}

/// How a form names its attachment.
fn reference(attachment: &[u8]) -> Vec<AttachmentRef> {
    if attachment.is_empty() {
        return Vec::new();
    }
    vec![AttachmentRef {
        sha256: digest(attachment),
        len: u64::try_from(attachment.len()).unwrap_or(u64::MAX),
        media_type: "image/jpeg".to_owned(),
    }]
}

/// Seconds since 1970 UTC.
#[must_use]
pub fn now() -> i64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the town is its own adapter to the clock"
    )]
    jiff::Timestamp::now().as_second()
}
