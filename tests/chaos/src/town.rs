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
use ubugoe_edge::link::{Config as LinkConfig, Operator, Voice};
use ubugoe_edge::outbox::{Config, Counts, NewRow, Outbox, OutboxHandle, Recipients, RowKind};
use ubugoe_edge::{Broker, Link, Tls, Tuning};
use ubugoe_protocol::{
    CaseId, DeviceId, FilingBody, FilingId, Header, Kind, RecipientId, RecipientPublicKey,
    RecipientSecretKey, Report, SigningKey, VERSION, VerifyingKey, VisitTree, digest,
    report::seal_report, seal,
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
    /// Where cities find the broker, if not at its own port.
    through: Option<u16>,
    folder: PathBuf,
    _temporary: tempfile::TempDir,
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
                }
            }
        })
    }

    /// Cities that start from now on find the broker at this port.
    pub const fn through(&mut self, port: u16) {
        self.through = Some(port);
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
        let hall = self.hall(n)?;
        hall.lives += 1;
        let log = folder.join(format!("{}-{}.log", hall.id, hall.lives));
        let mut command = Command::new(programs::ours("ubugoe-city")?);
        command.arg("serve").arg("--config").arg(file);
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
            let store = open_store(&hall.store).await?;
            Ok(store.filings(None, MOST).await?)
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
        let ports = (hall.port.port(), self.through.unwrap_or(self.broker.port()));
        city_toml(
            &hall.id,
            self.pki.dir(),
            &hall.store,
            &self.devices,
            ports,
            &hash,
        )
    }
}

/// A city's configuration: its own port and the broker's, and the hash of its console's password.
///
/// # Errors
/// Never; writing to memory has a type for it.
pub fn city_toml(
    id: &str,
    pki: &Path,
    store: &StoreAddress,
    devices: &[String],
    (http, port): (u16, u16),
    hash: &str,
) -> Result<String> {
    let pki = pki.display();
    let url = match store {
        StoreAddress::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreAddress::Postgres { url, .. } => url.to_string(),
    };
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
host = "127.0.0.1"
port = {port}
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
    /// How much news the link had.
    news: Arc<(Mutex<u64>, Condvar)>,
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
        let mut rows = Vec::new();
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
                attachments: Vec::new(),
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
        }
        self.outbox
            .lock()
            .store(case.as_bytes(), &rows, b"record", at)?;
        if let Some(link) = &self.link {
            link.wake();
        }
        Ok(rows.iter().map(|r| r.id).collect())
    }

    /// Connects to a broker on this machine; the first city is the operator.
    ///
    /// # Errors
    /// When keys cannot be read or the link does not start.
    pub fn connect(&mut self, broker_port: u16) -> Result<()> {
        let text = |name: String| self.text(&name);
        let device = self.device.as_str();
        let (first, _) = self.cities.first().context("no city")?;
        let operate = text(format!("city-{first}.operate.pub"))?;
        let config = LinkConfig {
            brokers: vec![Broker {
                host: "localhost".to_owned(),
                port: broker_port,
            }],
            tls: Tls {
                ca_pem: text("broker-ca.pem".to_owned())?.into_bytes(),
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
            tuning: Tuning {
                stall_after: Duration::from_secs(5),
                resend_after: Duration::from_secs(5),
                pause_min: Duration::from_millis(100),
                pause_max: Duration::from_secs(2),
                ..Tuning::default()
            },
        };
        let news = Arc::clone(&self.news);
        let link = Link::start(config, self.outbox.clone(), move |_| {
            *news.0.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            news.1.notify_all();
        })?;
        self.link = Some(link);
        Ok(())
    }

    /// Waits until nothing waits for a receipt any more.
    ///
    /// # Errors
    /// After [`PATIENCE`], with what is left.
    pub fn wait_settled(&self) -> Result<()> {
        self.wait("receipts", || {
            let counts = self.counts()?;
            let again = self.outbox.lock().pending()?.len();
            Ok(counts.queued + counts.sent == 0 && again == 0)
        })
    }

    /// Waits until something is so, looking whenever the link has news.
    ///
    /// # Errors
    /// After [`PATIENCE`], with how things stand.
    pub fn wait(&self, what: &str, so: impl Fn() -> Result<bool>) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let (news, changed) = &*self.news;
        while !so()? {
            ensure!(
                Instant::now() < end,
                "no {what} in {PATIENCE:?}: {:?}, {:?}",
                self.counts(),
                self.link.as_ref().map(Link::stats)
            );
            let seen = news.lock().unwrap_or_else(PoisonError::into_inner);
            let before = *seen;
            // What happens beside the link is looked at twice a second.
            drop(changed.wait_timeout_while(seen, Duration::from_millis(500), |n| *n == before));
        }
        Ok(())
    }
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
