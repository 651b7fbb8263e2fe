//! Orders over a real broker: whose count, and what a city does that lost what it had.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use support::{Answers, City, Kiosk, NOW, receipts, short, text};
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::pki::Pki;
use ubugoe_edge::{Alert, LinkEvent, RowState, Tuning};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{Command, CommandId, Downlink, Order, Receipt, Report, SigningKey};

const OPERATOR: &str = "city-a";
const OTHER: &str = "city-b";
/// When a city's database was restored.
const ERA: i64 = NOW + 60;

struct Rig {
    _folder: tempfile::TempDir,
    pki: Pki,
    broker: Mosquitto,
    kiosk: Kiosk,
}

fn rig() -> Rig {
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::with(folder.path(), &["kiosk-1"], &[OPERATOR, OTHER]).unwrap();
    let broker = Mosquitto::start(&pki, &Settings::default()).unwrap();
    let mut kiosk = Kiosk::new(&pki, "kiosk-1");
    let tuning = Tuning {
        resend_after: Duration::from_millis(50),
        ..short()
    };
    let mut config = kiosk.config(&pki, &broker, tuning);
    config.voice = Some(kiosk.voice(&pki, OPERATOR));
    kiosk.connect(config);
    Rig {
        _folder: folder,
        pki,
        broker,
        kiosk,
    }
}

impl Rig {
    fn city(&self, id: &str, answers: Answers) -> City {
        City::start(&self.pki, &self.broker, id, answers)
    }

    /// An order of one city, signed with one of the keys of another.
    fn order(&self, recipient: &str, key: &str, order: Order) -> (CommandId, Downlink) {
        let command = Command {
            id: CommandId::generate().unwrap(),
            device: self.kiosk.device.clone(),
            recipient: recipient.parse().unwrap(),
            at: NOW,
            expires: NOW + 3_600,
            order,
        };
        let key = SigningKey::from_text(&text(&self.pki, key)).unwrap();
        let signed = command.sign(&key).unwrap();
        (command.id, Downlink::Commands(vec![signed]))
    }
}

fn resend() -> Order {
    Order::Resend { since: 0, era: ERA }
}

/// The answers of a city that was restored: its era, and what number it gives from the nth answer on.
fn restored(number: impl Fn(u32) -> u64 + Send + 'static) -> Answers {
    let asked = AtomicU32::new(0);
    Box::new(move |keys, opened| {
        let n = asked.fetch_add(1, Ordering::Relaxed);
        let receipt = Receipt {
            era: if n == 0 { 0 } else { ERA },
            arrival_no: number(n),
            ..keys.receipt(opened)
        };
        let signed = receipt.sign(&keys.signing).unwrap();
        vec![Downlink::Receipts(vec![signed])]
    })
}

#[test]
fn every_city_gets_again_what_it_lost_itself() {
    let mut rig = rig();
    let city = rig.city(OTHER, restored(|_| 1));
    let id = rig.kiosk.file(OTHER);
    rig.kiosk.wait_arrived(1);
    let (order, message) = rig.order(OTHER, "city-city-b.receipt", resend());
    city.send(&rig.kiosk.device, &message);
    city.wait_times(id, 2);
    let shown = city.wait_report("proof", |report| match report {
        Report::Earlier(receipts) => Some(receipts.clone()),
        _ => None,
    });
    assert_eq!(Receipt::peek(&shown[0]).unwrap().id, id);
    let answered = city.wait_report("an answer", |report| match report {
        Report::Command { id, outcome, .. } => Some((*id, *outcome)),
        _ => None,
    });
    assert_eq!(answered, (order, Outcome::Done));
    rig.kiosk.wait_until("peace", |kiosk| {
        kiosk.outbox.lock().pending().unwrap().is_empty()
    });
}

#[test]
fn no_city_may_ask_in_the_name_of_another_or_order_what_is_the_operators() {
    let mut rig = rig();
    let operator = rig.city(OPERATOR, receipts());
    let other = rig.city(OTHER, receipts());
    let ids = [rig.kiosk.file(OPERATOR), rig.kiosk.file(OTHER)];
    rig.kiosk.wait_arrived(2);
    let device = rig.kiosk.device.clone();
    let refused = |alert: &LinkEvent| match alert {
        LinkEvent::Alert(Alert::Unsigned(_) | Alert::NotOurs(_)) => Some(()),
        _ => None,
    };
    for (recipient, key, order) in [
        (OPERATOR, "city-city-b.receipt", resend()),
        (OTHER, "city-city-b.operate", resend()),
        (OTHER, "city-city-b.receipt", Order::Close),
        (OTHER, "city-city-b.operate", Order::Close),
        (OPERATOR, "city-city-b.operate", Order::Close),
        // The key of receipts is none of the operator's orders.
        (OPERATOR, "city-city-a.receipt", Order::Close),
    ] {
        other.send(&device, &rig.order(recipient, key, order).1);
        rig.kiosk.wait("an alert", refused);
    }
    for id in ids {
        assert_eq!(rig.kiosk.row(&id).state, RowState::Arrived);
    }
    assert!(rig.kiosk.outbox.lock().pending().unwrap().is_empty());
    // Control: the operator's own word is heard.
    let (id, message) = rig.order(OPERATOR, "city-city-a.operate", Order::Close);
    operator.send(&device, &message);
    let heard = rig.kiosk.wait("the order", |event| match event {
        LinkEvent::Command(command) => Some(command.id),
        _ => None,
    });
    assert_eq!(heard, id);
}

#[test]
fn a_city_that_gives_another_number_after_a_restore_is_shown_the_familys_until_it_repeats_it() {
    const LATE: u32 = 4;
    let mut rig = rig();
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let city = rig.city(
        OTHER,
        restored(move |n| {
            count.store(n, Ordering::Relaxed);
            if (1..LATE).contains(&n) { 7 } else { 1 }
        }),
    );
    let id = rig.kiosk.file(OTHER);
    rig.kiosk.wait_arrived(1);
    let (_, message) = rig.order(OTHER, "city-city-b.receipt", resend());
    city.send(&rig.kiosk.device, &message);
    city.wait_times(id, LATE + 1);
    rig.kiosk.wait_until("peace", |kiosk| {
        kiosk.outbox.lock().pending().unwrap().is_empty()
    });
    assert_eq!(asked.load(Ordering::Relaxed), LATE, "and then no more");
    let kept = rig.kiosk.row(&id).answer.unwrap();
    let kept = Receipt::peek(&kept).unwrap();
    assert_eq!((kept.arrival_no, kept.era), (1, 0), "the first one stays");
    let shown = city.reports(|report| matches!(report, Report::Earlier(_)));
    assert_eq!(shown, 1 + (LATE as usize - 1), "with every other number");
}
