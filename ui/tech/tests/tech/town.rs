//! A city that lets devices in, its broker, and devices in folders of their own. Nothing here is under test.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::Pki;
use ubugoe_bench::ports::Lease;
use ubugoe_bench::process::Process;
use ubugoe_bench::{envelope, programs, rig};
use ubugoe_edge::link::Config as LinkConfig;
use ubugoe_edge::outbox::{Config, NewRow, Outbox, OutboxHandle, RowKind};
use ubugoe_edge::{Broker, Identities, Layout, Link, LinkEvent, Tls, Tpm, Tuning, keys};
use ubugoe_protocol::{
    CaseId, DeviceId, FilingBody, FilingId, Header, Kind, RecipientPublicKey, RecipientSecretKey,
    SigningKey, VERSION, VerifyingKey, digest, seal,
};

pub(crate) const CITY: &str = "asukoe";
pub(crate) const WARD: &str = "あすこえ産院 3階東";
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A birth notification's canonical bytes.
const FILING: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/fuzz/corpus/filing/shussei_todoke"
);

/// The profile that every device gets.
const PROFILE: &str = "language = \"ja\"\nclock = \"system\"\n";

pub(crate) struct Town {
    pub(crate) pki: Pki,
    pub(crate) broker: Mosquitto,
    city: Option<Process>,
    door: Lease,
    http: Lease,
    pub(crate) folder: TempDir,
}

pub(crate) fn run(program: &str, words: &[&str], input: &str) -> Output {
    let mut child = Command::new(programs::ours(program).unwrap())
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // one that reads nothing may be gone already
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn good(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// Root, issuing key and door, as a town makes them.
fn authority(folder: &str) {
    let file = |name: &str| format!("{folder}/{name}");
    let (cert, key) = (file("device-root.pem"), file("device-root.key"));
    let by = [
        "--root-cert",
        cert.as_str(),
        "--root-key",
        key.as_str(),
        "--out",
        folder,
    ];
    let host = ["--host", "127.0.0.1", "--host", "localhost"];
    for words in [
        &["root", "--out", folder][..],
        &[&["issuing"], &by[..]].concat(),
        &[&["door"], &host[..], &by[..]].concat(),
    ] {
        good(&run("ubugoe-city", &[&["device-ca"], words].concat(), ""));
    }
}

impl Town {
    pub(crate) fn new() -> Self {
        Self::with("")
    }

    /// A city with more in its section about enrolment.
    pub(crate) fn with(more: &str) -> Self {
        Self::built(more, |_| PROFILE.to_owned())
    }

    /// The same, with another profile for its devices, which may name files below the town's folder.
    pub(crate) fn built(more: &str, profile: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut pki = Pki::with(folder.path().join("pki"), &[], &[CITY]).unwrap();
        pki.revoke("").unwrap();
        authority(pki.dir().to_str().unwrap());
        // what devices are told, before the broker is told of the devices' authority too
        std::fs::copy(pki.path("broker-ca.pem"), pki.path("broker-only.pem")).unwrap();
        let both = pki.text("broker-ca.pem").unwrap() + &pki.text("device-root.pem").unwrap();
        std::fs::write(pki.path("broker-ca.pem"), both).unwrap();
        std::fs::write(pki.path("profile.toml"), profile(folder.path())).unwrap();
        let settings = Settings {
            dir: Some(folder.path().join("broker")),
            enrolled: true,
            ..Settings::default()
        };
        let mut town = Self {
            broker: Mosquitto::start(&pki, &settings).unwrap(),
            folder,
            pki,
            http: Lease::take().unwrap(),
            door: Lease::take().unwrap(),
            city: None,
        };
        std::fs::write(town.config(), town.toml(more)).unwrap();
        let mut command = Command::new(programs::ours("ubugoe-city").unwrap());
        command.arg("serve").arg("--config").arg(town.config());
        let log = town.folder.path().join("city.log");
        let city = Process::spawn("ubugoe-city", command, log).unwrap();
        city.wait_ready(PATIENCE).unwrap();
        town.city = Some(city);
        town
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("city.toml")
    }

    /// Where devices register.
    pub(crate) fn door(&self) -> String {
        format!("127.0.0.1:{}", self.door.port())
    }

    fn toml(&self, more: &str) -> String {
        let pki = self.pki.dir().display();
        let (http, broker, door) = (self.http.port(), self.broker.port(), self.door.port());
        let hash = rig::password_hash("tech only: 産声の窓口").unwrap();
        format!(
            r#"[http]
bind = "127.0.0.1:{http}"
public_url = "http://127.0.0.1:{http}"
secure_cookies = false

[store]
url = "sqlite:city.sqlite"

[broker]
host = "127.0.0.1"
port = {broker}
ca = "{pki}/broker-ca.pem"
cert = "{pki}/city-{CITY}.pem"
key = "{pki}/city-{CITY}.key"

[recipient]
id = "{CITY}"
municipality = "991015"
name_ja = "あすこえ市 市民課"
name_en = "Asukoe City, Citizens' Affairs"
hpke = "{pki}/city-{CITY}.hpke"
receipt = "{pki}/city-{CITY}.receipt"
operate = "{pki}/city-{CITY}.operate"

[jpki]
anchors = ["{pki}/broker-only.pem"]

[enrol]
bind = "127.0.0.1:{door}"
address = "127.0.0.1:{door}"
cert = "{pki}/enrol-door.pem"
key = "{pki}/enrol-door.key"
root = "{pki}/device-root.pem"
issuing = "{pki}/device-issuing.pem"
issuing_key = "{pki}/device-issuing.key"
brokers = ["127.0.0.1:{broker}"]
broker_ca = "{pki}/broker-only.pem"
sign_roots = ["{pki}/broker-only.pem"]
profile = "{pki}/profile.toml"
{more}

[[staff]]
id = "madoguchi"
name = "窓口 一郎"
roles = ["administrator"]
password = "{hash}"
"#
        )
    }

    /// Asks the city's program for something that succeeds.
    pub(crate) fn city(&self, words: &[&str]) -> String {
        good(&self.city_output(words, ""))
    }

    pub(crate) fn city_output(&self, words: &[&str], input: &str) -> Output {
        let config = self.config();
        let words = [words, &["--config", config.to_str().unwrap()]].concat();
        run("ubugoe-city", &words, input)
    }

    /// A new code.
    pub(crate) fn code(&self, ward: &str) -> Value {
        let said = self.city(&["enrol-code", "make", "--ward", ward, "--json"]);
        serde_json::from_str(&said).unwrap()
    }

    /// Every device as the city lists it.
    pub(crate) fn devices(&self) -> Vec<Value> {
        self.city(&["device", "list", "--json"])
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Gives the broker the city's list of revoked certificates, and starts it anew with it.
    pub(crate) fn refuse_revoked(&mut self) {
        let list = self.pki.path("devices.crl");
        self.city(&["device-ca", "list", "--out", list.to_str().unwrap()]);
        let own = self.pki.text("broker-ca.crl").unwrap();
        std::fs::write(
            self.pki.path("broker-ca.crl"),
            own + &self.pki.text("devices.crl").unwrap(),
        )
        .unwrap();
        let conf = self.folder.path().join("broker/mosquitto.conf");
        let text = std::fs::read_to_string(&conf).unwrap();
        let line = format!("crlfile {}\n", self.pki.path("broker-ca.crl").display());
        std::fs::write(&conf, text + &line).unwrap();
        self.broker.restart().unwrap();
    }
}

/// A device in a folder of its own.
pub(crate) struct Device {
    tpm: PathBuf,
    link: Option<Link>,
    events: Option<Receiver<LinkEvent>>,
    pub(crate) home: TempDir,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self::beside(Path::new("/nowhere/tpmrm0"))
    }

    /// A device whose TPM would be there.
    pub(crate) fn beside(tpm: &Path) -> Self {
        Self {
            tpm: tpm.to_owned(),
            home: tempfile::tempdir().unwrap(),
            link: None,
            events: None,
        }
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::below(self.home.path())
    }

    /// Runs the tool on it: exit code, and what it said.
    pub(crate) fn tech(&self, words: &[&str], input: &str) -> (i32, Value) {
        let home = self.home.path().to_str().unwrap();
        let tpm = self.tpm.to_str().unwrap();
        let words = [&["--home", home, "--tpm", tpm, "--json"], words].concat();
        let output = run("ubugoe-tech", &words, input);
        let text = String::from_utf8_lossy(&output.stdout);
        let said = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        (output.status.code().unwrap(), said)
    }

    pub(crate) fn good(&self, words: &[&str], input: &str) -> Value {
        let (code, said) = self.tech(words, input);
        assert_eq!(code, 0, "{said:#}");
        assert_eq!(
            (&said["ok"], &said["format"], &said["v"]),
            (&true.into(), &"ubugoe-tech".into(), &1.into())
        );
        said
    }

    /// What it said when it did not.
    pub(crate) fn bad(&self, words: &[&str], input: &str) -> (i32, String) {
        let (code, said) = self.tech(words, input);
        assert_eq!(said["ok"], false, "{said:#}");
        for language in ["ja", "en"] {
            assert_ne!(said["message"][language].as_str().unwrap(), "");
        }
        (code, said["why"].as_str().unwrap().to_owned())
    }

    /// Registers by a code, as a scanner types it.
    pub(crate) fn enrol(&self, town: &Town) -> String {
        let code = town.code(WARD);
        let said = self.good(&["enrol"], code["qr"].as_str().unwrap());
        said["device"].as_str().unwrap().to_owned()
    }

    pub(crate) fn kiosk(&self) -> toml::Table {
        let text = std::fs::read_to_string(self.layout().enrolled.join("kiosk.toml")).unwrap();
        text.parse().unwrap()
    }

    /// Adds to the kiosk's configuration what a profile might say.
    pub(crate) fn configure(&self, more: &str) {
        let path = self.layout().enrolled.join("kiosk.toml");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text + more).unwrap();
    }

    /// A file that the kiosk's configuration names.
    pub(crate) fn file(&self, section: &str, name: &str) -> Vec<u8> {
        let kiosk = self.kiosk();
        std::fs::read(kiosk[section][name].as_str().unwrap()).unwrap()
    }

    pub(crate) fn text(&self, section: &str, name: &str) -> String {
        String::from_utf8(self.file(section, name)).unwrap()
    }

    /// The TPM that the kiosk's configuration names.
    pub(crate) fn own_tpm(&self) -> Option<Tpm> {
        let kiosk = self.kiosk();
        kiosk.get("tpm").map(|path| Tpm::at(path.as_str().unwrap()))
    }

    /// A key of one line, as the kiosk uses it.
    pub(crate) fn secret(&self, name: &str) -> String {
        let tpm = self.own_tpm().unwrap_or_default();
        let line = self.text("keys", name);
        keys::secret(&line, &tpm).unwrap().to_string()
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.kiosk()["device"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn outbox(&self) -> Outbox {
        std::fs::create_dir_all(self.layout().data).unwrap();
        Outbox::open(&Config::at(self.layout().data.join("outbox.sqlite"))).unwrap()
    }

    /// Stores one filing as the kiosk does: sealed by its own keys for the city it was told of.
    pub(crate) fn file_one(&self, outbox: &mut Outbox, number: u64, at: i64) -> FilingId {
        let kiosk = self.kiosk();
        let city = &kiosk["recipient"][0];
        let read = |name: &str| std::fs::read_to_string(city[name].as_str().unwrap()).unwrap();
        let to = RecipientPublicKey::from_text(&read("hpke")).unwrap();
        let sign = SigningKey::from_text(&self.secret("sign")).unwrap();
        let id = FilingId::generate().unwrap();
        // a birth notification as the domain writes it; nobody's signature is over it, and the city says so to its officer
        let canonical = std::fs::read_to_string(FILING).unwrap();
        let named = format!("ASK-2026-{:06}", 900_000 + number);
        let canonical = canonical.replace("ASK-2026-000123", &named).into_bytes();
        let header = Header {
            v: VERSION,
            id,
            device: self.id(),
            recipient: city["id"].as_str().unwrap().parse().unwrap(),
            kind: Kind::Filing,
            schema: "ubugoe-filing/1".to_owned(),
            case: CaseId::generate().unwrap(),
            case_seq: 0,
            created: at,
            expires: None,
            key_id: to.key_id(),
        };
        let body = FilingBody {
            signature: vec![1; 64],
            attachments: Vec::new(),
            time: envelope::claim(number, at),
            visit: envelope::alone(&canonical),
            canonical: canonical.clone(),
        };
        let row = NewRow {
            id,
            kind: RowKind::Filing,
            counter: None,
            recipient: header.recipient.clone(),
            digest: digest(&canonical),
            sealed: seal(&header, &body, &to, &sign).unwrap(),
            legal_due: None,
        };
        let visit = *FilingId::generate().unwrap().as_bytes();
        outbox.store(&visit, &[row], b"sealed record", at).unwrap();
        id
    }

    /// Starts the kiosk's link with what this device was told, and nothing else.
    pub(crate) fn connect(&mut self, outbox: Outbox, at: i64) {
        let kiosk = self.kiosk();
        let city = &kiosk["recipient"][0];
        let receipt = std::fs::read_to_string(city["receipt"].as_str().unwrap()).unwrap();
        let id = city["id"].as_str().unwrap().parse().unwrap();
        let broker = &kiosk["broker"][0];
        let port = u16::try_from(broker["port"].as_integer().unwrap()).unwrap();
        let identities = Identities::open(&self.layout().identities).unwrap();
        let mut identities = identities.with_tpm(self.own_tpm());
        let (chain, key) = (self.file("tls", "certificate"), self.file("tls", "key"));
        identities.adopt(&chain, &key).unwrap();
        let config = LinkConfig {
            brokers: vec![Broker {
                host: broker["host"].as_str().unwrap().to_owned(),
                port,
            }],
            network: ubugoe_edge::Network::default(),
            identities: Some(Arc::new(Mutex::new(identities))),
            tls: Tls {
                ca_pem: self.file("tls", "ca"),
                crl_pem: Vec::new(),
                cert_pem: chain,
                key_pem: key,
            },
            device: self.id(),
            device_key: RecipientSecretKey::from_text(&self.secret("hpke")).unwrap(),
            recipients: BTreeMap::from([(id, VerifyingKey::from_text(&receipt).unwrap())]),
            voice: None,
            clock: Arc::new(move || at),
            tuning: Tuning {
                pause_min: Duration::from_millis(50),
                pause_max: Duration::from_millis(400),
                resend_after: Duration::from_secs(2),
                ..Tuning::default()
            },
        };
        let (sender, events) = channel();
        let sender = Mutex::new(sender);
        let link = Link::start(config, OutboxHandle::new(outbox), move |event| {
            let _ = sender.lock().unwrap().send(event);
        });
        self.link = Some(link.unwrap());
        self.events = Some(events);
    }

    /// Waits for something the link says.
    pub(crate) fn hear<T>(&self, what: &str, pick: impl Fn(&LinkEvent) -> Option<T>) -> T {
        let events = self.events.as_ref().unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            let event = events.recv_timeout(end.saturating_duration_since(Instant::now()));
            let event = event.unwrap_or_else(|_| panic!("no {what}"));
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    }

    pub(crate) fn hang_up(&mut self) {
        self.link = None;
    }
}

pub(crate) fn now() -> i64 {
    let output = Command::new("date").arg("+%s").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().unwrap()
}

/// Every file below a folder.
pub(crate) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
