//! Any content in an envelope that a city opens, as it arrives on a stick: judged, stored, answered. What lands has a receipt for
//! exactly what came; whatever else comes is set aside, and the city goes on.

use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use ubugoe_city::config::Config;
use ubugoe_city::ingest::{Carried, Ingest};
use ubugoe_city::server::open_ingest;
use ubugoe_protocol::{
    Downlink, FilingBody, FilingId, Header, Incoming, Receipt, Refusal, VisitTree, digest,
    open_down, seal,
};

use super::city_config::read;
use super::envelope::{around, header, opened};
use crate::Verdict;
use crate::edits::Source;
use crate::keys::{
    CITY_OPEN, CITY_SIGN, DEVICE_OPEN, DEVICE_SIGN, NOW, opening, sealing, signing, verifying,
};
use crate::real;

/// A city that runs nothing but its ingest.
struct City {
    ingest: Ingest,
    runtime: Runtime,
    /// Envelopes that it took in.
    count: usize,
    _folder: TempDir,
}

/// Kept between inputs, and begun anew before its database is large.
static CITY: Mutex<Option<City>> = Mutex::new(None);
const MOST: usize = 2000;

fn city() -> City {
    let folder = super::folder();
    let text = real::CONFIG
        .replace("id = \"asukoe\"", "id = \"city-a1\"")
        .replace("ward-1", "kiosk-07");
    let config = Config::from_toml(&text, folder.path(), &read).expect("a configuration");
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let clock = Arc::new(|| jiff::Timestamp::from_second(NOW).expect("a time"));
    let ingest = runtime
        .block_on(open_ingest(config, clock))
        .expect("a city");
    City {
        ingest,
        runtime,
        count: 0,
        _folder: folder,
    }
}

pub(super) fn finish() {
    *CITY.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub(crate) fn genuine() -> Vec<(&'static str, Vec<u8>)> {
    let of = |kind: u8, content: &[u8]| [&[kind][..], content].concat();
    let canonical = real::canonical("shussei_todoke").expect("an invented family can file");
    vec![
        ("body", of(0, &real::ENVELOPE.plaintext)),
        ("piece", of(1, &real::PIECE.plaintext)),
        ("word", of(2, &real::WORD.plaintext)),
        ("filing", of(3, &canonical)),
        ("signature", of(4, &real::SIGNATURE.message)),
    ]
}

/// A filing with this content, whole in itself.
fn filing(canonical: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let sum = digest(&[canonical, signature].concat());
    let id = sum.first_chunk::<16>().copied().unwrap_or_default();
    let header = Header {
        id: FilingId::from_bytes(id),
        ..real::header()
    };
    let visit = VisitTree::new([1; 16], vec![digest(canonical)])?.proof(0)?;
    let body = FilingBody {
        canonical: canonical.to_vec(),
        signature: signature.to_vec(),
        attachments: Vec::new(),
        visit,
        ..real::body()
    };
    seal(&header, &body, &sealing(&CITY_OPEN), &signing(&DEVICE_SIGN)).ok()
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let kind = source.byte() % 5;
    let rest = source.rest();
    let envelope = match kind {
        0 => Some(around(&real::ENVELOPE.header, rest)),
        1 => Some(around(&real::PIECE.header, rest)),
        2 => Some(around(&real::WORD.header, rest)),
        3 => filing(rest, b""),
        _ => filing(real::CONTENT, rest),
    };
    let Some(envelope) = envelope else {
        return Verdict::Refused;
    };
    let mut held = CITY.lock().unwrap_or_else(PoisonError::into_inner);
    let mut at = match held.take() {
        Some(city) if city.count < MOST => city,
        _ => city(),
    };
    at.count += 1;
    let carried = at.runtime.block_on(at.ingest.carry(envelope.clone()));
    *held = Some(at);
    drop(held);
    let carried = carried.expect("the store works, and nobody panicked");
    let incoming = opened(&envelope);
    match (carried, incoming) {
        (Carried::Landed(answer), Ok(incoming)) => {
            let Downlink::Receipts(items) = answered(answer) else {
                panic!("landed, and no receipt");
            };
            for item in items {
                let receipt = Receipt::verify(&item, &verifying(&CITY_SIGN)).expect("the city's");
                let came = match &incoming {
                    Incoming::Filing(opened) => Some(opened.digest),
                    Incoming::Chunk { digest, .. } | Incoming::Second { digest, .. } => {
                        Some(*digest)
                    }
                    Incoming::Report { .. } => None,
                };
                assert_eq!(Some(receipt.digest), came, "a receipt for something else");
                assert_eq!(receipt.id, header(&incoming).id);
            }
            Verdict::Taken
        }
        (Carried::Refused(answer), Ok(_)) => {
            let Downlink::Refusals(items) = answered(answer) else {
                panic!("refused, and no refusal");
            };
            for item in items {
                let refusal = Refusal::verify(&item, &verifying(&CITY_SIGN)).expect("the city's");
                assert_eq!(refusal.envelope, digest(&envelope));
            }
            Verdict::Refused
        }
        (Carried::Aside, _) => Verdict::Refused,
        (carried, Err(error)) => panic!("{carried:?}, and it does not open: {error}"),
    }
}

fn answered(answer: Option<Vec<u8>>) -> Downlink {
    let answer = answer.expect("the device is not revoked");
    open_down(&answer, &real::device(), &opening(&DEVICE_OPEN)).expect("for this device")
}
