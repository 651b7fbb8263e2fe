//! A technician's errands at the screen: what `ubugoe-tech` does on a terminal, done by the same library in a thread of its own.
//!
//! Answers for starting it, for telling the loop how far it is, and for saying its end in the machine's words. Sticks are folders
//! below one configured place, where the system mounts them. Every errand leaves its line in the device's chain, by the library.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use ubugoe_edge::Identities;
use ubugoe_tech::{
    Bench, Outcome, enrol, export, import, logs, order, rotate,
    say::{Done, FOUND, Failed, Progress, SAID_NO, Words},
};
use ubugoe_visit::{
    ServiceFailure,
    service::{
        Ask, CodeProblem, Errand, ErrandDone, ErrandTrouble, Means, ServiceEvent, TypedCode,
    },
};

use crate::core::{Input, Sender, Wake};

/// How long a new certificate may need to be tried.
const TRIAL: Duration = Duration::from_secs(30);
/// The unit whose lines are taken where no files of logs are configured.
const UNIT: &str = "ubugoe-kiosk";

/// What errands need to know of the device.
#[derive(Debug, Clone)]
pub struct Errands {
    /// The folder below which the device keeps everything.
    pub home: PathBuf,
    /// The kiosk's configuration, where the device was set up by hand.
    pub config: Option<PathBuf>,
    /// Where sticks are mounted, each in a folder of its own.
    pub sticks: PathBuf,
    /// Files of logs; without any, the journal.
    pub logs: Vec<PathBuf>,
}

/// What one run needs beside that.
pub(crate) struct Run {
    pub(crate) ask: Ask,
    pub(crate) errand: Errand,
    pub(crate) means: Means,
    /// Seconds since 1970 UTC.
    pub(crate) at: i64,
    pub(crate) identities: Option<Arc<Mutex<Identities>>>,
    pub(crate) inputs: Sender,
}

/// Tells the loop.
struct Telling {
    ask: Ask,
    inputs: Sender,
    step: Mutex<(u64, u64)>,
}

impl Telling {
    fn say(&self, change: impl FnOnce(&mut (u64, u64))) {
        let mut step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut step);
        let (ask, step) = (self.ask, *step);
        self.inputs
            .send(Input::Service(ServiceEvent::ErrandStep { ask, step }));
    }
}

impl Progress for Telling {
    fn begin(&self, steps: u64) {
        self.say(|step| *step = (0, steps));
    }

    fn next(&self, _: &Words) {
        self.say(|step| step.0 += 1);
    }

    fn end(&self) {}
}

impl Errands {
    /// Whether the city's door is known to this device.
    #[must_use]
    pub fn knows_door(&self) -> bool {
        enrol::door(&Bench::new(&self.home, &Nobody, 0)).is_some()
    }

    /// Where the device was registered to stand.
    #[must_use]
    pub fn ward(&self) -> Option<String> {
        let (_, ward) = enrol::place(&Bench::new(&self.home, &Nobody, 0))?;
        Some(ward)
    }

    /// The sticks that are there now.
    #[must_use]
    pub fn sticks(&self) -> Vec<String> {
        let entries = self.sticks.read_dir().into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        names
    }

    /// Starts an errand; its end comes as [`ServiceEvent::ErrandEnded`]. It wants to hear whenever there are news of the device's
    /// certificates.
    pub(crate) fn start(&self, run: Run) -> mpsc::Sender<()> {
        let errands = self.clone();
        let (ask, inputs) = (run.ask, run.inputs.clone());
        let (to, news) = mpsc::channel();
        let spawned = thread::Builder::new()
            .name("errand".to_owned())
            .spawn(move || errands.run(&run, &news));
        if let Err(error) = spawned {
            tracing::error!(%error, "no thread for an errand");
            let how = Err(ErrandTrouble::Failure(ServiceFailure::DeviceUnusable));
            inputs.send(Input::Service(ServiceEvent::ErrandEnded { ask, how }));
        }
        to
    }

    fn run(&self, run: &Run, news: &mpsc::Receiver<()>) {
        let telling = Telling {
            ask: run.ask,
            inputs: run.inputs.clone(),
            step: Mutex::default(),
        };
        let bench = Bench::new(&self.home, &telling, run.at);
        let how = self.carry_out(&bench, run, news);
        match &how {
            Ok(_) => {
                tracing::info!(target: "audit", errand = word(run.errand), "an errand is done");
            }
            Err(trouble) => {
                tracing::warn!(target: "audit", errand = word(run.errand), ?trouble, "an errand is not done");
            }
        }
        let ask = run.ask;
        run.inputs
            .send(Input::Service(ServiceEvent::ErrandEnded { ask, how }));
    }

    fn carry_out(
        &self,
        bench: &Bench<'_>,
        run: &Run,
        news: &mpsc::Receiver<()>,
    ) -> Result<ErrandDone, ErrandTrouble> {
        let config = self.config.clone();
        match (run.errand, &run.means) {
            (Errand::Register, Means::Code(code)) => {
                let done = registered(bench, code, false)?;
                Ok(ErrandDone::Registered {
                    device: done.text("device").unwrap_or_default().to_owned(),
                    ward: done.text("ward").unwrap_or_default().to_owned(),
                })
            }
            (Errand::Move, Means::Code(code)) => {
                let done = registered(bench, code, true)?;
                Ok(ErrandDone::Moved {
                    ward: done.text("ward").unwrap_or_default().to_owned(),
                })
            }
            (Errand::Rotate, Means::Nothing) => self.rotate(bench, run, news),
            (Errand::Export, Means::Stick(name)) => {
                let to = self.stick(name)?;
                let done = other(export::run(bench, &export::Export { to, config }))?;
                Ok(ErrandDone::Exported {
                    filings: done.count("filings"),
                    unreadable: done.count("unreadable"),
                })
            }
            (Errand::Import, Means::Stick(name)) => {
                let from = self.stick(name)?;
                let done = other(import::run(bench, &import::Import { from, config }))?;
                run.inputs.send(Input::Wake(Wake::Rows));
                Ok(ErrandDone::Imported {
                    filings: done.count("filings"),
                    known: done.count("known"),
                    left: ["damaged", "elsewhere", "missing"]
                        .map(|of| done.count(of))
                        .iter()
                        .sum(),
                })
            }
            (Errand::Logs, Means::Stick(name)) => {
                let to = self.stick(name)?.join(format!("ubugoe-{}.jsonl", run.at));
                let logs = logs::Logs {
                    from: self.logs.clone(),
                    journal: self.logs.is_empty().then(|| UNIT.to_owned()),
                    to,
                };
                let done = other(logs::run(bench, &logs))?;
                Ok(ErrandDone::LogsTaken {
                    lines: done.count("lines"),
                    left_out: done.count("left_out"),
                })
            }
            (Errand::Wipe, Means::Stick(name)) => {
                // Whoever set it up by hand destroys it by hand: what belongs to it stands in no layout.
                if config.is_some() {
                    return Err(ErrandTrouble::Failure(ServiceFailure::NotRegistered));
                }
                self.stick(name)?;
                other(order::place(bench, &self.sticks, name))?;
                Ok(ErrandDone::WipeOrdered)
            }
            (Errand::Destroy, Means::Nothing) => self.destroy(bench),
            // The machine asks for none of these.
            _ => Err(ErrandTrouble::Failure(ServiceFailure::DeviceUnusable)),
        }
    }

    fn rotate(
        &self,
        bench: &Bench<'_>,
        run: &Run,
        news: &mpsc::Receiver<()>,
    ) -> Result<ErrandDone, ErrandTrouble> {
        let Some(identities) = &run.identities else {
            return Err(ErrandTrouble::Failure(ServiceFailure::NotRegistered));
        };
        let rotate = rotate::Rotate {
            city: None,
            config: self.config.clone(),
        };
        let tell = || run.inputs.send(Input::Wake(Wake::Certificate));
        match rotate::beside_a_link(bench, &rotate, identities, &tell, (news, TRIAL)) {
            Err(failed) if failed.why == "unproven" => Ok(ErrandDone::RotatedUntried),
            outcome => other(outcome).map(|_| ErrandDone::Rotated),
        }
    }

    fn destroy(&self, bench: &Bench<'_>) -> Result<ErrandDone, ErrandTrouble> {
        let Some(order) = order::lying(&self.home) else {
            return Err(ErrandTrouble::Failure(ServiceFailure::DeviceUnusable));
        };
        let done = other(order::carry_out(bench, &order)).map_err(|trouble| {
            if order.is_whole(&self.home) {
                trouble
            } else {
                ErrandTrouble::Failure(ServiceFailure::WipeStuck)
            }
        })?;
        let yes = |field| done.fields.get(field).and_then(serde_json::Value::as_bool);
        Ok(ErrandDone::Wiped {
            device: order.device,
            files: done.count("files"),
            exported: done.count("exported"),
            record: done.text("record").unwrap_or_default().to_owned(),
            on_stick: yes("on_stick") == Some(true),
            told: yes("told_city") == Some(true),
        })
    }

    /// The folder of a stick that is still there; a name never leads anywhere else.
    fn stick(&self, name: &str) -> Result<PathBuf, ErrandTrouble> {
        let here = self.sticks().iter().any(|known| known == name);
        here.then(|| self.sticks.join(name))
            .ok_or(ErrandTrouble::Failure(ServiceFailure::StickUnusable))
    }
}

/// The folder below which a device keeps everything, by its configuration file and what that says: an enrolled one's, or, where it
/// was set up by hand, that of its data.
#[must_use]
pub fn home(config: &Path, data_dir: &Path) -> (PathBuf, Option<PathBuf>) {
    let above = config.parent().and_then(Path::parent);
    let enrolled = above.filter(|home| {
        let layout = ubugoe_edge::Layout::below(home);
        layout.data == data_dir && layout.enrolled.join(ubugoe_edge::enrol::KIOSK) == config
    });
    enrolled.map_or_else(
        || (data_dir.to_owned(), Some(config.to_owned())),
        |home| (home.to_owned(), None),
    )
}

struct Nobody;

impl Progress for Nobody {
    fn begin(&self, _: u64) {}
    fn next(&self, _: &Words) {}
    fn end(&self) {}
}

const fn word(errand: Errand) -> &'static str {
    match errand {
        Errand::Register => "register",
        Errand::Move => "move",
        Errand::Rotate => "rotate",
        Errand::Export => "export",
        Errand::Import => "import",
        Errand::Logs => "logs",
        Errand::Wipe => "wipe",
        Errand::Destroy => "destroy",
    }
}

/// What a technician on a terminal would read, for the log.
fn log(failed: &Failed) {
    tracing::error!(
        reason = failed.why,
        error = failed.source,
        "an errand is not done"
    );
}

fn registered(bench: &Bench<'_>, code: &TypedCode, move_it: bool) -> Result<Done, ErrandTrouble> {
    let text = code.text.trim();
    // which would be standard input to the library
    if text.is_empty() || text == "-" {
        return Err(ErrandTrouble::Code(CodeProblem::Mistyped));
    }
    let address = Some(code.address.trim().to_owned()).filter(|address| !address.is_empty());
    let online = enrol::Online::by_code(text.to_owned(), address);
    enrol::online(bench, &online, move_it).map_err(|failed| {
        log(&failed);
        let problem = match failed.why {
            "mistyped" => CodeProblem::Mistyped,
            "no-address" | "address" => CodeProblem::NoAddress,
            "unknown" => CodeProblem::Unknown,
            "spent" => CodeProblem::Spent,
            "expired" => CodeProblem::Expired,
            "stranger" => CodeProblem::Stranger,
            "unreachable" => CodeProblem::Unreachable,
            "city" => CodeProblem::Busy,
            "revoked" => CodeProblem::Revoked,
            "not-enrolled" => return ErrandTrouble::Failure(ServiceFailure::NotRegistered),
            _ => return ErrandTrouble::Failure(ServiceFailure::DeviceUnusable),
        };
        ErrandTrouble::Code(problem)
    })
}

/// The end of any other errand. What was done in part was done: its counts say the rest.
fn other(outcome: Outcome) -> Result<Done, ErrandTrouble> {
    use ServiceFailure as F;
    let failed = match outcome {
        Ok(done) => {
            debug_assert!(done.code == 0 || done.code == FOUND, "{}", done.code);
            return Ok(done);
        }
        Err(failed) => failed,
    };
    log(&failed);
    Err(ErrandTrouble::Failure(match failed.why {
        "file" | "unsent" => F::StickUnusable,
        "no-stick" => F::StickGone,
        "unreadable" => F::WouldLose,
        "nothing" => F::NothingOnStick,
        "unreachable" | "city" | "no-address" | "address" => F::CityUnreachable,
        "stranger" => F::CityStranger,
        "certificate-refused" => F::CityRefused,
        "not-enrolled" => F::NotRegistered,
        _ if failed.code == SAID_NO => F::CityRefused,
        _ => F::DeviceUnusable,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::*;

    #[test]
    fn a_device_that_registered_itself_is_known_by_its_folders_and_another_keeps_its_chain_with_its_data()
     {
        let (config, data) = ("/v/device/kiosk.toml", "/v/data");
        assert_eq!(
            home(Path::new(config), Path::new(data)),
            (PathBuf::from("/v"), None)
        );
        for (config, data) in [
            ("/v/device/kiosk.toml", "/w/data"),
            ("/etc/ubugoe/kiosk.toml", "/v/data"),
            ("kiosk.toml", "/v/data"),
        ] {
            assert_eq!(
                home(Path::new(config), Path::new(data)),
                (PathBuf::from(data), Some(PathBuf::from(config)))
            );
        }
    }

    #[test]
    fn sticks_are_the_folders_of_one_place_and_a_name_leads_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let media = folder.path().join("media");
        for name in ["B", "A", ".hidden"] {
            std::fs::create_dir_all(media.join(name)).unwrap();
        }
        std::fs::write(media.join("file"), "").unwrap();
        let errands = Errands {
            home: folder.path().to_owned(),
            config: None,
            sticks: media.clone(),
            logs: Vec::new(),
        };
        assert_eq!(errands.sticks(), ["A", "B"]);
        assert_eq!(errands.stick("A").unwrap(), media.join("A"));
        for name in ["..", ".", "", "../media/A", "file", "C"] {
            assert!(errands.stick(name).is_err(), "{name}");
        }
        let gone = Errands {
            sticks: folder.path().join("gone"),
            ..errands
        };
        assert!(gone.sticks().is_empty());
    }
}
