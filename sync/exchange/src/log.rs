//! The message log: every question and every answer, each entry sealed to the one before, and signed in batches.
//!
//! An entry holds the head, the digest of the body and the sender's signature, never a body. Changing, dropping, swapping
//! or inserting entries breaks the chain; cutting the end off leaves a seal without its entry; and what stands behind the
//! newest seal is only as good as the database. Whoever notes a seal's number elsewhere can also tell when both are cut.
//!
//! ```text
//!  entry 1 ── entry 2 ── entry 3 ── entry 4 ── entry 5        hash(n) covers hash(n-1) and entry n
//!                           │                     │
//!                        seal 1                seal 2         city's signature over (number, upto, hash(upto), time)
//! ```

use sha2::{Digest, Sha256};
use ubugoe_protocol::{KeyError, SigningKey, VerifyingKey, detached};

/// Version byte of the hashed shape.
const SHAPE: u8 = 1;
/// Under the signature of a seal.
const SEALED: &str = "ubugoe-message-log";
/// The first entry's `prev`.
pub const GENESIS: [u8; 32] = [0; 32];

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// A question to us.
    AskedUs,
    /// Our answer.
    WeAnswered,
    /// Our question, once for every time it was sent.
    WeAsked,
    /// The answer to it.
    TheyAnswered,
}

impl Direction {
    const ALL: [Self; 4] = [
        Self::AskedUs,
        Self::WeAnswered,
        Self::WeAsked,
        Self::TheyAnswered,
    ];

    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AskedUs => "asked-us",
            Self::WeAnswered => "we-answered",
            Self::WeAsked => "we-asked",
            Self::TheyAnswered => "they-answered",
        }
    }

    /// Reads [`Direction::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.code() == code)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When it was taken or sent, unix seconds.
    pub at: i64,
    /// Which way.
    pub direction: Direction,
    /// The other side, as a subsystem's address; `-` where it cannot be read.
    pub peer: String,
    /// Message id; `-` where it cannot be read.
    pub id: String,
    /// The head, as it was hashed and signed.
    pub head: String,
    /// SHA-512 of the body.
    pub body: [u8; 64],
    /// The sender's signature; empty where there was none.
    pub signature: Vec<u8>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3 … without gaps.
    pub seq: i64,
    /// The message.
    pub message: Message,
    /// Hash of the entry before; zeros for the first.
    pub prev: [u8; 32],
    /// Hash of this entry.
    pub hash: [u8; 32],
}

/// Hash of an entry.
#[must_use]
pub fn entry_hash(seq: i64, prev: &[u8; 32], message: &Message) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update([SHAPE]);
    hash.update(seq.to_be_bytes());
    hash.update(prev);
    hash.update(message.at.to_be_bytes());
    for part in [
        message.direction.code().as_bytes(),
        message.peer.as_bytes(),
        message.id.as_bytes(),
        message.head.as_bytes(),
        message.body.as_slice(),
        message.signature.as_slice(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The city's signature over everything up to one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// 1, 2, 3 … without gaps.
    pub number: i64,
    /// Number of the newest entry it covers.
    pub upto: i64,
    /// Hash of that entry.
    pub head: [u8; 32],
    /// When, unix seconds.
    pub at: i64,
    /// Ed25519.
    pub signature: Vec<u8>,
}

impl Seal {
    fn statement(number: i64, upto: i64, head: &[u8; 32], at: i64) -> Vec<u8> {
        let mut bytes = vec![SHAPE];
        bytes.extend(number.to_be_bytes());
        bytes.extend(upto.to_be_bytes());
        bytes.extend(head);
        bytes.extend(at.to_be_bytes());
        bytes
    }

    /// Signs everything up to `upto`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn sign(
        number: i64,
        (upto, head): (i64, [u8; 32]),
        at: i64,
        key: &SigningKey,
    ) -> Result<Self, KeyError> {
        let signature = detached::sign(key, SEALED, &Self::statement(number, upto, &head, at))?;
        Ok(Self {
            number,
            upto,
            head,
            at,
            signature,
        })
    }

    /// Whether it is this key's.
    #[must_use]
    pub fn is_signed(&self, key: &VerifyingKey) -> bool {
        let statement = Self::statement(self.number, self.upto, &self.head, self.at);
        detached::verify(key, SEALED, &statement, &self.signature)
    }
}

/// Where a log breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogBreak {
    /// A number is missing or doubled.
    #[error("entry {expected} is missing: found entry {found} in its place")]
    Gap {
        /// Expected.
        expected: i64,
        /// Found.
        found: i64,
    },
    /// An entry does not name the hash of the entry before.
    #[error("entry {seq} does not follow from the entry before it")]
    Link {
        /// The entry.
        seq: i64,
    },
    /// An entry's content does not give its hash.
    #[error("entry {seq} was changed after it was written")]
    Content {
        /// The entry.
        seq: i64,
    },
    /// A seal is missing or doubled.
    #[error("seal {expected} is missing: found seal {found} in its place")]
    SealGap {
        /// Expected.
        expected: i64,
        /// Found.
        found: i64,
    },
    /// A seal is not signed by the city's key.
    #[error("seal {number}, over the entries up to {upto}, is not signed by this key")]
    SealSignature {
        /// The seal.
        number: i64,
        /// Its newest entry.
        upto: i64,
    },
    /// The entry that a seal speaks of is another.
    #[error("entry {upto} is not the one that seal {number} was made for")]
    Sealed {
        /// The seal.
        number: i64,
        /// The entry.
        upto: i64,
    },
    /// A seal speaks of entries that are not there: the end was cut off.
    #[error("entry {first} is missing: seal {number} covers entries up to {upto}")]
    Cut {
        /// The first entry that is not there.
        first: i64,
        /// The seal.
        number: i64,
        /// Its newest entry.
        upto: i64,
    },
}

/// Walks a log in pieces: entries in order, and all seals up front.
#[derive(Debug, Clone)]
pub struct Verifier {
    last: i64,
    head: [u8; 32],
    seals: std::vec::IntoIter<Seal>,
    next: Option<Seal>,
    /// Newest entry under a seal.
    sealed: i64,
}

impl Verifier {
    /// Checks the seals among themselves and under the city's key.
    ///
    /// # Errors
    /// [`LogBreak`].
    pub fn new(seals: Vec<Seal>, key: &VerifyingKey) -> Result<Self, LogBreak> {
        let mut upto = 0;
        for (expected, seal) in (1..).zip(&seals) {
            if seal.number != expected {
                return Err(LogBreak::SealGap {
                    expected,
                    found: seal.number,
                });
            }
            if seal.upto <= upto || !seal.is_signed(key) {
                return Err(LogBreak::SealSignature {
                    number: seal.number,
                    upto: seal.upto,
                });
            }
            upto = seal.upto;
        }
        let mut seals = seals.into_iter();
        let next = seals.next();
        Ok(Self {
            last: 0,
            head: GENESIS,
            seals,
            next,
            sealed: 0,
        })
    }

    /// Checks the next entry.
    ///
    /// # Errors
    /// [`LogBreak`], naming the first entry that is wrong.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), LogBreak> {
        let (expected, seq) = (self.last + 1, entry.seq);
        if seq != expected {
            return Err(LogBreak::Gap {
                expected,
                found: seq,
            });
        }
        if entry.prev != self.head {
            return Err(LogBreak::Link { seq });
        }
        if entry_hash(seq, &entry.prev, &entry.message) != entry.hash {
            return Err(LogBreak::Content { seq });
        }
        if let Some(seal) = self.next.take_if(|seal| seal.upto == seq) {
            if seal.head != entry.hash {
                return Err(LogBreak::Sealed {
                    number: seal.number,
                    upto: seq,
                });
            }
            self.sealed = seq;
            self.next = self.seals.next();
        }
        self.last = seq;
        self.head = entry.hash;
        Ok(())
    }

    /// Ends the walk.
    ///
    /// # Errors
    /// [`LogBreak::Cut`].
    pub fn end(&self) -> Result<(), LogBreak> {
        match &self.next {
            Some(seal) => Err(LogBreak::Cut {
                first: self.last + 1,
                number: seal.number,
                upto: seal.upto,
            }),
            None => Ok(()),
        }
    }

    /// Entries followed so far.
    #[must_use]
    pub fn entries(&self) -> i64 {
        self.last
    }

    /// The newest entry that a seal covers; what is behind it is not proven yet.
    #[must_use]
    pub fn sealed(&self) -> i64 {
        self.sealed
    }

    /// Hash of the newest entry.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        self.head
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn chain(length: i64) -> Vec<Entry> {
        let mut prev = GENESIS;
        (1..=length)
            .map(|seq| {
                let message = Message {
                    at: 1_795_489_200 + seq,
                    direction: Direction::AskedUs,
                    peer: "JPX/MED/1/W".to_owned(),
                    id: "-".to_owned(),
                    head: format!("POST /{seq}\n"),
                    body: [7; 64],
                    signature: vec![1, 2],
                };
                let hash = entry_hash(seq, &prev, &message);
                let entry = Entry {
                    seq,
                    message,
                    prev,
                    hash,
                };
                prev = hash;
                entry
            })
            .collect()
    }

    /// Six entries, seals over 2 and 5.
    fn sealed() -> (Vec<Entry>, Vec<Seal>, SigningKey) {
        let key = SigningKey::generate().unwrap();
        let entries = chain(6);
        let seals = [(1, 1), (2, 4)]
            .map(|(number, at)| {
                let entry: &Entry = &entries[at];
                Seal::sign(number, (entry.seq, entry.hash), 5, &key).unwrap()
            })
            .to_vec();
        (entries, seals, key)
    }

    fn walk(entries: &[Entry], seals: &[Seal], key: &SigningKey) -> Result<i64, LogBreak> {
        let mut verifier = Verifier::new(seals.to_vec(), &key.verifying().unwrap())?;
        entries
            .iter()
            .try_for_each(|entry| verifier.follow(entry))?;
        verifier.end()?;
        Ok(verifier.sealed())
    }

    /// Makes the chain whole again from an entry on, as somebody with the database could.
    fn rechain(entries: &mut [Entry]) {
        let mut prev = GENESIS;
        for (seq, entry) in (1..).zip(entries) {
            entry.seq = seq;
            entry.prev = prev;
            entry.hash = entry_hash(seq, &prev, &entry.message);
            prev = entry.hash;
        }
    }

    #[test]
    fn an_untouched_log_verifies_and_says_how_far_it_is_sealed() {
        let (entries, seals, key) = sealed();
        assert_eq!(walk(&entries, &seals, &key), Ok(5));
        assert_eq!(walk(&[], &[], &key), Ok(0));
    }

    #[test]
    fn change_drop_swap_and_insert_are_named_at_the_first_broken_entry() {
        let (entries, seals, key) = sealed();
        let broken = |change: &dyn Fn(&mut Vec<Entry>)| {
            let mut copy = entries.clone();
            change(&mut copy);
            walk(&copy, &seals, &key).unwrap_err()
        };
        assert_eq!(
            broken(&|e| e[2].message.head.push('x')),
            LogBreak::Content { seq: 3 }
        );
        assert_eq!(
            broken(&|e| e[3].message.body[0] ^= 1),
            LogBreak::Content { seq: 4 }
        );
        assert_eq!(
            broken(&|e| drop(e.remove(2))),
            LogBreak::Gap {
                expected: 3,
                found: 4
            }
        );
        assert_eq!(
            broken(&|e| e.swap(1, 2)),
            LogBreak::Gap {
                expected: 2,
                found: 3
            }
        );
        assert_eq!(
            broken(&|e| e.insert(3, e[3].clone())),
            LogBreak::Gap {
                expected: 5,
                found: 4
            }
        );
        assert_eq!(
            broken(&|e| e.truncate(3)),
            LogBreak::Cut {
                first: 4,
                number: 2,
                upto: 5
            }
        );
    }

    #[test]
    fn a_chain_made_whole_again_does_not_fit_its_seals() {
        let (entries, seals, key) = sealed();
        let again = |change: &dyn Fn(&mut Vec<Entry>)| {
            let mut copy = entries.clone();
            change(&mut copy);
            rechain(&mut copy);
            walk(&copy, &seals, &key).unwrap_err()
        };
        let second = LogBreak::Sealed { number: 2, upto: 5 };
        assert_eq!(again(&|e| e[3].message.head.push('x')), second);
        assert_eq!(again(&|e| drop(e.remove(2))), second);
        assert_eq!(again(&|e| e.swap(2, 3)), second);
        assert_eq!(again(&|e| e.insert(3, e[3].clone())), second);
        assert_eq!(
            again(&|e| e[0].message.at += 1),
            LogBreak::Sealed { number: 1, upto: 2 }
        );
    }

    #[test]
    fn seals_of_another_key_and_missing_seals_are_found() {
        let (entries, seals, key) = sealed();
        let stranger = SigningKey::generate().unwrap();
        assert_eq!(
            walk(&entries, &seals, &stranger),
            Err(LogBreak::SealSignature { number: 1, upto: 2 })
        );
        assert_eq!(
            walk(&entries, &seals[1..], &key),
            Err(LogBreak::SealGap {
                expected: 1,
                found: 2
            })
        );
        let mut moved = seals.clone();
        moved[1].upto = 6;
        assert_eq!(
            walk(&entries, &moved, &key),
            Err(LogBreak::SealSignature { number: 2, upto: 6 })
        );
    }
}
