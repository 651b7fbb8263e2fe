//! The link on networks as hospitals have them: behind a proxy, captive, flapping, slow, capped, with several brokers.
//! The broker is a real Mosquitto throughout.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(clippy::print_stderr, reason = "counts belong into the test report")]

mod support;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use support::lines::{Flapping, Line, Portal, Proxy, Slow};
use support::{City, Kiosk, receipts, short};
use tempfile::TempDir;
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::Pki;
use ubugoe_edge::link::Config;
use ubugoe_edge::{
    Broker, Cap, DisconnectReason, LinkEvent, Login, Mode, RowState, Trouble, Tuning,
};

struct Rig {
    broker: Mosquitto,
    pki: Pki,
    _folder: TempDir,
}

fn rig() -> Rig {
    rig_with(&Settings::default(), "")
}

/// `revoked`: the stem of a certificate, for brokers that look.
fn rig_with(settings: &Settings, revoked: &str) -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let mut pki = Pki::with(folder.path(), &["kiosk-1", "kiosk-2"], &["city-a"]).unwrap();
    pki.revoke(revoked).unwrap();
    let broker = Mosquitto::start(&pki, settings).unwrap();
    Rig {
        broker,
        pki,
        _folder: folder,
    }
}

impl Rig {
    fn city(&self) -> City {
        City::start(&self.pki, &self.broker, "city-a", receipts())
    }

    /// A kiosk with a changed configuration, connecting.
    fn kiosk(&self, tuning: Tuning, change: impl FnOnce(&mut Config)) -> Kiosk {
        let mut kiosk = Kiosk::new(&self.pki, "kiosk-1");
        let mut config = kiosk.config(&self.pki, &self.broker, tuning);
        change(&mut config);
        kiosk.connect(config);
        kiosk
    }
}

fn local(port: u16) -> Broker {
    Broker {
        host: "localhost".to_owned(),
        port,
    }
}

fn disconnected<T>(
    pick: impl Fn(&DisconnectReason) -> Option<T>,
) -> impl Fn(&LinkEvent) -> Option<T> {
    move |event| match event {
        LinkEvent::Disconnected { reason } => pick(reason),
        _ => None,
    }
}

fn reached(event: &LinkEvent) -> Option<u16> {
    match event {
        LinkEvent::Connected(broker) => Some(broker.port),
        _ => None,
    }
}

// ---- proxies ----

fn proxy(rig: &Rig, wants: Option<&str>) -> Line<Proxy> {
    Line::new(Proxy {
        target: rig.broker.port(),
        wants: wants.map(str::to_owned),
        asked: Mutex::default(),
    })
}

fn behind(line: &Line<Proxy>, login: Option<&str>) -> impl FnOnce(&mut Config) + use<> {
    let login = login.map(|text| Login::from_text(text).unwrap());
    let port = line.port;
    move |config: &mut Config| {
        // Port 1 answers nobody: whatever arrives went through the proxy, which knows better.
        config.brokers = vec![local(1)];
        config.network.proxy = Some(ubugoe_edge::Proxy {
            host: "127.0.0.1".to_owned(),
            port,
            login,
        });
    }
}

#[test]
fn behind_a_proxy_that_wants_a_password_rows_arrive_and_the_broker_is_asked_for_by_name() {
    let rig = rig();
    let _city = rig.city();
    let line = proxy(&rig, Some("Proxy-Authorization: Basic d2FyZDphOmI="));
    let mut kiosk = rig.kiosk(short(), behind(&line, Some("ward:a:b\n")));
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
    let asked = line.manners.asked.lock().unwrap().clone();
    assert!(
        asked
            .iter()
            .all(|line| line == "CONNECT localhost:1 HTTP/1.1"),
        "{asked:?}"
    );
}

#[test]
fn a_proxy_that_says_no_is_named_and_gets_no_row() {
    let rig = rig();
    let line = proxy(&rig, Some("Proxy-Authorization: Basic d2FyZDphOmI="));
    let mut kiosk = rig.kiosk(short(), behind(&line, Some("ward:wrong")));
    let id = kiosk.file("city-a");
    let said = kiosk.wait(
        "a refusal",
        disconnected(|r| match r {
            DisconnectReason::Proxy(text) => Some(text.clone()),
            _ => None,
        }),
    );
    assert_eq!(said, "HTTP/1.1 407 Proxy Authentication Required");
    assert_eq!(kiosk.link().stats().published, 0);
    assert_eq!(kiosk.row(&id).state, RowState::Queued);
}

#[test]
fn a_proxy_that_leads_to_another_broker_is_found_out_by_the_brokers_name() {
    let rig = rig();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = Pki::with(elsewhere.path(), &["kiosk-1"], &["city-a"]).unwrap();
    let thief = Mosquitto::start(&other, &Settings::default()).unwrap();
    let line = Line::new(Proxy {
        target: thief.port(),
        wants: None,
        asked: Mutex::default(),
    });
    let mut kiosk = rig.kiosk(short(), behind(&line, None));
    kiosk.file("city-a");
    kiosk.wait(
        "a TLS failure",
        disconnected(|r| matches!(r, DisconnectReason::Tls(_)).then_some(())),
    );
    assert_eq!(kiosk.link().stats().published, 0);
    // And one of the right authority under another name: the certificate is for localhost.
    let straight = proxy(&rig, None);
    let change = behind(&straight, None);
    let kiosk = rig.kiosk(short(), |config| {
        change(config);
        config.brokers[0].host = "mqtt.example".to_owned();
    });
    kiosk.wait(
        "a TLS failure",
        disconnected(|r| matches!(r, DisconnectReason::Tls(_)).then_some(())),
    );
    assert_eq!(kiosk.link().stats().connections, 0);
}

// ---- captive and flapping networks ----

#[test]
fn a_network_that_wants_a_login_hears_no_row_and_is_passed_once_somebody_logged_in() {
    let rig = rig();
    let _city = rig.city();
    let line = Line::new(Portal {
        target: rig.broker.port(),
        open: AtomicBool::new(false),
        heard: Mutex::default(),
    });
    let mut kiosk = rig.kiosk(short(), |config| config.brokers = vec![local(line.port)]);
    let id = kiosk.file("city-a");
    for _ in 0..2 {
        kiosk.wait(
            "a captive network",
            disconnected(|r| matches!(r, DisconnectReason::Captive(_)).then_some(())),
        );
    }
    assert_eq!(kiosk.link().stats().published, 0);
    assert_eq!(kiosk.row(&id).trouble, None);
    let heard = line.manners.heard.lock().unwrap().clone();
    // TLS handshake records only (type 22) or alerts (21); a CONNECT packet of MQTT names its protocol.
    assert!(matches!(heard.first(), Some(22)), "{heard:?}");
    assert!(!heard.windows(4).any(|w| w == b"MQTT"));
    line.manners.open.store(true, Ordering::SeqCst);
    kiosk.wait_arrived(1);
}

#[test]
fn over_a_line_that_drops_every_few_kilobytes_all_rows_arrive_and_none_is_blamed() {
    const ROWS: u64 = 120;
    let rig = rig();
    let city = rig.city();
    let line = Line::new(Flapping {
        target: rig.broker.port(),
        // A handshake with a client's certificate takes some two thousand, a row some fifteen hundred.
        bytes: (4_000, 12_000),
        turn: AtomicU64::new(0),
    });
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let ids: Vec<_> = (0..ROWS).map(|_| kiosk.file("city-a")).collect();
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.brokers = vec![local(line.port)];
    kiosk.connect(config);
    // Each event is looked at: a row must not be blamed even for a while.
    let mut blamed = 0;
    let deadline = Instant::now() + support::LONG * 2;
    while kiosk.counts().arrived < ROWS {
        assert!(Instant::now() < deadline, "{:?}", kiosk.link().stats());
        if let Ok(LinkEvent::Alert(ubugoe_edge::Alert::Row {
            trouble: Trouble::BreaksConnection,
            ..
        })) = kiosk.events.recv_timeout(Duration::from_secs(1))
        {
            blamed += 1;
        }
    }
    let (distinct, repeated) = city.tally();
    eprintln!(
        "{ROWS} rows over {} connections that dropped: {distinct} at the city, {repeated} repeated, {blamed} blamed",
        line.connections()
    );
    assert_eq!((distinct as u64, blamed), (ROWS, 0));
    assert!(line.connections() > 5, "it hardly flapped");
    assert!(ids.iter().all(|id| kiosk.row(id).trouble.is_none()));
}

#[test]
fn a_row_too_long_for_a_flapping_line_waits_and_holds_nobody_up() {
    let rig = rig();
    let _city = rig.city();
    let line = Line::new(Flapping {
        target: rig.broker.port(),
        bytes: (9_000, 3_000),
        turn: AtomicU64::new(0),
    });
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let long = kiosk.filing("city-a", 40_000);
    let long = kiosk.store(&[long])[0];
    for _ in 0..30 {
        kiosk.file("city-a");
    }
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.brokers = vec![local(line.port)];
    kiosk.connect(config);
    kiosk.wait_arrived(30);
    let row = kiosk.row(&long);
    assert_eq!((row.state, row.trouble), (RowState::Queued, None));
}

// ---- slow and capped lines ----

#[test]
fn a_cap_is_kept_and_neither_pings_nor_acknowledgements_starve() {
    const ROWS: u64 = 30;
    let rig = rig();
    let _city = rig.city();
    let tuning = Tuning {
        keep_alive: Duration::from_secs(5),
        resend_after: Duration::from_mins(5),
        // The product's own: a busy machine is no stalled line.
        stall_after: Tuning::default().stall_after,
        ..short()
    };
    let timed = |cap: Option<u32>, down: Option<u32>| {
        let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
        let rows: Vec<_> = (0..ROWS).map(|_| kiosk.filing("city-a", 6_000)).collect();
        let bytes: usize = rows.iter().map(|r| r.sealed.len()).sum();
        kiosk.store(&rows);
        let mut config = kiosk.config(&rig.pki, &rig.broker, tuning.clone());
        config.network.cap = Cap { up: cap, down };
        let began = Instant::now();
        kiosk.connect(config);
        kiosk.wait_arrived(ROWS);
        let stats = kiosk.link().stats();
        assert_eq!((stats.connections, stats.stalls), (1, 0), "{stats:?}");
        (began.elapsed().as_secs_f64(), bytes)
    };
    let cap = 16 * 1024;
    let (free, _) = timed(None, None);
    // Up only: with a cap on the way down too, pings would be given more time.
    let (capped, bytes) = timed(Some(cap), None);
    let (both, _) = timed(Some(cap), Some(cap));
    // A quarter of a second's worth may go at once.
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand")]
    let least = bytes as f64 / f64::from(cap) - 0.25;
    eprintln!(
        "{bytes} bytes: {free:.1} s without a cap, {capped:.1} s with {cap} B/s up, {both:.1} s in both directions (at least {least:.1} s)"
    );
    assert!(capped.min(both) >= least, "{capped}, {both} < {least}");
    assert!(free < least, "without a cap it is no faster: {free}");
}

#[test]
fn the_largest_row_passes_a_capped_line_that_takes_longer_than_the_watchdog_waits() {
    let rig = rig();
    let _city = rig.city();
    let mut kiosk = rig.kiosk(short(), |config| {
        config.network.cap.up = Some(24 * 1024);
    });
    let row = kiosk.filing("city-a", 120_000);
    kiosk.store(&[row]);
    kiosk.wait_arrived(1);
    let stats = kiosk.link().stats();
    assert_eq!((stats.connections, stats.stalls), (1, 0), "{stats:?}");
}

/// Rows over a line of 12 KB/s with pings every five seconds; how many connections it took.
fn crawl(slow_after: Duration) -> u64 {
    const ROWS: u64 = 50;
    let rig = rig();
    let _city = rig.city();
    let line = Line::new(Slow {
        target: rig.broker.port(),
        rate: 12 * 1024,
    });
    let mut kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let rows: Vec<_> = (0..ROWS).map(|_| kiosk.filing("city-a", 6_000)).collect();
    kiosk.store(&rows);
    let tuning = Tuning {
        keep_alive: Duration::from_secs(5),
        stall_after: Duration::from_secs(20),
        resend_after: Duration::from_mins(5),
        slow_after,
        ..short()
    };
    let mut config = kiosk.config(&rig.pki, &rig.broker, tuning);
    config.brokers = vec![local(line.port)];
    kiosk.connect(config);
    kiosk.wait_arrived(ROWS);
    kiosk.link().stats().connections
}

#[test]
fn on_a_slow_line_less_is_under_way_and_pings_come_back_in_time() {
    assert_eq!(crawl(Duration::from_secs(1)), 1);
}

#[test]
fn control_without_that_the_pings_queue_behind_the_rows_and_the_connection_is_lost() {
    assert!(crawl(Duration::from_hours(1)) > 1);
}

// ---- several brokers ----

#[test]
fn a_better_address_is_taken_again_once_it_answers_without_waiting_for_the_other_to_fail() {
    let mut rig = rig();
    let second = Mosquitto::start(&rig.pki, &Settings::default()).unwrap();
    let _city = City::start(&rig.pki, &second, "city-a", receipts());
    let (first, other) = (rig.broker.port(), second.port());
    rig.broker.kill().unwrap();
    let tuning = Tuning {
        return_after: Duration::from_millis(400),
        ..short()
    };
    let mut kiosk = rig.kiosk(tuning, |config| config.brokers.push(local(other)));
    assert_eq!(kiosk.wait("a connection", reached), other);
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
    assert_eq!(kiosk.link().mode(), Mode::Online, "looking cost nothing");
    rig.broker.restart().unwrap();
    let _there = rig.city();
    kiosk.wait(
        "the way back",
        disconnected(|r| matches!(r, DisconnectReason::Returning).then_some(())),
    );
    assert_eq!(kiosk.wait("a connection", reached), first);
    kiosk.file("city-a");
    kiosk.wait_arrived(2);
}

#[test]
fn a_broker_at_which_nobody_listens_is_left_for_another_address() {
    let rig = rig();
    let second = Mosquitto::start(&rig.pki, &Settings::default()).unwrap();
    let _city = City::start(&rig.pki, &second, "city-a", receipts());
    let (first, other) = (rig.broker.port(), second.port());
    let tuning = Tuning {
        silence_after: Duration::from_millis(300),
        ..short()
    };
    let mut kiosk = rig.kiosk(tuning.clone(), |config| config.brokers.push(local(other)));
    assert_eq!(kiosk.wait("a connection", reached), first);
    kiosk.file("city-a");
    kiosk.wait(
        "the way out",
        disconnected(|r| matches!(r, DisconnectReason::Silence).then_some(())),
    );
    assert_eq!(kiosk.wait("a connection", reached), other);
    kiosk.wait_arrived(1);
    // Control: where there is no other address, there is nowhere to go.
    let mut alone = Kiosk::new(&rig.pki, "kiosk-2");
    let config = alone.config(&rig.pki, &rig.broker, tuning);
    alone.connect(config);
    alone.file("city-a");
    alone.wait_until("patience", |kiosk| kiosk.link().stats().unheard >= 6);
    assert_eq!(alone.link().stats().connections, 1);
}

#[test]
fn an_address_behind_which_nobody_proves_to_be_the_broker_is_not_returned_to() {
    let rig = rig();
    let _city = rig.city();
    let portal = Line::new(Portal {
        target: rig.broker.port(),
        open: AtomicBool::new(false),
        heard: Mutex::default(),
    });
    let tuning = Tuning {
        return_after: Duration::from_millis(100),
        ..short()
    };
    let mut kiosk = rig.kiosk(tuning, |config| {
        config.brokers.insert(0, local(portal.port));
    });
    assert_eq!(kiosk.wait("a connection", reached), rig.broker.port());
    // One more than the first attempt: it was looked at, and the connection stayed.
    kiosk.wait_until("looks", |_| portal.connections() >= 4);
    kiosk.file("city-a");
    kiosk.wait_arrived(1);
    assert_eq!(kiosk.link().stats().connections, 1);
}

// ---- revocation ----

#[test]
fn a_revoked_device_is_refused_by_the_broker_says_so_and_keeps_its_rows() {
    let settings = Settings {
        revocations: true,
        ..Settings::default()
    };
    let mut rig = rig_with(&settings, "device-kiosk-1");
    let mut kiosk = rig.kiosk(short(), |_| {});
    let id = kiosk.file("city-a");
    let said = kiosk.wait(
        "a refusal",
        disconnected(|r| match r {
            DisconnectReason::CertificateRefused(alert) => Some(alert.clone()),
            _ => None,
        }),
    );
    assert_eq!(said, "CertificateRevoked");
    assert_eq!(kiosk.link().stats().connections, 0);
    assert_eq!(kiosk.row(&id).state, RowState::Queued);
    // Another device is let in by the same broker.
    let mut other = Kiosk::new(&rig.pki, "kiosk-2");
    let config = other.config(&rig.pki, &rig.broker, short());
    other.connect(config);
    other.wait("a connection", reached);
    // Control: the same device and broker without the list.
    rig.broker = Mosquitto::start(&rig.pki, &Settings::default()).unwrap();
    let kiosk = rig.kiosk(short(), |_| {});
    kiosk.wait("a connection", reached);
}

#[test]
fn a_broker_whose_certificate_was_revoked_gets_nothing_and_another_one_of_the_list_does() {
    let mut rig = rig();
    let _city = rig.city();
    rig.pki.revoke("city-city-a").unwrap();
    let other_list = rig.pki.text("broker-ca.crl").unwrap();
    rig.pki.revoke("broker").unwrap();
    let list = rig.pki.text("broker-ca.crl").unwrap();
    let mut kiosk = rig.kiosk(short(), |config| config.tls.crl_pem = list.into_bytes());
    let id = kiosk.file("city-a");
    kiosk.wait(
        "a refusal",
        disconnected(|r| matches!(r, DisconnectReason::BrokerRevoked).then_some(())),
    );
    assert_eq!(kiosk.link().stats().published, 0);
    assert_eq!(kiosk.row(&id).state, RowState::Queued);
    kiosk.link.take().unwrap().stop();
    // Control: a list with somebody else on it.
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.tls.crl_pem = other_list.into_bytes();
    kiosk.connect(config);
    kiosk.wait_arrived(1);
}

#[test]
fn a_revocation_list_that_is_none_is_named_before_anything_starts() {
    let rig = rig();
    let kiosk = Kiosk::new(&rig.pki, "kiosk-1");
    let mut config = kiosk.config(&rig.pki, &rig.broker, short());
    config.tls.crl_pem = b"no".to_vec();
    let error = ubugoe_edge::Link::start(config, kiosk.outbox.clone(), |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "the revocation list is not usable PEM");
}
