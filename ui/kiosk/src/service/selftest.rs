//! The technician's self-test: what the device can say about itself, gathered off the loop and off the UI thread.
//!
//! Knows devices, numbers and versions. Nothing about a person comes near it: it counts rows, and opens none.

use std::{
    net::{ToSocketAddrs as _, UdpSocket},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use ubugoe_edge::outbox::{self, Counts, Health, Outbox};
use ubugoe_printer::Printers;
use ubugoe_visit::service::report::{
    CertificateCheck, ClockCheck, LinkTrouble, NetworkCheck, PanelCheck, Presence, QueueCheck,
    Reader, SelfTest, StorageCheck, Versions,
};

use super::errands::Errands;
use crate::{config::Broker, printing};

/// Longest wait for all probes; looking up a broker's name may take long without a network.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the loop knows and hands to the probes.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "findings that are independent of each other"
)]
pub struct Known {
    /// The device's opaque id.
    pub device: String,
    /// Seconds since 1970 UTC.
    pub at: i64,
    /// Whether the card service answers.
    pub card_service: bool,
    /// The readers' names.
    pub readers: Vec<String>,
    /// Whether the broker is connected.
    pub online: bool,
    /// Since when it is, or is not.
    pub online_since: Option<i64>,
    /// When the broker last took a row.
    pub last_ack: Option<i64>,
    /// The brokers.
    pub brokers: Vec<Broker>,
    /// What keeps the device from them, as far as the link said last.
    pub trouble: Option<LinkTrouble>,
    /// The device's own certificate.
    pub certificate: Option<CertificateCheck>,
    /// What the catalogue in use is called.
    pub catalogue: String,
    /// Whether the clock may be believed.
    pub synchronised: bool,
    /// What says so.
    pub clock_source: &'static str,
    /// The printers, to be asked.
    pub printers: Option<Arc<Printers>>,
    /// Whether another visit fits.
    pub room: bool,
    /// Whether the front panel does what it is told, and what it says of itself.
    pub panel: (Presence, Option<PanelCheck>),
    /// The outbox, to be opened anew and read-only: the loop's own is never kept waiting.
    pub outbox: outbox::Config,
    /// Who knows where the device stands.
    pub errands: Errands,
}

/// Runs every probe and hands the result over; `None` when they did not end in time.
pub fn run(known: Known, done: impl FnOnce(Option<Box<SelfTest>>) + Send + 'static) {
    let (to, from) = mpsc::channel();
    let probing = thread::Builder::new()
        .name("self-test".to_owned())
        .spawn(move || {
            let _ = to.send(Box::new(probe(known)));
        });
    if let Err(error) = &probing {
        tracing::error!(%error, "no thread for the self-test");
    }
    let wait = move || {
        let report = from.recv_timeout(PATIENCE).ok();
        if report.is_none() {
            tracing::error!("the self-test gave no result");
        }
        done(report);
    };
    let waiting = thread::Builder::new()
        .name("self-test-wait".to_owned())
        .spawn(wait);
    if let Err(error) = waiting {
        tracing::error!(%error, "no thread to wait for the self-test");
    }
}

/// Every probe, one after the other.
#[must_use]
pub fn probe(known: Known) -> SelfTest {
    let (health, counts) = outbox(&known.outbox);
    let counts = counts.unwrap_or_default();
    let (printer, printer_codes) = printers(known.printers.as_deref());
    SelfTest {
        format: SelfTest::FORMAT,
        v: SelfTest::VERSION,
        device: known.device,
        ward: known.errands.ward(),
        at: known.at,
        reader: Reader {
            service: known.card_service,
            names: known.readers,
        },
        printer,
        printer_codes,
        panel: known.panel.0,
        panel_says: known.panel.1,
        network: NetworkCheck {
            connected: known.online,
            since: known.online_since,
            last_ack: known.last_ack,
            addresses: addresses(&known.brokers),
            brokers: known
                .brokers
                .iter()
                .map(|broker| format!("{}:{}", broker.host, broker.port))
                .collect(),
            trouble: known.trouble.filter(|_| !known.online),
        },
        certificate: known.certificate,
        clock: ClockCheck {
            synchronised: known.synchronised,
            source: known.clock_source,
        },
        storage: StorageCheck {
            free: health.and_then(|health| health.free),
            used: health.map(|health| health.used),
            quota: health.and_then(|health| health.quota),
            room: known.room,
            sound: health.map(|health| health.sound),
        },
        queue: QueueCheck {
            queued: counts.queued,
            sent: counts.sent,
            arrived: counts.arrived,
            refused: counts.refused,
            oldest: counts.oldest_open,
        },
        versions: Versions {
            kiosk: env!("CARGO_PKG_VERSION").to_owned(),
            catalogue: known.catalogue,
            card: ubugoe_card::VERSION.to_owned(),
            protocol: ubugoe_protocol::VERSION,
        },
    }
}

/// Whether there are printers, whether they are well, and the codes of what is wrong.
fn printers(printers: Option<&Printers>) -> (Presence, Vec<&'static str>) {
    let (there, codes) = printers.map(printing::health).unwrap_or_default();
    let presence = match (there, codes.is_empty()) {
        (false, _) => Presence::Absent,
        (true, true) => Presence::Ok,
        (true, false) => Presence::Faulty,
    };
    (presence, codes)
}

fn outbox(config: &outbox::Config) -> (Option<Health>, Option<Counts>) {
    let opened = Outbox::open_read_only(config);
    if let Err(error) = &opened {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "the self-test cannot open the outbox"
        );
    }
    let Ok(outbox) = opened else {
        return (None, None);
    };
    let health = outbox.health().inspect_err(|error| {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "the outbox does not say how it is"
        );
    });
    (health.ok(), outbox.counts().ok())
}

/// The addresses from which this device would reach its brokers. No packet is sent: a UDP socket only asks for a route.
fn addresses(brokers: &[Broker]) -> Vec<String> {
    let mut found: Vec<String> = brokers
        .iter()
        .filter_map(|broker| {
            let to = (broker.host.as_str(), broker.port)
                .to_socket_addrs()
                .ok()?
                .next()?;
            let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
            let socket = UdpSocket::bind(from).ok()?;
            socket.connect(to).ok()?;
            Some(socket.local_addr().ok()?.ip().to_string())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// The result as the text of its QR code.
#[must_use]
pub fn qr_text(report: &SelfTest) -> String {
    serde_json::to_string(report).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use std::path::Path;

    use ubugoe_edge::outbox::{NewRow, RowKind};
    use ubugoe_protocol::FilingId;
    use ubugoe_visit::service::report::Health as How;

    use super::*;
    use crate::records::{FiledForm, RecordKey, VisitRecord};

    fn known(folder: &Path) -> Known {
        Known {
            device: "d-7f3a91".to_owned(),
            at: 1_795_359_600,
            card_service: true,
            readers: vec!["Virtual PCD 00 00".to_owned()],
            online: true,
            online_since: Some(1_795_350_000),
            last_ack: Some(1_795_350_100),
            brokers: vec![Broker {
                host: "127.0.0.1".to_owned(),
                port: 8883,
            }],
            trouble: None,
            certificate: None,
            catalogue: "b2c4d6e8f0a1".to_owned(),
            synchronised: true,
            clock_source: "timesyncd",
            printers: None,
            room: true,
            panel: (Presence::Absent, None),
            outbox: outbox::Config::at(folder.join("outbox.sqlite")),
            errands: Errands {
                home: folder.to_owned(),
                config: None,
                sticks: folder.join("media"),
                logs: Vec::new(),
            },
        }
    }

    #[test]
    fn the_report_says_how_everything_is_and_fits_a_qr_code() {
        let folder = tempfile::tempdir().unwrap();
        let known = known(folder.path());
        let outbox = Outbox::open(&known.outbox).unwrap();
        let report = probe(known);
        drop(outbox);
        assert_eq!(report.storage.sound, Some(true));
        assert_eq!(report.network.addresses, ["127.0.0.1"]);
        assert_eq!(
            [
                report.reader_health(),
                report.network_health(),
                report.clock_health(),
                report.storage_health(),
                report.queue_health()
            ],
            [How::Good; 5]
        );
        let text = qr_text(&report);
        assert!(text.starts_with("{\"format\":\"ubugoe-self-test\",\"v\":1,"));
        assert!(
            qrcode::QrCode::with_error_correction_level(&text, qrcode::EcLevel::M).is_ok(),
            "{} bytes",
            text.len()
        );
    }

    #[test]
    fn what_keeps_the_device_from_its_broker_is_named_and_an_end_of_its_certificate_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let at = known(folder.path()).at;
        let told = |online, days: i64, rejected| {
            probe(Known {
                online,
                trouble: Some(LinkTrouble::Captive),
                certificate: Some(CertificateCheck {
                    until: at + days * 86_400,
                    asked: false,
                    rejected,
                }),
                ..known(folder.path())
            })
        };
        let report = told(false, 90, false);
        assert_eq!(report.network.trouble, Some(LinkTrouble::Captive));
        assert!(qr_text(&report).contains("\"trouble\":\"captive\""));
        assert_eq!(report.certificate_health(), Some(How::Good), "control");
        // an old trouble is none once it is connected
        assert_eq!(told(true, 90, false).network.trouble, None);
        assert_eq!(told(true, 29, false).certificate_health(), Some(How::Look));
        assert_eq!(told(true, 90, true).certificate_health(), Some(How::Look));
        assert_eq!(told(true, 0, false).certificate_health(), Some(How::Bad));
    }

    /// A visit as the desk leaves it: an envelope and a sealed record that hold these words somewhere inside.
    const PLANTED: [&str; 5] = ["山田", "花子", "潮風ハイツ", "ASK-2026-0001", "W-270418"];

    #[test]
    fn nothing_of_a_stored_visit_comes_into_the_report() {
        let folder = tempfile::tempdir().unwrap();
        let known = known(folder.path());
        let mut outbox = Outbox::open(&known.outbox).unwrap();
        let id = FilingId::generate().unwrap();
        let record = RecordKey::derive("secret")
            .unwrap()
            .seal(&VisitRecord {
                card: [7; 32],
                children: vec![ubugoe_visit::ChildKey {
                    number: PLANTED[3].to_owned(),
                    order: 1,
                }],
                protected: false,
                forms: vec![FiledForm {
                    id: *id.as_bytes(),
                    procedure: "shussei_todoke".parse().unwrap(),
                    recipient: "991015".parse().unwrap(),
                    digest: [3; 32],
                    child: None,
                    open_until: None,
                }],
                seed: None,
            })
            .unwrap();
        let row = NewRow {
            id,
            kind: RowKind::Filing,
            counter: None,
            recipient: "r-5c20de".parse().unwrap(),
            digest: [3; 32],
            sealed: PLANTED.concat().into_bytes(),
            legal_due: None,
        };
        outbox
            .store(&[9; 16], &[row], &record, 1_795_350_000)
            .unwrap();
        let report = probe(known);
        assert_eq!(
            (report.queue.queued, report.queue.oldest),
            (1, Some(1_795_350_000))
        );
        let text = qr_text(&report);
        for planted in PLANTED {
            assert!(!text.contains(planted), "{planted}: {text}");
        }
        for secret in [
            id.to_string(),
            hex::encode([7u8; 32]),
            hex::encode([3u8; 32]),
        ] {
            assert!(!text.contains(&secret), "{text}");
        }
    }

    #[test]
    fn an_outbox_that_does_not_open_is_said_and_stops_no_other_probe() {
        let folder = tempfile::tempdir().unwrap();
        let report = probe(known(&folder.path().join("gone")));
        assert_eq!(report.storage.sound, None);
        assert_eq!(report.storage_health(), How::Look);
        assert_eq!(report.reader_health(), How::Good);
    }

    #[test]
    fn a_result_comes_back_from_its_own_thread() {
        let folder = tempfile::tempdir().unwrap();
        let (to, from) = mpsc::channel();
        run(known(folder.path()), move |report| {
            let _ = to.send(report.is_some());
        });
        assert!(from.recv_timeout(PATIENCE).unwrap());
    }
}
