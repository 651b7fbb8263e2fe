//! A whole small world on loopback: card, reader, kiosk, cable, broker, city; each real, each breakable.
//!
//! ```text
//!  SimReader ─vpcd─> pcscd ─> ubugoe-kiosk ─> Wire ─> mosquitto <─ ubugoe-city ─> SQLite or PostgreSQL
//! ```
//!
//! Answers for starting them in order, with keys and configuration made for the occasion, and for stopping them.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone},
};
use rsa::traits::PublicKeyParts as _;
use serde_json::Value;
use ubugoe_protocol::{Receipt, VerifyingKey, VisitCode};
use ubugoe_vcard::{
    AUTH_CA_FILE, Issuer, Pcscd, PcscdConfig, Pki as CardPki, SIGN_CA_FILE, SimConfig, SimReader,
    TEXT_ROOT_KEY_ID,
};

use crate::{
    Error,
    broker::{Mosquitto, Settings},
    exchange::Exchange,
    kiosk::Kiosk,
    pki::Pki,
    ports::Lease,
    postgres::Postgres,
    process::Process,
    programs,
    wire::Wire,
};

/// The kiosk's opaque id.
pub const DEVICE: &str = "d-3f81c2a7";
/// The city's opaque id.
pub const CITY: &str = "r-9a40e71b";
/// The staff account of the rig's console.
pub const STAFF: (&str, &str) = ("madoguchi", "rig only: 産声の窓口");

/// How long a program may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where the city keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Database {
    /// A file.
    Sqlite,
    /// A cluster started for the occasion.
    Postgres,
}

/// What world to build.
#[derive(Debug, Clone)]
pub struct RigConfig {
    /// The persona whose card lies ready, not yet on the reader.
    pub persona: String,
    /// The city's database.
    pub database: Database,
    /// Real windows instead of a screen in memory.
    pub windows: bool,
    /// Where everything is kept; a temporary folder when `None`.
    pub folder: Option<PathBuf>,
    /// The day on which certificates begin: today.
    pub today: Date,
    /// Longest silence of a card before the watchdog acts, in milliseconds.
    pub mute_after_ms: u64,
    /// More of the kiosk's configuration: lines that may stand before every table.
    pub kiosk: String,
    /// More of the city's configuration: tables.
    pub city: String,
    /// Simulated agencies beside the city.
    pub agencies: bool,
    /// Where cards are put on: a virtual reader's port, if the kiosk and its reader are in another machine.
    pub reader: Option<u16>,
    /// What kiosk and city write into their logs, in `RUST_LOG`'s words; their usual when `None`.
    pub log: Option<&'static str>,
}

impl RigConfig {
    /// The plain world: the mother 山田花子, SQLite, a screen in memory.
    #[must_use]
    pub fn plain(today: Date) -> Self {
        Self {
            persona: "hana".to_owned(),
            database: Database::Sqlite,
            windows: false,
            folder: None,
            today,
            mute_after_ms: 8_000,
            kiosk: String::new(),
            city: String::new(),
            agencies: false,
            reader: None,
            log: None,
        }
    }
}

/// The midwife who may sign in at the kiosk: staff number, name, PIN.
pub const MIDWIFE: (&str, &str, &str) = ("0417", "海野　渚", "270418");

/// Today in Japan.
#[must_use]
pub fn today() -> Date {
    #[expect(
        clippy::disallowed_methods,
        reason = "the rig is its own adapter to the clock"
    )]
    let now = Timestamp::now();
    now.to_zoned(TimeZone::fixed(Offset::constant(9))).date()
}

/// The world.
#[derive(Debug)]
pub struct Rig {
    // Dropped in this order: who talks goes before who listens.
    kiosk: Option<Kiosk>,
    city: Option<Process>,
    exchange: Option<Exchange>,
    /// The simulated reader and its cards.
    pub reader: SimReader,
    /// The card service.
    pub pcscd: Pcscd,
    /// The cable between kiosk and broker.
    pub wire: Wire,
    /// The broker.
    pub broker: Mosquitto,
    postgres: Option<Postgres>,
    /// Keys and certificates.
    pub pki: Pki,
    config: RigConfig,
    folder: PathBuf,
    city_port: Lease,
    starts: u32,
    _temporary: Option<tempfile::TempDir>,
    /// The conversion server's own: another account has to reach it, so it lies in no folder of ours.
    typing: tempfile::TempDir,
}

impl Rig {
    /// Builds the world up to the city; the kiosk is started by [`Rig::start_kiosk`].
    ///
    /// # Errors
    /// [`Error`], by what did not start.
    pub fn start(config: RigConfig) -> Result<Self, Error> {
        let typing = temporary("ubugoe-typing-")?;
        let temporary = match config.folder {
            Some(_) => None,
            None => Some(temporary("ubugoe-rig-")?),
        };
        let folder = config
            .folder
            .clone()
            .or_else(|| temporary.as_ref().map(|t| t.path().to_owned()))
            .unwrap_or_default();
        make(&folder.join("certificates"))?;
        let pki = Pki::with(folder.join("pki"), &[DEVICE], &[CITY])?;
        let cards = CardPki::open(&card_keys()?, config.today).map_err(Error::Card)?;
        trust_cards(&pki, &cards)?;
        let pcscd = Pcscd::start(PcscdConfig::default()).map_err(Error::Card)?;
        let issuer = Issuer::new(cards);
        let card = issuer.issue(&config.persona).map_err(Error::Card)?;
        let reader = SimReader::start(
            &SimConfig {
                port: config.reader.unwrap_or_else(|| pcscd.port()),
                trace: None,
            },
            issuer,
            card,
        )
        .map_err(Error::Card)?;
        let broker = Mosquitto::start(
            &pki,
            &Settings {
                dir: Some(folder.join("broker")),
                ..Settings::default()
            },
        )?;
        let wire = Wire::to(broker.port())?;
        let postgres = match config.database {
            Database::Sqlite => None,
            Database::Postgres => Some(Postgres::start()?),
        };
        let exchange = if config.agencies {
            let verify = pki.path(&format!("city-{CITY}.receipt.pub"));
            Some(Exchange::start(&folder, &verify)?)
        } else {
            None
        };
        let mut rig = Self {
            kiosk: None,
            city: None,
            exchange,
            reader,
            pcscd,
            wire,
            broker,
            postgres,
            pki,
            config,
            folder,
            city_port: Lease::take()?,
            starts: 0,
            _temporary: temporary,
            typing,
        };
        rig.start_city()?;
        Ok(rig)
    }

    /// Where everything is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the kiosk's conversion server may write.
    #[must_use]
    pub fn typing(&self) -> &Path {
        self.typing.path()
    }

    /// Where the city's pages are, for example `http://127.0.0.1:41234`.
    #[must_use]
    pub fn city_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.city_port.port())
    }

    /// Asks the city's own program for something, as its operator does: `order close`. What it printed.
    ///
    /// # Errors
    /// When it does not run or says no.
    pub fn operate(&self, words: &[&str]) -> Result<String, Error> {
        let name = format!("ubugoe-city {}", words.join(" "));
        let (order, rest) = words.split_at(words.len().min(1));
        let output = Command::new(programs::ours("ubugoe-city")?)
            .args(order)
            .arg("--config")
            .arg(self.folder.join("city.toml"))
            .args(rest)
            .output()
            .map_err(|source| Error::Spawn {
                name: name.clone(),
                source,
            })?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(Error::Said {
                name,
                words: text(&output.stderr),
            })
        }
    }

    /// The outbox file of the kiosk.
    #[must_use]
    pub fn outbox(&self) -> PathBuf {
        self.folder.join("kiosk").join("outbox.sqlite")
    }

    /// Puts a birth certificate into the ward's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn register_certificate(&self, name: &str, certificate: &Value) -> Result<(), Error> {
        write(
            &self.folder.join("certificates").join(name),
            &format!("{certificate:#}\n"),
        )
    }

    /// Starts the city, on the same port as before if it ran before.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_city(&mut self) -> Result<(), Error> {
        let file = self.folder.join("city.toml");
        write(&file, &self.city_toml()?)?;
        let mut command = Command::new(programs::ours("ubugoe-city")?);
        command.arg("serve").arg("--config").arg(&file);
        command.envs(self.config.log.map(|log| ("RUST_LOG", log)));
        let log = self.next_log("city");
        let city = Process::spawn("ubugoe-city", command, log)?;
        city.wait_ready(PATIENCE)?;
        self.city = Some(city);
        Ok(())
    }

    /// The city's process.
    #[must_use]
    pub const fn city(&self) -> Option<&Process> {
        self.city.as_ref()
    }

    /// Starts a kiosk, or one more after the last was killed. Same keys, same outbox.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn start_kiosk(&mut self) -> Result<&mut Kiosk, Error> {
        let file = self.folder.join("kiosk.toml");
        write(&file, &self.kiosk_toml()?)?;
        let socket = self.folder.join("kiosk.control");
        let mut command = Command::new(programs::ours("ubugoe-kiosk")?);
        command
            .arg("--config")
            .arg(&file)
            .arg("--control")
            .arg(&socket);
        if !self.config.windows {
            command.args(["--in-memory", "1280x800"]);
        }
        command.env("PCSCLITE_CSOCK_NAME", self.pcscd.socket());
        command.envs(self.config.log.map(|log| ("RUST_LOG", log)));
        let log = self.next_log("kiosk");
        let process = Process::spawn("ubugoe-kiosk", command, log)?;
        process.wait_ready(PATIENCE)?;
        Ok(self.kiosk.insert(Kiosk::connect(process, &socket)?))
    }

    /// A log for each start: what was written before a kill stays readable.
    fn next_log(&mut self, name: &str) -> PathBuf {
        self.starts += 1;
        self.folder.join(format!("{name}-{}.log", self.starts))
    }

    /// Every log of this world so far: kiosk, city, broker, each of their lives.
    ///
    /// # Errors
    /// When a folder or a log cannot be read.
    pub fn logs(&self) -> Result<Vec<(PathBuf, String)>, Error> {
        let mut logs = Vec::new();
        for folder in [self.folder.clone(), self.folder.join("broker")] {
            for entry in fs::read_dir(&folder).map_err(Error::file("read", &folder))? {
                let path = entry.map_err(Error::file("read", &folder))?.path();
                if path.extension().is_some_and(|e| e == "log") {
                    let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
                    logs.push((path, String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
        }
        Ok(logs)
    }

    /// Verifies a receipt or a family's code as anybody can: with its QR text and the city's public key, and nothing else.
    ///
    /// # Errors
    /// When it does not verify, or the key cannot be read.
    pub fn verify_receipt(&self, text: &str) -> Result<Receipt, Error> {
        let name = format!("city-{CITY}.receipt.pub");
        let key = VerifyingKey::from_text(self.pki.text(&name)?.trim_end());
        let key = key.map_err(|source| Error::Key {
            kind: "receipt",
            id: CITY.to_owned(),
            source,
        })?;
        match VisitCode::from_text(text) {
            Ok(code) => code.verify(&key).map_err(Error::VisitCode),
            Err(_) => Receipt::from_qr_text(text, &key).map_err(Error::Receipt),
        }
    }

    /// The running kiosk.
    ///
    /// # Errors
    /// [`Error::NoKiosk`] before it was started.
    pub fn kiosk(&mut self) -> Result<&mut Kiosk, Error> {
        self.kiosk.as_mut().ok_or(Error::NoKiosk)
    }

    fn city_toml(&self) -> Result<String, Error> {
        let pki = self.pki.dir().display();
        let url = match &self.postgres {
            None => "sqlite:city.sqlite".to_owned(),
            Some(postgres) => postgres.url(),
        };
        let exchange = self.exchange.as_ref().map_or("", Exchange::city_toml);
        let (id, password) = STAFF;
        let hash = password_hash(password)?;
        let http = self.city_port.port();
        Ok(format!(
            r#"# Made by the rig.
[http]
bind = "127.0.0.1:{http}"
public_url = "http://127.0.0.1:{http}"
secure_cookies = false

[store]
url = "{url}"

[broker]
host = "127.0.0.1"
port = {port}
ca = "{pki}/broker-ca.pem"
cert = "{pki}/city-{CITY}.pem"
key = "{pki}/city-{CITY}.key"

[recipient]
id = "{CITY}"
municipality = "{MUNICIPALITY}"
name_ja = "あすこえ市 市民課"
name_en = "Asukoe City, Citizens' Affairs"
hpke = "{pki}/city-{CITY}.hpke"
receipt = "{pki}/city-{CITY}.receipt"
operate = "{pki}/city-{CITY}.operate"

[jpki]
anchors = ["{pki}/jpki-sign-ca.pem"]

[[device]]
id = "{DEVICE}"
ward = "あすこえ産院 3階東"
sign = "{pki}/device-{DEVICE}.sign.pub"
hpke = "{pki}/device-{DEVICE}.hpke.pub"

[[staff]]
id = "{id}"
name = "窓口 一郎"
roles = ["examiner", "decider", "auditor", "administrator"]
password = "{hash}"

{more}{exchange}
"#,
            more = self.config.city,
            port = self.broker.port(),
        ))
    }

    fn kiosk_toml(&self) -> Result<String, Error> {
        let (number, name, pin) = MIDWIFE;
        let hash = pin_hash(pin)?;
        // The conversion server refuses to be root; Debian's nobody may be it.
        let account = if rustix::process::geteuid().is_root() {
            "\nuid = 65534\ngid = 65534"
        } else {
            ""
        };
        let (pki, folder) = (self.pki.dir().display(), self.folder.display());
        Ok(format!(
            r#"# Made by the rig.
{more}
device = "{DEVICE}"
data_dir = "{folder}/kiosk"
birthplace = "{MUNICIPALITY}"
certificates = "{folder}/certificates"
language = "ja"
clock = "system"
sign_roots = ["{pki}/jpki-sign-ca.pem"]
nurseries = "{nurseries}"

[input]
home = "{typing}"{account}

[card]
mute_after_ms = {mute}
attribute_roots = ["{pki}/attributes-root"]

[tls]
ca = "{pki}/broker-ca.pem"
certificate = "{pki}/device-{DEVICE}.pem"
key = "{pki}/device-{DEVICE}.key"

[keys]
sign = "{pki}/device-{DEVICE}.sign"
hpke = "{pki}/device-{DEVICE}.hpke"

[[broker]]
host = "127.0.0.1"
port = {port}

[[recipient]]
id = "{CITY}"
municipality = "{MUNICIPALITY}"
hpke = "{pki}/city-{CITY}.hpke.pub"
receipt = "{pki}/city-{CITY}.receipt.pub"

[operator]
recipient = "{CITY}"
key = "{pki}/city-{CITY}.operate.pub"

[ward]
place_kind = 1
place_addr = "ことほぎ県あすこえ市みなと町四丁目５番"
place_name = "あすこえ産院"

[[staff]]
id = "{number}"
name = "{name}"
role = "ward"
issues = "midwife"
pin_hash = "{hash}"
"#,
            more = self.config.kiosk,
            mute = self.config.mute_after_ms,
            port = self.wire.port(),
            nurseries = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../procedures/catalogue/nurseries/991015.csv")
                .display(),
            typing = self.typing.path().display(),
        ))
    }
}

fn temporary(prefix: &str) -> Result<tempfile::TempDir, Error> {
    let made = tempfile::Builder::new().prefix(prefix).tempdir();
    made.map_err(|source| Error::File {
        doing: "create",
        path: std::env::temp_dir(),
        source,
    })
}

/// あすこえ市's fictional municipality code, as in `procedures/catalogue`.
pub const MUNICIPALITY: &str = "991015";

/// RSA keys take a second each to make and mean nothing: one folder beside the programs keeps them.
fn card_keys() -> Result<PathBuf, Error> {
    let city = programs::ours("ubugoe-city")?;
    let folder = city.parent().unwrap_or(Path::new(".")).join("vcard-pki");
    make(&folder)?;
    Ok(folder)
}

fn trust_cards(pki: &Pki, cards: &CardPki) -> Result<(), Error> {
    let text = |name: &str| {
        let path = cards.directory().join(name);
        fs::read_to_string(&path).map_err(|source| Error::File {
            doing: "read",
            path,
            source,
        })
    };
    pki.trust_card_issuers(&text(SIGN_CA_FILE)?, &text(AUTH_CA_FILE)?)?;
    let root = cards.text_root();
    let line = format!(
        "ubugoe-card-root-v1:{}:{}:{}\n",
        hex::encode(TEXT_ROOT_KEY_ID),
        hex::encode(root.e().to_bytes_be()),
        hex::encode(root.n().to_bytes_be()),
    );
    write(&pki.path("attributes-root"), &line)
}

/// The hash of a console's password, as our own program makes it.
///
/// # Errors
/// When the program does not run.
pub fn password_hash(password: &str) -> Result<String, Error> {
    hashed("ubugoe-city", "hash-password", password)
}

fn pin_hash(pin: &str) -> Result<String, Error> {
    hashed("ubugoe-kiosk", "hash-pin", pin)
}

/// Asks our own program: the rig knows no hash.
fn hashed(program: &str, order: &str, secret: &str) -> Result<String, Error> {
    let name = format!("{program} {order}");
    let failed = |source| Error::Spawn {
        name: name.clone(),
        source,
    };
    let mut child = Command::new(programs::ours(program)?)
        .arg(order)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        writeln!(stdin, "{secret}").map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|source| Error::File {
        doing: "create",
        path: folder.to_owned(),
        source,
    })
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    fs::write(path, text).map_err(|source| Error::File {
        doing: "write",
        path: path.to_owned(),
        source,
    })
}
