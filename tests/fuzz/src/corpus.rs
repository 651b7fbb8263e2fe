//! The files of `corpus/`: a folder for each target, a file for each input worth keeping.
//!
//! Real messages that `cargo run -p ubugoe-fuzz --example corpus` makes, and what libFuzzer found beside them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of the whole corpus: everybody who clones the repository takes it along.
pub const MOST: u64 = 1 << 20;

/// Where it is.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// A target's files by name, in order. None when it has no folder.
///
/// # Errors
/// When a file cannot be read.
pub fn of(target: &str) -> io::Result<Vec<(String, Vec<u8>)>> {
    files(&folder().join(target))
}

/// Names and contents of a folder's files, in order.
///
/// # Errors
/// When a file cannot be read.
pub fn files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        found.push((name, fs::read(entry.path())?));
    }
    found.sort();
    Ok(found)
}
