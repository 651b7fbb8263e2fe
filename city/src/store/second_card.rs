//! The second signature with a card at a device: numbers that lead there, and what came back.
//!
//! Answers for a number being taken by one device once, for wrong ones being few, and for a signature landing exactly once:
//! kept, judged and receipted in one transaction. Statements that both databases understand. What a signature is worth is
//! handed in by a [`Weigher`], which is asked inside that transaction.

use std::sync::Arc;

use async_trait::async_trait;
use ubugoe_protocol::{DeviceId, FilingId, Interval, RecipientId, SecondNumber};

use super::nonstop::{Transacts, Tx, cells};
use super::second::{
    KEPT, MOST, SecondKind, SecondSignature, asked_now, count, keep, kept_already, note, protected,
    replaced,
};
use super::{Landed, Moment, ReceiptFacts, Sealer, StoreError, fixed, system_line};
use crate::casework::audit::AuditEntry;
use crate::casework::second::{Outcome, SecondFinding, names_two};

/// Wrong numbers that one device may bring in [`WRONG_WITHIN`] before it is not heard for the rest of it.
const WRONG_OF_DEVICE: i64 = 5;
/// Wrong numbers of all devices together.
const WRONG_OF_ALL: i64 = 50;
/// Seconds.
const WRONG_WITHIN: i64 = 15 * 60;
/// Numbers that may be made for one filing in a day.
const NUMBERS_A_DAY: i64 = 12;
const DAY: i64 = 86_400;
/// A signature that comes later than this after its bytes were handed over does not count any more, seconds.
const FRESH: i64 = 7 * DAY;
/// How far the clocks of a device and of the city may be apart, seconds.
const APART: i64 = 300;

/// A number that is to be given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNumber {
    /// Hash of the number.
    pub number: [u8; 32],
    /// Hash of the family's link from which it is asked for.
    pub link: [u8; 32],
    /// Which filing.
    pub filing: FilingId,
    /// SHA-256 of its bytes, as shown.
    pub digest: [u8; 32],
    /// From when and until when it holds, unix seconds.
    pub span: (i64, i64),
}

/// A device asks what a number leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberAsk {
    /// Who asks.
    pub device: DeviceId,
    /// Whom it asks.
    pub recipient: RecipientId,
    /// Its question.
    pub nonce: [u8; 16],
    /// What was typed.
    pub number: SecondNumber,
}

/// What a number leads to.
#[derive(Clone, PartialEq, Eq)]
pub enum Fetched {
    /// These bytes and the first signature over them, under this ticket.
    Here {
        /// Names this handing-over.
        ticket: [u8; 16],
        /// The bytes.
        canonical: Vec<u8>,
        /// The first signature.
        first: Vec<u8>,
    },
    /// Nowhere.
    Nowhere,
    /// It was not looked at: too many were wrong.
    Busy,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Here { .. } => "Here(…)",
            Self::Nowhere => "Nowhere",
            Self::Busy => "Busy",
        })
    }
}

/// A second signature that came from a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardArrival {
    /// Of the envelope.
    pub id: FilingId,
    /// Who sent it.
    pub device: DeviceId,
    /// For whom.
    pub recipient: RecipientId,
    /// Under which the bytes were handed over.
    pub ticket: [u8; 16],
    /// Detached CMS, DER.
    pub cms: Vec<u8>,
    /// SHA-256 of it.
    pub digest: [u8; 32],
    /// SHA-256 of the envelope as it came.
    pub envelope: [u8; 32],
    /// Between which moments it was signed; `None`: that cannot be followed.
    pub signed: Option<Interval>,
}

/// The bytes, the first signature, the second: whether the second counts, with SHA-256 of its certificate.
pub type Weigher =
    Arc<dyn Fn(&[u8], &[u8], &[u8]) -> Result<([u8; 32], SecondFinding), Outcome> + Send + Sync>;

/// What the city keeps of second signatures with cards. One behaviour, two databases.
#[async_trait]
pub trait SecondCardStore {
    /// Keeps a number in the place of earlier ones of the same filing. `false`: there were too many in a day.
    async fn second_number(&self, number: NewNumber) -> Result<bool, StoreError>;
    /// The hash of the link from which a number was asked for.
    async fn second_number_link(&self, number: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError>;
    /// Hands over what a number leads to, to the first device that asks; the same question is answered again. `open`: the
    /// family's link is.
    async fn second_fetch(
        &self,
        ask: NumberAsk,
        open: bool,
        now: i64,
    ) -> Result<Fetched, StoreError>;
    /// Lands a signature: once, and with its receipt.
    async fn second_land(
        &self,
        arrival: CardArrival,
        weigh: Weigher,
        sealer: Arc<dyn Sealer>,
        now: i64,
    ) -> Result<Landed, StoreError>;
}

/// Under what an attempt with this ticket is kept beside those of the signing service.
fn way(ticket: [u8; 16]) -> [u8; 32] {
    ubugoe_protocol::digest(&[b"ubugoe ticket".as_slice(), &ticket].concat())
}

fn give_out(tx: &dyn Tx, number: &NewNumber) -> Result<bool, StoreError> {
    let (now, until) = number.span;
    tx.run(
        "DELETE FROM second_numbers WHERE given_at < $1",
        cells![now.saturating_sub(KEPT)],
    )?;
    let made = count(
        tx,
        "SELECT count(*) FROM second_numbers WHERE filing = $1 AND given_at > $2",
        cells![number.filing, now.saturating_sub(DAY)],
    )?;
    if made >= NUMBERS_A_DAY {
        return Ok(false);
    }
    // the newest is the one on the screen
    tx.run(
        "UPDATE second_numbers SET ends_at = $2 WHERE filing = $1 AND fetched_at IS NULL AND ends_at > $2",
        cells![number.filing, now],
    )?;
    tx.run(
        "INSERT INTO second_numbers (number_sha256, link_sha256, filing, digest, given_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        cells![
            number.number,
            number.link,
            number.filing,
            number.digest,
            now,
            until
        ],
    )?;
    tx.audit(AuditEntry {
        at: now,
        actor: "family".to_owned(),
        action: "second.number".to_owned(),
        subject: number.filing.to_string(),
        detail: String::new(),
    });
    Ok(true)
}

fn fetch(tx: &dyn Tx, ask: &NumberAsk, open: bool, now: i64) -> Result<Fetched, StoreError> {
    tx.run(
        "DELETE FROM second_misses WHERE at < $1",
        cells![now.saturating_sub(WRONG_WITHIN)],
    )?;
    let device = ask.device.as_str();
    let wrong = count(
        tx,
        "SELECT count(*) FROM second_misses WHERE device = $1",
        cells![device],
    )?;
    let all = count(tx, "SELECT count(*) FROM second_misses", &[])?;
    if wrong >= WRONG_OF_DEVICE || all >= WRONG_OF_ALL {
        return Ok(Fetched::Busy);
    }
    if let Some(found) = found(tx, ask, open, now)? {
        return Ok(found);
    }
    tx.run(
        "INSERT INTO second_misses (device, at) VALUES ($1, $2)",
        cells![device, now],
    )?;
    tx.audit(system_line(now, "second.miss", &device, String::new()));
    Ok(Fetched::Nowhere)
}

fn found(
    tx: &dyn Tx,
    ask: &NumberAsk,
    open: bool,
    now: i64,
) -> Result<Option<Fetched>, StoreError> {
    let number = ask.number.hash();
    let known = tx
        .rows(
            "SELECT n.filing, n.digest, n.ends_at, n.device, n.nonce, f.canonical, f.signature
             FROM second_numbers n JOIN filings f ON f.id = n.filing
             WHERE n.number_sha256 = $1 AND f.recipient = $2 AND f.digest = n.digest AND f.state = 'arrived'",
            cells![number, ask.recipient.as_str()],
        )?
        .into_iter()
        .next();
    let Some(mut row) = known else {
        return Ok(None);
    };
    let (filing, digest): (_, [u8; 32]) = (row.filing()?, fixed("digest", &row.blob()?)?);
    let until = row.int()?;
    let (taken_by, nonce) = (row.maybe_text()?, row.maybe_blob()?);
    let (canonical, first) = (row.blob()?, row.blob()?);
    let device = ask.device.as_str();
    let again = taken_by.as_deref() == Some(device) && nonce.as_deref() == Some(&ask.nonce[..]);
    let free = taken_by.is_none() && now < until;
    let stands = open && names_two(&canonical) && asked_now(tx, filing)? && !protected(tx, filing)?;
    if !(again || free) || !stands {
        return Ok(None);
    }
    let ticket = ask.number.ticket(&ask.nonce);
    if !again {
        let first_device = tx.run(
            "UPDATE second_numbers SET device = $2, nonce = $3, fetched_at = $4
             WHERE number_sha256 = $1 AND device IS NULL",
            cells![number, device, &ask.nonce[..], now],
        )?;
        if first_device == 0 {
            return Ok(None);
        }
        tx.run(
            "INSERT INTO second_signings (way_sha256, filing, digest, reference, begun_at, ends_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            cells![way(ticket), filing, digest, device, now, now + FRESH],
        )?;
        let detail = format!("device={device}");
        tx.audit(system_line(now, "second.fetched", &filing, detail));
    }
    Ok(Some(Fetched::Here {
        ticket,
        canonical,
        first,
    }))
}

/// What was known about this envelope before.
fn known(tx: &dyn Tx, arrival: &CardArrival) -> Result<Option<(bool, Vec<u8>)>, StoreError> {
    let row = tx
        .rows(
            "SELECT digest, device, receipt FROM second_arrivals WHERE id = $1",
            cells![arrival.id],
        )?
        .into_iter()
        .next();
    let Some(mut row) = row else {
        return Ok(None);
    };
    let (digest, device): ([u8; 32], _) = (fixed("digest", &row.blob()?)?, row.text()?);
    let same = digest == arrival.digest && device == arrival.device.as_str();
    Ok(Some((same, row.blob()?)))
}

fn land(
    tx: &dyn Tx,
    arrival: &CardArrival,
    weigh: &Weigher,
    sealer: &dyn Sealer,
    now: i64,
) -> Result<Landed, StoreError> {
    let era = count(
        tx,
        "SELECT coalesce(max(at), 0) FROM eras WHERE recipient = $1",
        cells![arrival.recipient.as_str()],
    )?;
    let moment = Moment { now, era };
    match known(tx, arrival)? {
        Some((true, receipt)) => {
            let receipt = moment.receipt(receipt, sealer)?;
            return Ok(Landed::Again { receipt });
        }
        Some((false, _)) => {
            let refusal = sealer
                .conflict_refusal(arrival.id, arrival.envelope, now)
                .map_err(|source| StoreError::Seal {
                    what: "refusal",
                    source,
                })?;
            return Ok(Landed::Conflict { refusal });
        }
        None => {}
    }
    let before = tx
        .rows(
            "SELECT signed FROM earlier WHERE filing = $1 AND digest = $2 AND device = $3 AND arrival_no = 0",
            cells![arrival.id, arrival.digest, arrival.device.as_str()],
        )?
        .into_iter()
        .next()
        .map(|mut row| row.blob())
        .transpose()?;
    let facts = ReceiptFacts {
        id: arrival.id,
        digest: arrival.digest,
        recipient: arrival.recipient.clone(),
        arrived_at: now,
        arrival_no: 0,
        token: String::new(),
        visit: None,
        signed: None,
        era,
    };
    let receipt = moment.first_receipt(before, &facts, sealer)?;
    let (filing, outcome) = weighed(tx, arrival, weigh, now)?;
    let inserted = tx.run(
        "INSERT INTO second_arrivals (id, recipient, device, digest, filing, outcome, arrived_at, receipt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
        cells![
            arrival.id,
            arrival.recipient.as_str(),
            arrival.device.as_str(),
            arrival.digest,
            filing.map(|id| id.as_bytes().to_vec()),
            outcome.code(),
            now,
            receipt.as_slice(),
        ],
    )?;
    if inserted == 0 {
        return Err(StoreError::Raced {
            doing: "landing a second signature",
        });
    }
    tx.run(
        "UPDATE quarantine SET resolved_at = $2 WHERE wire_sha256 = $1 AND resolved_at IS NULL",
        cells![arrival.envelope, now],
    )?;
    Ok(Landed::New {
        receipt,
        arrival_no: 0,
        copied: false,
    })
}

/// Whether it counts; kept if it does. What the family is told stands with the attempt.
fn weighed(
    tx: &dyn Tx,
    arrival: &CardArrival,
    weigh: &Weigher,
    now: i64,
) -> Result<(Option<FilingId>, Outcome), StoreError> {
    // the one device that was given the bytes, under the ticket of its own question, once
    let way = way(arrival.ticket);
    let asked = tx
        .rows(
            &format!(
                "SELECT w.filing, w.digest, w.begun_at, w.ends_at, f.canonical, f.signature, {}
                 FROM second_signings w JOIN filings f ON f.id = w.filing
                 WHERE w.way_sha256 = $1 AND w.reference = $2 AND w.digest = f.digest AND w.ended_at IS NULL",
                replaced()
            ),
            cells![way, arrival.device.as_str()],
        )?
        .into_iter()
        .next();
    let Some(mut row) = asked else {
        let detail = format!("device={}", arrival.device);
        tx.audit(system_line(now, "second.unasked", &arrival.id, detail));
        return Ok((None, Outcome::Late));
    };
    let (filing, digest) = (row.filing()?, fixed("digest", &row.blob()?)?);
    let (from, until) = (row.int()?, row.int()?);
    let (canonical, first) = (row.blob()?, row.blob()?);
    let replaced = row.flag()?;
    // signed after the bytes were handed over and before the time was up, by a clock that can be followed
    let in_time = arrival
        .signed
        .is_some_and(|signed| signed.until.saturating_add(APART) >= from && signed.from <= until);
    let outcome = if replaced {
        Outcome::Replaced
    } else if !in_time {
        Outcome::Late
    } else if kept_already(tx, filing)? >= MOST {
        Outcome::Already
    } else {
        match weigh(&canonical, &first, &arrival.cms) {
            Err(outcome) => outcome,
            Ok((signer, finding)) => keep(
                tx,
                filing,
                &SecondSignature {
                    signer,
                    kind: SecondKind::Card,
                    digest,
                    given_at: now,
                    cms: arrival.cms.clone(),
                    finding,
                },
            )?,
        }
    };
    tx.run(
        "UPDATE second_signings SET ended_at = $2, outcome = $3, reference = NULL WHERE way_sha256 = $1",
        cells![way, now, outcome.code()],
    )?;
    note(tx, filing, outcome, now);
    Ok((Some(filing), outcome))
}

#[async_trait]
impl<S: Transacts> SecondCardStore for S {
    async fn second_number(&self, number: NewNumber) -> Result<bool, StoreError> {
        self.transact("giving out a number", move |tx| give_out(tx, &number))
            .await
    }

    async fn second_number_link(&self, number: [u8; 32]) -> Result<Option<[u8; 32]>, StoreError> {
        self.transact("looking up a number", move |tx| {
            let row = tx
                .rows(
                    "SELECT link_sha256 FROM second_numbers WHERE number_sha256 = $1",
                    cells![number],
                )?
                .into_iter()
                .next();
            row.map(|mut row| fixed("link", &row.blob()?)).transpose()
        })
        .await
    }

    async fn second_fetch(
        &self,
        ask: NumberAsk,
        open: bool,
        now: i64,
    ) -> Result<Fetched, StoreError> {
        self.transact("handing over what is to be signed", move |tx| {
            fetch(tx, &ask, open, now)
        })
        .await
    }

    async fn second_land(
        &self,
        arrival: CardArrival,
        weigh: Weigher,
        sealer: Arc<dyn Sealer>,
        now: i64,
    ) -> Result<Landed, StoreError> {
        self.transact("landing a second signature", move |tx| {
            land(tx, &arrival, &weigh, sealer.as_ref(), now)
        })
        .await
    }
}
