//! The message log outside the database: sealing it, writing it as lines, and reading such lines to verify them.

use std::fmt;
use std::io::{self, BufRead};

use serde::{Deserialize, Serialize};
use ubugoe_exchange::log::{Direction, Entry, LogBreak, Message, Seal, Verifier};
use ubugoe_protocol::{SigningKey, VerifyingKey};

use crate::store::{Store, StoreError};

/// Entries that are sealed at once at the latest.
pub const BATCH: i64 = 100;
/// How long an entry waits for its seal, in seconds.
pub const WAIT: i64 = 60;

/// Seals what is not sealed. Answers the newest sealed entry.
///
/// # Errors
/// [`StoreError`].
pub async fn seal(store: &dyn Store, key: &SigningKey, now: i64) -> Result<i64, StoreError> {
    let Some(head) = store.message_head().await? else {
        return Ok(0);
    };
    if head.sealed >= head.seq {
        return Ok(head.sealed);
    }
    let seal = Seal::sign(head.seal + 1, (head.seq, head.hash), now, key).map_err(|source| {
        StoreError::Seal {
            what: "message log",
            source: Box::new(source),
        }
    })?;
    // another program on the same database may have been first; its seal is as good
    store.keep_seal(seal).await?;
    Ok(head.seq)
}

/// Seals if enough waits or something has waited long enough. Answers when to look again.
///
/// # Errors
/// [`StoreError`].
pub async fn seal_if_due(
    store: &dyn Store,
    key: &SigningKey,
    now: i64,
) -> Result<Option<i64>, StoreError> {
    let Some(head) = store.message_head().await? else {
        return Ok(None);
    };
    let Some(since) = head.since else {
        return Ok(None);
    };
    if head.seq - head.sealed >= BATCH || since + WAIT <= now {
        seal(store, key, now).await?;
        return Ok(None);
    }
    Ok(Some(since + WAIT))
}

/// A line of an exported log.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Seal {
        number: i64,
        upto: i64,
        head: String,
        at: i64,
        signature: String,
    },
    Entry {
        seq: i64,
        at: i64,
        direction: String,
        peer: String,
        id: String,
        head: String,
        body_sha512: String,
        signature: String,
        prev: String,
        hash: String,
    },
}

/// A line that is no line of a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no line of a message log")]
pub struct NoLine {
    /// Which, from 1.
    pub line: usize,
}

/// What a line holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Read {
    /// A seal; all of them come before the entries.
    Seal(Seal),
    /// An entry.
    Entry(Entry),
}

/// A seal as one line of JSON.
#[must_use]
pub fn write_seal(seal: &Seal) -> String {
    let line = Line::Seal {
        number: seal.number,
        upto: seal.upto,
        head: hex::encode(seal.head),
        at: seal.at,
        signature: hex::encode(&seal.signature),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// An entry as one line of JSON.
#[must_use]
pub fn write_entry(entry: &Entry) -> String {
    let message = &entry.message;
    let line = Line::Entry {
        seq: entry.seq,
        at: message.at,
        direction: message.direction.code().to_owned(),
        peer: message.peer.clone(),
        id: message.id.clone(),
        head: message.head.clone(),
        body_sha512: hex::encode(message.body),
        signature: hex::encode(&message.signature),
        prev: hex::encode(entry.prev),
        hash: hex::encode(entry.hash),
    };
    serde_json::to_string(&line).unwrap_or_default()
}

/// Reads one line.
///
/// # Errors
/// [`NoLine`].
pub fn read(number: usize, text: &str) -> Result<Read, NoLine> {
    parse(text).ok_or(NoLine { line: number })
}

fn parse(text: &str) -> Option<Read> {
    fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(bytes)
    }
    Some(match serde_json::from_str(text).ok()? {
        Line::Seal {
            number,
            upto,
            head,
            at,
            signature,
        } => Read::Seal(Seal {
            number,
            upto,
            head: bytes(&head)?,
            at,
            signature: hex::decode(signature).ok()?,
        }),
        Line::Entry {
            seq,
            at,
            direction,
            peer,
            id,
            head,
            body_sha512,
            signature,
            prev,
            hash,
        } => Read::Entry(Entry {
            seq,
            message: Message {
                at,
                direction: Direction::from_code(&direction)?,
                peer,
                id,
                head,
                body: bytes(&body_sha512)?,
                signature: hex::decode(signature).ok()?,
            },
            prev: bytes(&prev)?,
            hash: bytes(&hash)?,
        }),
    })
}

/// What is wrong with an exported log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// A line that is none, or a seal behind the entries.
    #[error(transparent)]
    Line(#[from] NoLine),
    /// The log itself.
    #[error(transparent)]
    Log(#[from] LogBreak),
    /// Fewer seals than were noted elsewhere: the end was cut off with its seals.
    #[error(
        "there are {found} seals, at least {least} are known: entries behind entry {last} are missing"
    )]
    Seals {
        /// Found.
        found: i64,
        /// Known.
        least: i64,
        /// The newest entry that is there.
        last: i64,
    },
}

/// A log that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// Entries.
    pub entries: i64,
    /// Seals.
    pub seals: i64,
    /// The newest entry under a seal.
    pub sealed: i64,
    /// Hash of the newest entry.
    pub head: [u8; 32],
}

impl fmt::Display for Intact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} entries, {} seals up to entry {}, newest hash {}",
            self.entries,
            self.seals,
            self.sealed,
            hex::encode(self.head)
        )
    }
}

/// Verifies an exported log, all seals before all entries.
///
/// # Errors
/// The outer one when the lines cannot be read; the inner one when the log is broken.
pub fn verify_lines(
    lines: impl BufRead,
    key: &VerifyingKey,
    least: i64,
) -> io::Result<Result<Intact, Broken>> {
    let mut seals = Vec::new();
    let mut verifier = None;
    for (number, line) in (1..).zip(lines.lines()) {
        let step = match (read(number, &line?), &mut verifier) {
            (Err(error), _) => Err(error.into()),
            (Ok(Read::Seal(_)), Some(_)) => Err(NoLine { line: number }.into()),
            (Ok(Read::Seal(seal)), None) => {
                seals.push(seal);
                Ok(())
            }
            (Ok(Read::Entry(entry)), Some(verifier)) => follow(verifier, &entry),
            (Ok(Read::Entry(entry)), none) => match Verifier::new(seals.clone(), key) {
                Ok(begun) => follow(none.insert(begun), &entry),
                Err(error) => Err(error.into()),
            },
        };
        if let Err(broken) = step {
            return Ok(Err(broken));
        }
    }
    let found = i64::try_from(seals.len()).unwrap_or(i64::MAX);
    let verifier = match verifier {
        Some(verifier) => verifier,
        None => match Verifier::new(seals, key) {
            Ok(begun) => begun,
            Err(error) => return Ok(Err(error.into())),
        },
    };
    Ok(match verifier.end() {
        Err(error) => Err(error.into()),
        Ok(()) if found < least => Err(Broken::Seals {
            found,
            least,
            last: verifier.entries(),
        }),
        Ok(()) => Ok(Intact {
            entries: verifier.entries(),
            seals: found,
            sealed: verifier.sealed(),
            head: verifier.head(),
        }),
    })
}

fn follow(verifier: &mut Verifier, entry: &Entry) -> Result<(), Broken> {
    Ok(verifier.follow(entry)?)
}
