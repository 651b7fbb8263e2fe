//! What the program must be told, and everything that is wrong with it at once.
//!
//! Answers for turning one TOML text into a checked [`Config`]. Must not read files itself: the caller hands in a
//! reader. Every problem names its key, the value found and an example, and none hides another. Secrets never
//! appear in a problem.

mod agencies;
mod api;
mod door;
mod enrol;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use argon2::password_hash::phc::PasswordHash;
use toml::{Table, Value};
use ubugoe_procedures::{Catalogue, MunicipalityCode, ProcedureId, Text};
use ubugoe_protocol::cades::Trust;
use ubugoe_protocol::{
    DeviceId, RecipientId, RecipientPublicKey, RecipientSecretKey, SigningKey, VerifyingKey,
};
use zeroize::Zeroizing;

pub use self::door::{Limits, OidcConfig, Rate};
use crate::casework::roles::Role;
use crate::http::api::ApiClient;
use crate::store::postgres::{Schema, stays_here};

pub use agencies::{AgenciesConfig, AgencyConfig, Ask, Call};
pub use enrol::{Bench, EnrolConfig, EnrolDoor};
mod nonstop;
mod nursery;
mod otlp;
mod push;
mod replicas;
mod retention;
mod signing;

pub use crate::ingest::lease::ReplicasConfig;
pub use nonstop::NonstopConfig;
pub use nursery::NurseryConfig;
pub use otlp::OtlpConfig;
pub use push::PushConfig;
pub use retention::RetentionConfig;
pub use signing::{ServiceConfig, SigningConfig};

/// Longest `public_url` that still fits a receipt (80 bytes with `/f/`).
const MAX_PUBLIC_URL: usize = 80 - "/f/".len();

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted key, for example `http.bind` or `device[1].sign`.
    pub key: String,
    /// What is wrong, with the value found unless it is secret.
    pub what: String,
    /// A value that would be right.
    pub example: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)?;
        if self.example.is_empty() {
            Ok(())
        } else {
            write!(f, " (for example: {} = {})", self.key, self.example)
        }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problem(s) in the configuration", self.0.len())?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// Everything `ubugoe-city` needs, checked.
#[derive(Debug)]
pub struct Config {
    /// Console and family pages.
    pub http: HttpConfig,
    /// Where the data is.
    pub store: StoreAddress,
    /// The MQTT broker.
    pub broker: BrokerConfig,
    /// Who this city is.
    pub office: Office,
    /// The city's own keys.
    pub keys: CityKeys,
    /// Authorities whose signature certificates are trusted.
    pub trust: Trust,
    /// Registered devices.
    pub devices: BTreeMap<DeviceId, Device>,
    /// Local accounts of the console: everybody at one desk, or break-glass beside a provider.
    pub staff: Vec<StaffAccount>,
    /// Where figures are read, if anywhere; an address of its own, which is not for the world.
    pub metrics: Option<SocketAddr>,
    /// Where traces go, if anywhere.
    pub otlp: Option<OtlpConfig>,
    /// How devices register themselves, if they may.
    pub enrol: Option<EnrolConfig>,
    /// Other authorities, where this city is linked to any.
    pub agencies: Option<AgenciesConfig>,
    /// What the city does by itself.
    pub nonstop: NonstopConfig,
    /// Lists of nurseries, where families search and apply here.
    pub nursery: Option<NurseryConfig>,
    /// How families' phones are told, if at all.
    pub push: Option<PushConfig>,
    /// The town's identity provider, if it has one.
    pub oidc: Option<OidcConfig>,
    /// The service with which the other parent signs, if there is one.
    pub signing: Option<SigningConfig>,
    /// How fast browsers may ask.
    pub limits: Limits,
    /// Papers.
    pub papers: PapersConfig,
    /// How cases are worked.
    pub casework: CaseworkConfig,
    /// How long what is kept.
    pub retention: RetentionConfig,
    /// Other systems of the municipality that may read.
    pub api: Vec<ApiClient>,
    /// Where several programs share one database.
    pub replicas: Option<ReplicasConfig>,
}

/// How cases are worked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseworkConfig {
    /// Procedures whose acceptance takes two officers, by id.
    pub two_officers: BTreeSet<String>,
    /// Filings due within so many days are urgent.
    pub urgent_days: u16,
}

impl Default for CaseworkConfig {
    fn default() -> Self {
        Self {
            two_officers: BTreeSet::new(),
            urgent_days: 3,
        }
    }
}

/// Papers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PapersConfig {
    /// Files of typefaces in the order in which they are asked; empty: where Debian has them.
    pub fonts: Vec<PathBuf>,
}

/// Console and family pages.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Address to listen on; port 0 takes any free port and the ready line says which.
    pub bind: SocketAddr,
    /// How families reach this server, without a final slash. Family pages are `<public_url>/f/<token>`.
    pub public_url: String,
    /// Whether cookies carry `Secure`. Off only for plain HTTP on loopback.
    pub secure_cookies: bool,
}

/// Where the data is.
#[derive(Clone)]
pub enum StoreAddress {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres {
        /// Connection URL, possibly with a password.
        url: Zeroizing<String>,
        /// Most connections to hold.
        connections: usize,
        /// Where in the database this office's tables are; in the connection's own place if none is given.
        schema: Option<Schema>,
        /// The authorities (PEM) that vouch for the server: then over TLS, and not otherwise.
        ca_pem: Option<Vec<u8>>,
    },
}

impl fmt::Debug for StoreAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "Sqlite({})", path.display()),
            Self::Postgres { .. } => f.write_str("Postgres(***)"),
        }
    }
}

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerAddress {
    /// Host name or address as in the broker's certificate.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// The MQTT broker and this city's TLS identity there.
#[derive(Clone)]
pub struct BrokerConfig {
    /// At least one, in order of preference; all of them are one broker, or nodes of one cluster.
    pub addresses: Vec<BrokerAddress>,
    /// CA certificate(s), PEM.
    pub ca_pem: Vec<u8>,
    /// Client certificate(s), PEM; its CN is the recipient id.
    pub cert_pem: Vec<u8>,
    /// Client key, PEM.
    pub key_pem: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for BrokerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.addresses).finish()
    }
}

/// Who this city is.
#[derive(Debug, Clone)]
pub struct Office {
    /// Id on the wire.
    pub recipient: RecipientId,
    /// 全国地方公共団体コード.
    pub municipality: MunicipalityCode,
    /// Name of the office, shown to staff and families.
    pub name: Text,
    /// Telephone number families may call, if given.
    pub phone: Option<String>,
}

/// The city's own keys.
#[derive(Debug, Clone)]
pub struct CityKeys {
    /// Opens what is sealed to the city.
    pub open: RecipientSecretKey,
    /// Signs receipts, refusals and statuses.
    pub sign: SigningKey,
    /// Signs orders, updates and certificates for the devices that this city operates; none where somebody else does.
    pub operate: Option<SigningKey>,
}

/// A registered device.
#[derive(Debug, Clone)]
pub struct Device {
    /// Where it stands, for staff.
    pub ward: String,
    /// Verifies what it sends.
    pub sign: VerifyingKey,
    /// Seals what is sent to it.
    pub seal: RecipientPublicKey,
    /// Since when it is not trusted any more (lost, stolen, retired), unix seconds. What it signed before still counts.
    pub revoked_at: Option<i64>,
}

/// A local account of the console.
#[derive(Clone)]
pub struct StaffAccount {
    /// Sign-in name.
    pub id: String,
    /// Name shown to colleagues.
    pub name: String,
    /// What they work as; nobody without a role sees anything.
    pub roles: Vec<Role>,
    /// Argon2 PHC string, made by `ubugoe-city hash-password`.
    pub password: String,
}

impl fmt::Debug for StaffAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StaffAccount({})", self.id)
    }
}

/// Reads a file named by the configuration. Paths arrive already joined to the configuration's folder.
pub type ReadFile<'a> = &'a dyn Fn(&Path) -> io::Result<Vec<u8>>;

impl Config {
    /// Reads the TOML text. Relative paths count from `folder`.
    ///
    /// # Errors
    /// [`Problems`] with everything that is wrong.
    pub fn from_toml(text: &str, folder: &Path, read: ReadFile<'_>) -> Result<Self, Problems> {
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            let place = error.span().map_or(0, |span| {
                text.get(..span.start)
                    .map_or(0, |head| head.matches('\n').count() + 1)
            });
            // only the reason: the full message quotes the line, which may hold a secret
            Problems(vec![Problem {
                key: format!("line {place}"),
                what: error.message().to_owned(),
                example: "",
            }])
        })?;
        let mut form = Form {
            folder,
            read,
            problems: Vec::new(),
        };
        let config = form.config(table);
        match config {
            Some(config) if form.problems.is_empty() => Ok(config),
            _ => Err(Problems(form.problems)),
        }
    }
}

/// Collects problems while the table is taken apart. Every taker removes its key, so what is left is unknown.
struct Form<'a> {
    folder: &'a Path,
    read: ReadFile<'a>,
    problems: Vec<Problem>,
}

/// `host:port`, with a port that can be dialled.
fn host_port(text: &str) -> Option<(String, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.parse().ok().filter(|port| *port > 0)?;
    (!host.is_empty()).then(|| (host.to_owned(), port))
}

fn key(prefix: &str, name: &str) -> String {
    if prefix.is_empty() {
        name.to_owned()
    } else {
        format!("{prefix}.{name}")
    }
}

impl Form<'_> {
    fn problem<T>(
        &mut self,
        key: String,
        what: impl Into<String>,
        example: &'static str,
    ) -> Option<T> {
        self.problems.push(Problem {
            key,
            what: what.into(),
            example,
        });
        None
    }

    fn leftovers(&mut self, prefix: &str, table: &Table) {
        for name in table.keys() {
            self.problem::<()>(key(prefix, name), "is not a known key", "");
        }
    }

    fn section(&mut self, root: &mut Table, name: &str, example: &'static str) -> Option<Table> {
        match root.remove(name) {
            Some(Value::Table(table)) => Some(table),
            Some(_) => self.problem(name.to_owned(), "must be a section", example),
            None => self.problem(name.to_owned(), "section is missing", example),
        }
    }

    fn sections(
        &mut self,
        root: &mut Table,
        name: &str,
        example: &'static str,
    ) -> Vec<(String, Table)> {
        let Some(Value::Array(items)) = root.remove(name) else {
            self.problem::<()>(
                name.to_owned(),
                format!("at least one [[{name}]] section is needed"),
                example,
            );
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let prefix = format!("{name}[{at}]");
            match item {
                Value::Table(table) => tables.push((prefix, table)),
                _ => {
                    self.problem::<()>(prefix, "must be a section", example);
                }
            }
        }
        tables
    }

    fn optional_text(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
    ) -> Option<String> {
        match t.remove(name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text),
            Some(Value::String(_)) => self.problem(key(prefix, name), "is empty", example),
            Some(other) => self.problem(
                key(prefix, name),
                format!("must be text, found {}", other.type_str()),
                example,
            ),
            None => None,
        }
    }

    fn text(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
    ) -> Option<String> {
        if t.contains_key(name) {
            self.optional_text(t, prefix, name, example)
        } else {
            self.problem(key(prefix, name), "is missing", example)
        }
    }

    fn parsed<T>(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
    ) -> Option<T>
    where
        T: std::str::FromStr,
        T::Err: fmt::Display,
    {
        let text = self.text(t, prefix, name, example)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => self.problem(key(prefix, name), format!("{text:?}: {error}"), example),
        }
    }

    /// A moment with its offset from UTC, if given; unix seconds.
    fn moment(&mut self, t: &mut Table, prefix: &str, name: &str) -> Option<i64> {
        const EXAMPLE: &str = "2026-11-24T12:00:00+09:00";
        let text = match t.remove(name)? {
            Value::Datetime(moment) => moment.to_string(),
            Value::String(text) => text,
            other => {
                let what = format!("must be a moment, found {}", other.type_str());
                return self.problem(key(prefix, name), what, EXAMPLE);
            }
        };
        match text.parse::<jiff::Timestamp>() {
            Ok(moment) => Some(moment.as_second()),
            Err(_) => self.problem(
                key(prefix, name),
                format!("{text:?} is no moment with an offset from UTC"),
                EXAMPLE,
            ),
        }
    }

    fn bool_or(&mut self, t: &mut Table, prefix: &str, name: &str, default: bool) -> bool {
        match t.remove(name) {
            None => default,
            Some(Value::Boolean(value)) => value,
            Some(other) => {
                self.problem::<()>(
                    key(prefix, name),
                    format!("must be true or false, found {}", other.type_str()),
                    "true",
                );
                default
            }
        }
    }

    fn number<T: TryFrom<i64>>(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        default: Option<T>,
        example: &'static str,
    ) -> Option<T> {
        match (t.remove(name), default) {
            (None, Some(default)) => Some(default),
            (None, None) => self.problem(key(prefix, name), "is missing", example),
            (Some(Value::Integer(n)), _) => T::try_from(n).ok().or_else(|| {
                self.problem(key(prefix, name), format!("{n} is out of range"), example)
            }),
            (Some(other), _) => self.problem(
                key(prefix, name),
                format!("must be a number, found {}", other.type_str()),
                example,
            ),
        }
    }

    fn file(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
    ) -> Option<Vec<u8>> {
        let path = self.text(t, prefix, name, example)?;
        self.read_file(key(prefix, name), &path, example)
    }

    fn read_file(&mut self, key: String, path: &str, example: &'static str) -> Option<Vec<u8>> {
        let path = self.folder.join(path);
        match (self.read)(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) => self.problem(
                key,
                format!("cannot read {}: {error}", path.display()),
                example,
            ),
        }
    }

    /// A key file of one line.
    fn key_file<T, E: fmt::Display>(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let bytes = Zeroizing::new(self.file(t, prefix, name, example)?);
        let Ok(text) = std::str::from_utf8(&bytes) else {
            return self.problem(key(prefix, name), "the file is not text", example);
        };
        parse(text.trim_end())
            .map_err(|error| error.to_string())
            .map_or_else(
                |error| {
                    self.problem(
                        key(prefix, name),
                        format!("the file holds no such key: {error}"),
                        example,
                    )
                },
                Some,
            )
    }

    fn config(&mut self, mut root: Table) -> Option<Config> {
        let http = self
            .section(&mut root, "http", "[http]")
            .and_then(|t| self.http(t));
        let store = self
            .section(&mut root, "store", "[store]")
            .and_then(|t| self.store(t));
        let broker = self
            .section(&mut root, "broker", "[broker]")
            .and_then(|t| self.broker(t));
        let recipient = self
            .section(&mut root, "recipient", "[recipient]")
            .and_then(|t| self.recipient(t));
        let trust = self
            .section(&mut root, "jpki", "[jpki]")
            .and_then(|t| self.jpki(t));
        let metrics = self.metrics(&mut root);
        let otlp = self.otlp(&mut root);
        let enrols = root.contains_key(enrol::P);
        let devices = self.devices(&mut root, enrols);
        let enrol = enrols.then(|| self.enrol(&mut root));
        let beside = root.contains_key("oidc");
        let oidc = beside.then(|| self.oidc(&mut root));
        let asked = root.contains_key(signing::P);
        let signing = asked.then(|| self.signing(&mut root));
        let staff = self.staff(&mut root, beside);
        let limits = self.limits(&mut root);
        let agencies = self.agencies(&mut root);
        let nonstop = self.nonstop(&mut root);
        let nursery = self.nursery(&mut root);
        let push = self.push(&mut root);
        let papers = self.papers(&mut root);
        let casework = self.casework(&mut root);
        let retention = self.retention(&mut root);
        let api = self.api_clients(&mut root);
        let several = root.contains_key("replicas");
        let replicas = several.then(|| self.replicas(&mut root));
        self.leftovers("", &root);
        let (office, keys) = recipient?;
        let mut retention = retention?;
        retention.policy = retention.policy.of(&office.recipient);
        Some(Config {
            http: http?,
            store: store?,
            broker: broker?,
            office,
            keys,
            trust: trust?,
            devices,
            staff,
            metrics,
            otlp,
            enrol: match enrol {
                Some(read) => Some(read?),
                None => None,
            },
            agencies,
            nonstop: nonstop?,
            nursery: nursery?,
            push,
            oidc: match oidc {
                Some(read) => Some(read?),
                None => None,
            },
            signing: match signing {
                Some(read) => Some(read?),
                None => None,
            },
            limits: limits?,
            papers: papers?,
            casework: casework?,
            retention,
            api: api?,
            replicas: match replicas {
                Some(read) => Some(read?),
                None => None,
            },
        })
    }

    /// The section may be missing: one officer decides, and three days are urgent.
    fn casework(&mut self, root: &mut Table) -> Option<CaseworkConfig> {
        const P: &str = "casework";
        const TWO: &str = "[\"shussei_todoke\"]";
        if !root.contains_key(P) {
            return Some(CaseworkConfig::default());
        }
        let mut t = self.section(root, P, "[casework]")?;
        let usual = CaseworkConfig::default().urgent_days;
        let urgent_days = self.number(&mut t, P, "urgent_days", Some(usual), "3");
        let ids = self.text_list(&mut t, P, "two_officers", TWO, false);
        self.leftovers(P, &t);
        let ids = ids?;
        // a slip of the pen here would let one officer decide alone
        let two_officers = self.procedure_ids(P, "two_officers", ids, TWO)?;
        Some(CaseworkConfig {
            two_officers,
            urgent_days: urgent_days?,
        })
    }

    /// Ids that the catalogue knows; the others are problems. `None`: there is no catalogue.
    fn procedure_ids(
        &mut self,
        prefix: &str,
        name: &str,
        ids: Vec<String>,
        example: &'static str,
    ) -> Option<BTreeSet<String>> {
        let known = match Catalogue::builtin() {
            Ok(catalogue) => catalogue,
            Err(error) => return self.problem(key(prefix, name), error.to_string(), example),
        };
        let mut found = BTreeSet::new();
        for (at, id) in ids.into_iter().enumerate() {
            let there = id
                .parse()
                .is_ok_and(|id: ProcedureId| known.procedure(&id).is_some());
            if there {
                found.insert(id);
            } else {
                self.problem::<()>(
                    format!("{prefix}.{name}[{at}]"),
                    format!("{id:?} is no procedure of the catalogue"),
                    example,
                );
            }
        }
        Some(found)
    }

    /// `[metrics] bind`: where figures are read. Without it they are served nowhere.
    fn metrics(&mut self, root: &mut Table) -> Option<SocketAddr> {
        if !root.contains_key("metrics") {
            return None;
        }
        let mut t = self.section(root, "metrics", "[metrics]")?;
        let bind = t
            .contains_key("bind")
            .then(|| self.parsed(&mut t, "metrics", "bind", "\"127.0.0.1:9464\""));
        self.leftovers("metrics", &t);
        bind.flatten()
    }

    /// May be left out.
    fn papers(&mut self, root: &mut Table) -> Option<PapersConfig> {
        const EXAMPLE: &str = "[\"/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc\"]";
        if !root.contains_key("papers") {
            return Some(PapersConfig::default());
        }
        let mut t = self.section(root, "papers", "[papers]")?;
        let fonts = self.text_list(&mut t, "papers", "fonts", EXAMPLE, true)?;
        self.leftovers("papers", &t);
        let fonts = fonts.iter().map(|file| self.folder.join(file)).collect();
        Some(PapersConfig { fonts })
    }

    fn http(&mut self, mut t: Table) -> Option<HttpConfig> {
        let bind: Option<SocketAddr> = self.parsed(&mut t, "http", "bind", "\"127.0.0.1:8080\"");
        let public_url = self.public_url(&mut t);
        let secure_cookies = self.bool_or(&mut t, "http", "secure_cookies", true);
        if !secure_cookies && bind.is_some_and(|address| !address.ip().is_loopback()) {
            self.problem::<()>(
                "http.secure_cookies".into(),
                "may be false only when bound to loopback",
                "true",
            );
        }
        self.leftovers("http", &t);
        Some(HttpConfig {
            bind: bind?,
            public_url: public_url?,
            secure_cookies,
        })
    }

    fn public_url(&mut self, t: &mut Table) -> Option<String> {
        const EXAMPLE: &str = "\"https://todoke.asukoe.example\"";
        let url = self.text(t, "http", "public_url", EXAMPLE)?;
        let url = url.trim_end_matches('/').to_owned();
        let fits = (url.starts_with("https://") || url.starts_with("http://"))
            && url.len() <= MAX_PUBLIC_URL
            && url
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"'<>?#\\".contains(&b));
        if fits {
            Some(url)
        } else {
            let what = format!(
                "{url:?} must be an http(s) address of at most {MAX_PUBLIC_URL} plain characters, without ? or #"
            );
            self.problem("http.public_url".into(), what, EXAMPLE)
        }
    }

    fn store(&mut self, mut t: Table) -> Option<StoreAddress> {
        const EXAMPLE: &str = "\"sqlite:city.db\" or \"postgres://ubugoe@127.0.0.1:5432/ubugoe\"";
        let url = self
            .text(&mut t, "store", "url", EXAMPLE)
            .map(Zeroizing::new);
        let connections = self.number(&mut t, "store", "connections", Some(8_usize), "8");
        let schema = if t.contains_key("schema") {
            Some(self.parsed::<Schema>(&mut t, "store", "schema", "\"asukoe\"")?)
        } else {
            None
        };
        let ca_pem = if t.contains_key("ca") {
            Some(self.file(&mut t, "store", "ca", "\"postgres-ca.pem\"")?)
        } else {
            None
        };
        let plain = self.bool_or(&mut t, "store", "plain", false);
        self.leftovers("store", &t);
        let url = url?;
        if let Some(path) = url.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            if schema.is_some() {
                let what = "SQLite has no schemas: give each office a file of its own";
                return self.problem("store.schema".into(), what, EXAMPLE);
            }
            let path = path.strip_prefix("//").unwrap_or(path);
            return Some(StoreAddress::Sqlite(self.folder.join(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            if ca_pem.is_none() && !plain && !stays_here(&url) {
                let what = "what families file would travel unencrypted to another machine: name the authority of the database's certificate \
                            (ca), or say that the way is safe (plain = true)";
                return self.problem("store.ca".into(), what, "\"postgres-ca.pem\"");
            }
            return Some(StoreAddress::Postgres {
                url,
                connections: connections?,
                schema,
                ca_pem,
            });
        }
        self.problem(
            "store.url".into(),
            "begins with neither sqlite: nor postgres://",
            EXAMPLE,
        )
    }

    fn broker(&mut self, mut t: Table) -> Option<BrokerConfig> {
        let host = self.text(&mut t, "broker", "host", "\"127.0.0.1\"");
        let port = self.number::<u16>(&mut t, "broker", "port", None, "8883");
        let others = self.other_brokers(&mut t);
        let ca_pem = self.file(&mut t, "broker", "ca", "\"broker-ca.pem\"");
        let cert_pem = self.file(&mut t, "broker", "cert", "\"city-asukoe.pem\"");
        let key_pem = self
            .file(&mut t, "broker", "key", "\"city-asukoe.key\"")
            .map(Zeroizing::new);
        self.leftovers("broker", &t);
        let mut addresses = vec![BrokerAddress {
            host: host?,
            port: port?,
        }];
        addresses.extend(others?);
        Some(BrokerConfig {
            addresses,
            ca_pem: ca_pem?,
            cert_pem: cert_pem?,
            key_pem: key_pem?,
        })
    }

    /// Further nodes of a cluster.
    fn other_brokers(&mut self, t: &mut Table) -> Option<Vec<BrokerAddress>> {
        const EXAMPLE: &str = "[\"mq2.example:8883\", \"mq3.example:8883\"]";
        let texts = self.text_list(t, "broker", "others", EXAMPLE, false)?;
        let mut others = Some(Vec::new());
        for (at, text) in texts.iter().enumerate() {
            let address = host_port(text).map(|(host, port)| BrokerAddress { host, port });
            match (address, &mut others) {
                (Some(address), Some(list)) => list.push(address),
                (Some(_), None) => {}
                (None, _) => {
                    others = self.problem(
                        format!("broker.others[{at}]"),
                        format!("{text:?} is no host:port"),
                        EXAMPLE,
                    );
                }
            }
        }
        others
    }

    fn recipient(&mut self, mut t: Table) -> Option<(Office, CityKeys)> {
        const P: &str = "recipient";
        let recipient: Option<RecipientId> = self.parsed(&mut t, P, "id", "\"asukoe\"");
        let municipality: Option<MunicipalityCode> =
            self.parsed(&mut t, P, "municipality", "\"131016\"");
        let ja = self.text(&mut t, P, "name_ja", "\"あすこえ市 市民課\"");
        let en = self.text(&mut t, P, "name_en", "\"Asukoe City, Citizens' Affairs\"");
        let phone = self.optional_text(&mut t, P, "phone", "\"000-000-0000\"");
        let open = self.key_file(
            &mut t,
            P,
            "hpke",
            "\"city-asukoe.hpke\"",
            RecipientSecretKey::from_text,
        );
        let sign = self.key_file(
            &mut t,
            P,
            "receipt",
            "\"city-asukoe.receipt\"",
            SigningKey::from_text,
        );
        let operate = if t.contains_key("operate") {
            let key = self.key_file(
                &mut t,
                P,
                "operate",
                "\"city-asukoe.operate\"",
                SigningKey::from_text,
            );
            Some(key?)
        } else {
            None
        };
        self.leftovers(P, &t);
        let name = Text { ja: ja?, en: en? };
        Some((
            Office {
                recipient: recipient?,
                municipality: municipality?,
                name,
                phone,
            },
            CityKeys {
                open: open?,
                sign: sign?,
                operate,
            },
        ))
    }

    fn jpki(&mut self, mut t: Table) -> Option<Trust> {
        const EXAMPLE: &str = "[\"jpki-sign-ca.pem\"]";
        let anchors = self.text_list(&mut t, "jpki", "anchors", EXAMPLE, true);
        let policies = self.text_list(
            &mut t,
            "jpki",
            "policies",
            "[\"1.2.392.200149.8.5.1.1.10\"]",
            false,
        );
        self.leftovers("jpki", &t);
        let mut pem = String::new();
        for (at, path) in anchors?.iter().enumerate() {
            let bytes = self.read_file(format!("jpki.anchors[{at}]"), path, EXAMPLE)?;
            pem.push_str(&String::from_utf8_lossy(&bytes));
            pem.push('\n');
        }
        let policies = policies?;
        let wanted: Vec<&str> = policies.iter().map(String::as_str).collect();
        let trust = Trust::from_pem(&pem).and_then(|trust| trust.with_policies(&wanted));
        trust.map_err(|error| error.to_string()).map_or_else(
            |error| self.problem("jpki.anchors".into(), error, EXAMPLE),
            Some,
        )
    }

    fn text_list(
        &mut self,
        t: &mut Table,
        prefix: &str,
        name: &str,
        example: &'static str,
        needed: bool,
    ) -> Option<Vec<String>> {
        let items = match t.remove(name) {
            None if needed => return self.problem(key(prefix, name), "is missing", example),
            None => return Some(Vec::new()),
            Some(Value::Array(items)) => items,
            Some(other) => {
                return self.problem(
                    key(prefix, name),
                    format!("must be a list, found {}", other.type_str()),
                    example,
                );
            }
        };
        let texts: Option<Vec<String>> = items
            .into_iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect();
        texts.or_else(|| self.problem(key(prefix, name), "must be a list of texts", example))
    }

    /// Where devices register themselves, none needs to be written down.
    fn devices(&mut self, root: &mut Table, enrols: bool) -> BTreeMap<DeviceId, Device> {
        let mut devices = BTreeMap::new();
        if enrols && !root.contains_key("device") {
            return devices;
        }
        for (prefix, mut t) in self.sections(root, "device", "[[device]]") {
            let id: Option<DeviceId> = self.parsed(&mut t, &prefix, "id", "\"ward-1\"");
            let ward = self.text(&mut t, &prefix, "ward", "\"あすこえ市立病院 3階\"");
            let sign = self.key_file(
                &mut t,
                &prefix,
                "sign",
                "\"device-ward-1.sign.pub\"",
                VerifyingKey::from_text,
            );
            let seal = self.key_file(
                &mut t,
                &prefix,
                "hpke",
                "\"device-ward-1.hpke.pub\"",
                RecipientPublicKey::from_text,
            );
            let revoked_at = self.moment(&mut t, &prefix, "revoked_at");
            self.leftovers(&prefix, &t);
            if let (Some(id), Some(ward), Some(sign), Some(seal)) = (id, ward, sign, seal)
                && devices
                    .insert(
                        id.clone(),
                        Device {
                            ward,
                            sign,
                            seal,
                            revoked_at,
                        },
                    )
                    .is_some()
            {
                self.problem::<()>(
                    key(&prefix, "id"),
                    format!("{id} appears twice"),
                    "\"ward-2\"",
                );
            }
        }
        devices
    }

    /// `beside` a provider nobody needs a local account, and whoever has one sets up and nothing else.
    fn staff(&mut self, root: &mut Table, beside: bool) -> Vec<StaffAccount> {
        let mut seen = BTreeSet::new();
        let mut accounts = Vec::new();
        if beside && !root.contains_key("staff") {
            return accounts;
        }
        for (prefix, mut t) in self.sections(root, "staff", "[[staff]]") {
            let id = self.staff_id(&mut t, &prefix);
            let name = self.text(&mut t, &prefix, "name", "\"佐藤\"");
            let roles = self.roles(&mut t, &prefix, beside);
            let password = self.password_hash(&mut t, &prefix);
            self.leftovers(&prefix, &t);
            if let (Some(id), Some(name), Some(password)) = (id, name, password) {
                if !seen.insert(id.clone()) {
                    self.problem::<()>(
                        key(&prefix, "id"),
                        format!("{id} appears twice"),
                        "\"suzuki\"",
                    );
                }
                accounts.push(StaffAccount {
                    id,
                    name,
                    roles,
                    password,
                });
            }
        }
        accounts
    }

    fn roles(&mut self, t: &mut Table, prefix: &str, beside: bool) -> Vec<Role> {
        const EXAMPLE: &str = "[\"examiner\", \"decider\"]";
        const BREAK_GLASS: &str = "[\"administrator\"]";
        let example = if beside { BREAK_GLASS } else { EXAMPLE };
        let Some(codes) = self.text_list(t, prefix, "roles", example, true) else {
            return Vec::new();
        };
        let roles = self.role_codes(&key(prefix, "roles"), &codes, example);
        if codes.is_empty() {
            self.problem::<()>(key(prefix, "roles"), "is empty", example);
        }
        if beside && roles.iter().any(|role| *role != Role::Administrator) {
            self.problem::<()>(
                key(prefix, "roles"),
                "beside [oidc] a local account is for set-up only and may be administrator, nothing else",
                BREAK_GLASS,
            );
        }
        roles
    }

    fn role_codes(&mut self, key: &str, codes: &[String], example: &'static str) -> Vec<Role> {
        let mut roles = Vec::new();
        for code in codes {
            match Role::from_code(code) {
                Some(role) if roles.contains(&role) => {}
                Some(role) => roles.push(role),
                None => {
                    let known = Role::ALL.map(Role::code).join(", ");
                    self.problem::<()>(
                        key.to_owned(),
                        format!("{code:?} is none of {known}"),
                        example,
                    );
                }
            }
        }
        roles
    }

    fn staff_id(&mut self, t: &mut Table, prefix: &str) -> Option<String> {
        const EXAMPLE: &str = "\"sato\"";
        let id = self.text(t, prefix, "id", EXAMPLE)?;
        let fits = (2..=64).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b))
            && id != "system"
            && id != "family";
        if fits {
            return Some(id);
        }
        self.problem(
            key(prefix, "id"),
            format!("{id:?} must be 2 to 64 of a-z 0-9 - . _, and not system or family"),
            EXAMPLE,
        )
    }

    fn password_hash(&mut self, t: &mut Table, prefix: &str) -> Option<String> {
        const EXAMPLE: &str = "\"$argon2id$…\", made by `ubugoe-city hash-password`";
        let hash = self.text(t, prefix, "password", EXAMPLE)?;
        let sound = PasswordHash::new(&hash)
            .is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some());
        if sound {
            Some(hash)
        } else {
            self.problem(
                key(prefix, "password"),
                "is not an Argon2 hash (value hidden)",
                EXAMPLE,
            )
        }
    }
}
