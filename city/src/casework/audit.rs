//! The audit chain: every view and action, each line sealed to the one before.
//!
//! Answers for the hash of a line and for verifying a run of lines. Must not store anything. Changing, dropping
//! or reordering a line breaks every hash after it; the newest hash is what an auditor writes down elsewhere.

use sha2::{Digest, Sha256};

/// Version byte of the hashed shape; a later shape gets another byte.
const SHAPE: u8 = 1;

/// What goes into the chain. `subject` and `detail` carry ids and codes, never names or addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Unix seconds.
    pub at: i64,
    /// Staff account id, `family`, or `system`.
    pub actor: String,
    /// Dotted word, for example `filing.viewed`.
    pub action: String,
    /// What it was done to: a filing id, an account id, `-`.
    pub subject: String,
    /// Short further detail, or empty.
    pub detail: String,
}

/// A line of the chain as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// 1, 2, 3 … without gaps.
    pub seq: i64,
    /// The entry.
    pub entry: AuditEntry,
    /// Hash of the line before; zeros for the first.
    pub prev: [u8; 32],
    /// Hash of this line.
    pub hash: [u8; 32],
}

/// The first line's `prev`.
pub const GENESIS: [u8; 32] = [0; 32];

/// Hash of a line: SHA-256 over version, number, previous hash, time and the length-prefixed texts.
#[must_use]
pub fn line_hash(seq: i64, prev: &[u8; 32], entry: &AuditEntry) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([SHAPE]);
    hash.update(seq.to_be_bytes());
    hash.update(prev);
    hash.update(entry.at.to_be_bytes());
    for text in [&entry.actor, &entry.action, &entry.subject, &entry.detail] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

/// Where a chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainBreak {
    /// A number is missing or doubled.
    #[error("line {expected} is missing: found line {found} in its place")]
    Gap {
        /// Number expected.
        expected: i64,
        /// Number found.
        found: i64,
    },
    /// A line does not name the hash of the line before.
    #[error("line {seq} does not follow from the line before it")]
    Link {
        /// The line.
        seq: i64,
    },
    /// A line's content does not give its hash.
    #[error("line {seq} was changed after it was written")]
    Content {
        /// The line.
        seq: i64,
    },
}

/// Walks a chain in pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verifier {
    last: i64,
    head: [u8; 32],
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            last: 0,
            head: GENESIS,
        }
    }
}

impl Verifier {
    /// A verifier for a chain whose oldest lines left: number and hash of the last of them.
    #[must_use]
    pub fn after(last: i64, head: [u8; 32]) -> Self {
        Self { last, head }
    }

    /// Checks the next line.
    ///
    /// # Errors
    /// [`ChainBreak`] naming the first line that is wrong.
    pub fn follow(&mut self, record: &AuditRecord) -> Result<(), ChainBreak> {
        let expected = self.last + 1;
        if record.seq != expected {
            return Err(ChainBreak::Gap {
                expected,
                found: record.seq,
            });
        }
        if record.prev != self.head {
            return Err(ChainBreak::Link { seq: record.seq });
        }
        if line_hash(record.seq, &record.prev, &record.entry) != record.hash {
            return Err(ChainBreak::Content { seq: record.seq });
        }
        self.last = record.seq;
        self.head = record.hash;
        Ok(())
    }

    /// Lines followed so far.
    #[must_use]
    pub fn lines(&self) -> i64 {
        self.last
    }

    /// Hash of the newest line followed.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        self.head
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn chain(length: i64) -> Vec<AuditRecord> {
        let mut prev = GENESIS;
        (1..=length)
            .map(|seq| {
                let entry = AuditEntry {
                    at: 1_700_000_000 + seq,
                    actor: "officer-1".into(),
                    action: "filing.viewed".into(),
                    subject: format!("{seq:032x}"),
                    detail: String::new(),
                };
                let hash = line_hash(seq, &prev, &entry);
                let record = AuditRecord {
                    seq,
                    entry,
                    prev,
                    hash,
                };
                prev = hash;
                record
            })
            .collect()
    }

    fn walk(records: &[AuditRecord]) -> Result<Verifier, ChainBreak> {
        let mut verifier = Verifier::default();
        for record in records {
            verifier.follow(record)?;
        }
        Ok(verifier)
    }

    #[test]
    fn an_untouched_chain_verifies_to_its_head() {
        let records = chain(4);
        let verifier = walk(&records).unwrap();
        assert_eq!((verifier.lines(), verifier.head()), (4, records[3].hash));
    }

    #[test]
    fn what_is_left_of_a_chain_verifies_from_where_it_was_cut_and_from_nowhere_else() {
        let records = chain(5);
        let walk =
            |verifier: &mut Verifier| records[3..].iter().try_for_each(|r| verifier.follow(r));
        let mut right = Verifier::after(3, records[2].hash);
        assert_eq!(walk(&mut right), Ok(()));
        assert_eq!(right.lines(), 5);
        let mut wrong = Verifier::after(3, records[1].hash);
        assert_eq!(walk(&mut wrong), Err(ChainBreak::Link { seq: 4 }));
        assert_eq!(
            walk(&mut Verifier::default()),
            Err(ChainBreak::Gap {
                expected: 1,
                found: 4
            })
        );
    }

    #[test]
    fn a_changed_word_is_found_at_its_line() {
        let mut records = chain(4);
        records[2].entry.actor = "officer-2".into();
        assert_eq!(walk(&records).unwrap_err(), ChainBreak::Content { seq: 3 });
    }

    #[test]
    fn a_dropped_line_is_found() {
        let mut records = chain(4);
        records.remove(1);
        assert_eq!(
            walk(&records).unwrap_err(),
            ChainBreak::Gap {
                expected: 2,
                found: 3
            }
        );
    }

    #[test]
    fn a_rewritten_line_with_its_own_right_hash_breaks_the_next_link() {
        let mut records = chain(3);
        records[1].entry.detail = "other".into();
        records[1].hash = line_hash(2, &records[1].prev, &records[1].entry);
        assert_eq!(walk(&records).unwrap_err(), ChainBreak::Link { seq: 3 });
    }

    #[test]
    fn moving_bytes_between_texts_changes_the_hash() {
        let one = AuditEntry {
            at: 0,
            actor: "ab".into(),
            action: "c".into(),
            subject: "-".into(),
            detail: String::new(),
        };
        let two = AuditEntry {
            actor: "a".into(),
            action: "bc".into(),
            ..one.clone()
        };
        assert_ne!(line_hash(1, &GENESIS, &one), line_hash(1, &GENESIS, &two));
    }
}
