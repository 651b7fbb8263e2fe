//! What a running process holds: its whole memory, page by page, and where somebody's words lie in it.
//!
//! A hit names its mapping, its place and what lies around it, so that its holder can be found. What lay at the same
//! place before the person came is the program's own (a dictionary, a catalogue) and no hit. Reading another process
//! takes root, or a system that lets a parent read its children.

use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    fs::{self, File},
    os::unix::fs::FileExt as _,
};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use anyhow::Context as _;

/// The size of a page, and what the kernel says of one that is not there.
const PAGE: usize = 4096;
const EIO: i32 = 5;
const EFAULT: i32 = 14;

/// Read at once.
const PIECE: usize = 256 * PAGE;

/// Shown on each side of a hit.
const AROUND: usize = 48;

/// A shorter part of a value says nothing about a person.
const PART: usize = 6;

/// A range of addresses without holes.
pub(crate) struct Piece {
    /// As `/proc/<pid>/maps` has it: rights and file, `[heap]`, `[stack]`, or nothing for memory without a name.
    mapping: String,
    from: usize,
    bytes: Vec<u8>,
}

/// The whole memory of a process: heap, stacks, buffers, all that it can read. What is mapped from a file and cannot be
/// written to is that file, and is left out.
pub(crate) fn image(pid: u32) -> anyhow::Result<Vec<Piece>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    let file = File::open(format!("/proc/{pid}/mem"))?;
    let mut pieces = Vec::new();
    for line in maps.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [range, rights, ..] = words.as_slice() else {
            continue;
        };
        let name = words.get(5..).unwrap_or_default().join(" ");
        let only_a_file = !rights.contains('w') && name.starts_with('/');
        // Kernel pages that cannot be read are no memory of the process.
        if !rights.starts_with('r') || only_a_file || name.starts_with("[v") {
            continue;
        }
        let (from, to) = range.split_once('-').context("a range of addresses")?;
        let from = usize::from_str_radix(from, 16)?;
        let to = usize::from_str_radix(to, 16)?;
        let mapping = format!("{rights} {name}");
        read(&file, from..to, &mapping, &mut pieces)?;
    }
    Ok(pieces)
}

fn read(
    file: &File,
    range: std::ops::Range<usize>,
    mapping: &str,
    pieces: &mut Vec<Piece>,
) -> anyhow::Result<()> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut start = range.start;
    let mut at = range.start;
    let mut step = PIECE;
    while at < range.end {
        let length = step.min(range.end - at);
        let filled = bytes.len();
        bytes.resize(filled + length, 0);
        let read = file.read_exact_at(
            bytes.get_mut(filled..).unwrap_or_default(),
            u64::try_from(at)?,
        );
        match read {
            Ok(()) => at += length,
            // The process runs on: what it has given back since the list was made is no memory of it any more.
            Err(error)
                if matches!(error.raw_os_error(), Some(EIO | EFAULT))
                    || error.kind() == std::io::ErrorKind::UnexpectedEof =>
            {
                bytes.truncate(filled);
                if length > PAGE {
                    step = PAGE;
                    continue;
                }
                push(pieces, mapping, start, std::mem::take(&mut bytes));
                at += length;
                start = at;
            }
            Err(error) => return Err(error.into()),
        }
    }
    push(pieces, mapping, start, bytes);
    Ok(())
}

fn push(pieces: &mut Vec<Piece>, mapping: &str, from: usize, bytes: Vec<u8>) {
    if !bytes.is_empty() {
        pieces.push(Piece {
            mapping: mapping.to_owned(),
            from,
            bytes,
        });
    }
}

/// The processes that this one has started and that still run.
pub(crate) fn children(pid: u32) -> anyhow::Result<Vec<(u32, String)>> {
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let list = fs::read_to_string(task?.path().join("children"))?;
        for child in list.split_ascii_whitespace() {
            let child: u32 = child.parse()?;
            let name = fs::read_to_string(format!("/proc/{child}/comm")).unwrap_or_default();
            found.push((child, name.trim_end().to_owned()));
        }
    }
    Ok(found)
}

/// One place where a word lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// The address.
    pub(crate) at: usize,
    /// Which word, and how it is written there.
    pub(crate) word: String,
    /// Where that address is.
    pub(crate) mapping: String,
    /// What lies around it, as text where it is text.
    pub(crate) around: String,
}

impl fmt::Display for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            at,
            word,
            mapping,
            around,
        } = self;
        write!(f, "{word} at {at:#x} in {mapping}: {around}")
    }
}

/// Words to look for, in every way in which a program may write them.
pub(crate) struct Words {
    names: Vec<String>,
    finder: AhoCorasick,
}

impl Words {
    /// Whole values, and nothing shorter.
    pub(crate) fn whole<'a>(values: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        Self::of(telling(values.into_iter().collect()))
    }

    /// These bytes, whatever they are.
    pub(crate) fn bytes(name: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        Self::of(std::iter::once((name.to_owned(), bytes.to_vec())))
    }

    /// Every part of the values that is long enough to say something.
    fn parts<'a>(values: impl IntoIterator<Item = &'a str>) -> anyhow::Result<Self> {
        Self::of(telling(values.into_iter().flat_map(parts).collect()))
    }

    fn of(patterns: impl Iterator<Item = (String, Vec<u8>)>) -> anyhow::Result<Self> {
        let (names, patterns): (Vec<_>, Vec<_>) = patterns.unzip();
        let finder = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(patterns)?;
        Ok(Self { names, finder })
    }

    /// Every place where one of the words lies.
    pub(crate) fn find(&self, image: &[Piece]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for piece in image {
            for found in self.finder.find_overlapping_iter(&piece.bytes) {
                hits.push(Hit {
                    at: piece.from + found.start(),
                    word: self.name(found.pattern().as_usize()),
                    mapping: piece.mapping.clone(),
                    around: around(&piece.bytes, found.range()),
                });
            }
        }
        hits
    }

    /// Which of the words lie in these bytes.
    pub(crate) fn within(&self, bytes: &[u8]) -> BTreeSet<String> {
        let found = self.finder.find_overlapping_iter(bytes);
        found
            .map(|found| self.name(found.pattern().as_usize()))
            .collect()
    }

    fn name(&self, pattern: usize) -> String {
        self.names.get(pattern).cloned().unwrap_or_default()
    }
}

/// Every way in which the values may be written, but for what is so short that it would be found by chance.
fn telling(values: BTreeSet<&str>) -> impl Iterator<Item = (String, Vec<u8>)> {
    let written = values.into_iter().flat_map(written);
    written.filter(|(_, bytes)| bytes.len() >= PART)
}

/// UTF-8 as nearly everything in this program, UTF-16 as other people's interfaces may have it, one number for each
/// character as text layout has it.
fn written(value: &str) -> [(String, Vec<u8>); 3] {
    let wide = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let numbers = value.chars().flat_map(|c| u32::from(c).to_le_bytes());
    [
        (value.to_owned(), value.as_bytes().to_vec()),
        (format!("{value} (UTF-16)"), wide),
        (format!("{value} (UTF-32)"), numbers.collect()),
    ]
}

/// The shortest telling parts of a value: two characters of Japanese, six digits.
fn parts(value: &str) -> Vec<&str> {
    let starts = value.char_indices().map(|(at, _)| at);
    starts
        .filter_map(|from| {
            let rest = value.get(from..)?;
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8());
            rest.get(..ends.into_iter().find(|end| *end >= PART)?)
        })
        .collect()
}

fn around(bytes: &[u8], hit: std::ops::Range<usize>) -> String {
    let from = hit.start.saturating_sub(AROUND);
    let to = bytes.len().min(hit.end + AROUND);
    let mut text = String::new();
    for chunk in bytes.get(from..to).unwrap_or_default().utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() {
                let _ = write!(text, "·");
            } else {
                text.push(c);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "‹{byte:02x}›");
        }
    }
    text
}

/// What a process held before the person came, to compare with.
pub(crate) struct Before {
    whole: Words,
    parts: Words,
    places: BTreeSet<(usize, String)>,
    common: BTreeSet<String>,
}

impl Before {
    /// Looks for what will be this person's in a process that has not met them.
    pub(crate) fn look(pid: u32, values: &[&str]) -> anyhow::Result<Self> {
        let values = || values.iter().copied();
        let (whole, parts) = (Words::whole(values())?, Words::parts(values())?);
        let image = image(pid)?;
        let places = whole.find(&image);
        let common = parts.find(&image).into_iter().map(|hit| hit.word);
        Ok(Self {
            places: places.into_iter().map(|hit| (hit.at, hit.word)).collect(),
            common: common.collect(),
            whole,
            parts,
        })
    }

    /// Whole values of this person in a process that was not there before.
    pub(crate) fn anywhere(&self, image: &[Piece]) -> Vec<Hit> {
        self.whole.find(image)
    }

    /// What has come since, of whole values and of their telling parts.
    pub(crate) fn since(&self, pid: u32) -> anyhow::Result<Vec<Hit>> {
        let image = image(pid)?;
        let mut hits = self.whole.find(&image);
        hits.retain(|hit| !self.places.contains(&(hit.at, hit.word.clone())));
        let parts = self.parts.find(&image);
        hits.extend(
            parts
                .into_iter()
                .filter(|hit| !self.common.contains(&hit.word)),
        );
        hits.sort();
        hits.dedup_by_key(|hit| (hit.at, hit.word.clone()));
        Ok(hits)
    }
}
