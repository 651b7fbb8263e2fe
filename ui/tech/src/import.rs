//! What another device exported, taken in here: this device sends it, and keeps it until the city has it.
//!
//! The envelopes stay as they are, sealed to their city and signed by the device that filed them; nobody here can read them or tell
//! whether they are genuine. The city can, and answers both: the other device as always, this one with a receipt for the envelope
//! that leads to no family's page. So it arrives once, however many devices and sticks have it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use ubugoe_edge::RowKind;
use ubugoe_edge::outbox::{Config, Outbox};
use ubugoe_protocol::enrol::Export as List;
use ubugoe_protocol::{DeviceId, FilingId, Kind, MAX_ENVELOPE, RecipientId, digest, peek};

use crate::device::Kiosk;
use crate::export::outbox_failed;
use crate::say::{Done, FOUND, file, words};
use crate::{Bench, Failed, Outcome, audit};

/// From where.
#[derive(Debug, Args)]
pub struct Import {
    /// The folder, such as a stick's, to which `export` wrote.
    #[arg(long)]
    pub from: PathBuf,
    /// The kiosk's configuration, where the device was set up by hand.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

/// What lies on the stick.
#[derive(Default)]
struct Found {
    rows: Vec<(FilingId, RowKind, RecipientId, Vec<u8>)>,
    devices: BTreeSet<DeviceId>,
    /// This device's own, which it has anyway.
    own: usize,
    /// For cities whose receipts this device cannot verify.
    elsewhere: usize,
    /// No envelope, or not the one that was exported.
    damaged: usize,
}

/// Takes everything in, or nothing.
///
/// # Errors
/// When nothing usable lies there, or it cannot be kept.
pub fn run(bench: &Bench<'_>, import: &Import) -> Outcome {
    let kiosk = Kiosk::read(bench, import.config.as_deref())?;
    let own = kiosk.device()?;
    let recipients = kiosk.recipients();
    let listed = listed(&import.from, &own)?;
    let paths = ending(&import.from, "ubg")?;
    let steps = bench.steps(paths.len() as u64 + 1);
    let (mut found, mut whole) = (Found::default(), BTreeSet::new());
    for path in &paths {
        steps.next(&words(name(path), ""));
        let Some(sealed) = read(path) else {
            found.damaged += 1;
            continue;
        };
        let Ok(header) = peek(&sealed) else {
            found.damaged += 1;
            continue;
        };
        let as_listed = listed
            .get(&header.id)
            .is_none_or(|one| *one == digest(&sealed));
        let kind = match header.kind {
            Kind::Filing | Kind::Second => RowKind::Filing,
            Kind::Attachment => RowKind::Chunk,
            // what a device says for itself is nobody else's to say
            Kind::Report => {
                found.damaged += 1;
                continue;
            }
        };
        if header.device == own {
            found.own += 1;
        } else if !as_listed {
            found.damaged += 1;
        } else if !recipients.contains(&header.recipient) {
            found.elsewhere += 1;
        } else if whole.insert(header.id) {
            found.devices.insert(header.device);
            found.rows.push((header.id, kind, header.recipient, sealed));
        }
    }
    let missing = listed.keys().filter(|id| !whole.contains(id)).count();
    if found.rows.is_empty() {
        return Err(nothing(&found));
    }
    steps.next(&words("書き込み", "writing"));
    let (new, known) = keep(&kiosk, &found.rows, bench.at)?;
    let from: Vec<&str> = found.devices.iter().map(DeviceId::as_str).collect();
    let from = from.join(",");
    audit::note(
        bench,
        "imported",
        &format!("device={own} from={from} filings={new} known={known} missing={missing}"),
    )?;
    Ok(told(&found, (new, known, missing)))
}

fn keep(
    kiosk: &Kiosk,
    rows: &[(FilingId, RowKind, RecipientId, Vec<u8>)],
    at: i64,
) -> Result<(usize, usize), Failed> {
    std::fs::create_dir_all(&kiosk.data_dir).map_err(file("make", &kiosk.data_dir))?;
    let mut outbox =
        Outbox::open(&Config::at(kiosk.outbox())).map_err(|error| outbox_failed(&error))?;
    let visit = FilingId::generate().map_err(|error| outbox_failed(&error))?;
    outbox
        .take_over(visit.as_bytes(), rows, at)
        .map_err(|error| outbox_failed(&error))
}

fn told(found: &Found, (new, known, missing): (usize, usize, usize)) -> Done {
    let from: Vec<&str> = found.devices.iter().map(DeviceId::as_str).collect();
    let mut done = Done::new(
        words(
            format!("届出 {new} 件を取り込みました。この端末が送ります"),
            format!("{new} filings taken in; this device sends them"),
        ),
        json!({
            "from": from, "filings": new, "known": known, "own": found.own, "elsewhere": found.elsewhere,
            "damaged": found.damaged, "missing": missing,
        }),
    );
    let bad = found.elsewhere + found.damaged + missing;
    if bad > 0 {
        done.code = FOUND;
        done.lines.push(words(
            format!(
                "取り込めなかったものがあります: 壊れている {}、別の自治体あて {}、一覧にあって見つからない {missing}",
                found.damaged, found.elsewhere
            ),
            format!(
                "not taken in: {} damaged, {} for another city, {missing} on the list and not there",
                found.damaged, found.elsewhere
            ),
        ));
    }
    done
}

fn nothing(found: &Found) -> Failed {
    Failed::new(
        "nothing",
        words(
            format!(
                "取り込める届出がありません（この端末のもの {}、壊れている {}、別の自治体あて {}）",
                found.own, found.damaged, found.elsewhere
            ),
            format!(
                "nothing to take in ({} of this device, {} damaged, {} for another city)",
                found.own, found.damaged, found.elsewhere
            ),
        ),
    )
}

/// What the lists of other devices name. They are not verified: only the city knows those devices' keys.
fn listed(folder: &Path, own: &DeviceId) -> Result<BTreeMap<FilingId, [u8; 32]>, Failed> {
    let mut found = BTreeMap::new();
    for path in ending(folder, "export")? {
        let signed = std::fs::read(&path).map_err(file("read", &path))?;
        let Ok(list) = List::peek(&signed) else {
            continue;
        };
        if list.device != *own {
            found.extend(list.envelopes.into_iter().map(|one| (one.id, one.envelope)));
        }
    }
    Ok(found)
}

fn ending(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, Failed> {
    let entries = folder.read_dir().map_err(file("read", folder))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .map_err(file("read", folder))?;
    paths.retain(|path| path.extension().is_some_and(|e| e == ending));
    paths.sort();
    Ok(paths)
}

/// A file's bytes, if it is no longer than an envelope may be.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = MAX_ENVELOPE as u64 + 1;
    File::open(path)
        .ok()?
        .take(most)
        .read_to_end(&mut bytes)
        .ok()?;
    (bytes.len() <= MAX_ENVELOPE).then_some(bytes)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
