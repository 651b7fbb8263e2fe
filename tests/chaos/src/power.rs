//! The current fails at every write: nothing that was acknowledged is lost, no visit is half there, and the outbox opens.
//!
//! A real program writes a real outbox under a recorder ([`crate::writer`], `shim/record.c`). Then every moment between two of
//! its writes is a power cut, in four ways each ([`Cut`]); the folder is rebuilt as the cut leaves it ([`crate::disk`]), the
//! outbox opened, and everything compared with what the program had said by then. The control is a disk that lies
//! about syncs: it must be caught. Beside that the program itself is killed at its writes, and a real file
//! system on a loop device is copied while it is written to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use ubugoe_bench::dice::Dice;
use ubugoe_bench::process::Process;
use ubugoe_edge::outbox::{Config, Outbox, RowState};
use ubugoe_protocol::{FilingId, digest};

use crate::disk::{Change, Cut, Disk, read_record};
use crate::table::Line;

/// What the writing program has said by some moment.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Visits, their rows, and each row's sealed digest in hexadecimal.
    stored: BTreeMap<String, BTreeMap<String, String>>,
    retired: BTreeSet<String>,
    refused: BTreeSet<String>,
    commands: BTreeSet<String>,
}

impl Said {
    /// Takes in more words.
    ///
    /// # Errors
    /// When they are not the writer's.
    pub fn hear(&mut self, words: &str) -> Result<()> {
        for line in words.lines() {
            let mut parts = line.split(' ');
            let (verb, of) = (
                parts.next().unwrap_or_default(),
                parts.next().context("of what?")?,
            );
            match verb {
                "stored" => {
                    let count: usize = parts.next().context("how many?")?.parse()?;
                    let rows: BTreeMap<String, String> = parts
                        .filter_map(|p| p.split_once('='))
                        .map(|(id, hash)| (id.to_owned(), hash.to_owned()))
                        .collect();
                    ensure!(
                        rows.len() == count,
                        "a visit of {count} rows lists {}",
                        rows.len()
                    );
                    self.stored.insert(of.to_owned(), rows);
                }
                "retired" => drop(self.retired.insert(of.to_owned())),
                "refused" => drop(self.refused.insert(of.to_owned())),
                "command" => drop(self.commands.insert(of.to_owned())),
                other => bail!("the writer does not say {other}"),
            }
        }
        Ok(())
    }

    fn rows(&self) -> impl Iterator<Item = (&String, &String)> {
        self.stored.values().flatten()
    }
}

/// Opens an outbox after a cut and compares it with what was said. Answers what is wrong.
///
/// # Errors
/// None of its own: whatever fails is an answer.
#[must_use]
pub fn compare(folder: &Path, said: &Said) -> Vec<String> {
    match try_compare(folder, said) {
        Ok(wrong) => wrong,
        Err(error) => vec![format!("{error:#}")],
    }
}

fn try_compare(folder: &Path, said: &Said) -> Result<Vec<String>> {
    let mut outbox =
        Outbox::open(&Config::at(folder.join("outbox.sqlite"))).context("it does not open")?;
    let mut wrong = Vec::new();
    for (id, hash) in said.rows() {
        let Some(row) = outbox.row(&id.parse()?)? else {
            wrong.push(format!("{id} was stored and is lost"));
            continue;
        };
        if hex::encode(row.envelope) != *hash {
            wrong.push(format!("{id} is another envelope"));
        }
        if said.retired.contains(id) && (row.state != RowState::Arrived || row.answer.is_none()) {
            wrong.push(format!("{id} had arrived and is {:?}", row.state));
        }
        if said.refused.contains(id) && row.state != RowState::Refused {
            wrong.push(format!("{id} was refused and is {:?}", row.state));
        }
    }
    for id in &said.commands {
        if outbox.command(&id.parse()?)?.is_none() {
            wrong.push(format!("order {id} was kept and is lost"));
        }
    }
    for row in outbox.list()? {
        match outbox.sealed(&row.id)? {
            Some(sealed) if digest(&sealed) != row.envelope => {
                wrong.push(format!(
                    "{} has other bytes than it was stored with",
                    row.id
                ));
            }
            None if row.state != RowState::Arrived => {
                wrong.push(format!("{} is {:?} and has no bytes", row.id, row.state));
            }
            Some(_) | None => {}
        }
    }
    // The record's bytes say how many rows the visit has.
    for visit in outbox.visits()? {
        let rows = outbox.rows_of(&visit.id)?.len();
        let whole = visit
            .record
            .as_ref()
            .is_none_or(|r| r.first().map(|n| usize::from(*n)) == Some(rows));
        if rows == 0 || !whole {
            wrong.push(format!("visit {} has {rows} rows", hex::encode(visit.id)));
        }
    }
    write_once_more(&mut outbox)?;
    Ok(wrong)
}

/// That the outbox can still be written.
fn write_once_more(outbox: &mut Outbox) -> Result<()> {
    let id = FilingId::generate()?;
    outbox
        .keep_command(id, b"after the cut", 0)
        .context("it cannot be written")?;
    ensure!(
        outbox.command(&id)?.is_some(),
        "what was written is not there"
    );
    Ok(())
}

/// A folder in memory if there is one: the cuts are simulated, so the disk need not suffer.
fn scratch() -> Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() {
        tempfile::Builder::new()
            .prefix("ubugoe-power-")
            .tempdir_in(memory)?
    } else {
        tempfile::tempdir()?
    })
}

/// Compiles the recorder.
///
/// # Errors
/// Without a C compiler, or when it refuses.
pub fn recorder(into: &Path) -> Result<PathBuf> {
    let library = into.join("record.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("shim/record.c");
    let done = Command::new("cc")
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .arg(&library)
        .arg(&source)
        .args(["-ldl", "-lpthread"])
        .output()
        .context("no C compiler (cc)")?;
    ensure!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(library)
}

/// Runs the writing program under the recorder; `kill` before its nth change.
fn run_writer(
    program: &Path,
    library: &Path,
    folder: &Path,
    record: &Path,
    visits: u32,
    kill: Option<u64>,
) -> Result<()> {
    let mut command = Command::new(program);
    command
        .arg("writer")
        .arg(folder)
        .arg(visits.to_string())
        .env("LD_PRELOAD", library)
        .env("CUT_FOLDER", folder)
        .env("CUT_LOG", record)
        .stdin(Stdio::null());
    if let Some(nth) = kill {
        command.env("CUT_KILL", nth.to_string());
    }
    let done = command.output().context("the writer does not start")?;
    let as_wished = match kill {
        None => done.status.success(),
        Some(_) => !done.status.success(),
    };
    ensure!(
        as_wished,
        "the writer ended with {}: {}",
        done.status,
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// The record of one run.
///
/// # Errors
/// When the recorder or the writer does not work.
pub fn recorded(program: &Path, visits: u32) -> Result<(String, Vec<Change>)> {
    let scratch = scratch()?;
    let library = recorder(scratch.path())?;
    let folder = scratch.path().join("outbox");
    fs::create_dir(&folder)?;
    let record = scratch.path().join("record");
    run_writer(program, &library, &folder, &record, visits, None)?;
    let name = folder.to_str().context("a strange folder")?.to_owned();
    Ok((name, read_record(&record)?))
}

/// Cuts the current at every `step`th write, in all four ways.
///
/// # Errors
/// When a folder cannot be rebuilt; what the outbox does wrong is in the line.
pub fn cuts(folder: &str, changes: &[Change], step: usize, seed: u64, lies: bool) -> Result<Line> {
    let mut disk = if lies {
        Disk::lying(folder)
    } else {
        Disk::empty(folder)
    };
    let mut said = Said::default();
    let mut dice = Dice::new(seed);
    let (mut cuts, mut wrong, mut points) = (0, 0, 0_usize);
    let mut first = None;
    for change in changes {
        if change.is_write() {
            points += 1;
            if points.is_multiple_of(step) {
                for cut in Cut::ALL {
                    let scratch = scratch()?;
                    disk.after_cut(cut, &mut dice, scratch.path())?;
                    let found = compare(scratch.path(), &said);
                    cuts += 1;
                    wrong += u64::from(!found.is_empty());
                    if let (None, Some(what)) = (&first, found.first()) {
                        first = Some(format!("write {points}, {cut:?}: {what}"));
                    }
                }
            }
        }
        disk.change(change);
        if let Change::Said(words) = change {
            said.hear(words)?;
        }
    }
    let name = if lies {
        "a disk that lies about syncs"
    } else {
        "cut at writes"
    };
    let mut line = Line::of(name)
        .with("write points", u64::try_from(points)?)
        .with("cuts", cuts)
        .with("acknowledged filings", u64::try_from(said.rows().count())?)
        .none("cuts with a loss", wrong);
    line.broken.extend(first);
    Ok(line)
}

/// Kills the program before every `step`th of its writes, from `offset` on.
///
/// # Errors
/// When a writer cannot be run.
pub fn kills(program: &Path, visits: u32, step: usize, offset: u64) -> Result<Line> {
    let (_, changes) = recorded(program, visits)?;
    let points = u64::try_from(changes.iter().filter(|c| c.is_write()).count())?;
    let scratch = scratch()?;
    let library = recorder(scratch.path())?;
    let mut line = Line::of("kill -9 at writes");
    let (mut count, mut wrong) = (0, 0);
    let mut nth = offset + 1;
    // The run that was recorded and this one differ in a few writes (random ids change page splits): stay inside.
    while nth + 20 < points {
        let folder = scratch.path().join(format!("outbox-{nth}"));
        fs::create_dir(&folder)?;
        let record = scratch.path().join(format!("record-{nth}"));
        run_writer(program, &library, &folder, &record, visits, Some(nth))?;
        let mut said = Said::default();
        let acks = format!("{}.acks", folder.display());
        said.hear(&fs::read_to_string(acks).unwrap_or_default())?;
        let found = compare(&folder, &said);
        count += 1;
        wrong += u64::from(!found.is_empty());
        line.broken.extend(
            found
                .into_iter()
                .map(|w| format!("write {nth}: {w}"))
                .take(3),
        );
        fs::remove_dir_all(&folder)?;
        fs::remove_file(&record)?;
        nth += u64::try_from(step)?;
    }
    Ok(line
        .with("write points", points)
        .with("kills", count)
        .none("kills with a loss", wrong))
}

/// Copies a real file system's device while it is written to, and looks at each copy as a machine does that starts again.
/// `None` when this machine has no loop devices or lets nobody mount.
///
/// # Errors
/// When mounting works at first and not later.
pub fn loop_device(program: &Path, copies: u32, seed: u64) -> Result<Option<Line>> {
    let work = tempfile::tempdir()?;
    let image = work.path().join("disk.img");
    let mount = work.path().join("mnt");
    fs::create_dir(&mount)?;
    fs::File::create(&image)?.set_len(48 * 1024 * 1024)?;
    if !run("mkfs.ext4", &["-q", "-F", path(&image)?]) {
        return Ok(None);
    }
    let Some(mounted) = Mounted::at(&image, &mount)? else {
        return Ok(None);
    };
    let folder = mount.join("outbox");
    fs::create_dir(&folder)?;
    let mut dice = Dice::new(seed);
    let (mut taken, mut wrong, mut filings) = (0, 0, 0);
    let mut line = Line::of("copies of a loop device with ext4");
    while taken < copies {
        fs::remove_dir_all(&folder)?;
        fs::create_dir(&folder)?;
        let mut command = Command::new(program);
        command.arg("writer").arg(&folder).arg("400");
        // Ends with this value, whatever happens.
        let writer = Process::spawn("writer", command, work.path().join("writer.log"))?;
        let acks = PathBuf::from(format!("{}.acks", folder.display()));
        while taken < copies && writer.is_running() {
            wait_for_more(&writer, &acks, dice.below(40_000));
            // Held still, or the end of the copy would be younger than its beginning. What the kernel has not written by
            // itself is lost, as in a cut; that the disk keeps every write it was given is taken for granted here.
            if writer.pause().is_err() {
                break;
            }
            let found = copy_and_look(&image, &acks, work.path(), &mut filings)?;
            writer.resume()?;
            taken += 1;
            wrong += u64::from(!found.is_empty());
            line.broken.extend(found.into_iter().take(3));
        }
    }
    drop(mounted);
    Ok(Some(
        line.with("cuts", u64::from(taken))
            .with("acknowledged filings, the most", filings)
            .none("cuts with a loss", wrong),
    ))
}

/// Waits until the writer has said this many bytes more, has said something and is slow, or has ended.
fn wait_for_more(writer: &Process, acks: &Path, more: u64) {
    let length = || fs::metadata(acks).map_or(0, |m| m.len());
    let goal = length() + more;
    let patience = std::time::Instant::now() + std::time::Duration::from_millis(400);
    while length() < goal && writer.is_running() {
        if length() > 0 && std::time::Instant::now() >= patience {
            break;
        }
        std::thread::yield_now();
    }
}

fn copy_and_look(image: &Path, acks: &Path, work: &Path, most: &mut u64) -> Result<Vec<String>> {
    // What is said before the copy begins must be on it.
    let words = fs::read_to_string(acks).unwrap_or_default();
    let copy = work.join("copy.img");
    fs::copy(image, &copy)?;
    let whole = words.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let mut said = Said::default();
    said.hear(whole)?;
    *most = (*most).max(u64::try_from(said.rows().count())?);
    let mount = work.join("copy");
    fs::create_dir_all(&mount)?;
    let mounted = Mounted::at(&copy, &mount)?.context("a copy does not mount")?;
    let found = compare(&mount.join("outbox"), &said);
    drop(mounted);
    Ok(found)
}

/// A mounted image; unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn at(image: &Path, mount: &Path) -> Result<Option<Self>> {
        let done = run("mount", &["-o", "loop", path(image)?, path(mount)?]);
        Ok(done.then(|| Self(mount.to_owned())))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Ok(mount) = path(&self.0) {
            run("umount", &[mount]);
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let done = Command::new(program).args(arguments).output();
    done.is_ok_and(|d| d.status.success())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("a strange path")
}
