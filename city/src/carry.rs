//! Filings that were carried by hand: sealed envelopes on a stick, landed like those from the broker, with the sealed answers
//! put beside them for the way back.
//!
//! A file is `<anything>.ubg`; its answer becomes `<anything>.ans`. Whatever is damaged or foreign goes to quarantine as it
//! would from the broker. It may be repeated, and it may run beside the server: the database keeps both apart.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use ubugoe_protocol::{Downlink, OpenError, peek};

use crate::ingest::{Answer, Ingest, Message};
use crate::store::StoreError;

/// Most bytes of a file that are read; an envelope is at most 128 KiB.
const MOST: u64 = 256 * 1024;

/// What became of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried {
    /// Receipted, now or before.
    pub receipted: u32,
    /// Refused with the city's signature.
    pub refused: u32,
    /// In quarantine, without an answer.
    pub set_aside: u32,
}

/// Why carrying stopped.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The folder or a file cannot be read or written.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store failed; files before it are done.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// An answer could not be sealed.
    #[error("an answer could not be sealed")]
    Seal(#[source] ubugoe_protocol::SealError),
}

/// Lands every `.ubg` file of a folder.
///
/// # Errors
/// [`CarryError`].
pub async fn land(ingest: &Ingest, folder: &Path) -> Result<Carried, CarryError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |source| CarryError::File { path, source }
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(at(folder))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(at(folder))?;
    files.retain(|path| path.extension().is_some_and(|e| e == "ubg"));
    files.sort();
    let mut carried = Carried::default();
    for path in files {
        let wire = read(&path).map_err(at(&path))?;
        let device = device_of(&wire).ok();
        let answers = ingest.land(vec![Message { device, wire }]).await?;
        match answers.as_slice() {
            [] => carried.set_aside += 1,
            answers => {
                for answer in answers {
                    count(answer, &mut carried);
                    if let Some(sealed) = ingest.seal(answer).map_err(CarryError::Seal)? {
                        let answer = path.with_extension("ans");
                        write(&answer, &sealed).map_err(at(&answer))?;
                    }
                }
            }
        }
    }
    Ok(carried)
}

fn count(answer: &Answer, carried: &mut Carried) {
    match answer.content {
        Downlink::Receipts(_) => carried.receipted += 1,
        _ => carried.refused += 1,
    }
}

/// There is no topic to name the device, so the header does; its signature is checked as always.
fn device_of(wire: &[u8]) -> Result<ubugoe_protocol::DeviceId, OpenError> {
    Ok(peek(wire)?.device)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(File::open(path)?, MOST), &mut bytes)?;
    Ok(bytes)
}

/// Whole or not at all: the stick may be pulled.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("ans-draft");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}
