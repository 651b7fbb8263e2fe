//! The kiosk's one configuration file: what it may contain, and every problem of it at once.
//!
//! Values become types here; the rest of the kiosk never sees a raw string from the file. Reading the file itself
//! is the binary's business.

use std::{collections::BTreeSet, fmt, path::PathBuf, time::Duration};

use serde::Deserialize;
use ubugoe_procedures::{IssuerKind, MunicipalityCode, PlaceKind, Tongue};
use ubugoe_protocol::{DeviceId, RecipientId};
use ubugoe_visit::service::{Place, Role, Staff, StaffNumber, Usual};

use crate::service::accounts::{self, Account};

/// Everything the kiosk needs to know before it starts.
#[derive(Debug, Clone)]
pub struct Config {
    /// This device's opaque id, as the broker and the city know it.
    pub device: DeviceId,
    /// Where the outbox lives.
    pub data_dir: PathBuf,
    /// The municipality in which this ward stands.
    pub birthplace: MunicipalityCode,
    /// Folder of the ward's open birth certificates, one JSON file each.
    pub certificates: PathBuf,
    /// Language of the resting screen.
    pub tongue: Tongue,
    /// Dim colours.
    pub night: bool,
    /// What proves the clock.
    pub clock: ClockTrust,
    /// The card reader.
    pub card: Card,
    /// Broker addresses, tried in order.
    pub brokers: Vec<Broker>,
    /// How packets get out of the house.
    pub network: Network,
    /// Files for mutual TLS.
    pub tls: Tls,
    /// The folder in which the device renews its certificate; without it, the one in `tls` is used for ever.
    pub identities: Option<PathBuf>,
    /// The device's own keys.
    pub keys: Keys,
    /// The TPM in which they rest, if they do; where new ones are made then.
    pub tpm: Option<PathBuf>,
    /// The cities this device may send to.
    pub recipients: Vec<Recipient>,
    /// Whose orders, updates and certificates it takes; without one, nobody's.
    pub operator: Option<Operator>,
    /// How long an update has to do well before it stays.
    pub prove_updates: Duration,
    /// Where the machine's own files begin, and the folder in which root waits for a system; `/` but in tests.
    pub system_root: PathBuf,
    /// PEM files of the roots a signature certificate must chain to.
    pub sign_roots: Vec<PathBuf>,
    /// Where the device stands.
    pub place: Place,
    /// Staff who may sign in.
    pub staff: Vec<Account>,
    /// Hash of the technician's PIN.
    pub technician: Option<String>,
    /// Where sticks are mounted for a technician, each in a folder of its own.
    pub sticks: PathBuf,
    /// Files of this program's logs that a technician may take; without any, the journal.
    pub logs: Vec<PathBuf>,
    /// The file that says that the service switch is on: made by the front panel's key, or a udev rule.
    pub service_switch: PathBuf,
    /// What the ward writes on every certificate.
    pub usual: Option<Usual>,
    /// The municipality's list of nursery places, as it publishes it.
    pub nurseries: Option<PathBuf>,
    /// The printers; without any, the screen says so.
    pub printers: Printers,
    /// The front panel, where there is one.
    pub panel: Option<FrontPanel>,
    /// Kana to kanji. Without it kana, single kanji and postcodes work.
    pub input: Option<ubugoe_ime::Config>,
}

/// What makes the clock trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockTrust {
    /// A file that systemd-timesyncd creates once the clock is synchronised.
    Timesyncd(PathBuf),
    /// The system clock is taken as it is: demo and tests only.
    System,
}

/// The card reader's settings.
#[derive(Debug, Clone)]
pub struct Card {
    /// Use only a reader whose name contains this.
    pub reader: Option<String>,
    /// How long a card may be silent.
    pub mute_after: Duration,
    /// Files of keys that certify the issuers of attribute records, one line each. Without the right one the screen
    /// says that the attributes were not checked.
    pub attribute_roots: Vec<PathBuf>,
}

/// The front panel's settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrontPanel {
    /// Its serial port, by a name that does not change (`/dev/serial/by-id/…`).
    pub port: PathBuf,
    /// A folder with signed firmware for it: `a.ubpi` and `b.ubpi`, one for each slot.
    pub firmware: Option<PathBuf>,
}

/// One broker address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// How packets get out of the house. That something answers which wants somebody to log in is found out without a setting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The HTTP proxy, if it is the only way out.
    pub proxy: Option<Proxy>,
    /// Most bytes per second towards the broker.
    pub up: Option<u32>,
    /// Most bytes per second from the broker.
    pub down: Option<u32>,
}

/// An HTTP proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// A file of one line, `user:password`, if it wants one.
    pub login: Option<PathBuf>,
}

/// The printers of a device.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Printers {
    /// For receipts.
    pub receipts: Option<ReceiptPrinter>,
    /// For pages: a queue of the print server.
    pub pages: Option<ubugoe_printer::Queue>,
}

/// A receipt printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptPrinter {
    /// Where it is.
    pub place: ubugoe_printer::Place,
    /// It says how it is.
    pub answers: bool,
    /// Dots in its line.
    pub dots: usize,
}

/// Files for mutual TLS with the broker.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The broker's CA.
    pub ca: PathBuf,
    /// Revocation lists of that CA.
    pub crl: Option<PathBuf>,
    /// The device's client certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The device's own keys, as files.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Ed25519: signs envelopes.
    pub sign: PathBuf,
    /// X25519: opens what the city sends down.
    pub hpke: PathBuf,
}

/// One city.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// Its opaque id in topics.
    pub id: RecipientId,
    /// Its municipality code.
    pub municipality: MunicipalityCode,
    /// X25519 public key file: envelopes are sealed to it.
    pub hpke: PathBuf,
    /// Ed25519 public key file: receipts are verified with it.
    pub receipt: PathBuf,
}

/// Who runs this device.
#[derive(Debug, Clone)]
pub struct Operator {
    /// One of the recipients: it hears how the device is.
    pub recipient: RecipientId,
    /// Ed25519 public key file: orders and updates are verified with it.
    pub key: PathBuf,
}

/// One thing wrong with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The key, dotted.
    pub key: String,
    /// What stands there.
    pub value: String,
    /// What could stand there.
    pub example: &'static str,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or a key that is not known.
    #[error("the configuration is not readable")]
    Toml(#[source] toml::de::Error),
    /// Readable, but these values are wrong.
    #[error("the configuration has {} problem(s):{}", .0.len(), List(.0))]
    Values(Vec<Problem>),
}

struct List<'a>(&'a [Problem]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for p in self.0 {
            write!(
                f,
                "\n  {} = {:?}: expected something like {}",
                p.key, p.value, p.example
            )?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    device: String,
    data_dir: PathBuf,
    birthplace: String,
    certificates: PathBuf,
    #[serde(default = "ja")]
    language: String,
    #[serde(default)]
    night: bool,
    clock: String,
    #[serde(default)]
    card: RawCard,
    broker: Vec<RawBroker>,
    #[serde(default)]
    network: RawNetwork,
    tls: RawTls,
    identities: Option<PathBuf>,
    keys: RawKeys,
    tpm: Option<PathBuf>,
    recipient: Vec<RawRecipient>,
    operator: Option<RawOperator>,
    #[serde(default)]
    updates: RawUpdates,
    sign_roots: Vec<PathBuf>,
    #[serde(default = "ward")]
    place: String,
    #[serde(default)]
    staff: Vec<RawStaff>,
    technician: Option<RawTechnician>,
    #[serde(default = "service_switch")]
    service_switch: PathBuf,
    ward: Option<RawWard>,
    nurseries: Option<PathBuf>,
    panel: Option<FrontPanel>,
    input: Option<RawInput>,
    #[serde(default)]
    printer: RawPrinters,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawPrinters {
    receipts: Option<RawReceipts>,
    pages: Option<RawPages>,
}

/// One of `device`, `serial`, `host` says where it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReceipts {
    device: Option<PathBuf>,
    serial: Option<PathBuf>,
    #[serde(default = "baud")]
    baud: u32,
    host: Option<String>,
    #[serde(default = "raw_port")]
    port: u16,
    #[serde(default = "yes")]
    answers: bool,
    #[serde(default = "dots")]
    dots: usize,
}

/// One of `socket`, `host` says where the server is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPages {
    socket: Option<PathBuf>,
    host: Option<String>,
    #[serde(default = "ipp_port")]
    port: u16,
    queue: String,
    user: String,
}

const fn baud() -> u32 {
    19_200
}

const fn raw_port() -> u16 {
    9100
}

const fn ipp_port() -> u16 {
    631
}

const fn yes() -> bool {
    true
}

/// 80 mm paper at 203 dots an inch.
const fn dots() -> usize {
    576
}

/// Where the conversion server may write (in memory on an appliance), and whom it runs as where the kiosk is root.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawInput {
    home: PathBuf,
    uid: Option<u32>,
    gid: Option<u32>,
}

impl RawInput {
    fn config(self) -> ubugoe_ime::Config {
        let account = self.uid.zip(self.gid);
        ubugoe_ime::Config {
            account: account.map(|(uid, gid)| ubugoe_ime::Account { uid, gid }),
            ..ubugoe_ime::Config::debian(self.home)
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStaff {
    id: String,
    name: String,
    role: String,
    pin_hash: String,
    issues: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTechnician {
    pin_hash: String,
    #[serde(default = "sticks")]
    sticks: PathBuf,
    #[serde(default)]
    logs: Vec<PathBuf>,
}

fn sticks() -> PathBuf {
    PathBuf::from("/media")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWard {
    #[serde(rename = "place_kind")]
    kind: i64,
    #[serde(rename = "place_addr")]
    addr: String,
    #[serde(rename = "place_name")]
    name: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawCard {
    reader: Option<String>,
    mute_after_ms: Option<u64>,
    #[serde(default)]
    attribute_roots: Vec<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBroker {
    host: String,
    port: u16,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawNetwork {
    proxy: Option<RawProxy>,
    up_bytes_per_second: Option<u32>,
    down_bytes_per_second: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProxy {
    host: String,
    port: u16,
    login: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawUpdates {
    prove_seconds: Option<u64>,
    system_root: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTls {
    ca: PathBuf,
    crl: Option<PathBuf>,
    certificate: PathBuf,
    key: PathBuf,
}

impl From<RawBroker> for Broker {
    fn from(raw: RawBroker) -> Self {
        Self {
            host: raw.host,
            port: raw.port,
        }
    }
}

impl From<RawTls> for Tls {
    fn from(raw: RawTls) -> Self {
        Self {
            ca: raw.ca,
            crl: raw.crl,
            certificate: raw.certificate,
            key: raw.key,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawKeys {
    sign: PathBuf,
    hpke: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRecipient {
    id: String,
    municipality: String,
    hpke: PathBuf,
    receipt: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOperator {
    recipient: String,
    key: PathBuf,
}

fn ward() -> String {
    "ward".to_owned()
}

fn service_switch() -> PathBuf {
    "/run/ubugoe/service-switch".into()
}

fn ja() -> String {
    "ja".to_owned()
}

/// Ten minutes unless said otherwise: a catalogue that ends the program does so when it is read or at the next visit.
const PROVE: u64 = 600;

/// Collects problems while values are being made.
#[derive(Default)]
struct Problems(Vec<Problem>);

impl Problems {
    fn parse<T>(
        &mut self,
        key: &str,
        value: &str,
        example: &'static str,
        parsed: Option<T>,
    ) -> Option<T> {
        if parsed.is_none() {
            self.0.push(Problem {
                key: key.to_owned(),
                value: value.to_owned(),
                example,
            });
        }
        parsed
    }
}

impl Config {
    /// Makes a configuration from the text of a TOML file.
    ///
    /// # Errors
    /// [`ConfigError::Toml`] when the text is not TOML or has unknown keys; [`ConfigError::Values`] with every wrong
    /// value otherwise.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let raw: Raw = toml::from_str(text).map_err(ConfigError::Toml)?;
        let mut problems = Problems::default();
        let device = problems.parse(
            "device",
            &raw.device,
            "\"d-7f3a91\"",
            raw.device.parse::<DeviceId>().ok(),
        );
        let birthplace = problems.parse(
            "birthplace",
            &raw.birthplace,
            "six digits with check digit",
            raw.birthplace.parse().ok(),
        );
        let tongue = problems.parse(
            "language",
            &raw.language,
            "\"ja\", \"ja-easy\", \"en\", \"zh\", \"pt\", \"vi\", \"tl\" or \"ne\"",
            Tongue::from_tag(&raw.language),
        );
        let clock = problems.parse(
            "clock",
            &raw.clock,
            "\"system\" or \"/run/systemd/timesync/synchronized\"",
            clock(&raw.clock),
        );
        if raw.broker.is_empty() {
            problems.parse::<()>(
                "broker",
                "",
                "[[broker]] host = \"mqtt.example\" port = 8883",
                None,
            );
        }
        if raw.sign_roots.is_empty() {
            problems.parse::<()>("sign_roots", "", "[\"jpki-sign-ca.pem\"]", None);
        }
        let network = network(raw.network, &mut problems);
        let recipients = recipients(&raw.recipient, &mut problems);
        let operator = raw
            .operator
            .and_then(|raw| operator(raw, &recipients, &mut problems));
        let place = problems.parse(
            "place",
            &raw.place,
            "\"ward\" or \"counter\"",
            place(&raw.place),
        );
        let staff = staff(&raw.staff, place.unwrap_or_default(), &mut problems);
        let (mut sticks, mut logs) = (sticks(), Vec::new());
        let technician = raw.technician.and_then(|technician| {
            (sticks, logs) = (technician.sticks, technician.logs);
            pin_hash("technician.pin_hash", &technician.pin_hash, &mut problems)
        });
        let usual = raw.ward.and_then(|ward| usual(ward, &mut problems));
        let printers = printers(raw.printer, &mut problems);
        match (device, birthplace, tongue, clock, problems.0.is_empty()) {
            (Some(device), Some(birthplace), Some(tongue), Some(clock), true) => Ok(Self {
                device,
                data_dir: raw.data_dir,
                birthplace,
                certificates: raw.certificates,
                tongue,
                night: raw.night,
                clock,
                card: Card {
                    reader: raw.card.reader,
                    mute_after: Duration::from_millis(raw.card.mute_after_ms.unwrap_or(5_000)),
                    attribute_roots: raw.card.attribute_roots,
                },
                brokers: raw.broker.into_iter().map(Broker::from).collect(),
                network,
                tls: raw.tls.into(),
                identities: raw.identities,
                keys: Keys {
                    sign: raw.keys.sign,
                    hpke: raw.keys.hpke,
                },
                tpm: raw.tpm,
                recipients,
                operator,
                system_root: raw.updates.system_root.unwrap_or_else(|| "/".into()),
                prove_updates: Duration::from_secs(raw.updates.prove_seconds.unwrap_or(PROVE)),
                sign_roots: raw.sign_roots,
                place: place.unwrap_or_default(),
                staff,
                technician,
                sticks,
                logs,
                service_switch: raw.service_switch,
                usual,
                nurseries: raw.nurseries,
                printers,
                panel: raw.panel,
                input: raw.input.map(RawInput::config),
            }),
            _ => Err(ConfigError::Values(problems.0)),
        }
    }
}

/// Less than the link's least would be taken as that without a word; here it is a mistake.
fn network(raw: RawNetwork, problems: &mut Problems) -> Network {
    let mut cap = |key: &str, wanted: Option<u32>| {
        let wanted = wanted?;
        problems.parse(
            key,
            &wanted.to_string(),
            "at least 8192",
            Some(wanted).filter(|wanted| *wanted >= ubugoe_edge::Cap::LEAST),
        )
    };
    Network {
        up: cap("network.up_bytes_per_second", raw.up_bytes_per_second),
        down: cap("network.down_bytes_per_second", raw.down_bytes_per_second),
        proxy: raw.proxy.map(|proxy| Proxy {
            host: proxy.host,
            port: proxy.port,
            login: proxy.login,
        }),
    }
}

fn printers(raw: RawPrinters, problems: &mut Problems) -> Printers {
    use ubugoe_printer::{Place, Queue, Server};
    let receipts = raw.receipts.and_then(|raw| {
        let place = match (raw.device, raw.serial, raw.host) {
            (Some(path), None, None) => Some(Place::Device(path)),
            (None, Some(path), None) => Some(Place::Serial {
                path,
                baud: raw.baud,
            }),
            (None, None, Some(host)) => Some(Place::Tcp {
                host,
                port: raw.port,
            }),
            _ => None,
        };
        let example =
            "one of device = \"/dev/usb/lp0\", serial = \"/dev/ttyUSB0\", host = \"192.0.2.7\"";
        let place = problems.parse("printer.receipts", "", example, place);
        let dots = problems.parse(
            "printer.receipts.dots",
            &raw.dots.to_string(),
            "576 for 80 mm paper, 384 for 58 mm",
            Some(raw.dots).filter(|dots| (256..=2048).contains(dots)),
        );
        Some(ReceiptPrinter {
            place: place?,
            answers: raw.answers,
            dots: dots?,
        })
    });
    let pages = raw.pages.and_then(|raw| {
        let server = match (raw.socket, raw.host) {
            (Some(path), None) => Some(Server::Socket(path)),
            (None, Some(host)) => Some(Server::Tcp {
                host,
                port: raw.port,
            }),
            _ => None,
        };
        let example = "one of socket = \"/run/cups/cups.sock\", host = \"127.0.0.1\"";
        let server = problems.parse("printer.pages", "", example, server);
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        let name = problems.parse(
            "printer.pages.queue",
            &raw.queue,
            "\"ward\": letters, digits, - and _",
            Some(&raw.queue).filter(|name| !name.is_empty() && name.chars().all(plain)),
        );
        Some(Queue {
            server: server?,
            name: name?.clone(),
            user: raw.user,
        })
    });
    Printers { receipts, pages }
}

fn place(text: &str) -> Option<Place> {
    match text {
        "ward" => Some(Place::Ward),
        "counter" => Some(Place::Counter),
        _ => None,
    }
}

/// A hash; what stands there instead may be a PIN, so it is not repeated.
fn pin_hash(key: &str, text: &str, problems: &mut Problems) -> Option<String> {
    let hash = accounts::is_hash(text).then(|| text.to_owned());
    problems.parse(
        key,
        "(hidden)",
        "\"$argon2id$…\", made by `ubugoe-kiosk hash-pin`",
        hash,
    )
}

fn staff(raw: &[RawStaff], place: Place, problems: &mut Problems) -> Vec<Account> {
    let mut seen = BTreeSet::new();
    raw.iter()
        .filter_map(|one| {
            let number = problems.parse(
                "staff.id",
                &one.id,
                "\"0417\": one to eight digits, each once",
                StaffNumber::new(&one.id).filter(|_| seen.insert(one.id.clone())),
            );
            let name = problems.parse(
                "staff.name",
                &one.name,
                "\"海野　渚\"",
                Some(&one.name).filter(|name| !name.trim().is_empty()),
            );
            let role = problems.parse(
                "staff.role",
                &one.role,
                "\"ward\" in a ward, \"counter\" at a counter",
                match (one.role.as_str(), place) {
                    ("ward", Place::Ward) => Some(Role::Ward),
                    ("counter", Place::Counter) => Some(Role::Counter),
                    _ => None,
                },
            );
            let hash = pin_hash("staff.pin_hash", &one.pin_hash, problems);
            let issues = match one.issues.as_deref() {
                None => Some(None),
                Some(text) => problems.parse(
                    "staff.issues",
                    text,
                    "\"doctor\", \"midwife\" or \"other\"",
                    match text {
                        "doctor" => Some(Some(IssuerKind::Doctor)),
                        "midwife" => Some(Some(IssuerKind::Midwife)),
                        "other" => Some(Some(IssuerKind::Other)),
                        _ => None,
                    },
                ),
            };
            Some(Account {
                staff: Staff {
                    number: number?,
                    name: name?.clone(),
                    role: role?,
                    issues: issues?,
                },
                pin_hash: hash?,
            })
        })
        .collect()
}

fn usual(raw: RawWard, problems: &mut Problems) -> Option<Usual> {
    let kinds = [
        PlaceKind::Hospital,
        PlaceKind::Clinic,
        PlaceKind::MaternityHome,
        PlaceKind::Home,
        PlaceKind::Other,
    ];
    let at = usize::try_from(raw.kind - 1).ok();
    let place_kind = problems.parse(
        "ward.place_kind",
        &raw.kind.to_string(),
        "1 hospital, 2 clinic, 3 maternity home, 4 at home, 5 other",
        at.and_then(|at| kinds.get(at).copied()),
    );
    Some(Usual {
        place_kind: place_kind?,
        place_addr: raw.addr,
        place_name: raw.name,
    })
}

fn clock(text: &str) -> Option<ClockTrust> {
    match text {
        "system" => Some(ClockTrust::System),
        path if path.starts_with('/') => Some(ClockTrust::Timesyncd(path.into())),
        _ => None,
    }
}

fn operator(raw: RawOperator, known: &[Recipient], problems: &mut Problems) -> Option<Operator> {
    let named = raw.recipient.parse::<RecipientId>().ok();
    let recipient = problems.parse(
        "operator.recipient",
        &raw.recipient,
        "the id of one of the recipients",
        named.filter(|id| known.iter().any(|k| k.id == *id)),
    )?;
    Some(Operator {
        recipient,
        key: raw.key,
    })
}

fn recipients(raw: &[RawRecipient], problems: &mut Problems) -> Vec<Recipient> {
    if raw.is_empty() {
        problems.parse::<()>(
            "recipient",
            "",
            "[[recipient]] id = \"r-…\" municipality = \"…\"",
            None,
        );
    }
    raw.iter()
        .filter_map(|r| {
            let id = problems.parse(
                "recipient.id",
                &r.id,
                "\"r-5c20de\"",
                r.id.parse::<RecipientId>().ok(),
            );
            let municipality = problems.parse(
                "recipient.municipality",
                &r.municipality,
                "six digits with check digit",
                r.municipality.parse::<MunicipalityCode>().ok(),
            );
            Some(Recipient {
                id: id?,
                municipality: municipality?,
                hpke: r.hpke.clone(),
                receipt: r.receipt.clone(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure")]
    use super::{ClockTrust, Config, ConfigError};

    const GOOD: &str = r#"
        device = "d-7f3a91"
        data_dir = "/var/lib/ubugoe"
        birthplace = "991015"
        certificates = "/var/lib/ubugoe/certificates"
        clock = "/run/systemd/timesync/synchronized"
        sign_roots = ["sign.pem"]
        broker = [{ host = "mqtt.example", port = 8883 }]
        tls = { ca = "ca.pem", certificate = "d.pem", key = "d.key" }
        keys = { sign = "d.sign", hpke = "d.hpke" }
        recipient = [{ id = "r-5c20de", municipality = "991015", hpke = "c.hpke.pub", receipt = "c.receipt.pub" }]
    "#;

    #[test]
    fn a_complete_file_becomes_types() {
        let config = Config::from_toml(GOOD).unwrap();
        assert_eq!(config.device.as_str(), "d-7f3a91");
        assert!(matches!(config.clock, ClockTrust::Timesyncd(_)));
        assert_eq!(config.brokers.first().unwrap().port, 8883);
    }

    #[test]
    fn every_wrong_value_is_named_at_once_with_an_example() {
        let bad = GOOD
            .replace("\"d-7f3a91\"", "\"Device 1\"")
            .replace("birthplace = \"991015\"", "birthplace = \"991014\"")
            .replace("\"/run/systemd/timesync/synchronized\"", "\"ntp\"")
            .replace("r-5c20de", "r.5c20de");
        let Err(ConfigError::Values(problems)) = Config::from_toml(&bad) else {
            panic!("taken");
        };
        let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
        assert_eq!(keys, ["device", "birthplace", "clock", "recipient.id"]);
        let text = ConfigError::Values(problems).to_string();
        assert!(
            text.contains("4 problem(s)") && text.contains("d-7f3a91"),
            "{text}"
        );
    }

    fn with_staff(role: &str, hash: &str) -> String {
        format!(
            "{GOOD}\n[[staff]]\nid = \"0417\"\nname = \"海野　渚\"\nrole = \"{role}\"\npin_hash = \"{hash}\"\nissues = \"midwife\"\n"
        )
    }

    #[test]
    fn staff_have_a_number_a_name_a_role_that_fits_the_place_and_a_hash() {
        let hash = crate::service::accounts::hash_pin("270418").unwrap();
        let config = Config::from_toml(&with_staff("ward", &hash)).unwrap();
        assert_eq!(config.staff.first().unwrap().staff.number.as_str(), "0417");
        assert_eq!(
            config.service_switch.to_str(),
            Some("/run/ubugoe/service-switch")
        );
        let Err(ConfigError::Values(problems)) = Config::from_toml(&with_staff("counter", &hash))
        else {
            panic!("an officer in a ward");
        };
        assert_eq!(problems.first().unwrap().key, "staff.role");
        let Err(error) = Config::from_toml(&with_staff("ward", "270418")) else {
            panic!("a PIN instead of a hash");
        };
        assert!(!error.to_string().contains("270418"), "{error}");
    }

    #[test]
    fn the_way_out_of_the_house_is_configured_and_a_cap_below_the_least_is_a_mistake() {
        let more = r#"
            identities = "/var/lib/ubugoe/identity"
            [network]
            proxy = { host = "proxy.example", port = 3128, login = "proxy.login" }
            up_bytes_per_second = 65536
            [updates]
            prove_seconds = 60
        "#;
        let two = GOOD
            .replace(
                "port = 8883 }]",
                "port = 8883 }, { host = \"b.example\", port = 443 }]",
            )
            .replace("ca = \"ca.pem\",", "ca = \"ca.pem\", crl = \"ca.crl\",");
        let config = Config::from_toml(&format!("{two}\n{more}")).unwrap();
        assert_eq!(config.brokers.len(), 2);
        assert_eq!(
            (config.network.up, config.network.down),
            (Some(65_536), None)
        );
        assert_eq!(
            config.network.proxy.unwrap().login,
            Some("proxy.login".into())
        );
        assert_eq!(config.tls.crl, Some("ca.crl".into()));
        assert_eq!(config.identities, Some("/var/lib/ubugoe/identity".into()));
        assert_eq!(config.prove_updates.as_secs(), 60);
        let low = more.replace("65536", "4096");
        let Err(ConfigError::Values(problems)) = Config::from_toml(&format!("{two}\n{low}")) else {
            panic!("taken");
        };
        assert_eq!(problems.first().unwrap().key, "network.up_bytes_per_second");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let bad = format!("{GOOD}\nlanguge = \"en\"\n");
        assert!(matches!(Config::from_toml(&bad), Err(ConfigError::Toml(_))));
    }
}
