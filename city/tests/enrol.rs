//! Devices that register themselves: what a code is good for, whom the city believes afterwards, and what the chain says of it.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::device::PATIENCE;
use crate::support::now;
use crate::support::office::{NOON, Office, letter, message, on_each_store, only_receipt};
use crate::support::papers::{birth, canonical};
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use ubugoe_city::ingest::Registry;
use ubugoe_city::operate::certificate::Authority;
use ubugoe_city::operate::enrol::{self, Refused, take_wipe};
use ubugoe_city::operate::{OperateError, ca};
use ubugoe_city::store::Store;
use ubugoe_protocol::enrol::{
    Answer, Bundle, Core, EnrolCode, Purpose, Request, Voucher, WipeRecord,
};
use ubugoe_protocol::{
    DeviceId, FilingId, Header, Kind, Receipt, RecipientSecretKey, SigningKey, VERSION,
};

const WARD: &str = "あすこえ産院 3階東";
/// What the door for devices is called.
const DOOR: &str = "enrol.asukoe.example";

/// A device as it is before it knows anybody.
struct Newcomer {
    sign: SigningKey,
    open: RecipientSecretKey,
    core: Vec<u8>,
}

fn request_for(device: &DeviceId) -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, device.as_str());
    params.serialize_request(&key).unwrap().der().to_vec()
}

impl Newcomer {
    fn new() -> Self {
        let sign = SigningKey::generate().unwrap();
        let open = RecipientSecretKey::generate().unwrap();
        let core = Self::core(&sign, &open, Purpose::Enrol);
        Self { sign, open, core }
    }

    fn core(sign: &SigningKey, open: &RecipientSecretKey, purpose: Purpose) -> Vec<u8> {
        let verifying = sign.verifying().unwrap();
        let device = ubugoe_protocol::enrol::device_of(&verifying);
        Core {
            purpose,
            csr: request_for(&device),
            sign: verifying,
            seal: open.public().unwrap(),
            at: NOON,
        }
        .sign(sign)
        .unwrap()
    }

    fn id(&self) -> DeviceId {
        Core::verify(&self.core).unwrap().device()
    }

    fn with(&self, code: &EnrolCode) -> Vec<u8> {
        Request {
            core: self.core.clone(),
            voucher: Voucher::Secret(code.secret_bytes()),
        }
        .to_bytes()
        .to_vec()
    }

    /// A sealed filing, its device's `number`th.
    fn filing(&self, office: &Office, number: u64, at: i64) -> Vec<u8> {
        let made = letter(canonical(&birth(&format!("ASK-{number}"))));
        let to = office.seal_key();
        let header = Header {
            v: VERSION,
            id: FilingId::generate().unwrap(),
            device: self.id(),
            recipient: "asukoe".parse().unwrap(),
            kind: Kind::Filing,
            schema: "ubugoe-filing/1".to_owned(),
            case: made.case,
            case_seq: 0,
            created: at,
            expires: None,
            key_id: to.key_id(),
        };
        let body = ubugoe_protocol::FilingBody {
            visit: ubugoe_bench::envelope::alone(&made.canonical),
            canonical: made.canonical,
            signature: made.signature,
            attachments: Vec::new(),
            time: ubugoe_bench::envelope::claim(number, at),
        };
        ubugoe_protocol::seal(&header, &body, &to, &self.sign).unwrap()
    }
}

/// Asks at the city's own door, over TLS, as a device does; the status of the answer.
async fn knock(office: &Office, address: SocketAddr, request: &[u8]) -> u16 {
    let mut roots = rustls::RootCertStore::empty();
    let file = office.folder.path().join("device-root.pem");
    for certificate in CertificateDer::pem_file_iter(file).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = TcpStream::connect(address).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = DOOR.try_into().unwrap();
    let mut stream = connector.connect(name, tcp).await.unwrap();
    let head = format!(
        "POST /enrol/v1 HTTP/1.1\r\nhost: {DOOR}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let status = answer.get(9..12).map(String::from_utf8_lossy).unwrap();
    status.parse().unwrap()
}

/// Makes a device CA in the office's folder and says so in its configuration.
fn open_to_devices(office: &mut Office) {
    let write = |name: &str, text: &str| {
        std::fs::write(office.folder.path().join(name), text).unwrap();
    };
    let root = ca::root("Asukoe device root", NOON).unwrap();
    let by = Authority {
        cert_pem: &root.cert_pem,
        key_pem: &root.key_pem,
    };
    let issuing = ca::issuing(by, "Asukoe devices", NOON).unwrap();
    write("device-root.pem", &root.cert_pem);
    write("device-root.key", &root.key_pem);
    write("device-issuing.pem", &issuing.cert_pem);
    write("device-issuing.key", &issuing.key_pem);
    write("profile.toml", "clock = \"system\"\n");
    office.more.push_str(
        r#"
[enrol]
root = "device-root.pem"
issuing = "device-issuing.pem"
issuing_key = "device-issuing.key"
brokers = ["mq.asukoe.example:8883"]
broker_ca = "broker-ca.pem"
sign_roots = ["jpki-sign-ca.pem"]
profile = "profile.toml"
"#,
    );
}

/// The desk, the store and the registry of an office that lets devices in.
struct Door {
    desk: enrol::Desk,
    store: Arc<dyn Store>,
    registry: Registry,
}

impl Door {
    async fn of(office: &Office) -> Self {
        let mut config = office.config();
        let section = config.enrol.take().unwrap();
        let desk = enrol::Desk::new(section, &config.office, &config.keys).unwrap();
        Self {
            desk,
            store: office.store().await,
            registry: Registry::from(config.devices),
        }
    }

    async fn code(&self, at: i64) -> EnrolCode {
        let made = self.desk.make_code(self.store.as_ref(), WARD, "sato", at);
        made.await.unwrap()
    }

    async fn judge(&self, request: &[u8], at: i64) -> Result<Vec<u8>, Refused> {
        let store = self.store.as_ref();
        let judged = self
            .desk
            .judge(store, &self.registry, request, None, at)
            .await;
        self.registry.refresh(self.store.enrolled().await.unwrap());
        judged
    }

    async fn actions(&self) -> Vec<String> {
        let lines = self.store.audit_lines(0, 10_000).await.unwrap();
        lines.into_iter().map(|line| line.entry.action).collect()
    }
}

fn bundle(answer: &[u8], code: &EnrolCode) -> Bundle {
    Answer::from_bytes(answer)
        .unwrap()
        .verify(&code.pin())
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_lets_one_device_in_for_a_quarter_of_an_hour_and_the_same_request_gets_the_same_answer()
 {
    on_each_store(async |office| {
        open_to_devices(office);
        let door = Door::of(office).await;
        let code = door.code(NOON).await;
        let (one, two) = (Newcomer::new(), Newcomer::new());
        let answer = door.judge(&one.with(&code), NOON + 899).await.unwrap();
        let told = bundle(&answer, &code);
        assert_eq!(
            (&told.device, told.ward.as_str(), told.at),
            (&one.id(), WARD, NOON + 899)
        );
        assert_eq!(told.municipality, "991015");
        // much later: it had the answer once, so it may have it again
        let again = door.judge(&one.with(&code), NOON + 90_000).await.unwrap();
        assert_eq!(again, answer);
        let spent = door.judge(&two.with(&code), NOON + 900).await;
        assert!(matches!(spent, Err(Refused::Spent)), "{spent:?}");
        let late = door.code(NOON).await;
        let expired = door.judge(&two.with(&late), NOON + 901).await;
        assert!(matches!(expired, Err(Refused::Expired)), "{expired:?}");
        let invented = EnrolCode::generate(code.pin()).unwrap();
        let unknown = door.judge(&two.with(&invented), NOON).await;
        assert!(matches!(unknown, Err(Refused::Unknown)), "{unknown:?}");
        let mut damaged = two.with(&code);
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        let unreadable = door.judge(&damaged, NOON).await;
        assert!(unreadable.is_err(), "{unreadable:?}");
        assert_eq!(
            door.registry.ids().len(),
            3,
            "two of the configuration, one that came"
        );
        let actions = door.actions().await;
        assert_eq!(
            actions,
            [
                "code.made",
                "device.enrolled",
                "device.turned_away",
                "code.made",
                "device.turned_away",
                "device.turned_away",
                "device.turned_away",
            ]
        );
        // what the store keeps of a code lets nobody in
        let kept = door.store.codes(10).await.unwrap();
        assert!(
            kept.iter()
                .all(|row| row.hash.as_slice() != code.secret_bytes().as_slice())
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_devices_that_come_with_one_code_at_the_same_moment_one_is_let_in() {
    on_each_store(async |office| {
        open_to_devices(office);
        let door = Door::of(office).await;
        for _ in 0..5 {
            let code = door.code(NOON).await;
            let (one, two) = (Newcomer::new(), Newcomer::new());
            let (first, second) = (one.with(&code), two.with(&code));
            let (a, b) = tokio::join!(door.judge(&first, NOON), door.judge(&second, NOON));
            assert_eq!(u8::from(a.is_ok()) + u8::from(b.is_ok()), 1, "{a:?} {b:?}");
        }
        assert_eq!(door.registry.ids().len(), 2 + 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_device_sent_before_this_program_knew_it_lands_and_after_its_end_nothing_does() {
    on_each_store(async |office| {
        open_to_devices(office);
        let door = Door::of(office).await;
        let ingest = office.ingest_of(door.registry.clone(), Arc::clone(&door.store));
        let (device, code) = (Newcomer::new(), door.code(NOON).await);
        let send = |number: u64, at: i64| device.filing(office, number, at);
        let name = device.id().to_string();
        let early = send(1, NOON - 60);
        assert_eq!(
            ingest
                .land(vec![message(&name, early.clone())])
                .await
                .unwrap(),
            []
        );
        door.judge(&device.with(&code), NOON).await.unwrap();
        ingest.retry_quarantine().await.unwrap();
        let answers = ingest.land(vec![message(&name, early)]).await.unwrap();
        Receipt::verify(&only_receipt(&answers), &office.receipt_key()).unwrap();
        assert_eq!(door.store.counts().await.unwrap().quarantined, 0);

        // its last word, signed by itself and by nobody else
        let record = |key: &SigningKey| {
            WipeRecord {
                device: device.id(),
                at: NOON,
                unsent: 0,
                exported: 0,
                files: 20,
                bytes: 40_000,
                why: String::new(),
            }
            .sign(key)
            .unwrap()
        };
        let forged = record(&SigningKey::generate().unwrap());
        let taken = take_wipe(door.store.as_ref(), &door.registry, &forged, NOON).await;
        assert!(matches!(taken, Err(Refused::Unreadable)), "{taken:?}");
        let word = record(&device.sign);
        for first in [true, false] {
            let taken = take_wipe(door.store.as_ref(), &door.registry, &word, NOON).await;
            assert_eq!(taken.unwrap(), (device.id(), first));
        }
        door.registry.refresh(door.store.enrolled().await.unwrap());
        assert_eq!(
            ingest
                .land(vec![message(&name, send(2, NOON + 600))])
                .await
                .unwrap(),
            []
        );
        assert_eq!(door.store.counts().await.unwrap().quarantined, 1);
        // nor a new certificate, nor a new ward
        let renewal = Request {
            core: Newcomer::core(&device.sign, &device.open, Purpose::Renew),
            voucher: Voucher::Known,
        };
        let refused = door.judge(&renewal.to_bytes(), NOON).await;
        assert!(matches!(refused, Err(Refused::Taken)), "{refused:?}");
        let moved = door.judge(&device.with(&door.code(NOON).await), NOON).await;
        assert!(matches!(moved, Err(Refused::Taken)), "{moved:?}");
        let serials = door.store.revoked_serials(NOON).await.unwrap();
        assert_eq!(serials.len(), 1);
        assert_eq!(serials[0].1, NOON);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_device_sent_before_it_came_to_this_programs_own_door_lands_as_well() {
    on_each_store(async |office| {
        open_to_devices(office);
        let path = |name: &str| office.folder.path().join(name);
        let (cert, key) = (
            std::fs::read_to_string(path("device-root.pem")).unwrap(),
            std::fs::read_to_string(path("device-root.key")).unwrap(),
        );
        let root = Authority {
            cert_pem: &cert,
            key_pem: &key,
        };
        let made = ca::door(
            root,
            vec![DOOR.to_owned()],
            now(),
        );
        let made = made.unwrap();
        std::fs::write(path("enrol-door.pem"), made.cert_pem).unwrap();
        std::fs::write(path("enrol-door.key"), made.key_pem).unwrap();
        let door = Door::of(office).await;
        office.more.push_str(
            "bind = \"127.0.0.1:0\"\naddress = \"enrol.asukoe.example:8444\"\ncert = \"enrol-door.pem\"\nkey = \"enrol-door.key\"\n",
        );
        let city = office.open().await;
        let (device, code) = (Newcomer::new(), door.code(NOON).await);
        let ingest = office.ingest_of(door.registry.clone(), Arc::clone(&door.store));
        let early = device.filing(office, 1, NOON - 60);
        let early = message(device.id().as_str(), early);
        assert_eq!(ingest.land(vec![early]).await.unwrap(), []);
        assert_eq!(door.store.counts().await.unwrap().quarantined, 1);
        let status = knock(office, city.enrol.unwrap(), &device.with(&code)).await;
        assert_eq!(status, 200);
        let landed = async {
            loop {
                let counts = door.store.counts().await.unwrap();
                if (counts.arrived, counts.quarantined) == (1, 0) {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, landed)
            .await
            .expect("what the device sent early stayed in the quarantine");
        city.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_known_device_renews_by_its_own_signature_and_an_unknown_one_does_not() {
    on_each_store(async |office| {
        open_to_devices(office);
        let door = Door::of(office).await;
        let (device, stranger) = (Newcomer::new(), Newcomer::new());
        let code = door.code(NOON).await;
        door.judge(&device.with(&code), NOON).await.unwrap();
        let renewal = |who: &Newcomer| {
            Request {
                core: Newcomer::core(&who.sign, &who.open, Purpose::Renew),
                voucher: Voucher::Known,
            }
            .to_bytes()
        };
        let answer = door.judge(&renewal(&device), NOON + 60).await.unwrap();
        assert_eq!(bundle(&answer, &code).device, device.id());
        let unknown = door.judge(&renewal(&stranger), NOON).await;
        assert!(matches!(unknown, Err(Refused::NotKnown)), "{unknown:?}");
        assert!(
            door.actions()
                .await
                .contains(&"certificate.renewed".to_owned())
        );
        // revoked: both its certificates are on the list
        let store = door.store.as_ref();
        let done = store
            .revoke_device(device.id(), NOON + 90, "lost".into(), "sato".into())
            .await;
        assert!(done.unwrap());
        assert_eq!(store.revoked_serials(NOON + 90).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_bench_vouched_for_is_answered_again_when_the_answer_was_lost() {
    on_each_store(async |office| {
        open_to_devices(office);
        let bench = SigningKey::generate().unwrap();
        let public = bench.verifying().unwrap().to_text();
        std::fs::write(office.folder.path().join("bench-1.pub"), public).unwrap();
        office.more.push_str(&format!(
            "[[enrol.bench]]\nid = \"bench-1\"\nkey = \"bench-1.pub\"\nwards = [\"{WARD}\"]\nuntil = 2026-12-01T00:00:00+09:00\n"
        ));
        let door = Door::of(office).await;
        let device = Newcomer::new();
        let request = Request::by_bench(device.core.clone(), "bench-1", WARD, &bench).unwrap();
        let first = door.judge(&request.to_bytes(), NOON).await.unwrap();
        let again = door.judge(&request.to_bytes(), NOON + 60).await.unwrap();
        assert_eq!(first, again);
        assert_eq!(door.actions().await, ["device.enrolled"]);
        let (late, other) = (NOON + 30 * 86_400, Newcomer::new());
        let request = Request::by_bench(other.core.clone(), "bench-1", WARD, &bench).unwrap();
        let over = door.judge(&request.to_bytes(), late).await;
        assert!(matches!(over, Err(Refused::Bench)), "{over:?}");
    })
    .await;
}

#[test]
fn a_wrong_file_of_the_device_ca_or_a_profile_that_says_too_much_is_named_at_the_start() {
    let mut office = Office::new();
    open_to_devices(&mut office);
    assert!(office.config_of(&office.toml()).is_ok(), "control");
    let other = ca::root("another", NOON).unwrap();
    for (file, text, key) in [
        (
            "device-issuing.key",
            other.key_pem.as_str(),
            "enrol.issuing_key",
        ),
        (
            "profile.toml",
            "clock = \"system\"\ndevice = \"d-1\"\n",
            "enrol.profile",
        ),
        ("profile.toml", "language = \"ja\"\n", "enrol.profile"),
    ] {
        let path = office.folder.path().join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        let problems = office.config_of(&office.toml()).unwrap_err();
        assert_eq!(problems.0.len(), 1, "{problems}");
        assert_eq!(problems.0[0].key, key);
        std::fs::write(&path, before).unwrap();
    }
}

#[test]
fn an_issuing_key_makes_clients_and_neither_servers_nor_authorities() {
    let root = ca::root("root", NOON).unwrap();
    let by = Authority {
        cert_pem: &root.cert_pem,
        key_pem: &root.key_pem,
    };
    let issuing = ca::issuing(by, "issuing", NOON).unwrap();
    let door = ca::door(by, vec!["enrol.example".into(), "192.0.2.7".into()], NOON).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let verify = |chain: &str, leaf: &str, purpose: &str| {
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let output = std::process::Command::new("openssl")
            .args(["verify", "-purpose", purpose, "-CAfile"])
            .arg(file("root.pem", &root.cert_pem))
            .arg("-attime")
            .arg(NOON.to_string())
            .arg("-untrusted")
            .arg(file("chain.pem", chain))
            .arg(file("leaf.pem", leaf))
            .output()
            .unwrap();
        output.status.success()
    };
    let device: DeviceId = "d-0011aabb".parse().unwrap();
    let authority = Authority {
        cert_pem: &issuing.cert_pem,
        key_pem: &issuing.key_pem,
    };
    let made = ubugoe_city::operate::certificate::certify(
        &device,
        &request_for(&device),
        authority,
        397,
        NOON,
    )
    .unwrap();
    assert!(verify(&issuing.cert_pem, &made.chain_pem, "sslclient"));
    assert!(!verify(&issuing.cert_pem, &made.chain_pem, "sslserver"));
    assert!(verify(&issuing.cert_pem, &door.cert_pem, "sslserver"));
    assert!(!verify(&issuing.cert_pem, &door.cert_pem, "sslclient"));
    // somebody who took the issuing key tries to make a server, and an authority
    let server = ca::door(authority, vec!["mq.example".into()], NOON).unwrap();
    assert!(!verify(&issuing.cert_pem, &server.cert_pem, "sslserver"));
    let below = ca::issuing(authority, "below", NOON).unwrap();
    let by = Authority {
        cert_pem: &below.cert_pem,
        key_pem: &below.key_pem,
    };
    let csr = request_for(&device);
    let under = ubugoe_city::operate::certificate::certify(&device, &csr, by, 397, NOON).unwrap();
    let chain = format!("{}{}", issuing.cert_pem, below.cert_pem);
    assert!(!verify(&chain, &under.chain_pem, "sslclient"));
    let wrong = ubugoe_city::operate::certificate::certify(
        &"d-99999999".parse().unwrap(),
        &csr,
        authority,
        397,
        NOON,
    );
    assert!(matches!(wrong, Err(OperateError::Request(_))));
}
