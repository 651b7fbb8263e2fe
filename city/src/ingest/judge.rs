//! Opens one message and says what it is: a filing that arrived, or something for the quarantine.
//!
//! Pure but for random tokens. Must not store or send anything, and must not judge what only an officer may:
//! doubts become reason codes.

use sha2::{Digest, Sha256};
use ubugoe_protocol::cades::{self, CadesError};
use ubugoe_protocol::{DeviceId, Incoming, OpenError, Opened, RefusalReason, Report};

use super::{Desk, Message};
use crate::casework::facts;
use crate::receipt::CitySealer;
use crate::store::{Arrival, Finding, NewQuarantine, Piece, QuarantineReason, SignatureFinding};

/// The one content schema this program reads.
const SCHEMA: &str = "ubugoe-filing/1";

/// Text that may go into a log line or a database column: no control characters, bounded.
pub(super) fn tidy(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(300)
        .collect()
}

/// What one message turned out to be.
pub(super) enum Judged {
    /// A filing.
    Filing(Box<Arrival>),
    /// A piece of an attachment.
    Piece(Box<Piece>),
    /// Word from the device itself.
    Report(DeviceId, Report),
}

/// Judges one message.
pub(super) fn judge(
    desk: &Desk,
    sealer: &CitySealer,
    message: Message,
    now: i64,
) -> Result<Judged, Box<NewQuarantine>> {
    match examine(desk, &message, now) {
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
                wire: message.wire,
                device: message.device,
                reason,
                detail: tidy(&detail),
                refusal,
            }))
        }
    }
}

/// Whether a quarantined message would land now.
pub(super) fn would_land(desk: &Desk, message: &Message) -> bool {
    examine(desk, message, 0).is_ok()
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

fn examine(desk: &Desk, message: &Message, now: i64) -> Result<Judged, Rejected> {
    let device_key =
        |id: &ubugoe_protocol::DeviceId| desk.devices.get(id).map(|device| device.sign);
    let incoming = ubugoe_protocol::open_any(&message.wire, &desk.keys.open, device_key)
        .map_err(|error| unopened(&error))?;
    let header = match &incoming {
        Incoming::Filing(opened) => &opened.header,
        Incoming::Chunk { header, .. } | Incoming::Report { header, .. } => header,
    };
    if message.device.as_ref() != Some(&header.device) {
        let detail = format!("the envelope names {}", header.device);
        return Err(Rejected::silent(QuarantineReason::DeviceMismatch, &detail));
    }
    if header.recipient != desk.office.recipient {
        let detail = format!("for {}", header.recipient);
        return Err(Rejected {
            reason: QuarantineReason::WrongRecipient,
            detail,
            opened: Some(header.id),
        });
    }
    match incoming {
        Incoming::Filing(opened) => filing(desk, message, opened, now).map(Judged::Filing),
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
        Incoming::Report { header, report } => Ok(Judged::Report(header.device, report)),
    }
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
    let signed = opened.body.time.interval(now).ok();
    let cx = facts::Context {
        catalogue: &desk.catalogue,
        municipality: desk.office.municipality,
        created: header.created,
        now,
        signed,
    };
    let content = facts::from_canonical(&opened.body.canonical, signature, &cx)
        .map_err(|error| Rejected::silent(QuarantineReason::UnreadableContent, &error))?;
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
