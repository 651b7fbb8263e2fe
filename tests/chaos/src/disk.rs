//! A disk as a power cut leaves it, rebuilt from the record of what a program wrote.
//!
//! Between two syncs a disk may keep any part of what was written, in any order, in sectors of 512 bytes. What a sync
//! confirmed stays. A new name stays once its folder was synced.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use ubugoe_bench::dice::Dice;

/// What a disk writes whole or not at all, bytes.
const SECTOR: usize = 512;

/// One change of the folder; see `shim/record.c`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A descriptor stands for a path now.
    Opened {
        /// Descriptor's number in the record.
        file: u32,
        /// The path.
        path: String,
    },
    /// Bytes were written.
    Wrote {
        /// Descriptor's number.
        file: u32,
        /// Where.
        offset: usize,
        /// What.
        bytes: Vec<u8>,
    },
    /// The file was made this long.
    Cut {
        /// Descriptor's number.
        file: u32,
        /// Bytes.
        length: usize,
    },
    /// The file, or the folder itself, was synced.
    Synced {
        /// Descriptor's number.
        file: u32,
    },
    /// A name is gone.
    Unlinked(String),
    /// A name became another.
    Renamed(String, String),
    /// The program says that something is durable.
    Said(String),
}

impl Change {
    /// Whether a cut before it differs from a cut after it.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        matches!(
            self,
            Self::Wrote { .. }
                | Self::Cut { .. }
                | Self::Synced { .. }
                | Self::Unlinked(_)
                | Self::Renamed(..)
        )
    }
}

/// Reads a record.
///
/// # Errors
/// When the file cannot be read, or is not a record.
pub fn read_record(path: &Path) -> io::Result<Vec<Change>> {
    let bytes = fs::read(path)?;
    let mut rest = bytes.as_slice();
    let mut changes = Vec::new();
    while let Some(change) = take(&mut rest)? {
        changes.push(change);
    }
    Ok(changes)
}

fn take(rest: &mut &[u8]) -> io::Result<Option<Change>> {
    if rest.is_empty() {
        return Ok(None);
    }
    let short = || io::Error::new(io::ErrorKind::UnexpectedEof, "a record ends early");
    let (head, tail) = rest.split_first_chunk::<17>().ok_or_else(short)?;
    let [kind, numbers @ ..] = head;
    let number = |from: usize, len: usize| {
        numbers
            .iter()
            .skip(from)
            .take(len)
            .rev()
            .fold(0_u64, |sum, b| sum << 8 | u64::from(*b))
    };
    let file = u32::try_from(number(0, 4)).unwrap_or(0);
    let offset = usize::try_from(number(4, 8)).unwrap_or(usize::MAX);
    let length = usize::try_from(number(12, 4)).unwrap_or(usize::MAX);
    let (bytes, tail) = tail.split_at_checked(length).ok_or_else(short)?;
    *rest = tail;
    let text = || String::from_utf8_lossy(bytes).into_owned();
    Ok(Some(match kind {
        b'o' => Change::Opened { file, path: text() },
        b'w' => Change::Wrote {
            file,
            offset,
            bytes: bytes.to_vec(),
        },
        b't' => Change::Cut {
            file,
            length: offset,
        },
        b's' => Change::Synced { file },
        b'u' => Change::Unlinked(text()),
        b'r' => {
            let both = text();
            let (from, to) = both.split_once('\0').ok_or_else(short)?;
            Change::Renamed(from.to_owned(), to.to_owned())
        }
        b'a' => Change::Said(text()),
        other => {
            let what = format!("no such kind of change: {other}");
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
    }))
}

/// How a cut treats what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Everything written so far is there.
    Everything,
    /// Only what was synced is there.
    SyncedOnly,
    /// Each sector that was not synced is there or not, as the dice fall; new and lost names alike.
    Sectors,
    /// Everything but the last write, of which some sectors are there.
    TornLast,
}

impl Cut {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Everything,
        Self::SyncedOnly,
        Self::Sectors,
        Self::TornLast,
    ];
}

#[derive(Debug, Clone)]
enum Pending {
    Write(usize, Vec<u8>),
    Cut(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    pending: Vec<Pending>,
}

/// A folder's files, what of them is on the disk, and what is on its way there.
#[derive(Debug, Clone)]
pub struct Disk {
    folder: String,
    files: Vec<File>,
    /// Names as the program sees them.
    names: BTreeMap<String, usize>,
    /// Names that survive.
    synced_names: BTreeMap<String, usize>,
    /// What a descriptor stands for; `None`: the folder.
    open: BTreeMap<u32, Option<usize>>,
    /// The file that was written last.
    last: Option<usize>,
    /// A disk that confirms syncs and does not make them: the control.
    lies: bool,
}

impl Disk {
    /// An empty folder.
    #[must_use]
    pub fn empty(folder: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            files: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            open: BTreeMap::new(),
            last: None,
            lies: false,
        }
    }

    /// The same on a disk that lies about syncs.
    #[must_use]
    pub fn lying(folder: &str) -> Self {
        Self {
            lies: true,
            ..Self::empty(folder)
        }
    }

    /// Makes one change.
    pub fn change(&mut self, change: &Change) {
        match change {
            Change::Opened { file, path } if *path == self.folder => {
                self.open.insert(*file, None);
            }
            Change::Opened { file, path } => {
                let next = self.files.len();
                let inode = *self.names.entry(path.clone()).or_insert(next);
                if inode == next {
                    self.files.push(File::default());
                }
                self.open.insert(*file, Some(inode));
            }
            Change::Wrote {
                file,
                offset,
                bytes,
            } => self.pend(*file, Pending::Write(*offset, bytes.clone())),
            Change::Cut { file, length } => self.pend(*file, Pending::Cut(*length)),
            Change::Synced { file } => self.sync(*file),
            Change::Unlinked(path) => {
                self.names.remove(path);
            }
            Change::Renamed(from, to) => {
                if let Some(inode) = self.names.remove(from) {
                    self.names.insert(to.clone(), inode);
                }
            }
            Change::Said(_) => {}
        }
    }

    fn pend(&mut self, file: u32, pending: Pending) {
        let inode = self.open.get(&file).copied().flatten();
        if let Some((inode, file)) = inode.and_then(|i| Some((i, self.files.get_mut(i)?))) {
            file.pending.push(pending);
            self.last = Some(inode);
        }
    }

    fn sync(&mut self, file: u32) {
        if self.lies {
            return;
        }
        match self.open.get(&file) {
            Some(None) => self.synced_names.clone_from(&self.names),
            Some(Some(inode)) => {
                if let Some(file) = self.files.get_mut(*inode) {
                    for pending in std::mem::take(&mut file.pending) {
                        apply(&mut file.synced, &pending);
                    }
                }
            }
            None => {}
        }
    }

    /// Writes the folder as a cut at this moment leaves it.
    ///
    /// # Errors
    /// When `into` cannot be written.
    pub fn after_cut(&self, cut: Cut, dice: &mut Dice, into: &Path) -> io::Result<()> {
        for (name, inode) in self.names_after(cut, dice) {
            let Some(file) = self.files.get(inode) else {
                continue;
            };
            let mut content = file.synced.clone();
            let last = (self.last == Some(inode)).then(|| file.pending.len().saturating_sub(1));
            for (at, pending) in file.pending.iter().enumerate() {
                match cut {
                    Cut::SyncedOnly => {}
                    Cut::Sectors => some_sectors(&mut content, pending, dice),
                    Cut::TornLast if last == Some(at) => some_sectors(&mut content, pending, dice),
                    Cut::Everything | Cut::TornLast => apply(&mut content, pending),
                }
            }
            let leaf = Path::new(&name).file_name().unwrap_or_default();
            fs::write(into.join(leaf), content)?;
        }
        Ok(())
    }

    fn names_after(&self, cut: Cut, dice: &mut Dice) -> BTreeMap<String, usize> {
        match cut {
            Cut::Everything | Cut::TornLast => self.names.clone(),
            Cut::SyncedOnly => self.synced_names.clone(),
            Cut::Sectors => {
                let mut names = self.synced_names.clone();
                for (name, inode) in &self.names {
                    if dice.coin() {
                        names.insert(name.clone(), *inode);
                    }
                }
                names.retain(|name, _| self.names.contains_key(name) || dice.coin());
                names
            }
        }
    }
}

fn apply(content: &mut Vec<u8>, pending: &Pending) {
    match pending {
        Pending::Write(offset, bytes) => put(content, *offset, bytes),
        Pending::Cut(length) => content.resize(*length, 0),
    }
}

fn put(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset.saturating_add(bytes.len());
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(offset..end) {
        place.copy_from_slice(bytes);
    }
}

/// Some of a change's sectors, as the dice fall.
fn some_sectors(content: &mut Vec<u8>, pending: &Pending, dice: &mut Dice) {
    match pending {
        Pending::Cut(length) => {
            if dice.coin() {
                content.resize(*length, 0);
            }
        }
        Pending::Write(offset, bytes) => {
            let mut at = *offset;
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                // Up to the next border of a sector.
                let room = (SECTOR - at % SECTOR).min(rest.len());
                let (sector, tail) = rest.split_at(room);
                if dice.coin() {
                    put(content, at, sector);
                }
                at += room;
                rest = tail;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn wrote(offset: usize, bytes: &[u8]) -> Change {
        Change::Wrote {
            file: 1,
            offset,
            bytes: bytes.to_vec(),
        }
    }

    fn after(changes: &[Change], cut: Cut, lies: bool) -> Option<Vec<u8>> {
        let mut disk = if lies {
            Disk::lying("/d")
        } else {
            Disk::empty("/d")
        };
        for change in changes {
            disk.change(change);
        }
        let into = tempfile::tempdir().unwrap();
        disk.after_cut(cut, &mut Dice::new(3), into.path()).unwrap();
        fs::read(into.path().join("a")).ok()
    }

    #[test]
    fn a_cut_keeps_what_was_synced_and_a_lying_disk_does_not() {
        let open = |file, path: &str| Change::Opened {
            file,
            path: path.to_owned(),
        };
        let changes = [
            open(1, "/d/a"),
            wrote(0, b"old"),
            Change::Synced { file: 1 },
            open(2, "/d"),
            Change::Synced { file: 2 },
            wrote(1, b"NEW"),
        ];
        assert_eq!(after(&changes, Cut::Everything, false).unwrap(), b"oNEW");
        assert_eq!(after(&changes, Cut::SyncedOnly, false).unwrap(), b"old");
        assert_eq!(after(&changes, Cut::SyncedOnly, true), None);
        assert_eq!(
            after(&changes[..3], Cut::SyncedOnly, false),
            None,
            "its name was never synced"
        );
    }

    #[test]
    fn a_torn_write_keeps_whole_sectors_only() {
        let open = Change::Opened {
            file: 1,
            path: "/d/a".to_owned(),
        };
        let changes = [open, wrote(100, &[7; 3000])];
        let torn = after(&changes, Cut::TornLast, false).unwrap();
        let borders: Vec<usize> = (1..torn.len())
            .filter(|at| torn[*at] != torn[at - 1])
            .collect();
        assert!(!borders.is_empty(), "something is missing");
        assert!(
            borders.iter().all(|at| at % SECTOR == 0 || *at == 100),
            "{borders:?}"
        );
    }
}
