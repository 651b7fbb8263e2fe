//! Any bytes as an answer that comes to a device, over the network or on a stick, in front of an outbox with one filing. The filing
//! is settled by what its city signed about it, and by nothing else.

use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;
use ubugoe_edge::outbox::{Config, NewRow, Outbox, Recipients, Retired, RowKind, RowState};
use ubugoe_protocol::{Downlink, FilingId, Receipt, Refusal, StatusNotice, digest, open_down};

use super::{receipt, refusal, status};
use crate::Verdict;
use crate::edits::Source;
use crate::keys::{CITY_SIGN, DEVICE_OPEN, NOW, opening, public, verifying};
use crate::real::{self, CONTENT};
use crate::sealing::{sign1, signed_payload};

/// An outbox in which one filing waits.
struct Desk {
    outbox: Outbox,
    _folder: TempDir,
}

/// Kept between inputs that change nothing: a new database costs more than all decoders.
static DESK: Mutex<Option<Desk>> = Mutex::new(None);

const ROW: FilingId = FilingId::from_bytes([1; 16]);

fn desk() -> Desk {
    let folder = super::folder();
    let mut outbox = Outbox::open(&Config::at(folder.path().join("outbox.db"))).expect("an outbox");
    let row = NewRow {
        id: ROW,
        kind: RowKind::Filing,
        counter: Some(17),
        recipient: real::city(),
        digest: digest(CONTENT),
        sealed: real::ENVELOPE.message.clone(),
        legal_due: None,
    };
    outbox.store(&[2; 16], &[row], b"", NOW).expect("room");
    Desk {
        outbox,
        _folder: folder,
    }
}

pub(super) fn finish() {
    *DESK.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub(crate) fn genuine() -> Vec<(&'static str, Vec<u8>)> {
    let city = public(&CITY_SIGN);
    let inside = |kind: u8, typ, message: &[u8]| {
        let payload = signed_payload(typ, message, &city).expect("signed by the city");
        [&[kind][..], payload].concat()
    };
    vec![
        ("sealed", [&[0][..], &real::DOWNLINK.message].concat()),
        ("receipt", inside(1, receipt::TYP, &real::RECEIPT)),
        ("refusal", inside(2, refusal::TYP, &real::REFUSAL)),
        ("status", inside(3, status::TYP, &real::STATUS)),
        ("bare", [&[4][..], &real::RECEIPT].concat()),
    ]
}

/// Takes it in as the device does: opened if it is sealed, then settled item by item.
fn take_in(outbox: &mut Outbox, message: &Downlink) -> Vec<Vec<u8>> {
    let recipients = Recipients::from([(real::city(), verifying(&CITY_SIGN))]);
    let mut settled = Vec::new();
    match message {
        Downlink::Receipts(items) => {
            let outcomes = outbox.retire_all(items, &recipients, NOW).expect("a disk");
            for (item, outcome) in items.iter().zip(outcomes) {
                if matches!(outcome, Ok(Retired::First(_))) {
                    settled.push(item.clone());
                }
            }
        }
        Downlink::Refusals(items) => {
            let refused = |item: &&Vec<u8>| outbox.refuse(item, &recipients, NOW).is_ok();
            settled.extend(items.iter().filter(refused).cloned());
        }
        Downlink::Statuses(items) => {
            let noted = |item: &&Vec<u8>| outbox.note_status(item, &recipients).is_ok();
            settled.extend(items.iter().filter(noted).cloned());
        }
        _ => {}
    }
    settled
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let kind = source.byte() % 5;
    let rest = source.rest();
    let sign = |typ| vec![sign1(typ, rest, &CITY_SIGN)];
    let message = match kind {
        0 => open_down(rest, &real::device(), &opening(&DEVICE_OPEN)).ok(),
        1 => Some(Downlink::Receipts(sign(receipt::TYP))),
        2 => Some(Downlink::Refusals(sign(refusal::TYP))),
        3 => Some(Downlink::Statuses(sign(status::TYP))),
        _ => Some(Downlink::Receipts(vec![rest.to_vec()])),
    };
    let Some(message) = message else {
        return Verdict::Refused;
    };
    let mut held = DESK.lock().unwrap_or_else(PoisonError::into_inner);
    let mut at = held.take().unwrap_or_else(desk);
    let settled = take_in(&mut at.outbox, &message);
    let row = at.outbox.row(&ROW).expect("a disk").expect("the filing");
    for item in &settled {
        about_the_filing(&message, item);
    }
    let moved = row.state != RowState::Queued;
    let status = matches!(message, Downlink::Statuses(_));
    assert_eq!(moved, !settled.is_empty() && !status, "{row:?}");
    if settled.is_empty() {
        *held = Some(at);
    }
    Verdict::of(!settled.is_empty())
}

/// By our own hand: signed by the city, and about this filing with this content.
fn about_the_filing(message: &Downlink, item: &[u8]) {
    let typ = match message {
        Downlink::Receipts(_) => receipt::TYP,
        Downlink::Refusals(_) => refusal::TYP,
        _ => status::TYP,
    };
    assert!(
        signed_payload(typ, item, &public(&CITY_SIGN)).is_some(),
        "not the city's"
    );
    let right = match message {
        Downlink::Receipts(_) => Receipt::peek(item).is_ok_and(|said| {
            (said.id, said.digest, said.recipient) == (ROW, digest(CONTENT), real::city())
        }),
        Downlink::Refusals(_) => Refusal::peek(item).is_ok_and(|said| {
            let envelope = digest(&real::ENVELOPE.message);
            (said.id, said.envelope, said.recipient) == (ROW, envelope, real::city())
        }),
        _ => StatusNotice::peek(item)
            .is_ok_and(|said| (said.id, said.recipient) == (ROW, real::city())),
    };
    assert!(right, "an answer about something else settled it");
}
