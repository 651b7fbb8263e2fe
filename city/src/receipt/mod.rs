//! What the city signs: receipts, refusals, statuses; and how long it goes on sending statuses.
//!
//! Answers for the signed shapes and their words. Must not store or send anything. A receipt proves arrival (到達)
//! of exact bytes at a time; it says nothing about whether the filing is complete or its signature good.

pub mod outbox;

use ubugoe_protocol::{
    CaseState, FilingId, Receipt, RecipientId, Refusal, RefusalReason, SigningKey, StatusNotice,
    VERSION,
};

use crate::casework::{FilingState, ReturnReason};
use crate::store::{ReceiptFacts, SealFailure, Sealer, StatusFacts};

/// Longest officer's note, in bytes, so that reason and note fit a status notice (2,048 bytes).
pub const MAX_NOTE: usize = 1_500;

/// Signs in the name of one recipient.
#[derive(Debug)]
pub struct CitySealer {
    recipient: RecipientId,
    key: SigningKey,
    /// `<public_url>/f/`, without the token.
    family_base: String,
}

impl CitySealer {
    /// A sealer for `recipient`; `public_url` has no final slash.
    #[must_use]
    pub fn new(recipient: RecipientId, key: SigningKey, public_url: &str) -> Self {
        Self {
            recipient,
            key,
            family_base: format!("{public_url}/f/"),
        }
    }
}

impl Sealer for CitySealer {
    fn receipt(&self, facts: &ReceiptFacts) -> Result<Vec<u8>, SealFailure> {
        let receipt = Receipt {
            v: VERSION,
            id: facts.id,
            digest: facts.digest,
            recipient: facts.recipient.clone(),
            arrived_at: facts.arrived_at,
            arrival_no: facts.arrival_no,
            status_token: facts.token.clone(),
            // a piece of an attachment has no page of its own
            status_url: if facts.token.is_empty() {
                String::new()
            } else {
                self.family_base.clone()
            },
            visit: facts.visit,
            signed: facts.signed,
            era: facts.era,
        };
        Ok(receipt.sign(&self.key)?)
    }

    fn in_era(&self, receipt: Vec<u8>, era: i64) -> Result<Vec<u8>, SealFailure> {
        let said = Receipt::verify(&receipt, &self.key.verifying()?)?;
        if said.era == era {
            return Ok(receipt);
        }
        Ok(Receipt { era, ..said }.sign(&self.key)?)
    }

    fn conflict_refusal(
        &self,
        id: FilingId,
        envelope: [u8; 32],
        at: i64,
    ) -> Result<Vec<u8>, SealFailure> {
        self.refusal(id, envelope, RefusalReason::DigestConflict, at)
    }

    fn status(&self, facts: &StatusFacts) -> Result<Vec<u8>, SealFailure> {
        let state = match facts.state {
            FilingState::Arrived => CaseState::Arrived,
            FilingState::Accepted => CaseState::Accepted,
            FilingState::Returned => CaseState::Returned {
                reason: returned_words(facts),
            },
        };
        let notice = StatusNotice {
            id: facts.id,
            recipient: self.recipient.clone(),
            seq: facts.seq,
            state,
            at: facts.at,
        };
        Ok(notice.sign(&self.key)?)
    }
}

impl CitySealer {
    /// What a device hears that carried another one's envelope: a receipt for the sealed bytes with this SHA-256. It leads to no
    /// family's page and names no number, as that of a piece of an attachment.
    ///
    /// # Errors
    /// The signer's, or that the receipt is not ours.
    pub fn for_carrier(&self, receipt: &[u8], envelope: [u8; 32]) -> Result<Vec<u8>, SealFailure> {
        let said = Receipt::verify(receipt, &self.key.verifying()?)?;
        let told = Receipt {
            digest: envelope,
            arrival_no: 0,
            status_token: String::new(),
            status_url: String::new(),
            visit: None,
            signed: None,
            ..said
        };
        Ok(told.sign(&self.key)?)
    }

    /// Signs a refusal of the message whose SHA-256 is `envelope`.
    ///
    /// # Errors
    /// The signer's.
    pub fn refusal(
        &self,
        id: FilingId,
        envelope: [u8; 32],
        reason: RefusalReason,
        at: i64,
    ) -> Result<Vec<u8>, SealFailure> {
        let refusal = Refusal {
            id,
            recipient: self.recipient.clone(),
            envelope,
            reason,
            at,
        };
        Ok(refusal.sign(&self.key)?)
    }
}

/// The reason in plain Japanese, then the officer's words. Filings are made in Japanese, and so is their return.
fn returned_words(facts: &StatusFacts) -> String {
    let reason = facts
        .reason
        .as_deref()
        .and_then(ReturnReason::from_code)
        .unwrap_or(ReturnReason::WillContact);
    let mut words = reason.family().ja.to_owned();
    if let Some(note) = &facts.note {
        words.push('\n');
        words.push_str(note);
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn the_longest_note_still_fits_a_notice_with_every_reason() {
        let key = SigningKey::generate().unwrap();
        let sealer = CitySealer::new(
            "asukoe".parse().unwrap(),
            key,
            "https://todoke.asukoe.example",
        );
        for reason in ReturnReason::ALL {
            let facts = StatusFacts {
                id: FilingId::generate().unwrap(),
                seq: 1,
                state: FilingState::Returned,
                reason: Some(reason.code().to_owned()),
                note: Some("あ".repeat(MAX_NOTE / 3)),
                at: 1_790_000_000,
            };
            assert!(
                sealer.status(&facts).is_ok(),
                "{reason:?} with the longest note does not fit"
            );
        }
    }

    #[test]
    fn a_receipt_verifies_under_the_citys_key_and_links_to_the_family_page() {
        let key = SigningKey::generate().unwrap();
        let public = key.verifying().unwrap();
        let sealer = CitySealer::new(
            "asukoe".parse().unwrap(),
            key,
            "https://todoke.asukoe.example",
        );
        let facts = ReceiptFacts {
            id: FilingId::from_bytes([7; 16]),
            digest: [9; 32],
            recipient: "asukoe".parse().unwrap(),
            arrived_at: 1_790_000_000,
            arrival_no: 12,
            token: "0123456789abcdef0123456789abcdef".into(),
            visit: None,
            signed: None,
            era: 0,
        };
        let receipt = Receipt::verify(&sealer.receipt(&facts).unwrap(), &public).unwrap();
        assert_eq!(
            receipt.status_link(),
            "https://todoke.asukoe.example/f/0123456789abcdef0123456789abcdef"
        );
        assert_eq!(
            (receipt.arrival_no, receipt.arrived_at, receipt.digest),
            (12, 1_790_000_000, [9; 32])
        );
    }
}
