//! The end of a device: its last word, signed; then keys, outbox, drafts, everything, overwritten and removed.
//!
//! The word is on the disk of the device before the first byte is overwritten, then where it was asked for, and `kiosk.toml` goes last:
//! a wipe that was cut goes on when it is started again. What the device's own screen orders: [`crate::order`]. Overwriting reaches
//! what the file system shows; what a memory card keeps of it elsewhere, only an encrypted partition or a hammer reaches
//! (docs/security.md).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use ubugoe_edge::enrol;
use ubugoe_protocol::DeviceId;
use ubugoe_protocol::enrol::{Pin, WipeRecord};

use crate::device::{Kiosk, enrolment, key_unusable};
use crate::enrol::{unreachable, write_whole};
use crate::export::{lying_in, open, outbox_failed};
use crate::say::{Done, SAID_NO, WOULD_LOSE, file, words};
use crate::{Bench, Failed, Outcome, audit, net};

/// What is to be sure.
#[derive(Debug, Args)]
pub struct Wipe {
    /// Yes, destroy it.
    #[arg(long)]
    yes: bool,
    /// The folder to which everything that waits was exported.
    #[arg(long)]
    exported: Option<PathBuf>,
    /// Why it is wiped although filings wait that were exported nowhere. They are lost.
    #[arg(long)]
    why: Option<String>,
    /// Where the signed record goes; without it, into the folder of the device.
    #[arg(long)]
    record: Option<PathBuf>,
    /// The city's door, `host:port`: tells it at once.
    #[arg(long)]
    city: Option<String>,
}

/// Destroys everything.
///
/// # Errors
/// While a kiosk runs; when filings would be lost unknowingly; what cannot be destroyed.
pub fn run(bench: &Bench<'_>, wipe: &Wipe) -> Outcome {
    let kiosk = Kiosk::read(bench, None)?;
    let device = kiosk.device()?;
    if !wipe.yes {
        return Err(Failed::new(
            "not-sure",
            words(
                "すべて消えます。本当に消すときは --yes を付けてください",
                "everything will be destroyed: say --yes",
            ),
        )
        .coded(WOULD_LOSE));
    }
    let gone = everything(bench, wipe, &kiosk)?;
    let Gone {
        record,
        signed,
        files,
        ..
    } = &gone;
    let mark = mark(bench.home, device.as_str());
    if *record != mark {
        remove(&mark).map_err(file("remove", &mark))?;
    }
    let told = tell(wipe.city.as_deref(), gone.pin, signed)?;
    let said = WipeRecord::peek(signed).ok();
    let mut done = Done::new(
        words(
            format!("端末 {device} を消去しました（{files} ファイル）"),
            format!("device {device} is wiped ({files} files)"),
        ),
        json!({
            "device": device.as_str(), "files": files, "record": record, "told_city": told,
            "unsent": said.as_ref().map(|said| said.unsent), "exported": said.as_ref().map(|said| said.exported),
        }),
    );
    if !told {
        done.lines.push(words(
            format!(
                "市役所で: ubugoe-city device wiped --config … --file {}",
                record.display()
            ),
            format!(
                "at city hall: ubugoe-city device wiped --config … --file {}",
                record.display()
            ),
        ));
    }
    Ok(done)
}

/// What is left of a device.
pub(crate) struct Gone {
    /// Where its last word lies: where it was asked for, or else on the device.
    record: PathBuf,
    pub(crate) signed: Vec<u8>,
    pub(crate) pin: Option<Pin>,
    files: usize,
}

/// Where the last word of a device lies from before the first byte is destroyed: what began is known by it.
pub(crate) fn mark(home: &Path, device: &str) -> PathBuf {
    home.join(format!("{device}.wiped"))
}

/// A last word that was said before.
fn said(path: &Path, device: &DeviceId) -> Option<Vec<u8>> {
    let signed = fs::read(path).ok()?;
    let said = WipeRecord::peek(&signed).ok()?;
    (said.device == *device).then_some(signed)
}

/// Whether a last word says all that is lost. It does not where a wipe went no further and the device has worked since.
fn still_true(signed: &[u8], kiosk: &Kiosk) -> bool {
    let waiting = open(kiosk).ok().flatten().map(|outbox| outbox.pending());
    match (waiting, WipeRecord::peek(signed)) {
        (Some(Ok(waiting)), Ok(said)) => waiting.len() as u64 <= said.unsent,
        // An outbox that is destroyed took nothing in since.
        _ => true,
    }
}

/// Destroys everything but the mark, which it leaves.
pub(crate) fn everything(bench: &Bench<'_>, wipe: &Wipe, kiosk: &Kiosk) -> Result<Gone, Failed> {
    let device = kiosk.device()?;
    let _hold = kiosk.hold()?;
    let folder = wipe.record.as_deref().unwrap_or(bench.home);
    let mut record = mark(folder, device.as_str());
    let mark = mark(bench.home, device.as_str());
    let targets = targets(bench, kiosk)?;
    let before = said(&mark, &device).or_else(|| said(&record, &device));
    let before = before.filter(|signed| still_true(signed, kiosk));
    let fresh = before.is_none();
    let signed = match before {
        Some(signed) => signed,
        None => last_word(bench, wipe, kiosk, &targets)?,
    };
    write_whole(&mark, &signed)?;
    if record != mark
        && let Err(failed) = write_whole(&record, &signed)
    {
        if fresh {
            remove(&mark).map_err(file("remove", &mark))?;
            return Err(failed);
        }
        // Keys may be gone: there is nothing to go back to.
        record.clone_from(&mark);
    }
    // Once more: whoever looked into the database has left files beside it.
    let targets = self::targets(bench, kiosk)?;
    let pin = enrolment(&bench.layout)
        .ok()
        .and_then(|mut enrolment| enrolment.delivered().ok())
        .map(|(pin, _, _)| pin);
    let steps = bench.steps(targets.files.len() as u64);
    let last = bench.layout.enrolled.join(enrol::KIOSK);
    for path in &targets.files {
        steps.next(&words("消去", "destroying"));
        // Before the last one: afterwards nobody would know that the line is missing.
        if *path == last {
            let about = format!("device={device} ");
            if !audit::has(bench, "wiped", &about)? {
                let detail = format!("{about}files={}", targets.files.len());
                audit::note(bench, "wiped", &detail)?;
            }
            // Gone in one step: one that was overwritten in part would be a device that nothing can read, nor wipe.
            let aside = last.with_extension("destroyed");
            rename(&last, &aside).map_err(file("rename", &last))?;
            destroy(&aside).map_err(file("destroy", &aside))?;
        } else {
            destroy(path).map_err(file("destroy", path))?;
        }
    }
    for folder in targets.folders.iter().rev() {
        fs::remove_dir(folder).map_err(file("remove", folder))?;
    }
    drop(steps);
    Ok(Gone {
        record,
        signed,
        pin,
        files: targets.files.len(),
    })
}

/// What a wipe leaves that was cut after the configuration was gone: folders.
pub(crate) fn sweep(bench: &Bench<'_>) -> Result<(), Failed> {
    let layout = &bench.layout;
    let mut left = Targets::new(bench);
    for root in [
        &layout.enrolled,
        &layout.identities,
        &layout.data,
        &layout.certificates,
    ] {
        if root.exists() {
            walk(root, &mut left).map_err(file("list", root))?;
        }
    }
    for path in &left.files {
        destroy(path).map_err(file("destroy", path))?;
    }
    for folder in left.folders.iter().rev() {
        fs::remove_dir(folder).map_err(file("remove", folder))?;
    }
    Ok(())
}

impl Wipe {
    /// Of somebody who is sure: what waits was exported to this folder, and the record goes there.
    pub(crate) fn sure(stick: Option<PathBuf>) -> Self {
        Self {
            yes: true,
            exported: stick.clone(),
            why: None,
            record: stick,
            city: None,
        }
    }
}

/// What is to be destroyed: files in order, keys first, the configuration last; folders from outside in.
struct Targets {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    bytes: u64,
}

impl Targets {
    /// What root is asked for this device's system (decision 0031); its folder is the system's own.
    fn new(bench: &Bench<'_>) -> Self {
        let folder = bench.home.join("system");
        let orders = ["start", "order", "back"].map(|name| folder.join(name));
        Self {
            files: orders.into_iter().filter(|path| path.exists()).collect(),
            folders: Vec::new(),
            bytes: 0,
        }
    }
}

fn targets(bench: &Bench<'_>, kiosk: &Kiosk) -> Result<Targets, Failed> {
    let mut all = Targets::new(bench);
    let mut roots = vec![bench.layout.enrolled.clone()];
    roots.extend(kiosk.identities.clone());
    roots.push(kiosk.data_dir.clone());
    roots.extend(kiosk.certificates.clone());
    for root in &roots {
        // Only what belongs to this device: a folder elsewhere was set up by hand, and may be shared.
        if root.starts_with(bench.home) && root.exists() {
            walk(root, &mut all).map_err(file("list", root))?;
        }
    }
    let last = bench.layout.enrolled.join(enrol::KIOSK);
    let secret = |path: &PathBuf| {
        path.extension().is_some_and(|e| {
            e == "sign" || e == "hpke" || e == "key" || e == "identity" || e == "asked"
        }) || path.file_name().is_some_and(|name| name == "asked")
    };
    all.files.sort_by_key(|path| (*path == last, !secret(path)));
    // The folder of the configuration goes after it.
    Ok(all)
}

fn walk(folder: &Path, all: &mut Targets) -> io::Result<()> {
    all.folders.push(folder.to_owned());
    for entry in folder.read_dir()? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), all)?;
        } else {
            all.bytes += entry.metadata()?.len();
            all.files.push(entry.path());
        }
    }
    Ok(())
}

/// Overwrites with random bytes, on the disk, then removes. A link is removed and not followed.
fn destroy(path: &Path) -> io::Result<()> {
    let about = match fs::symlink_metadata(path) {
        // a database's side files go with it when it is closed
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        about => about?,
    };
    if about.is_file() {
        let mut file = OpenOptions::new().write(true).open(path)?;
        let mut left = about.len();
        let mut noise = vec![0_u8; 64 * 1024];
        while left > 0 {
            let piece = usize::try_from(left).map_or(noise.len(), |left| left.min(noise.len()));
            let some = noise.get_mut(..piece).unwrap_or_default();
            getrandom::fill(some).map_err(io::Error::other)?;
            file.write_all(some)?;
            left -= piece as u64;
        }
        file.sync_all()?;
    }
    remove(path)
}

/// Removes, on the disk.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    on_the_disk(path)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    on_the_disk(to)
}

fn on_the_disk(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Sees that nothing is lost unknowingly, and signs.
fn last_word(
    bench: &Bench<'_>,
    wipe: &Wipe,
    kiosk: &Kiosk,
    targets: &Targets,
) -> Result<Vec<u8>, Failed> {
    let key = kiosk.sign()?;
    let public = key.verifying().map_err(|error| key_unusable(&error))?;
    // An outbox that cannot be read is no outbox that is empty.
    let pending = match (open(kiosk), &wipe.why) {
        (Ok(Some(outbox)), _) => outbox.pending().map_err(|error| outbox_failed(&error))?,
        (Ok(None), _) | (Err(_), Some(_)) => Vec::new(),
        (Err(failed), None) => return Err(failed.coded(WOULD_LOSE)),
    };
    let carried = match &wipe.exported {
        Some(folder) => lying_in(folder, kiosk, &public)?,
        None => std::collections::BTreeMap::new(),
    };
    let exported = pending
        .iter()
        .filter(|row| carried.contains_key(&row.id))
        .count();
    let left = pending.len() - exported;
    if left > 0 && wipe.why.as_deref().is_none_or(|why| why.trim().is_empty()) {
        return Err(Failed::new(
            "unsent",
            words(
                format!(
                    "届いていない届出が {left} 件あります。export してから --exported を付けるか、--why で理由を書いてください"
                ),
                format!(
                    "{left} filings have not arrived: export them and say --exported, or give a reason with --why"
                ),
            ),
        )
        .coded(WOULD_LOSE));
    }
    let record = WipeRecord {
        device: kiosk.device()?,
        at: bench.at,
        unsent: pending.len() as u64,
        exported: exported as u64,
        files: targets.files.len() as u64,
        bytes: targets.bytes,
        why: wipe.why.clone().unwrap_or_default(),
    };
    record.sign(&key).map_err(|error| key_unusable(&error))
}

/// Whether the city was told.
pub(crate) fn tell(city: Option<&str>, pin: Option<Pin>, signed: &[u8]) -> Result<bool, Failed> {
    let (Some(address), Some(pin)) = (city, pin) else {
        return Ok(false);
    };
    match net::post(address, "/enrol/v1/wiped", signed, pin) {
        Ok(reply) if reply.status == 204 => Ok(true),
        Ok(_) => Err(Failed::new(
            "city",
            words(
                "消去しましたが、自治体が記録を受け取りませんでした",
                "it is wiped, and the city did not take the record",
            ),
        )
        .coded(SAID_NO)),
        Err(error) => Err(unreachable(&error)),
    }
}
