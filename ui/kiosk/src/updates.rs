//! Updates of the catalogue and of the municipality's profile: checked beside the one in use, switched between visits, taken
//! back where they do not do well.
//!
//! What lies on the disk is `ubugoe_edge::Shelf`'s; this file makes a catalogue of it and decides whether that one may be used.
//! A catalogue update brings everything but what is part of the program; a profile update brings `profiles.toml` only, over
//! whatever catalogue is in use. One of them is on trial at a time. A whole system is `system`'s.
#![expect(clippy::similar_names, reason = "a shelf is a shelf")]

mod system;

pub use system::Place;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::{Duration, Instant},
};

use jiff::civil::Date;
use ubugoe_edge::{Shelf, UpdateError, updates::Withdrawn};
use ubugoe_procedures::{
    BirthCertificate, CardHolder, Catalogue, CatalogueError, FilerRole, IssuerKind,
    MunicipalityCode, PlaceKind, Plurality, ProcedureId, Sex,
    bundle::{self, BundleError, Files},
    plan,
};
use ubugoe_protocol::{
    ImageVersion, Manifest, Part, Report, UpdateId, VerifyingKey, WireError, report::UpdateState,
    update::Content,
};

use self::system::Systems;

/// Why an update is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// Its bytes are no files.
    #[error("not readable: {0}")]
    Bundle(#[source] BundleError),
    /// A profile update with something else in it.
    #[error("{0:?} is no profile")]
    NoProfile(String),
    /// The catalogue contradicts itself.
    #[error("{0}")]
    Catalogue(#[source] CatalogueError),
    /// Nothing is known of the ward's own municipality any more.
    #[error("no profile of {0}")]
    NoHome(MunicipalityCode),
    /// An invented family of today would get no birth registration, or one without a day that is still to come.
    #[error("a birth of today gives no registration in time")]
    Plan,
    /// Filings of this device wait, of procedures that would be unknown.
    #[error("in use, and gone: {0}")]
    Lost(String),
    /// The check itself ended.
    #[error("the check ended in a panic")]
    Panic,
    /// It ended the program.
    #[error("the program ended while it was checked")]
    Ended,
    /// The file.
    #[error("{0}")]
    File(#[source] UpdateError),
    /// Its bytes are no order for a system.
    #[error("not readable: {0}")]
    Order(#[source] WireError),
    /// A system for a device that is not on the image.
    #[error("this device does not run the image: its system is somebody else's to update")]
    NoImage,
    /// A system for another kind of machine.
    #[error("for {wanted}, this machine is {here}")]
    Machine {
        /// What the order says.
        wanted: String,
        /// What this machine says.
        here: String,
    },
    /// A system that is older than the one that runs.
    #[error("{ordered} is older than {running}, which runs")]
    Older {
        /// What the order says.
        ordered: ImageVersion,
        /// What runs.
        running: ImageVersion,
    },
}

/// A catalogue that may be used.
#[derive(Debug)]
pub struct Loaded {
    /// It.
    pub catalogue: Catalogue,
    /// What it is called in the self-test: the beginning of its hash, and the versions it came from.
    pub label: String,
}

/// What a catalogue has to know to be used on this device today.
#[derive(Debug, Clone)]
pub struct Check {
    /// The ward's municipality.
    pub birthplace: MunicipalityCode,
    /// Today in Japan.
    pub today: Date,
    /// Procedures of filings that are not settled.
    pub in_use: Vec<ProcedureId>,
}

/// The updates of this device.
#[derive(Debug, Default)]
pub struct Updates {
    catalogue: Option<Shelf>,
    profile: Option<Shelf>,
    systems: Option<Systems>,
    prove: Duration,
    /// When the one on trial has done well for long enough.
    due: Option<Instant>,
}

fn log(error: &UpdateError) {
    tracing::error!(error = error as &dyn std::error::Error, "updates");
}

/// What the folder could not do is logged; the update waits for a better day.
fn done<T>(result: Result<T, UpdateError>) -> Option<T> {
    result.inspect_err(log).ok()
}

fn is_profile(name: &str) -> bool {
    name == "profiles.toml" || name.starts_with("profiles/")
}

fn builtin() -> Files {
    Catalogue::builtin_files()
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect()
}

/// The first bytes of a hash over names and texts.
fn hash(files: &Files) -> String {
    let mut all = Vec::new();
    for (name, text) in files {
        for part in [name, text] {
            all.extend_from_slice(&(part.len() as u64).to_be_bytes());
            all.extend_from_slice(part.as_bytes());
        }
    }
    let digest = ubugoe_protocol::digest(&all);
    hex::encode(digest.get(..6).unwrap_or_default())
}

/// Puts a catalogue together from what is part of the program and the two updates.
fn assemble(whole: Option<&[u8]>, profile: Option<&[u8]>) -> Result<(Catalogue, String), Unfit> {
    let mut files = builtin();
    if let Some(bytes) = whole {
        let update = bundle::unpack(bytes).map_err(Unfit::Bundle)?;
        files.retain(|name, _| Catalogue::is_fixed(name));
        files.extend(update);
    }
    if let Some(bytes) = profile {
        let update = bundle::unpack(bytes).map_err(Unfit::Bundle)?;
        if let Some(other) = update.keys().find(|name| !is_profile(name)) {
            return Err(Unfit::NoProfile(other.clone()));
        }
        files.retain(|name, _| !is_profile(name));
        files.extend(update);
    }
    let label = hash(&files);
    let catalogue = Catalogue::from_files(&files).map_err(Unfit::Catalogue)?;
    Ok((catalogue, label))
}

/// An invented birth of today, as a certificate.
fn sample(today: Date) -> BirthCertificate {
    BirthCertificate {
        number: "CHECK".to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: today.at(3, 5, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: None,
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: "山田\u{3000}花子".to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: today,
        issuer_kind: IssuerKind::Midwife,
        issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

fn registers(catalogue: &Catalogue, check: &Check) -> bool {
    let facts = ubugoe_procedures::Facts {
        holder: CardHolder {
            name: "山田\u{3000}花子".to_owned(),
            address: String::new(),
            birth: Date::constant(1996, 5, 17),
            sex: Sex::Female,
        },
        role: FilerRole::Mother,
        certificate: Some(sample(check.today)),
        today: check.today,
        home: check.birthplace,
        birthplace: check.birthplace,
    };
    let line = plan(catalogue, &facts);
    line.items.iter().any(|item| {
        item.procedure.as_str() == "shussei_todoke"
            && item.recipient == check.birthplace
            && item.due.is_some_and(|due| due.in_time(check.today))
    })
}

fn fits(catalogue: &Catalogue, check: &Check) -> Result<(), Unfit> {
    if catalogue.profile(&check.birthplace).is_none() {
        return Err(Unfit::NoHome(check.birthplace));
    }
    if !registers(catalogue, check) {
        return Err(Unfit::Plan);
    }
    let lost: Vec<&str> = check
        .in_use
        .iter()
        .filter(|id| catalogue.procedure(id).is_none())
        .map(ProcedureId::as_str)
        .collect();
    if lost.is_empty() {
        Ok(())
    } else {
        Err(Unfit::Lost(lost.join(" ")))
    }
}

/// Runs a check that may do anything, and comes back.
fn contained<T>(check: impl FnOnce() -> Result<T, Unfit>) -> Result<T, Unfit> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or(Err(Unfit::Panic))
}

impl Updates {
    /// Opens the folders below `folder`. One that does not open is logged, and its updates are neither taken nor used: a
    /// device with what is part of its program is better than none.
    #[must_use]
    pub fn open(folder: &Path, key: VerifyingKey, prove: Duration, place: Place) -> Self {
        let open = |name, content| done(Shelf::open(&folder.join(name), content, key));
        Self {
            catalogue: open("catalogue", Content::Catalogue),
            profile: open("profile", Content::Profile),
            systems: open("system", Content::System).map(|shelf| Systems::new(shelf, place)),
            prove,
            due: None,
        }
    }

    /// Of what the program itself uses.
    fn shelves(&mut self) -> impl Iterator<Item = &mut Shelf> {
        self.catalogue.iter_mut().chain(self.profile.iter_mut())
    }

    fn all_shelves(&mut self) -> impl Iterator<Item = &mut Shelf> {
        let systems = self.systems.iter_mut().map(Systems::shelf);
        self.catalogue
            .iter_mut()
            .chain(self.profile.iter_mut())
            .chain(systems)
    }

    const fn shelf(&mut self, content: Content) -> Option<&mut Shelf> {
        match content {
            Content::Catalogue => self.catalogue.as_mut(),
            Content::Profile => self.profile.as_mut(),
            Content::System => match &mut self.systems {
                Some(systems) => Some(systems.shelf()),
                None => None,
            },
        }
    }

    fn is_on_trial(&self) -> bool {
        let both = self.catalogue.iter().chain(self.profile.iter());
        both.into_iter().any(Shelf::on_trial)
    }

    /// The catalogue that the program starts with, and what the operator is to hear of it. What does not load or ended the
    /// program too often is given up on the way.
    ///
    /// # Errors
    /// When not even the catalogue inside the program loads.
    pub fn load(&mut self) -> Result<(Loaded, Vec<Report>), CatalogueError> {
        let mut said = Vec::new();
        for shelf in self.shelves() {
            said.extend(done(shelf.started()).flatten());
        }
        self.settle(said)
    }

    /// Goes back until something loads.
    fn settle(&mut self, mut said: Vec<Report>) -> Result<(Loaded, Vec<Report>), CatalogueError> {
        loop {
            match self.current() {
                Ok(loaded) => {
                    self.due = self.is_on_trial().then(|| Instant::now() + self.prove);
                    return Ok((loaded, said));
                }
                Err((content, why)) => {
                    tracing::error!(
                        error = &why as &dyn std::error::Error,
                        "an update does not load"
                    );
                    let shelf = content.and_then(|content| self.shelf(content));
                    let back = shelf.map(|shelf| {
                        (
                            shelf.current(),
                            shelf.back(UpdateState::Failed, &why.to_string()),
                        )
                    });
                    if let Some((Some(_), Ok(report))) = back {
                        said.extend(report);
                        continue;
                    }
                    // Without a way back on the disk, the program's own for this run.
                    *self = Self {
                        systems: self.systems.take(),
                        ..Self::default()
                    };
                    let own = Loaded {
                        catalogue: Catalogue::builtin()?,
                        label: hash(&builtin()),
                    };
                    return Ok((own, said));
                }
            }
        }
    }

    /// What is in use on the shelves, or whose fault it is that it does not load.
    fn current(&mut self) -> Result<Loaded, (Option<Content>, Unfit)> {
        let mut read = BTreeMap::new();
        for content in [Content::Catalogue, Content::Profile] {
            let bytes = self.shelf(content).map(Shelf::read_current).transpose();
            let bytes = bytes.map_err(|error| (Some(content), Unfit::File(error)))?;
            read.insert(content, bytes.flatten());
        }
        let bytes = |content| read.get(&content).and_then(Option::as_deref);
        let (whole, profile) = (bytes(Content::Catalogue), bytes(Content::Profile));
        contained(|| assemble(whole, profile))
            .map(|(catalogue, label)| Loaded {
                label: self.labelled(label),
                catalogue,
            })
            .map_err(|why| {
                let trial = self.catalogue.as_ref().is_some_and(Shelf::on_trial);
                let at_fault = match (whole, profile) {
                    (Some(_), Some(_)) if trial => Some(Content::Catalogue),
                    (_, Some(_)) => Some(Content::Profile),
                    (Some(_), None) => Some(Content::Catalogue),
                    (None, None) => None,
                };
                (at_fault, why)
            })
    }

    fn labelled(&self, mut label: String) -> String {
        for (shelf, letter) in [(&self.catalogue, 'c'), (&self.profile, 'p')] {
            if let Some(version) = shelf.as_ref().and_then(Shelf::current) {
                // Writing to a String cannot fail.
                let _ = write!(label, " {letter}{version}");
            }
        }
        label
    }

    /// The operator announces an update; what it is to hear.
    pub fn announced(&mut self, manifest: &Manifest, signed: &[u8]) -> Option<Report> {
        let shelf = self.shelf(manifest.content)?;
        done(shelf.announced(manifest, signed)).flatten()
    }

    /// A part of an update came; what the operator is to hear.
    pub fn part(&mut self, part: &Part) -> Option<Report> {
        self.all_shelves()
            .find_map(|shelf| done(shelf.part(part)).flatten())
    }

    /// How things stand, said anew on every connection: reports are not repeated by anybody else.
    pub fn standing(&mut self) -> Vec<Report> {
        self.all_shelves()
            .flat_map(|shelf| shelf.standing())
            .collect()
    }

    /// Whether an update waits for its check and the next rest.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let mut both = self.catalogue.iter().chain(self.profile.iter());
        let system = self.systems.as_ref().is_some_and(Systems::is_waiting);
        !self.is_on_trial() && (system || both.any(|shelf| shelf.staged().is_some()))
    }

    /// Checks the update that waits beside the one in use, and switches to it if it is fit: between visits only.
    pub fn switch(&mut self, check: &Check) -> (Option<Loaded>, Vec<Report>) {
        let mut said = Vec::new();
        if self.is_on_trial() {
            return (None, said);
        }
        for content in [Content::Catalogue, Content::Profile] {
            match self.switch_one(content, check) {
                Ok(None) => {}
                Ok(Some(loaded)) => {
                    self.due = Some(Instant::now() + self.prove);
                    return (Some(loaded), said);
                }
                Err(Unfit::File(error)) if matches!(error, UpdateError::Disk { .. }) => log(&error),
                Err(why) => {
                    tracing::error!(
                        error = &why as &dyn std::error::Error,
                        "an update is not fit"
                    );
                    let shelf = self.shelf(content);
                    let report = shelf.and_then(|shelf| done(shelf.unfit(&why.to_string())));
                    said.extend(report.flatten());
                }
            }
        }
        said.extend(
            self.systems
                .as_mut()
                .map(Systems::switch)
                .unwrap_or_default(),
        );
        (None, said)
    }

    fn switch_one(&mut self, content: Content, check: &Check) -> Result<Option<Loaded>, Unfit> {
        let other = match content {
            Content::Catalogue => Content::Profile,
            Content::Profile | Content::System => Content::Catalogue,
        };
        let Some(shelf) = self.shelf(content).filter(|shelf| shelf.staged().is_some()) else {
            return Ok(None);
        };
        if !shelf.begin_check().map_err(Unfit::File)? {
            return Err(Unfit::Ended);
        }
        let staged = shelf.read_staged().map_err(Unfit::File)?;
        let beside = self.shelf(other).map(Shelf::read_current).transpose();
        let beside = beside.map_err(Unfit::File)?.flatten();
        let (whole, profile) = match content {
            Content::Catalogue => (staged, beside),
            Content::Profile | Content::System => (beside, staged),
        };
        let (catalogue, label) = contained(|| {
            let made = assemble(whole.as_deref(), profile.as_deref())?;
            fits(&made.0, check)?;
            Ok(made)
        })?;
        if let Some(shelf) = self.shelf(content) {
            shelf.switch().map_err(Unfit::File)?;
        }
        Ok(Some(Loaded {
            catalogue,
            label: self.labelled(label),
        }))
    }

    /// When [`Updates::look`] or [`Updates::prove`] is due.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        let system = self.systems.as_ref().and_then(Systems::due);
        self.due.into_iter().chain(system).min()
    }

    /// Whether [`Updates::prove`] is due.
    #[must_use]
    pub fn is_proof_due(&self) -> bool {
        self.due.is_some_and(|at| at <= Instant::now())
    }

    /// Looks at what has become of a system that root was told of, if it is time; `resting`: no visit runs.
    pub fn look(&mut self, resting: bool) -> Vec<Report> {
        let now = Instant::now();
        let mut due = self.systems.iter_mut();
        let due = due.find(|systems| systems.due().is_some_and(|at| at <= now));
        due.map(|systems| systems.look(resting)).unwrap_or_default()
    }

    /// It could not be checked now: later.
    pub fn put_off(&mut self) {
        self.due = self
            .due
            .map(|_| Instant::now() + self.prove.max(Duration::from_secs(10)));
    }

    /// The trial is over: what is in use is checked once more and stays, or the one before is in use again.
    pub fn prove(&mut self, catalogue: &Catalogue, check: &Check) -> (Option<Loaded>, Vec<Report>) {
        self.due = None;
        match contained(|| fits(catalogue, check)) {
            Ok(()) => {
                let said = self
                    .shelves()
                    .filter_map(|shelf| done(shelf.proven()).flatten());
                (None, said.collect())
            }
            Err(why) => {
                tracing::error!(
                    error = &why as &dyn std::error::Error,
                    "an update did not do well"
                );
                let words = why.to_string();
                let said: Vec<Report> = self
                    .shelves()
                    .filter(|shelf| shelf.on_trial())
                    .filter_map(|shelf| done(shelf.back(UpdateState::Failed, &words)).flatten())
                    .collect();
                let (loaded, more) = self.again();
                (loaded, said.into_iter().chain(more).collect())
            }
        }
    }

    /// Takes an update back by order: between visits only. What is to be used then, if it is another.
    ///
    /// # Errors
    /// When the folder cannot be written: the order is done when it comes again.
    pub fn withdraw(&mut self, id: UpdateId) -> Result<(Option<Loaded>, Vec<Report>), UpdateError> {
        let known = self.all_shelves().any(|shelf| shelf.knows(id));
        let mut said = Vec::new();
        let mut back = false;
        if let Some(systems) = &mut self.systems
            && (!known || systems.shelf().knows(id))
        {
            said = vec![systems.withdraw(id)?];
        }
        for shelf in self.shelves() {
            // One that nobody knows yet is refused when it comes, whatever it is of.
            if known && !shelf.knows(id) {
                continue;
            }
            let (report, used) = match shelf.withdraw(id)? {
                Withdrawn::Back(report) => (report, true),
                Withdrawn::NotUsed(report) => (report, false),
            };
            back |= used;
            said = vec![report];
        }
        if !back {
            return Ok((None, said));
        }
        self.due = None;
        let (loaded, more) = self.again();
        said.extend(more);
        Ok((loaded, said))
    }

    /// Loads what the shelves say is in use, after a step back.
    fn again(&mut self) -> (Option<Loaded>, Vec<Report>) {
        match self.settle(Vec::new()) {
            Ok((loaded, said)) => (Some(loaded), said),
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no catalogue to go back to"
                );
                (None, Vec::new())
            }
        }
    }

    /// The program ends as it was told to: that says nothing against an update.
    pub fn ended_well(&mut self) {
        for shelf in self.shelves() {
            done(shelf.ended_well());
        }
    }
}

#[cfg(test)]
mod tests;
