//! What a device has to say for itself: that it keeps a notice, how an update went, what it wants to know.
//!
//! Reports are answers to messages that are repeated until they are answered, or questions that are asked again. So
//! none of them needs an outbox: whichever is lost is said anew.

use ciborium::Value;

use crate::command::CommandId;
use crate::envelope::seal_value;
use crate::update::UpdateId;
use crate::wire::{self, Fields, WireError};
use crate::{
    FilingId, Header, Kind, MAX_ENVELOPE, RecipientPublicKey, SealError, SecondNumber, SigningKey,
};

const WHAT: &str = "report";
const MAX_ITEMS: usize = 256;
const MAX_DETAIL: usize = 500;
const MAX_CSR: usize = 8 * 1024;
const MAX_RECEIPT: usize = crate::receipt::MAX;

/// How far an update has come on a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateState {
    /// All parts are here and their hash is right.
    Staged,
    /// In use, and every check passed.
    Healthy,
    /// A check failed: the one before is in use again.
    Failed,
    /// Taken back by order: the one before is in use again.
    Withdrawn,
}

impl UpdateState {
    const ALL: [Self; 4] = [Self::Staged, Self::Healthy, Self::Failed, Self::Withdrawn];

    const fn code(self) -> u64 {
        match self {
            Self::Staged => 1,
            Self::Healthy => 2,
            Self::Failed => 3,
            Self::Withdrawn => 4,
        }
    }
}

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done, now or before.
    Done,
    /// Not done, for the reason in the detail.
    Refused,
}

/// Word from a device. Texts are for staff and logs: at most 500 bytes, and they name no person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Report {
    /// These status notices are on disk: filing and number of the notice; at most 256.
    Seen(Vec<(FilingId, u32)>),
    /// What time is it? The answer repeats the 16 random bytes.
    TimeAsk([u8; 16]),
    /// How an update went.
    Update {
        /// Which.
        id: UpdateId,
        /// How far it has come.
        state: UpdateState,
        /// What failed, if something did.
        detail: String,
    },
    /// What became of a command.
    Command {
        /// Which.
        id: CommandId,
        /// Whether it was done.
        outcome: Outcome,
        /// Figures asked for, or why not.
        detail: String,
    },
    /// A request for a new certificate: PKCS #10, DER, at most 8 KiB. Its subject is the device's own id.
    CertificateAsk(Vec<u8>),
    /// Receipts this city signed and may have lost since, for rows that are sent again; at most 256.
    Earlier(Vec<Vec<u8>>),
    /// Somebody at this device typed a number to sign what was signed first. The answer repeats the 16 random bytes; asked again
    /// with the same ones, it is the same.
    SecondAsk {
        /// Random bytes of the device, anew for every number that is typed.
        nonce: [u8; 16],
        /// What was typed.
        number: SecondNumber,
    },
}

impl Report {
    fn to_value(&self) -> Result<Value, WireError> {
        let out = |field| WireError::OutOfRange { what: WHAT, field };
        let texts_ok = |text: &str| {
            if text.len() > MAX_DETAIL {
                Err(out("detail"))
            } else {
                Ok(Value::from(text))
            }
        };
        let counted = |n: usize| {
            if (1..=MAX_ITEMS).contains(&n) {
                Ok(())
            } else {
                Err(out("items"))
            }
        };
        let (kind, mut rest) = match self {
            Self::Seen(items) => {
                counted(items.len())?;
                let pair = |(id, seq): &(FilingId, u32)| {
                    Value::Array(vec![
                        Value::Bytes(id.as_bytes().to_vec()),
                        Value::from(*seq),
                    ])
                };
                (1, vec![(2, Value::Array(items.iter().map(pair).collect()))])
            }
            Self::TimeAsk(nonce) => (2, vec![(2, Value::Bytes(nonce.to_vec()))]),
            Self::Update { id, state, detail } => (
                3,
                vec![
                    (2, Value::Bytes(id.as_bytes().to_vec())),
                    (3, Value::from(state.code())),
                    (4, texts_ok(detail)?),
                ],
            ),
            Self::Command {
                id,
                outcome,
                detail,
            } => (
                4,
                vec![
                    (2, Value::Bytes(id.as_bytes().to_vec())),
                    (3, Value::from(u8::from(*outcome == Outcome::Done))),
                    (4, texts_ok(detail)?),
                ],
            ),
            Self::CertificateAsk(csr) => {
                if csr.is_empty() || csr.len() > MAX_CSR {
                    return Err(out("request"));
                }
                (5, vec![(2, Value::Bytes(csr.clone()))])
            }
            Self::Earlier(items) => {
                counted(items.len())?;
                if items.iter().any(|i| i.len() > MAX_RECEIPT) {
                    return Err(out("receipt"));
                }
                let list = items.iter().map(|i| Value::Bytes(i.clone())).collect();
                (6, vec![(2, Value::Array(list))])
            }
            Self::SecondAsk { nonce, number } => (
                7,
                vec![
                    (2, Value::Bytes(nonce.to_vec())),
                    (3, Value::from(number.digits())),
                ],
            ),
        };
        let mut fields = vec![(1, Value::from(kind))];
        fields.append(&mut rest);
        Ok(wire::map(fields))
    }

    pub(crate) fn from_plaintext(plaintext: &[u8]) -> Result<Self, WireError> {
        let out = |field| WireError::OutOfRange { what: WHAT, field };
        let mut f = Fields::open(WHAT, wire::decode(WHAT, plaintext, MAX_ENVELOPE)?)?;
        let report = match f.uint(1, "kind", 255)? {
            1 => Self::Seen(
                f.list(2, "items", MAX_ITEMS)?
                    .into_iter()
                    .map(seen)
                    .collect::<Result<_, _>>()?,
            ),
            2 => Self::TimeAsk(f.array(2, "nonce")?),
            3 => Self::Update {
                id: UpdateId::from_bytes(f.array(2, "id")?),
                state: {
                    let code = f.uint(3, "state", 255)?;
                    UpdateState::ALL
                        .into_iter()
                        .find(|s| s.code() == code)
                        .ok_or_else(|| out("state"))?
                },
                detail: f.text(4, "detail", MAX_DETAIL)?,
            },
            4 => Self::Command {
                id: CommandId::from_bytes(f.array(2, "id")?),
                outcome: match f.uint(3, "outcome", 255)? {
                    0 => Outcome::Refused,
                    1 => Outcome::Done,
                    _ => return Err(out("outcome")),
                },
                detail: f.text(4, "detail", MAX_DETAIL)?,
            },
            5 => Self::CertificateAsk(f.bytes(2, "request", MAX_CSR)?),
            6 => Self::Earlier(
                f.list(2, "items", MAX_ITEMS)?
                    .into_iter()
                    .map(|v| wire::bytes_of(WHAT, "receipt", v, MAX_RECEIPT))
                    .collect::<Result<_, _>>()?,
            ),
            7 => Self::SecondAsk {
                nonce: f.array(2, "nonce")?,
                number: f
                    .text(3, "number", crate::second::DIGITS)?
                    .parse()
                    .map_err(|_| out("number"))?,
            },
            _ => return Err(out("kind")),
        };
        f.finish()?;
        // Limits hold for the reader as for the writer.
        report.to_value().map(|_| report)
    }
}

fn seen(value: Value) -> Result<(FilingId, u32), WireError> {
    let wrong = || WireError::WrongType {
        what: WHAT,
        field: "items",
        expected: "pairs",
    };
    let pair = value.into_array().map_err(|_| wrong())?;
    let [id, seq] = <[Value; 2]>::try_from(pair).map_err(|_| wrong())?;
    let id = <[u8; 16]>::try_from(wire::bytes_of(WHAT, "items", id, 16)?).map_err(|_| wrong())?;
    let seq = wire::uint_of(WHAT, "items", seq, u64::from(u32::MAX))?;
    Ok((
        FilingId::from_bytes(id),
        u32::try_from(seq).map_err(|_| wrong())?,
    ))
}

/// Seals a report to a recipient.
pub fn seal_report(
    header: &Header,
    report: &Report,
    to: &RecipientPublicKey,
    device: &SigningKey,
) -> Result<Vec<u8>, SealError> {
    let content = report.to_value().map_err(SealError::Field)?;
    seal_value(Kind::Report, header, &content, to, device)
}
