//! Opens one message and says what it is: a filing that arrived, a piece of an attachment, word from the device, or
//! something for the quarantine.
//!
//! Pure but for random tokens. Must not store or send anything, and must not judge what only an officer may:
//! doubts become reason codes.

use sha2::{Digest, Sha256};
use ubugoe_protocol::cades::{self, CadesError};
use ubugoe_protocol::{
    DeviceId, Header, Incoming, OpenError, Opened, Receipt, RefusalReason, Report, TimeNotice,
};

use super::{Desk, Message};
use crate::Clock;
use crate::casework::{ReasonCode, facts};
use crate::receipt::CitySealer;
use crate::store::second_card::{CardArrival, NumberAsk};
use crate::store::{
    Arrival, Finding, NewQuarantine, Piece, QuarantineReason, Reason, Said, SignatureFinding, Word,
};

/// The one content schema of filings this program reads.
const SCHEMA: &str = "ubugoe-filing/1";

/// What a message turned out to be.
pub(super) enum Judged {
    /// A filing.
    Filing(Box<Arrival>),
    /// A piece of an attachment.
    Piece(Box<Piece>),
    /// Word from a device that the store keeps.
    Said(Said),
    /// A question for the time, with its signed answer: at once, and without the store.
    Time(DeviceId, Vec<u8>),
    /// A second signature.
    Second(Box<CardArrival>),
    /// A number for a second signature was typed.
    Ask(NumberAsk),
    /// Nothing to keep and nobody to answer.
    Nothing,
}

/// Text that may go into a log line or a database column: no control characters, bounded.
pub(super) fn tidy(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect()
}

/// Judges one message.
pub(super) fn judge(
    desk: &Desk,
    sealer: &CitySealer,
    message: &Message,
    clock: &Clock,
) -> Result<Judged, Box<NewQuarantine>> {
    let now = clock().as_second();
    match examine(desk, message, clock) {
        Ok(judged) => Ok(judged),
        Err(Rejected {
            reason,
            detail,
            opened,
        }) => {
            let refusal = opened.and_then(|id| {
                let envelope = Sha256::digest(&message.wire).into();
                sealer
                    .refusal(id, envelope, RefusalReason::WrongRecipient, now)
                    .ok()
            });
            Err(Box::new(NewQuarantine {
                wire: message.wire.clone(),
                device: message.device.clone(),
                reason,
                detail: tidy(&detail),
                refusal,
            }))
        }
    }
}

/// Whether a quarantined message would land now.
pub(super) fn would_land(desk: &Desk, message: &Message, clock: &Clock) -> bool {
    examine(desk, message, clock).is_ok()
}

struct Rejected {
    reason: QuarantineReason,
    detail: String,
    /// Id to refuse by name, only for what no repair on our side can change.
    opened: Option<ubugoe_protocol::FilingId>,
}

impl Rejected {
    fn silent(reason: QuarantineReason, detail: &dyn ToString) -> Self {
        Self {
            reason,
            detail: detail.to_string(),
            opened: None,
        }
    }
}

fn examine(desk: &Desk, message: &Message, clock: &Clock) -> Result<Judged, Rejected> {
    let device_key = |id: &DeviceId| desk.devices.get(id).map(|device| device.sign);
    let incoming = ubugoe_protocol::open_any(&message.wire, &desk.keys.open, device_key)
        .map_err(|error| unopened(&error))?;
    let header = match &incoming {
        Incoming::Filing(opened) => &opened.header,
        Incoming::Chunk { header, .. }
        | Incoming::Report { header, .. }
        | Incoming::Second { header, .. } => header,
    };
    addressed(desk, message, &incoming, header)?;
    let revoked_at = desk
        .devices
        .get(&header.device)
        .and_then(|device| device.revoked_at);
    if let Some(revoked_at) = revoked_at {
        trusted(&incoming, revoked_at, clock().as_second())?;
    }
    match incoming {
        Incoming::Filing(opened) => {
            filing(desk, message, opened, clock().as_second()).map(Judged::Filing)
        }
        Incoming::Chunk {
            header,
            chunk,
            digest,
        } => Ok(Judged::Piece(Box::new(Piece {
            id: header.id,
            device: header.device,
            recipient: header.recipient,
            chunk,
            digest,
            wire: message.wire.clone(),
        }))),
        Incoming::Report { header, report } => Ok(word(desk, &header, report, clock)),
        Incoming::Second {
            header,
            body,
            digest,
        } => Ok(Judged::Second(Box::new(CardArrival {
            id: header.id,
            device: header.device,
            recipient: header.recipient,
            ticket: body.ticket,
            signed: body.time.interval(clock().as_second()).ok(),
            cms: body.signature,
            digest,
            envelope: Sha256::digest(&message.wire).into(),
        }))),
    }
}

/// Whether the envelope came on the topic of the device that sealed it, or of one that may carry it, and is for this city.
///
/// A trusted device may carry what another one filed: the seal says whose it is, and it lands once whoever brings it. What a
/// device says for itself only itself can say.
fn addressed(
    desk: &Desk,
    message: &Message,
    incoming: &Incoming,
    header: &Header,
) -> Result<(), Rejected> {
    let own = message.device.as_ref() == Some(&header.device);
    let brought_by = message.device.as_ref().and_then(|id| desk.devices.get(id));
    let carried = brought_by.is_some_and(|device| device.revoked_at.is_none())
        && !matches!(incoming, Incoming::Report { .. });
    if !own && !carried {
        let detail = format!("the envelope names {}", header.device);
        return Err(Rejected::silent(QuarantineReason::DeviceMismatch, &detail));
    }
    if header.recipient == desk.office.recipient {
        return Ok(());
    }
    Err(Rejected {
        reason: QuarantineReason::WrongRecipient,
        detail: format!("for {}", header.recipient),
        opened: Some(header.id),
    })
}

/// Whether this comes from before its device was revoked. A filing must prove it by its time; a piece of an attachment
/// proves nothing and needs nothing, for its filing names it by hash; word of the device does not count any more.
fn trusted(incoming: &Incoming, revoked_at: i64, now: i64) -> Result<(), Rejected> {
    let signed = match incoming {
        Incoming::Filing(opened) => opened.body.time.interval(now).ok().map(|time| time.until),
        Incoming::Second { body, .. } => body.time.interval(now).ok().map(|time| time.until),
        Incoming::Chunk { header, .. } => Some(header.created),
        Incoming::Report { .. } => None,
    };
    if signed.is_some_and(|until| until <= revoked_at) {
        return Ok(());
    }
    let detail = signed.map_or_else(
        || "no time that can be followed".to_owned(),
        |until| format!("signed until {until}, revoked at {revoked_at}"),
    );
    Err(Rejected::silent(QuarantineReason::RevokedDevice, &detail))
}

/// What a device says for itself. Whatever of it makes no sense is logged and dropped: it is said anew.
fn word(desk: &Desk, header: &Header, report: Report, clock: &Clock) -> Judged {
    let device = header.device.clone();
    let word = match report {
        Report::TimeAsk(nonce) => return time(desk, device, nonce, clock),
        Report::SecondAsk { nonce, number } => {
            return Judged::Ask(NumberAsk {
                device,
                recipient: desk.office.recipient.clone(),
                nonce,
                number,
            });
        }
        Report::Seen(mut notices) => {
            // rows are taken in one order, so that two programs on one database wait instead of deadlock
            notices.sort_unstable();
            Word::Seen(notices)
        }
        Report::Earlier(receipts) => Word::Earlier(own_receipts(desk, &device, receipts)),
        Report::Update { id, state, detail } => Word::Update {
            id,
            state,
            detail: tidy(&detail),
        },
        Report::Command {
            id,
            outcome,
            detail,
        } => Word::Command {
            id,
            outcome,
            detail: tidy(&detail),
        },
        Report::CertificateAsk(csr) => Word::CertificateAsk(csr),
    };
    Judged::Said(Said { device, word })
}

/// The time, signed. Between question and answer lies only the way.
fn time(desk: &Desk, device: DeviceId, nonce: [u8; 16], clock: &Clock) -> Judged {
    let notice = TimeNotice {
        nonce,
        device: device.clone(),
        recipient: desk.office.recipient.clone(),
        at_ms: u64::try_from(clock().as_millisecond()).unwrap_or(0),
    };
    match notice.sign(&desk.keys.sign) {
        Ok(signed) => Judged::Time(device, signed),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot sign the time"
            );
            Judged::Nothing
        }
    }
}

/// Those receipts that this city's own key signed, in the order of their filings.
fn own_receipts(desk: &Desk, device: &DeviceId, receipts: Vec<Vec<u8>>) -> Vec<(Receipt, Vec<u8>)> {
    let Ok(key) = desk.keys.sign.verifying() else {
        return Vec::new();
    };
    let mut own = Vec::with_capacity(receipts.len());
    for signed in receipts {
        match Receipt::verify(&signed, &key) {
            Ok(receipt) if receipt.recipient == desk.office.recipient => {
                own.push((receipt, signed));
            }
            Ok(receipt) => {
                tracing::warn!(%device, recipient = %receipt.recipient, "a receipt of somebody else");
            }
            Err(error) => tracing::warn!(
                %device,
                error = &error as &dyn std::error::Error,
                "a receipt that this city did not sign"
            ),
        }
    }
    own.sort_by_key(|(receipt, _)| receipt.id);
    own
}

fn filing(
    desk: &Desk,
    message: &Message,
    opened: Opened,
    now: i64,
) -> Result<Box<Arrival>, Rejected> {
    let header = &opened.header;
    if header.schema != SCHEMA {
        return Err(Rejected::silent(
            QuarantineReason::UnsupportedKind,
            &header.schema,
        ));
    }
    let signature = check_signature(desk, &opened, now);
    let cx = facts::Context {
        catalogue: &desk.catalogue,
        municipality: desk.office.municipality,
        created: header.created,
        now,
    };
    let mut content = facts::from_canonical(&opened.body.canonical, signature, &cx)
        .map_err(|error| Rejected::silent(QuarantineReason::UnreadableContent, &error))?;
    let signed = match opened.body.time.interval(now) {
        Ok(signed) => Some(signed),
        Err(error) => {
            content.facts.reasons.push(Reason {
                code: ReasonCode::TimeContradiction,
                detail: Some(error.to_string()),
            });
            None
        }
    };
    let fresh_token = crate::random_token()
        .map_err(|error| Rejected::silent(QuarantineReason::UnreadableContent, &error))?;
    let Opened {
        header,
        body,
        digest,
    } = opened;
    Ok(Box::new(Arrival {
        id: header.id,
        device: header.device,
        recipient: header.recipient,
        case: header.case,
        case_seq: header.case_seq,
        schema: header.schema,
        created: header.created,
        digest,
        canonical: body.canonical,
        signature: body.signature,
        procedure: content.procedure,
        child_key: content.child_key,
        due: content.due,
        facts: content.facts,
        terms: content.terms,
        fresh_token,
        wire: message.wire.clone(),
        counter: body.time.counter,
        signed,
        visit: body.visit.place,
        attachments: body.attachments,
    }))
}

fn unopened(error: &OpenError) -> Rejected {
    let reason = match error {
        OpenError::Wire(_) | OpenError::Shape => QuarantineReason::Malformed,
        OpenError::UnknownDevice(_) => QuarantineReason::UnknownDevice,
        OpenError::DeviceSignature(_) => QuarantineReason::BadDeviceSignature,
        OpenError::OtherKey { .. } | OpenError::Undecryptable | OpenError::Key(_) => {
            QuarantineReason::Undecryptable
        }
        OpenError::OtherAddressee(_) => QuarantineReason::WrongRecipient,
        OpenError::Kind(_) => QuarantineReason::UnsupportedKind,
    };
    Rejected::silent(reason, error)
}

/// Checks the parent's signature at arrival, part by part.
fn check_signature(desk: &Desk, opened: &Opened, now: i64) -> SignatureFinding {
    use Finding::{Bad, Ok as Good, Unknown};
    let verdict = cades::verify(
        &opened.body.signature,
        &opened.body.canonical,
        &desk.trust,
        now,
    );
    let (math, chain, validity) = match &verdict {
        Ok(_) => (Good, Good, Good),
        Err(CadesError::NotValidAt { .. }) => (Good, Good, Bad),
        Err(
            CadesError::NoIssuer
            | CadesError::IssuerSignature
            | CadesError::NoAnchors
            | CadesError::Usage { .. }
            | CadesError::Policy { .. }
            | CadesError::CriticalExtension(_),
        ) => (Good, Bad, Unknown),
        Err(_) => (Bad, Unknown, Unknown),
    };
    SignatureFinding {
        math,
        chain,
        validity,
        // only registered verifiers may ask the authority (公的個人認証法 17条); nobody asked
        revocation: Unknown,
        subject: verdict
            .as_ref()
            .ok()
            .map(|verified| verified.subject.clone()),
        serial: verdict
            .as_ref()
            .ok()
            .map(|verified| verified.serial.clone()),
        problem: verdict.err().map(|error| tidy(&error.to_string())),
    }
}
