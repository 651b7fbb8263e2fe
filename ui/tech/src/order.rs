//! A wipe that was ordered at the device's own screen, where a kiosk works with what is to be destroyed.
//!
//! ```text
//! beside the kiosk    every filing onto the stick      cut here: nothing happened
//!                     wipe-ordered.json                the next start finds it, before outbox, keys or link are opened
//! at that start       every filing once more           one may have come between
//!                     <device>.wiped, on the device    until here the order can be taken back and the device works on
//!                     <device>.wiped, on the stick
//!                     keys, …, kiosk.toml              as on a terminal; cut here: each start goes on, with the stick or without
//!                     both files of the device         once somebody has read what was done
//! ```
//! So a device either works as before, or is wiped by its next start. The stick is known again by the list of filings on it, which
//! this device signed: its name may be another one by then, and an empty folder of the same name is none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::json;
use ubugoe_edge::{Layout, enrol::KIOSK};
use ubugoe_protocol::enrol::{Export as List, WipeRecord};

use crate::device::Kiosk;
use crate::enrol::{door, write_whole};
use crate::export::{self, Export};
use crate::say::{Done, FOUND, WOULD_LOSE, file, words};
use crate::wipe::{self, Wipe};
use crate::{Bench, Failed, Outcome};

const FILE: &str = "wipe-ordered.json";

/// What was ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Which device.
    pub device: String,
    /// When, seconds since 1970 UTC.
    at: i64,
    /// Where sticks are mounted, each in a folder of its own.
    pub sticks: PathBuf,
    /// The one with the filings, as it was called then.
    pub stick: String,
}

/// The order that lies on this device. One that cannot be read is none: nothing is destroyed on a guess.
#[must_use]
pub fn lying(home: &Path) -> Option<Order> {
    let text = fs::read_to_string(home.join(FILE)).ok()?;
    serde_json::from_str(&text).ok()
}

/// No wipe is ordered (any more).
pub(crate) fn forget(home: &Path) -> io::Result<()> {
    match wipe::remove(&home.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Writes every filing to the stick, and the order.
///
/// # Errors
/// When a filing cannot be read or written, or the order not be written. Nothing changed then.
pub fn place(bench: &Bench<'_>, sticks: &Path, stick: &str) -> Outcome {
    let kiosk = Kiosk::read(bench, None)?;
    let done = all_out(bench, sticks.join(stick))?;
    // What works has not been wiped: a word that was said once and went no further.
    let mark = wipe::mark(bench.home, &kiosk.device);
    if mark.exists() {
        wipe::remove(&mark).map_err(file("remove", &mark))?;
    }
    let order = Order {
        device: kiosk.device,
        at: bench.at,
        sticks: sticks.to_owned(),
        stick: stick.to_owned(),
    };
    let text = serde_json::to_vec(&order).unwrap_or_default();
    write_whole(&bench.home.join(FILE), &text)?;
    Ok(done)
}

fn all_out(bench: &Bench<'_>, to: PathBuf) -> Outcome {
    let done = export::run(bench, &Export { to, config: None })?;
    if done.code == FOUND {
        return Err(Failed::new(
            "unreadable",
            words(
                "読めない届出があるため、消去しません",
                "some filings cannot be read, so nothing is wiped",
            ),
        )
        .coded(WOULD_LOSE));
    }
    Ok(done)
}

/// Does what was ordered, or goes on with it. No kiosk may run.
///
/// # Errors
/// When the stick is not there, or cannot be written; [`Order::is_whole`] then says whether anything was destroyed.
pub fn carry_out(bench: &Bench<'_>, order: &Order) -> Outcome {
    let stick = order.find(bench);
    if !bench.layout.enrolled.join(KIOSK).exists() {
        wipe::sweep(bench)?;
        return order.said(bench, stick.as_deref(), false);
    }
    if order.is_whole(bench.home) {
        let Some(stick) = &stick else {
            return Err(Failed::new(
                "no-stick",
                words(
                    "書き出したUSBメモリーがありません",
                    "the stick with the filings is not there",
                ),
            ));
        };
        // a clock that went back must not make the stick unknown
        let bench = Bench::new(bench.home, bench.progress, bench.at.max(order.at));
        all_out(&bench, stick.clone())?;
    }
    let city = door(bench);
    let wipe = Wipe::sure(stick.clone());
    let gone = wipe::everything(bench, &wipe, &Kiosk::read(bench, None)?)?;
    // A city takes what lies on the stick before it hears that the device is no more.
    let told = WipeRecord::peek(&gone.signed).is_ok_and(|said| said.unsent == 0)
        && wipe::tell(city.as_deref(), gone.pin, &gone.signed).unwrap_or(false);
    order.said(bench, stick.as_deref(), told)
}

impl Order {
    /// Whether nothing was destroyed yet.
    #[must_use]
    pub fn is_whole(&self, home: &Path) -> bool {
        let configured = Layout::below(home).enrolled.join(KIOSK).exists();
        configured && !wipe::mark(home, &self.device).exists()
    }

    /// Takes the order back: the device works on.
    ///
    /// # Errors
    /// When something was destroyed, or the order cannot be removed.
    pub fn take_back(&self, home: &Path) -> io::Result<()> {
        if !self.is_whole(home) {
            return Err(io::Error::other("the wipe has begun"));
        }
        forget(home)
    }

    /// Forgets an order that was carried out. The record stays where no stick has it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn forget(&self, home: &Path, on_stick: bool) -> io::Result<()> {
        // An order without a record would ask for one that nobody can write any more.
        forget(home)?;
        if on_stick {
            wipe::remove(&wipe::mark(home, &self.device))?;
        }
        Ok(())
    }

    /// The stick with the filings, whatever it is called by now.
    fn find(&self, bench: &Bench<'_>) -> Option<PathBuf> {
        let key = Kiosk::read(bench, None).and_then(|kiosk| kiosk.sign()).ok();
        let key = key.and_then(|key| key.verifying().ok());
        let lies_in = |folder: &PathBuf| {
            let Ok(signed) = fs::read(folder.join(format!("{}.export", self.device))) else {
                return false;
            };
            // the key may be destroyed already, and nothing can be lost then
            let list = key.map_or_else(|| List::peek(&signed), |key| List::verify(&signed, &key));
            list.is_ok_and(|list| list.device.as_str() == self.device && list.at >= self.at)
        };
        let others = self.sticks.read_dir().into_iter().flatten().flatten();
        // a hidden folder is offered to nobody as a stick
        let shown = others.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
        std::iter::once(self.sticks.join(&self.stick))
            .chain(shown.map(|entry| entry.path()))
            .find(lies_in)
    }

    /// What was done, by the device's last word.
    fn said(&self, bench: &Bench<'_>, stick: Option<&Path>, told: bool) -> Outcome {
        let mark = wipe::mark(bench.home, &self.device);
        let signed = fs::read(&mark).map_err(file("read", &mark))?;
        let name = format!("{}.wiped", self.device);
        let on_stick = stick.is_some_and(|stick| {
            let there = stick.join(&name);
            let lies = || fs::read(&there).is_ok_and(|bytes| bytes == signed);
            lies() || write_whole(&there, &signed).is_ok() && lies()
        });
        let record = WipeRecord::peek(&signed).ok();
        let count = |of: fn(&WipeRecord) -> u64| record.as_ref().map(of);
        Ok(Done::new(
            words(
                format!("端末 {} を消去しました", self.device),
                format!("device {} is wiped", self.device),
            ),
            json!({
                "device": self.device, "files": count(|said| said.files), "exported": count(|said| said.exported),
                "record": name, "on_stick": on_stick, "told_city": told,
            }),
        ))
    }
}
