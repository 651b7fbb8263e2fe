//! The third content: a whole system. The kiosk decides whether it may be; root fetches, proves, installs and starts it.
//!
//! ```text
//!  kiosk: for this machine? not older? ─> order ──> root: fetched, proved, installed ─> outcome: ready
//!                                                                                          │ no visit
//!  kiosk, in whichever system runs  <── the machine starts anew <── root <── start <───────┘
//!   └ the ordered one, marked good: healthy · outcome: failed · withdrawn: the order goes, or `back`
//! ```
//! What lies here can only choose among bundles that the image's authority signed, and none that is older: root looks at both.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ubugoe_edge::{Shelf, UpdateError, updates::Withdrawn};
use ubugoe_protocol::{ImageVersion, Manifest, Report, SystemOrder, UpdateId, report::UpdateState};

use super::{Unfit, done};
use crate::service::sidecar;

/// How often it is looked at what root has come to, while there is an order.
const LOOK: Duration = Duration::from_secs(5);

/// Longest file that root leaves for the kiosk, in bytes.
const OUTCOME: u64 = 1_024;

/// Where a system is known from, and where root and the kiosk meet.
#[derive(Debug, Clone)]
pub struct Place {
    /// What comes before every path; `/` but in tests.
    pub root: PathBuf,
    /// The HTTP proxy of the house: host and port.
    pub proxy: Option<(String, u16)>,
}

/// What root says of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// It is at it.
    Busy,
    /// It is installed and waits to be started.
    Ready,
    /// It is given up.
    Failed(String),
}

fn line_of(path: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let mut lines = text.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.trim_matches('"').to_owned())
}

impl Place {
    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn ours(&self, name: &str) -> PathBuf {
        self.at("var/lib/ubugoe/system").join(name)
    }

    /// The version that runs; none where this is not the image.
    fn running(&self) -> Option<ImageVersion> {
        line_of(&self.at("etc/os-release"), "IMAGE_VERSION")?
            .parse()
            .ok()
    }

    fn compatible(&self) -> Option<String> {
        line_of(&self.at("etc/rauc/system.conf"), "compatible")
    }

    /// Whether the system that runs has been marked good.
    fn is_good(&self) -> bool {
        self.at("run/ubugoe-health/good").exists()
    }

    fn outcome(&self, id: UpdateId) -> Option<Outcome> {
        let file = fs::File::open(self.at("var/lib/ubugoe-system/outcome")).ok()?;
        let mut bytes = Vec::new();
        file.take(OUTCOME).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes);
        let line = text.lines().next()?.strip_prefix(&format!("{id} "))?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        Some(match word {
            "ready" => Outcome::Ready,
            "failed" => Outcome::Failed(rest.to_owned()),
            _ => Outcome::Busy,
        })
    }

    fn put(&self, name: &str, text: &str) -> io::Result<()> {
        fs::create_dir_all(self.ours(""))?;
        sidecar::replace(&self.ours(name), text.as_bytes())
    }

    fn hand_over(&self, id: UpdateId, order: &SystemOrder) -> io::Result<()> {
        let mut text = format!(
            "ubugoe-system/1\nid {id}\nurl {}\ncompatible {}\nversion {}\nsha256 {}\nlen {}\n",
            order.url,
            order.compatible,
            order.version,
            hex::encode(order.sha256),
            order.len
        );
        if let Some((host, port)) = &self.proxy {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "proxy {host}:{port}");
        }
        self.put("order", &text)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        match fs::remove_file(self.ours(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The order is settled: root clears away what it fetched.
    fn clear(&self) {
        for name in ["start", "order"] {
            told(self.remove(name));
        }
    }

    /// Which order is to be taken back after it was started, if one is, and its version.
    fn going_back(&self) -> Option<(UpdateId, ImageVersion)> {
        let text = fs::read_to_string(self.ours("back")).ok()?;
        let (id, version) = text.trim_end().split_once(' ')?;
        Some((id.parse().ok()?, version.parse().ok()?))
    }
}

/// Whether root was told. What a file could not do is logged; it is tried again at the next look.
fn told(result: io::Result<()>) -> bool {
    result
        .inspect_err(|error| tracing::error!(%error, "the order for a system is not handed over"))
        .is_ok()
}

/// The systems of this device.
#[derive(Debug)]
pub(super) struct Systems {
    shelf: Shelf,
    place: Place,
    due: Option<Instant>,
}

impl Systems {
    pub(super) fn new(shelf: Shelf, place: Place) -> Self {
        // An order may have come to its end in a start in between.
        let open = shelf.on_trial() || place.running().is_some();
        let due = open.then(Instant::now);
        Self { shelf, place, due }
    }

    pub(super) const fn shelf(&mut self) -> &mut Shelf {
        &mut self.shelf
    }

    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.shelf.staged().is_some()
    }

    /// The order that root has.
    fn order(&mut self) -> Result<Option<(Manifest, SystemOrder)>, Unfit> {
        let bytes = self.shelf.read_current().map_err(Unfit::File)?;
        let manifest = self.shelf.in_use().copied();
        let (Some(bytes), Some(manifest)) = (bytes, manifest) else {
            return Ok(None);
        };
        let order = SystemOrder::from_bytes(&bytes).map_err(Unfit::Order)?;
        Ok(Some((manifest, order)))
    }

    fn fits(&mut self) -> Result<(), Unfit> {
        let bytes = self.shelf.read_staged().map_err(Unfit::File)?;
        let order = SystemOrder::from_bytes(&bytes.unwrap_or_default()).map_err(Unfit::Order)?;
        let (Some(running), Some(here)) = (self.place.running(), self.place.compatible()) else {
            return Err(Unfit::NoImage);
        };
        if order.compatible != here {
            return Err(Unfit::Machine {
                wanted: order.compatible,
                here,
            });
        }
        // The same one may have come by a stick: then nothing is left to do.
        if order.version < running {
            return Err(Unfit::Older {
                ordered: order.version,
                running,
            });
        }
        Ok(())
    }

    /// Hands the order that waits over to root, if it is fit: between visits only.
    pub(super) fn switch(&mut self) -> Vec<Report> {
        if !self.is_waiting() {
            return Vec::new();
        }
        match self.fits() {
            Ok(()) => {
                let mut said = Vec::new();
                if self.shelf.on_trial() {
                    said.extend(self.give_up("another order took its place"));
                }
                if done(self.shelf.switch()).is_some() {
                    said.extend(self.look(true));
                }
                said
            }
            Err(Unfit::File(error)) if matches!(error, UpdateError::Disk { .. }) => {
                super::log(&error);
                Vec::new()
            }
            Err(why) => {
                tracing::error!(
                    error = &why as &dyn std::error::Error,
                    "a system is not fit"
                );
                let report = done(self.shelf.unfit(&why.to_string())).flatten();
                report.into_iter().collect()
            }
        }
    }

    /// Looks at what root has come to; `resting`: no visit runs, so the machine may start anew.
    pub(super) fn look(&mut self, resting: bool) -> Vec<Report> {
        let said = self.way_back(resting).or_else(|| self.way_there(resting));
        let open = self.shelf.on_trial() || self.place.going_back().is_some();
        self.due = open.then(|| Instant::now() + LOOK);
        said.into_iter().collect()
    }

    fn way_there(&mut self, resting: bool) -> Option<Report> {
        if !self.shelf.on_trial() {
            // The current went after the shelf knew, and before root's copy was gone.
            if self.place.running().is_some() && self.place.going_back().is_none() {
                self.place.clear();
            }
            return None;
        }
        let (manifest, order) = match self.order() {
            Ok(Some(known)) => known,
            Ok(None) => return self.give_up("the order is gone"),
            Err(Unfit::File(error)) if matches!(error, UpdateError::Disk { .. }) => {
                super::log(&error);
                return None;
            }
            Err(why) => return self.give_up(&why.to_string()),
        };
        if self.place.running() == Some(order.version) {
            if !self.place.is_good() {
                return None;
            }
            self.place.clear();
            return done(self.shelf.proven()).flatten();
        }
        match self.place.outcome(manifest.id) {
            Some(Outcome::Failed(why)) => self.give_up(&why),
            Some(Outcome::Busy) => None,
            Some(Outcome::Ready) => {
                if self.start(manifest.id, resting) {
                    tracing::info!(version = %order.version, "another system is to be started");
                }
                None
            }
            None => {
                if told(self.place.hand_over(manifest.id, &order)) {
                    tracing::info!(version = %order.version, "an order for a system is handed over");
                }
                None
            }
        }
    }

    /// Lets root start what is ready, while no visit runs: one that has begun since takes that back.
    fn start(&self, id: UpdateId, resting: bool) -> bool {
        if resting {
            return told(self.place.put("start", &format!("{id}\n")));
        }
        told(self.place.remove("start"));
        false
    }

    fn give_up(&mut self, why: &str) -> Option<Report> {
        tracing::error!(why, "a system did not do well");
        self.place.clear();
        done(self.shelf.back(UpdateState::Failed, why)).flatten()
    }

    /// One that was withdrawn after it was started.
    fn way_back(&self, resting: bool) -> Option<Report> {
        let (id, version) = self.place.going_back()?;
        if self.place.running() != Some(version) {
            told(self.place.remove("back"));
            told(self.place.remove("start"));
            return None;
        }
        match self.place.outcome(id)? {
            Outcome::Ready => {
                self.start(id, resting);
            }
            Outcome::Failed(why) => {
                told(self.place.remove("back"));
                // A report takes 500 bytes.
                let detail = why.chars().filter(|c| !c.is_control()).take(120).collect();
                return Some(Report::Update {
                    id,
                    state: UpdateState::Withdrawn,
                    detail,
                });
            }
            Outcome::Busy => {}
        }
        None
    }

    /// Takes an order back: between visits only.
    pub(super) fn withdraw(&mut self, id: UpdateId) -> Result<Report, UpdateError> {
        let order = self.order().ok().flatten();
        let used = order.filter(|(manifest, _)| manifest.id == id);
        if let Some((_, order)) = &used
            && self.place.running() == Some(order.version)
        {
            told(self.place.put("back", &format!("{id} {}\n", order.version)));
        }
        let (Withdrawn::Back(report) | Withdrawn::NotUsed(report)) = self.shelf.withdraw(id)?;
        if used.is_some() {
            self.place.clear();
        }
        if self.place.going_back().is_some() {
            self.due = Some(Instant::now() + LOOK);
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests;
