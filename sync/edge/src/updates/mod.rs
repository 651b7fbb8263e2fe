//! Updates of one content, from their first part until they are in use, and back where they do not do well.
//!
//! ```text
//!  announced ─> incoming ─parts─> whole, hash right ─> staged ──switch──> on trial ──proven──> in use
//!                   │                                    │                   │                   │
//!                   └──────── withdrawn ─────────────────┴─ unfit ─> gone <──┴─ failed, ─────────┘
//!                                                                             ended twice, withdrawn: the one before
//!                                                                             is in use again
//! ```
//! What a folder holds; each file appears whole or not at all, so a power cut leaves a state of the drawing:
//!
//! ```text
//!  incoming          the signed manifest whose parts are being collected
//!  part-00012        one of them
//!  00000000000000000003.update   the signed manifest (its length first, four bytes) and the whole
//!  state             which of them is in use and which was before, how the trial goes, what is gone
//! ```
//! A version is never lower than what was used or given up before, whoever signed it: only a withdrawal leads back, and
//! only to what this device used itself. At most five updates lie here, one of them in parts: 110 MiB at the very most.

mod kept;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use ubugoe_protocol::report::UpdateState;
use ubugoe_protocol::update::{Content, PART_LEN, join};
use ubugoe_protocol::{Manifest, Part, Report, SignedError, UpdateId, VerifyingKey};

use crate::disk::{self, DRAFT, Disk, Folder};
use kept::{Gone, Kept};

const INCOMING: &str = "incoming";
const STATE: &str = "state";
const UPDATE: &str = ".update";
const PART: &str = "part-";

/// Starts in a row that may end badly before an update is given up.
const STARTS: u32 = 2;

/// What went wrong with the folder. What is in use still is.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// It could not be read or written.
    #[error("cannot {doing} in the folder of updates")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// What this folder says about itself is damaged.
    #[error("the state of the folder of updates is not readable")]
    Damaged,
    /// An update is not what its manifest says.
    #[error("an update is not what its manifest says")]
    Content,
    /// Its manifest is not signed by the operator.
    #[error("an update is not signed by the operator")]
    Unsigned(#[source] SignedError),
}

fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> UpdateError {
    move |source| UpdateError::Disk { doing, source }
}

/// An update whose parts are being collected.
#[derive(Debug)]
struct Incoming {
    manifest: Manifest,
    have: BTreeSet<u16>,
}

/// What taking an update back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withdrawn {
    /// It was in use, and the one before is again: that one is to be loaded.
    Back(Report),
    /// It was not in use.
    NotUsed(Report),
}

/// The updates of one content. One process may have its folder open.
#[derive(Debug)]
pub struct Shelf {
    disk: Box<dyn Disk>,
    content: Content,
    key: VerifyingKey,
    kept: Kept,
    /// Of everything that lies here whole.
    whole: BTreeMap<u64, Manifest>,
    incoming: Option<Incoming>,
}

impl Shelf {
    /// Opens the folder, clears what is of no use any more, and knows what was collected before. `key`: the operator's.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written, or is damaged.
    pub fn open(folder: &Path, content: Content, key: VerifyingKey) -> Result<Self, UpdateError> {
        let folder = Folder::make(folder).map_err(failed("make it"))?;
        Self::on(Box::new(folder), content, key)
    }

    fn on(
        mut disk: Box<dyn Disk>,
        content: Content,
        key: VerifyingKey,
    ) -> Result<Self, UpdateError> {
        let names = disk.names().map_err(failed("list"))?;
        let kept = if names.iter().any(|name| name == STATE) {
            let bytes = disk.read(STATE).map_err(failed("read"))?;
            Kept::read(&bytes).ok_or(UpdateError::Damaged)?
        } else {
            Kept::default()
        };
        let mut shelf = Self {
            disk,
            content,
            key,
            kept,
            whole: BTreeMap::new(),
            incoming: None,
        };
        shelf.look_around(&names)?;
        Ok(shelf)
    }

    fn look_around(&mut self, names: &[String]) -> Result<(), UpdateError> {
        for name in names.iter().filter(|name| name.ends_with(UPDATE)) {
            match self.unpack(name) {
                Ok((manifest, _)) => {
                    self.whole.insert(manifest.version, manifest);
                }
                // Passed over, not removed: going back from it is the loader's business.
                Err(error) => {
                    tracing::warn!(
                        name,
                        error = &error as &dyn std::error::Error,
                        "passed over"
                    );
                }
            }
        }
        self.tidy()?;
        if names.iter().any(|name| name == INCOMING) {
            let signed = self.disk.read(INCOMING).map_err(failed("read"))?;
            let numbers = names
                .iter()
                .filter_map(|name| name.strip_prefix(PART)?.parse().ok());
            self.incoming = Manifest::verify(&signed, &self.key)
                .ok()
                .map(|manifest| Incoming {
                    have: numbers
                        .filter(|n| usize::from(*n) < manifest.parts())
                        .collect(),
                    manifest,
                });
        }
        let open = self
            .incoming
            .as_ref()
            .map(|incoming| incoming.manifest.version);
        // One that was staged before the power went is not collected again.
        if open.is_none_or(|version| version <= self.highest()) {
            self.drop_incoming()?;
        }
        if names.iter().any(|name| name == DRAFT) {
            self.remove(DRAFT)?;
        }
        // The last part was written, and then the power went.
        self.whole_now().map(drop)
    }

    /// The highest version that was used, given up, or waits.
    fn highest(&self) -> u64 {
        let waiting = self.whole.keys().next_back().copied();
        self.kept.highest.max(waiting.unwrap_or(0))
    }

    /// The update that waits to be used.
    #[must_use]
    pub fn staged(&self) -> Option<&Manifest> {
        let (version, manifest) = self.whole.last_key_value()?;
        (*version > self.kept.highest).then_some(manifest)
    }

    /// The version in use; `None`: what is part of the program.
    #[must_use]
    pub const fn current(&self) -> Option<u64> {
        self.kept.current
    }

    /// What is known of the one in use; `None` also where its file is gone.
    #[must_use]
    pub fn in_use(&self) -> Option<&Manifest> {
        self.whole.get(&self.kept.current?)
    }

    /// Whether the one in use still has to be proven.
    #[must_use]
    pub const fn on_trial(&self) -> bool {
        self.kept.trial.is_some()
    }

    /// The bytes of the one in use, proved anew by signature and hash.
    ///
    /// # Errors
    /// When it is not there or not what its manifest says: then [`Shelf::back`].
    pub fn read_current(&mut self) -> Result<Option<Vec<u8>>, UpdateError> {
        self.kept
            .current
            .map(|version| self.read(version))
            .transpose()
    }

    /// The bytes of the one that waits.
    ///
    /// # Errors
    /// As [`Shelf::read_current`]; then [`Shelf::unfit`].
    pub fn read_staged(&mut self) -> Result<Option<Vec<u8>>, UpdateError> {
        let version = self.staged().map(|manifest| manifest.version);
        version.map(|version| self.read(version)).transpose()
    }

    fn read(&mut self, version: u64) -> Result<Vec<u8>, UpdateError> {
        let (manifest, whole) = self.unpack(&name_of(version))?;
        let right = manifest.version == version && manifest.content == self.content;
        join(&manifest, &[whole])
            .filter(|_| right)
            .ok_or(UpdateError::Content)
    }

    fn unpack(&mut self, name: &str) -> Result<(Manifest, Vec<u8>), UpdateError> {
        let file = self.disk.read(name).map_err(failed("read"))?;
        let (length, rest) = file.split_first_chunk::<4>().ok_or(UpdateError::Content)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let (signed, whole) = rest.split_at_checked(length).ok_or(UpdateError::Content)?;
        let manifest = Manifest::verify(signed, &self.key).map_err(UpdateError::Unsigned)?;
        Ok((manifest, whole.to_vec()))
    }

    // ------------------------------------------------------------------------------------------ on its way

    /// The operator announces an update; what is to be reported. `signed`: as it came.
    ///
    /// # Errors
    /// When the folder cannot be written: then it is as if the announcement had not come.
    pub fn announced(
        &mut self,
        manifest: &Manifest,
        signed: &[u8],
    ) -> Result<Option<Report>, UpdateError> {
        if let Some(known) = self.kept.gone_of(manifest.id) {
            return Ok(known.report());
        }
        if let Some(here) = self.whole.values().find(|here| here.id == manifest.id) {
            let staged = here.version > self.kept.highest;
            return Ok((staged || self.kept.current == Some(here.version))
                .then(|| self.report_of(here.id, staged)));
        }
        if let Some(open) = &self.incoming
            && open.manifest.id == manifest.id
        {
            return Ok(None);
        }
        let open = self.incoming.as_ref().map(|open| open.manifest.version);
        let highest = self.highest().max(open.unwrap_or(0));
        if manifest.version <= highest {
            let detail = format!("version {} is not above {highest}", manifest.version);
            tracing::warn!(update = %manifest.id, detail, "an update is refused");
            return Ok(Some(failure(manifest.id, detail)));
        }
        self.drop_incoming()?;
        self.put(INCOMING, signed)?;
        self.incoming = Some(Incoming {
            manifest: *manifest,
            have: BTreeSet::new(),
        });
        Ok(None)
    }

    /// A part of an update; what is to be reported. A part of another update than the announced one is dropped: it comes again.
    ///
    /// # Errors
    /// When the folder cannot be written: then it is as if the part had not come.
    pub fn part(&mut self, part: &Part) -> Result<Option<Report>, UpdateError> {
        let Some(open) = &self.incoming else {
            return Ok(None);
        };
        let count = open.manifest.parts();
        let at = usize::from(part.number);
        let length = usize::try_from(open.manifest.len)
            .unwrap_or(usize::MAX)
            .saturating_sub(at.saturating_mul(PART_LEN))
            .min(PART_LEN);
        let fits = open.manifest.id == part.id && at < count && part.bytes.len() == length;
        if !fits || open.have.contains(&part.number) {
            return Ok(None);
        }
        self.put(&part_of(part.number), &part.bytes)?;
        if let Some(open) = &mut self.incoming {
            open.have.insert(part.number);
        }
        self.whole_now()
    }

    /// Puts the parts together once all are here.
    fn whole_now(&mut self) -> Result<Option<Report>, UpdateError> {
        let Some(open) = &self.incoming else {
            return Ok(None);
        };
        let manifest = open.manifest;
        if open.have.len() < manifest.parts() {
            return Ok(None);
        }
        let mut parts = Vec::with_capacity(manifest.parts());
        for number in open.have.clone() {
            let part = self.disk.read(&part_of(number)).map_err(failed("read"))?;
            parts.push(part.to_vec());
        }
        let Some(whole) = join(&manifest, &parts) else {
            // A part is not what was sent: damaged on the way here or on this disk. They come again.
            tracing::warn!(update = %manifest.id, "the parts of an update do not have its hash");
            self.drop_parts()?;
            return Ok(None);
        };
        let signed = self.disk.read(INCOMING).map_err(failed("read"))?;
        let length = u32::try_from(signed.len())
            .unwrap_or(u32::MAX)
            .to_be_bytes();
        let file = [length.as_slice(), &signed, &whole].concat();
        self.put(&name_of(manifest.version), &file)?;
        self.whole.insert(manifest.version, manifest);
        self.tidy()?;
        self.drop_incoming()?;
        tracing::info!(update = %manifest.id, version = manifest.version, "an update is here");
        Ok(Some(self.report_of(manifest.id, true)))
    }

    // ------------------------------------------------------------------------------------------ in use

    /// Uses the one that waits; it is on trial from now on. Nothing happens if none waits.
    ///
    /// # Errors
    /// When the folder cannot be written: then the one in use still is.
    pub fn switch(&mut self) -> Result<(), UpdateError> {
        let Some(next) = self.staged().copied() else {
            return Ok(());
        };
        let mut kept = self.kept.clone();
        if let Some(before) = kept.before.and_then(|version| self.whole.get(&version)) {
            kept.gone(Gone::new(before.id, UpdateState::Healthy, ""));
        }
        kept.before = kept.current;
        kept.current = Some(next.version);
        kept.highest = next.version;
        kept.trial = Some(1);
        kept.checks = None;
        self.keep(kept)?;
        self.tidy()
    }

    /// The one that waits is about to be checked, which may end the program. False when that happened twice: then
    /// [`Shelf::unfit`].
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn begin_check(&mut self) -> Result<bool, UpdateError> {
        let begun = self.kept.checks.unwrap_or(0);
        if begun >= STARTS {
            return Ok(false);
        }
        let mut kept = self.kept.clone();
        kept.checks = Some(begun + 1);
        self.keep(kept)?;
        Ok(true)
    }

    /// Whether this shelf has or had this update, or collects it.
    #[must_use]
    pub fn knows(&self, id: UpdateId) -> bool {
        self.whole.values().any(|here| here.id == id)
            || self.kept.gone_of(id).is_some()
            || self
                .incoming
                .as_ref()
                .is_some_and(|open| open.manifest.id == id)
    }

    /// The one that waits is not used: it failed a check. What is to be reported.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn unfit(&mut self, detail: &str) -> Result<Option<Report>, UpdateError> {
        let Some(next) = self.staged().copied() else {
            return Ok(None);
        };
        self.give_up(&next, UpdateState::Failed, detail).map(Some)
    }

    /// The program starts. One that ended too often while on trial is given up: what is to be reported then.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn started(&mut self) -> Result<Option<Report>, UpdateError> {
        let Some(starts) = self.kept.trial else {
            return Ok(None);
        };
        if starts >= STARTS {
            let detail = "the program ended twice before it was proven";
            return self.back(UpdateState::Failed, detail);
        }
        let mut kept = self.kept.clone();
        kept.trial = Some(starts + 1);
        self.keep(kept)?;
        Ok(None)
    }

    /// The program ends because it was told to: that says nothing about what is on trial.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn ended_well(&mut self) -> Result<(), UpdateError> {
        let Some(starts) = self.kept.trial else {
            return Ok(());
        };
        let mut kept = self.kept.clone();
        kept.trial = Some(starts.saturating_sub(1));
        self.keep(kept)
    }

    /// The one on trial did well. What is to be reported.
    ///
    /// # Errors
    /// When the folder cannot be written: then it stays on trial.
    pub fn proven(&mut self) -> Result<Option<Report>, UpdateError> {
        if self.kept.trial.is_none() {
            return Ok(None);
        }
        let mut kept = self.kept.clone();
        kept.trial = None;
        self.keep(kept)?;
        let current = self
            .kept
            .current
            .and_then(|version| self.whole.get(&version));
        Ok(current.map(|current| self.report_of(current.id, false)))
    }

    /// The one in use is given up, and the one before is in use again. What is to be reported.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn back(&mut self, why: UpdateState, detail: &str) -> Result<Option<Report>, UpdateError> {
        let Some(version) = self.kept.current else {
            return Ok(None);
        };
        if let Some(manifest) = self.whole.get(&version).copied() {
            return self.give_up(&manifest, why, detail).map(Some);
        }
        // Its file is gone or damaged, and nobody knows its id.
        let mut kept = self.kept.clone();
        kept.step_back();
        self.keep(kept)?;
        Ok(None)
    }

    /// An update is withdrawn by order.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn withdraw(&mut self, id: UpdateId) -> Result<Withdrawn, UpdateError> {
        let withdrawn = UpdateState::Withdrawn;
        if let Some(report) = self.kept.gone_of(id).and_then(Gone::report) {
            return Ok(Withdrawn::NotUsed(report));
        }
        let here = self.whole.values().find(|here| here.id == id).copied();
        if let Some(here) = here {
            let used = self.kept.current == Some(here.version);
            let report = self.give_up(&here, withdrawn, "")?;
            return Ok(if used {
                Withdrawn::Back(report)
            } else {
                Withdrawn::NotUsed(report)
            });
        }
        let gone = Gone::new(id, withdrawn, "");
        let report = gone.told();
        let mut kept = self.kept.clone();
        kept.gone(gone);
        self.keep(kept)?;
        if self
            .incoming
            .as_ref()
            .is_some_and(|open| open.manifest.id == id)
        {
            self.drop_incoming()?;
        }
        Ok(Withdrawn::NotUsed(report))
    }

    /// How things stand: for the operator, who may not have heard it. At most two reports.
    #[must_use]
    pub fn standing(&self) -> Vec<Report> {
        let newest = self.kept.newest_gone().and_then(Gone::report);
        let current = self
            .kept
            .current
            .and_then(|version| self.whole.get(&version));
        let here = self.staged().or(current);
        let standing = here.map(|here| {
            let staged = here.version > self.kept.highest;
            self.report_of(here.id, staged)
        });
        newest.into_iter().chain(standing).collect()
    }

    fn report_of(&self, id: UpdateId, staged: bool) -> Report {
        let state = if staged || self.on_trial() {
            UpdateState::Staged
        } else {
            UpdateState::Healthy
        };
        Report::Update {
            id,
            state,
            detail: String::new(),
        }
    }

    /// Whatever it was before, it is not used any more.
    fn give_up(
        &mut self,
        manifest: &Manifest,
        why: UpdateState,
        detail: &str,
    ) -> Result<Report, UpdateError> {
        let gone = Gone::new(manifest.id, why, detail);
        let report = gone.told();
        let mut kept = self.kept.clone();
        // It was the one that waited, whose checks these are.
        if manifest.version > kept.highest {
            kept.checks = None;
            kept.highest = manifest.version;
        }
        if kept.current == Some(manifest.version) {
            kept.step_back();
        }
        kept.before = kept.before.filter(|before| *before != manifest.version);
        kept.gone(gone);
        self.keep(kept)?;
        self.tidy()?;
        Ok(report)
    }

    // ------------------------------------------------------------------------------------------ files

    fn keep(&mut self, kept: Kept) -> Result<(), UpdateError> {
        self.put(STATE, &kept.to_bytes())?;
        self.kept = kept;
        Ok(())
    }

    /// Removes updates that nobody goes back to.
    fn tidy(&mut self) -> Result<(), UpdateError> {
        let staged = self.staged().map(|manifest| manifest.version);
        let wanted = [self.kept.current, self.kept.before, staged];
        let unwanted: Vec<u64> = self
            .whole
            .keys()
            .copied()
            .filter(|version| !wanted.contains(&Some(*version)))
            .collect();
        for version in unwanted {
            self.remove(&name_of(version))?;
            self.whole.remove(&version);
        }
        Ok(())
    }

    fn drop_incoming(&mut self) -> Result<(), UpdateError> {
        self.drop_parts()?;
        if self.incoming.take().is_some() || self.has(INCOMING)? {
            self.remove(INCOMING)?;
        }
        Ok(())
    }

    fn drop_parts(&mut self) -> Result<(), UpdateError> {
        let names = self.disk.names().map_err(failed("list"))?;
        for name in names.iter().filter(|name| name.starts_with(PART)) {
            self.remove(name)?;
        }
        if let Some(open) = &mut self.incoming {
            open.have.clear();
        }
        Ok(())
    }

    fn has(&mut self, name: &str) -> Result<bool, UpdateError> {
        let names = self.disk.names().map_err(failed("list"))?;
        Ok(names.iter().any(|one| one == name))
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), UpdateError> {
        disk::put(self.disk.as_mut(), name, bytes).map_err(failed("write"))
    }

    fn remove(&mut self, name: &str) -> Result<(), UpdateError> {
        let disk = &mut self.disk;
        disk.remove(name)
            .and_then(|()| disk.sync_names())
            .map_err(failed("remove"))
    }
}

fn failure(id: UpdateId, detail: String) -> Report {
    Report::Update {
        id,
        state: UpdateState::Failed,
        detail,
    }
}

fn name_of(version: u64) -> String {
    format!("{version:020}{UPDATE}")
}

fn part_of(number: u16) -> String {
    format!("{PART}{number:05}")
}

#[cfg(test)]
mod tests;
