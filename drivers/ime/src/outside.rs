//! What the driver makes of a conversion server's bytes, without a server: for the fuzz targets only.

use prost::Message;

use crate::mozc;
use crate::wire::{Output, PathInfo};

/// What is read out of an answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The whole as the server would write it.
    pub whole: String,
    /// In so many pieces.
    pub pieces: usize,
    /// Candidates of the piece in focus.
    pub candidates: Vec<String>,
}

/// Reads an answer, and writes what was read again. `None` when it is none.
#[must_use]
pub fn read_answer(bytes: &[u8]) -> Option<(Answer, Vec<u8>)> {
    let output = Output::decode(bytes).ok()?;
    let written = output.encode_to_vec();
    let answer = Answer {
        whole: mozc::whole(&output),
        pieces: mozc::pieces(&output),
        candidates: mozc::candidates(output),
    };
    Some((answer, written))
}

/// Reads where a server says that it listens: its key and its process.
#[must_use]
pub fn read_place(bytes: &[u8]) -> Option<(Option<String>, Option<u32>)> {
    let place = PathInfo::decode(bytes).ok()?;
    Some((place.key, place.process_id))
}
