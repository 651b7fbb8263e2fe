//! A device renews its certificate against a real Mosquitto that checks it: with good ones, wrong ones, and a broker that
//! is away when it matters.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use support::lines::{Flapping, Line};
use support::{City, Kiosk, NOW, receipts, short};
use tempfile::TempDir;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::{Life, Pki};
use ubugoe_edge::{DisconnectReason, Identities, IdentityError, IdentityEvent, LinkEvent, Tuning};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{
    Command, DeviceId, Downlink, FilingId, Grant, Order, Report, SigningKey, digest,
};

const DEVICE: &str = "kiosk-1";
const OPERATOR: &str = "city-a";

struct Rig {
    broker: Mosquitto,
    pki: Pki,
    identities: Arc<Mutex<Identities>>,
    folder: TempDir,
}

fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path().join("pki"), &[DEVICE, "kiosk-2"], &[OPERATOR]).unwrap();
    let broker = Mosquitto::start(&pki, &Settings::default()).unwrap();
    Rig {
        broker,
        identities: open(&folder),
        pki,
        folder,
    }
}

fn open(folder: &TempDir) -> Arc<Mutex<Identities>> {
    let identities = Identities::open(&folder.path().join("identity")).unwrap();
    Arc::new(Mutex::new(identities))
}

fn device() -> DeviceId {
    DEVICE.parse().unwrap()
}

fn quick() -> Tuning {
    Tuning {
        pause_max: Duration::from_millis(200),
        ..short()
    }
}

impl Rig {
    fn city(&self) -> City {
        City::start(&self.pki, &self.broker, OPERATOR, receipts())
    }

    fn kiosk(&self, clock: i64) -> Kiosk {
        let mut kiosk = Kiosk::new(&self.pki, DEVICE);
        let mut config = kiosk.config(&self.pki, &self.broker, quick());
        config.identities = Some(Arc::clone(&self.identities));
        config.voice = Some(kiosk.voice(&self.pki, OPERATOR));
        config.clock = Arc::new(move || clock);
        kiosk.connect(config);
        kiosk
    }

    /// A certificate from the operator, as it comes down.
    fn grant(&self, request: &[u8], chain_pem: String) -> Downlink {
        let key = SigningKey::from_text(&support::text(
            &self.pki,
            &format!("city-{OPERATOR}.operate"),
        ))
        .unwrap();
        let grant = Grant {
            device: device(),
            request: digest(request),
            chain_pem,
        };
        Downlink::Grants(vec![grant.sign(&key).unwrap()])
    }

    fn generations(&self) -> (u32, Option<u32>) {
        let identities = self.identities.lock().unwrap();
        let next = identities.next().map(|i| i.generation);
        (identities.current().unwrap().generation, next)
    }
}

fn asked(report: &Report) -> Option<Vec<u8>> {
    match report {
        Report::CertificateAsk(der) => Some(der.clone()),
        _ => None,
    }
}

fn news<T>(pick: impl Fn(&IdentityEvent) -> Option<T>) -> impl Fn(&LinkEvent) -> Option<T> {
    move |event| match event {
        LinkEvent::Identity(news) => pick(news),
        _ => None,
    }
}

fn proven(kiosk: &Kiosk) -> u32 {
    kiosk.wait(
        "a proof",
        news(|n| match n {
            IdentityEvent::Proven { generation } => Some(*generation),
            _ => None,
        }),
    )
}

fn rejected(kiosk: &Kiosk) -> (u32, DisconnectReason) {
    kiosk.wait(
        "a rejection",
        news(|n| match n {
            IdentityEvent::Rejected { generation, reason } => Some((*generation, reason.clone())),
            _ => None,
        }),
    )
}

fn connected(event: &LinkEvent) -> Option<()> {
    matches!(event, LinkEvent::Connected(_)).then_some(())
}

#[test]
fn a_new_certificate_is_asked_for_proven_by_a_connection_and_only_then_the_old_one_is_dropped() {
    let rig = rig();
    let city = rig.city();
    let mut kiosk = rig.kiosk(NOW);
    kiosk.wait("a connection", connected);
    assert_eq!(
        rig.generations(),
        (1, None),
        "the delivered one is taken over"
    );
    kiosk.link().renew();
    let request = city.wait_report("a request", asked);
    let chain = rig.pki.answer(&request, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, chain.clone()));
    assert_eq!(proven(&kiosk), 2);
    assert_eq!(rig.generations(), (2, None));
    // Delivered twice: no news, nothing tried again.
    city.send(&device(), &rig.grant(&request, chain));
    kiosk.file(OPERATOR);
    kiosk.wait_arrived(1);
    assert_eq!(kiosk.link().stats().connections, 2);
    // It is what the next start uses; the delivered files are not looked at any more.
    kiosk.link.take().unwrap().stop();
    let reopened = open(&rig.folder);
    assert_eq!(reopened.lock().unwrap().current().unwrap().generation, 2);
    let mut config = kiosk.config(&rig.pki, &rig.broker, quick());
    config.tls.cert_pem = b"gone".to_vec();
    config.identities = Some(reopened);
    kiosk.connect(config);
    kiosk.file(OPERATOR);
    kiosk.wait_arrived(2);
}

#[test]
fn an_order_to_renew_is_done_with_the_question_and_answered_once_more_when_it_comes_again() {
    let rig = rig();
    let city = rig.city();
    let kiosk = rig.kiosk(NOW);
    kiosk.wait("a connection", connected);
    let key = SigningKey::from_text(&support::text(
        &rig.pki,
        &format!("city-{OPERATOR}.operate"),
    ))
    .unwrap();
    let command = Command {
        id: FilingId::from_bytes([7; 16]),
        device: device(),
        recipient: OPERATOR.parse().unwrap(),
        at: NOW,
        expires: NOW + 60,
        order: Order::Renew,
    };
    let orders = Downlink::Commands(vec![command.sign(&key).unwrap()]);
    city.send(&device(), &orders);
    let request = city.wait_report("a request", asked);
    let answered = |report: &Report| match report {
        Report::Command {
            id,
            outcome,
            detail,
        } if *id == command.id => Some((*outcome, detail.clone())),
        _ => None,
    };
    let answer = city.wait_report("an answer", answered);
    assert_eq!(answer, (Outcome::Done, "asked".to_owned()));
    let chain = rig.pki.answer(&request, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, chain));
    assert_eq!(proven(&kiosk), 2);
    // The same order again asks for no other certificate.
    city.send(&device(), &orders);
    city.wait_reports("another answer", 2, |report| answered(report).is_some());
    assert!(rig.identities.lock().unwrap().asked().is_none());
}

#[test]
fn a_certificate_of_another_authority_is_tried_three_times_then_dropped_and_rows_went_meanwhile() {
    let rig = rig();
    let city = rig.city();
    let mut kiosk = rig.kiosk(NOW);
    kiosk.wait("a connection", connected);
    kiosk.link().renew();
    let request = city.wait_report("a request", asked);
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Pki::with(elsewhere.path(), &[DEVICE], &[]).unwrap();
    let wrong = other.answer(&request, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, wrong));
    for _ in 0..5 {
        kiosk.file(OPERATOR);
    }
    let (generation, reason) = rejected(&kiosk);
    assert_eq!(generation, 2);
    assert!(
        matches!(reason, DisconnectReason::CertificateRefused(_)),
        "{reason:?}"
    );
    assert_eq!(rig.generations(), (1, None));
    kiosk.wait_arrived(5);
    // The first connection, and one after each trial.
    kiosk.wait_until("connections", |kiosk| kiosk.link().stats().connections == 4);
    // The device is not stuck: it asks again, with another key, and gets there.
    kiosk.link().renew();
    let again = city.wait_report("another request", |r| {
        asked(r).filter(|der| *der != request)
    });
    let good = rig.pki.answer(&again, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&again, good));
    assert_eq!(proven(&kiosk), 3);
}

#[test]
fn a_certificate_that_is_over_by_the_brokers_clock_is_dropped_whatever_the_devices_clock_says() {
    let rig = rig();
    let city = rig.city();
    // The end of 2024: by this clock it is still good.
    let kiosk = rig.kiosk(1_735_000_000);
    kiosk.wait("a connection", connected);
    kiosk.link().renew();
    let request = city.wait_report("a request", asked);
    let over = rig.pki.answer(&request, DEVICE, Life::Over).unwrap();
    city.send(&device(), &rig.grant(&request, over));
    let (generation, reason) = rejected(&kiosk);
    assert_eq!(
        (generation, reason),
        (
            2,
            DisconnectReason::CertificateRefused("CertificateExpired".to_owned())
        )
    );
    assert_eq!(rig.generations(), (1, None));
}

#[test]
fn a_certificate_in_another_devices_name_is_not_even_tried() {
    let rig = rig();
    let city = rig.city();
    let mut kiosk = rig.kiosk(NOW);
    kiosk.wait("a connection", connected);
    kiosk.link().renew();
    let request = city.wait_report("a request", asked);
    let wrong = rig.pki.answer(&request, "kiosk-2", Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, wrong));
    let why = kiosk.wait(
        "a refusal",
        news(|n| match n {
            IdentityEvent::Failed(IdentityError::Unusable { what }) => Some(*what),
            _ => None,
        }),
    );
    assert_eq!(why, "the certificate is for another device");
    kiosk.file(OPERATOR);
    kiosk.wait_arrived(1);
    assert_eq!(kiosk.link().stats().connections, 1);
    // The right one for the same request still counts.
    let good = rig.pki.answer(&request, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, good));
    assert_eq!(proven(&kiosk), 2);
}

#[test]
fn a_device_that_restarts_before_the_proof_proves_it_at_the_next_start() {
    let rig = rig();
    {
        let mut identities = rig.identities.lock().unwrap();
        let text = |name: &str| rig.pki.text(name).unwrap();
        let (chain, key) = (text("device-kiosk-1.pem"), text("device-kiosk-1.key"));
        identities.adopt(chain.as_bytes(), key.as_bytes()).unwrap();
        let asked = identities.ask(&device()).unwrap();
        let chain = rig.pki.answer(&asked.der, DEVICE, Life::Now).unwrap();
        identities
            .granted(&asked.digest, &chain, &device(), NOW)
            .unwrap();
    }
    assert_eq!(rig.generations(), (1, Some(2)));
    let kiosk = rig.kiosk(NOW);
    assert_eq!(proven(&kiosk), 2);
    assert_eq!(rig.generations(), (2, None));
}

#[test]
fn a_broker_that_is_away_says_nothing_about_a_certificate() {
    let mut rig = rig();
    let kiosk = {
        let city = rig.city();
        let kiosk = rig.kiosk(NOW);
        kiosk.wait("a connection", connected);
        kiosk.link().renew();
        let request = city.wait_report("a request", asked);
        let chain = rig.pki.answer(&request, DEVICE, Life::Now).unwrap();
        rig.broker.kill().unwrap();
        let granted =
            rig.identities
                .lock()
                .unwrap()
                .granted(&digest(&request), &chain, &device(), NOW);
        assert_eq!(granted.unwrap(), 2);
        kiosk
    };
    // More attempts in vain than a certificate has trials.
    for _ in 0..8 {
        kiosk.wait("an attempt in vain", |e| {
            let vain = |r: &DisconnectReason| matches!(r, DisconnectReason::Unreachable(_));
            matches!(e, LinkEvent::Disconnected { reason } if vain(reason)).then_some(())
        });
    }
    assert_eq!(rig.generations(), (1, Some(2)));
    rig.broker.restart().unwrap();
    assert_eq!(proven(&kiosk), 2);
}

#[test]
fn an_end_that_is_near_is_told_and_a_new_certificate_asked_for_without_being_told_to() {
    let rig = rig();
    {
        // In use: one until the 10th of December 2026.
        let mut identities = rig.identities.lock().unwrap();
        let text = |name: &str| rig.pki.text(name).unwrap();
        let (chain, key) = (text("device-kiosk-1.pem"), text("device-kiosk-1.key"));
        identities.adopt(chain.as_bytes(), key.as_bytes()).unwrap();
        let asked = identities.ask(&device()).unwrap();
        let life = Life::Until(2026, 12, 10);
        let chain = rig.pki.answer(&asked.der, DEVICE, life).unwrap();
        let next = identities
            .granted(&asked.digest, &chain, &device(), NOW)
            .unwrap();
        identities.proven(next).unwrap();
    }
    let city = rig.city();
    let end = |news: &IdentityEvent| match news {
        IdentityEvent::Ends { until, .. } => Some(*until),
        _ => None,
    };
    {
        // Control: two months before, nobody is told.
        let kiosk = rig.kiosk(NOW - 60 * 86_400);
        kiosk.wait("a connection", connected);
        kiosk.link().set_offline(true);
        let said = kiosk.wait("the switch", |e| match e {
            LinkEvent::Mode(ubugoe_edge::Mode::Offline) => Some(None),
            LinkEvent::Identity(news) => Some(end(news)),
            _ => None,
        });
        assert_eq!(said, None);
    }
    let kiosk = rig.kiosk(NOW);
    // 2026-12-10T00:00:00Z
    assert_eq!(kiosk.wait("the end", news(end)), 1_796_860_800);
    let request = city.wait_report("a request", asked);
    let chain = rig.pki.answer(&request, DEVICE, Life::Now).unwrap();
    city.send(&device(), &rig.grant(&request, chain));
    assert_eq!(proven(&kiosk), 3);
}

#[test]
fn a_device_whose_old_certificate_is_over_tries_the_new_one_again_after_a_bad_line() {
    let rig = rig();
    let line = Line::new(Flapping {
        target: rig.broker.port(),
        // The first connection is lost within or after the handshake, later ones carry thousands of bytes more.
        bytes: (900, 1_000_000),
        turn: AtomicU64::new(0),
    });
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Pki::with(elsewhere.path(), &[DEVICE], &[]).unwrap();
    {
        // In use: one this broker does not take.
        let mut identities = rig.identities.lock().unwrap();
        let text = |name: &str| other.text(name).unwrap();
        let (chain, key) = (text("device-kiosk-1.pem"), text("device-kiosk-1.key"));
        identities.adopt(chain.as_bytes(), key.as_bytes()).unwrap();
        let asked = identities.ask(&device()).unwrap();
        let chain = rig.pki.answer(&asked.der, DEVICE, Life::Now).unwrap();
        identities
            .granted(&asked.digest, &chain, &device(), NOW)
            .unwrap();
    }
    let mut kiosk = Kiosk::new(&rig.pki, DEVICE);
    let mut config = kiosk.config(&rig.pki, &rig.broker, quick());
    config.brokers[0].port = line.port;
    config.identities = Some(Arc::clone(&rig.identities));
    kiosk.connect(config);
    assert_eq!(proven(&kiosk), 2);
    // The trial that was lost, the old one that was refused, and the trial that went well.
    assert!(line.connections() >= 3, "{}", line.connections());
}
