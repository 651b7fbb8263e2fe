//! Settles rows with what recipients signed. The signature is checked here, next to the row, so that no caller can
//! retire a row by mistake.

use rusqlite::{OptionalExtension, Transaction, params};
use ubugoe_protocol::{
    FilingId, Receipt, RecipientId, Refusal, SignedError, StatusNotice, VerifyingKey,
};

use super::{Outbox, Recipients, StoreError, failed, unsigned};

/// A receipt that verified and matches its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retired {
    /// The row is settled now.
    First(Receipt),
    /// It was settled before: the city answered a duplicate.
    Again(Receipt),
    /// It arrived, now or before, and its recipient's database was restored since: it is going to be sent again.
    Stale(Receipt),
    /// Its recipient was restored since, has it again, and gave it another number than the one that the family holds.
    Renumbered {
        /// What the recipient says now.
        receipt: Receipt,
        /// What it said before; to be shown to it until it repeats it.
        proof: Vec<u8>,
    },
}

/// A refusal that verified and matches its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// The row is a dead letter now.
    First(Refusal),
    /// It was refused before.
    Again(Refusal),
}

/// A status that verified and belongs to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Noted {
    /// Newer than every one before.
    New(StatusNotice),
    /// A repetition, or overtaken by a newer one.
    Old(StatusNotice),
}

/// Why an answer did not settle anything. The row stays as it was.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// It is unreadable or its signature does not verify.
    #[error("the answer does not verify")]
    Signature(#[source] SignedError),
    /// It comes from somebody whose key is not known here.
    #[error("recipient {0} is not known")]
    UnknownRecipient(RecipientId),
    /// There is no such row.
    #[error("there is no filing {0}")]
    NoSuchFiling(FilingId),
    /// It is signed by another recipient than the one the row is for.
    #[error("filing {id} is for {wanted}, the answer is from {found}")]
    OtherRecipient {
        /// Which filing.
        id: FilingId,
        /// For whom it is.
        wanted: RecipientId,
        /// Who answered.
        found: RecipientId,
    },
    /// It is about other content than what was sent under this id.
    #[error("the answer to filing {id} is about other content")]
    OtherContent {
        /// Which filing.
        id: FilingId,
        /// Digest of what was sent, hexadecimal.
        sent: String,
        /// Digest in the answer, hexadecimal.
        answered: String,
    },
    /// A refusal of something the recipient signed a receipt for.
    #[error("filing {0} arrived; its refusal is ignored")]
    AlreadyArrived(FilingId),
    /// The outbox could not keep it.
    #[error("the answer could not be stored")]
    Store(#[from] StoreError),
}

/// What an answer is compared with.
struct Known {
    recipient: RecipientId,
    digest: [u8; 32],
    envelope: [u8; 32],
    state: String,
    again: bool,
    /// When the recipient was last restored, if it ever was.
    era: i64,
}

const DOING: &str = "settling a row";

impl Outbox {
    /// Retires the row a signed receipt is about: it verifies under the recipient's key, comes from the recipient
    /// the row is for, and repeats the digest. Durable on return. The first receipt is the one that is kept.
    pub fn retire(
        &mut self,
        signed: &[u8],
        recipients: &Recipients,
        now: i64,
    ) -> Result<Retired, SettleError> {
        let tx = self.begin(DOING)?;
        let retired = retire(&tx, signed, recipients, now)?;
        tx.commit().map_err(failed(DOING))?;
        Ok(retired)
    }

    /// The same for several receipts with one sync of the disk; each has its own outcome.
    pub fn retire_all(
        &mut self,
        signed: &[Vec<u8>],
        recipients: &Recipients,
        now: i64,
    ) -> Result<Vec<Result<Retired, SettleError>>, StoreError> {
        let tx = self.begin(DOING)?;
        let outcomes = signed
            .iter()
            .map(|s| retire(&tx, s, recipients, now))
            .collect();
        tx.commit().map_err(failed(DOING))?;
        Ok(outcomes)
    }

    /// Makes the row a signed refusal is about a dead letter; its payload stays.
    pub fn refuse(
        &mut self,
        signed: &[u8],
        recipients: &Recipients,
        now: i64,
    ) -> Result<Refused, SettleError> {
        let peeked = Refusal::peek(signed).map_err(unsigned)?;
        let refusal =
            Refusal::verify(signed, key(recipients, &peeked.recipient)?).map_err(unsigned)?;
        let tx = self.begin(DOING)?;
        let known = known(&tx, &refusal.id)?;
        same_recipient(refusal.id, &known, &refusal.recipient)?;
        same_content(refusal.id, known.envelope, refusal.envelope)?;
        match known.state.as_str() {
            "arrived" => return Err(SettleError::AlreadyArrived(refusal.id)),
            "refused" => return Ok(Refused::Again(refusal)),
            _ => {}
        }
        tx.execute(
            "UPDATE filing SET state = 'refused', settled_at = ?2, answer = ?3 WHERE id = ?1",
            params![refusal.id.as_bytes(), now, signed],
        )
        .map_err(failed(DOING))?;
        tx.commit().map_err(failed(DOING))?;
        Ok(Refused::First(refusal))
    }

    /// Keeps a signed status, if it is newer than what is known about the filing.
    pub fn note_status(
        &mut self,
        signed: &[u8],
        recipients: &Recipients,
    ) -> Result<Noted, SettleError> {
        const DOING: &str = "keeping a status";
        let peeked = StatusNotice::peek(signed).map_err(unsigned)?;
        let notice =
            StatusNotice::verify(signed, key(recipients, &peeked.recipient)?).map_err(unsigned)?;
        let tx = self.begin(DOING)?;
        let known = known(&tx, &notice.id)?;
        same_recipient(notice.id, &known, &notice.recipient)?;
        let latest: Option<u32> = tx
            .query_row(
                "SELECT max(seq) FROM status WHERE filing = ?1",
                params![notice.id.as_bytes()],
                |r| r.get(0),
            )
            .map_err(failed(DOING))?;
        if latest.is_some_and(|latest| latest >= notice.seq) {
            return Ok(Noted::Old(notice));
        }
        tx.execute(
            "INSERT INTO status (filing, seq, notice, at) VALUES (?1, ?2, ?3, ?4)",
            params![notice.id.as_bytes(), notice.seq, signed, notice.at],
        )
        .map_err(failed(DOING))?;
        tx.commit().map_err(failed(DOING))?;
        Ok(Noted::New(notice))
    }
}

fn retire(
    tx: &Transaction<'_>,
    signed: &[u8],
    recipients: &Recipients,
    now: i64,
) -> Result<Retired, SettleError> {
    let peeked = Receipt::peek(signed).map_err(unsigned)?;
    let receipt = Receipt::verify(signed, key(recipients, &peeked.recipient)?).map_err(unsigned)?;
    let known = known(tx, &receipt.id)?;
    same_recipient(receipt.id, &known, &receipt.recipient)?;
    same_content(receipt.id, known.digest, receipt.digest)?;
    let stale = receipt.era < known.era;
    if known.state == "arrived" {
        if known.again && stale {
            return Ok(Retired::Stale(receipt));
        }
        if known.again {
            if let Some(proof) = other_number(tx, &receipt)? {
                return Ok(Retired::Renumbered { receipt, proof });
            }
            tx.execute(
                "UPDATE filing SET again = 0 WHERE id = ?1",
                params![receipt.id.as_bytes()],
            )
            .map_err(failed(DOING))?;
        }
        return Ok(Retired::Again(receipt));
    }
    // A receipt also overrules an earlier refusal: the city has it after all.
    tx.execute(
        "UPDATE filing SET state = 'arrived', settled_at = ?2, answer = ?3, arrived_at = ?4, again = ?5, trouble = NULL WHERE id = ?1",
        params![receipt.id.as_bytes(), now, signed, receipt.arrived_at, stale],
    )
    .map_err(failed(DOING))?;
    tx.execute(
        "UPDATE clock SET floor = ?1 WHERE floor < ?1",
        params![receipt.arrived_at],
    )
    .map_err(failed(DOING))?;
    if stale {
        return Ok(Retired::Stale(receipt));
    }
    Ok(Retired::First(receipt))
}

/// The receipt that is kept, if it has another number than this one.
fn other_number(tx: &Transaction<'_>, receipt: &Receipt) -> Result<Option<Vec<u8>>, SettleError> {
    let kept: Vec<u8> = tx
        .query_row(
            "SELECT answer FROM filing WHERE id = ?1",
            params![receipt.id.as_bytes()],
            |r| r.get(0),
        )
        .map_err(failed(DOING))?;
    let said = Receipt::peek(&kept).map_err(unsigned)?;
    Ok((said.arrival_no != receipt.arrival_no).then_some(kept))
}

fn key<'a>(recipients: &'a Recipients, id: &RecipientId) -> Result<&'a VerifyingKey, SettleError> {
    recipients
        .get(id)
        .ok_or_else(|| SettleError::UnknownRecipient(id.clone()))
}

fn known(tx: &Transaction<'_>, id: &FilingId) -> Result<Known, SettleError> {
    let found = tx
        .prepare_cached(
            "SELECT recipient, digest, envelope, state, again,
                    coalesce((SELECT at FROM era WHERE era.recipient = filing.recipient), 0)
             FROM filing WHERE id = ?1",
        )
        .and_then(|mut s| {
            s.query_row(params![id.as_bytes()], |r| {
                let again = r.get::<_, i64>(4)? == 1;
                let era: i64 = r.get(5)?;
                Ok((
                    r.get::<_, String>(0)?,
                    r.get(1)?,
                    r.get(2)?,
                    r.get(3)?,
                    again,
                    era,
                ))
            })
            .optional()
        })
        .map_err(failed(DOING))?;
    let (recipient, digest, envelope, state, again, era) =
        found.ok_or(SettleError::NoSuchFiling(*id))?;
    let recipient = recipient
        .parse()
        .map_err(|_| StoreError::Unreadable { what: "recipient" })?;
    Ok(Known {
        recipient,
        digest,
        envelope,
        state,
        again,
        era,
    })
}

fn same_recipient(id: FilingId, known: &Known, found: &RecipientId) -> Result<(), SettleError> {
    if known.recipient == *found {
        Ok(())
    } else {
        Err(SettleError::OtherRecipient {
            id,
            wanted: known.recipient.clone(),
            found: found.clone(),
        })
    }
}

fn same_content(id: FilingId, sent: [u8; 32], answered: [u8; 32]) -> Result<(), SettleError> {
    if sent == answered {
        Ok(())
    } else {
        Err(SettleError::OtherContent {
            id,
            sent: hex::encode(sent),
            answered: hex::encode(answered),
        })
    }
}
