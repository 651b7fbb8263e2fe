//! A catalogue, or a part of one, as one run of bytes: what a city publishes as an update and a device reads.
//!
//! ```text
//! ubugoe-catalogue/1\n
//! holidays.toml 812\n          name below the catalogue's folder, a space, length of the text in bytes
//! …812 bytes of UTF-8…
//! procedures/chokaku.toml 4101\n
//! …
//! ```
//! Files that are part of each program ([`Catalogue::is_fixed`]) are not in it. Names in ascending order, each once; nothing after the last text. So the same files always make the same bytes, and
//! their hash names a version. Nothing here is signed: that is the manifest's business.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Catalogue;

const FIRST: &str = "ubugoe-catalogue/1\n";

/// Longest name of a file, in bytes.
const NAME: usize = 100;

/// Why bytes are no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// It does not begin as one of this version.
    #[error("it does not begin with {:?}", FIRST.trim_end())]
    Beginning,
    /// There is no file in it.
    #[error("it holds no file")]
    Empty,
    /// The line before a text.
    #[error("the line at byte {at} names no file and length")]
    Line {
        /// Where it begins.
        at: usize,
    },
    /// A name that no file of a catalogue has: outside the folder, or not TOML.
    #[error("{0:?} is no name of a catalogue's file")]
    Name(String),
    /// A file whose content is part of each program: an update of it would change nothing.
    #[error("{0:?} is part of the program, not of an update")]
    Fixed(String),
    /// Not in ascending order, or twice.
    #[error("{0:?} stands in the wrong place")]
    Order(String),
    /// The text ends early or is not UTF-8.
    #[error("the text of {0:?} is cut or not UTF-8")]
    Text(String),
}

/// The name of each file below the catalogue's folder, and its text.
pub type Files = BTreeMap<String, String>;

/// Whether a file of a catalogue may have this name: below the folder, small letters, TOML.
fn is_name(name: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let stem = name.strip_suffix(".toml");
    name.len() <= NAME && stem.is_some_and(|stem| stem.split('/').all(plain))
}

fn check(name: &str) -> Result<(), BundleError> {
    if !is_name(name) {
        Err(BundleError::Name(name.to_owned()))
    } else if Catalogue::is_fixed(name) {
        Err(BundleError::Fixed(name.to_owned()))
    } else {
        Ok(())
    }
}

/// Packs files.
///
/// # Errors
/// [`BundleError::Name`], [`BundleError::Fixed`] and [`BundleError::Empty`].
pub fn pack(files: &Files) -> Result<Vec<u8>, BundleError> {
    if files.is_empty() {
        return Err(BundleError::Empty);
    }
    let mut whole = FIRST.to_owned();
    for (name, text) in files {
        check(name)?;
        // Writing to a String cannot fail.
        let _ = writeln!(whole, "{name} {}", text.len());
        whole.push_str(text);
    }
    Ok(whole.into_bytes())
}

/// Unpacks files. What comes back packs to the same bytes.
///
/// # Errors
/// [`BundleError`].
pub fn unpack(bytes: &[u8]) -> Result<Files, BundleError> {
    let mut rest = bytes
        .strip_prefix(FIRST.as_bytes())
        .ok_or(BundleError::Beginning)?;
    let mut files = Files::new();
    while !rest.is_empty() {
        let at = bytes.len() - rest.len();
        let (name, length, after) = line(rest).ok_or(BundleError::Line { at })?;
        check(name)?;
        if files
            .last_key_value()
            .is_some_and(|(last, _)| last.as_str() >= name)
        {
            return Err(BundleError::Order(name.to_owned()));
        }
        let cut = || BundleError::Text(name.to_owned());
        let (text, next) = after.split_at_checked(length).ok_or_else(cut)?;
        let text = std::str::from_utf8(text).map_err(|_| cut())?;
        files.insert(name.to_owned(), text.to_owned());
        rest = next;
    }
    if files.is_empty() {
        return Err(BundleError::Empty);
    }
    Ok(files)
}

fn line(bytes: &[u8]) -> Option<(&str, usize, &[u8])> {
    // A name, a space, and the digits of a length.
    const MOST: usize = NAME + 12;
    let end = bytes.iter().take(MOST).position(|b| *b == b'\n')?;
    let (line, after) = bytes.split_at_checked(end)?;
    let (name, length) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let number: usize = length.parse().ok()?;
    // "+5" and "05" are numbers too, and would make other bytes of the same files.
    (number.to_string() == length).then_some(())?;
    Some((name, number, after.get(1..)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::*;

    fn builtin() -> Files {
        Catalogue::builtin_files()
            .filter(|(name, _)| !Catalogue::is_fixed(name))
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect()
    }

    #[test]
    fn the_catalogue_of_this_program_comes_back_as_it_was_and_loads() {
        let files = builtin();
        let whole = pack(&files).unwrap();
        let back = unpack(&whole).unwrap();
        assert_eq!(back, files);
        assert_eq!(pack(&back).unwrap(), whole);
        let mut all = back;
        let fixed = Catalogue::builtin_files().filter(|(name, _)| Catalogue::is_fixed(name));
        all.extend(fixed.map(|(name, text)| (name.to_owned(), text.to_owned())));
        Catalogue::from_files(&all).unwrap();
    }

    #[test]
    fn other_bytes_are_refused_and_the_reason_says_where() {
        let good = b"ubugoe-catalogue/1\nfacts.toml 3\nx=1procedures/c.toml 0\n".to_vec();
        assert_eq!(unpack(&good).unwrap().len(), 2, "control");
        let text = |words: &str| format!("ubugoe-catalogue/1\n{words}").into_bytes();
        for (bytes, why) in [
            (
                b"ubugoe-catalogue/2\nfacts.toml 0\n".to_vec(),
                BundleError::Beginning,
            ),
            (text(""), BundleError::Empty),
            (
                text("facts.toml 3\nx="),
                BundleError::Text("facts.toml".into()),
            ),
            (text("facts.toml 03\nx=1"), BundleError::Line { at: 19 }),
            (text("facts.toml"), BundleError::Line { at: 19 }),
            (
                text("../facts.toml 0\n"),
                BundleError::Name("../facts.toml".into()),
            ),
            (
                text("/facts.toml 0\n"),
                BundleError::Name("/facts.toml".into()),
            ),
            (text("a.sh 0\n"), BundleError::Name("a.sh".into())),
            (
                text("holidays.toml 0\nfacts.toml 0\n"),
                BundleError::Order("facts.toml".into()),
            ),
            (
                text("facts.toml 0\nfacts.toml 0\n"),
                BundleError::Order("facts.toml".into()),
            ),
            (
                text("amounts/x.toml 0\n"),
                BundleError::Fixed("amounts/x.toml".into()),
            ),
            (
                text("facts.toml 99999999999\n"),
                BundleError::Text("facts.toml".into()),
            ),
        ] {
            assert_eq!(unpack(&bytes), Err(why));
        }
        let mut cut = pack(&builtin()).unwrap();
        cut.pop();
        assert!(matches!(unpack(&cut), Err(BundleError::Text(_))));
    }
}
