//! Writes the beginning of the corpus, and adds finds to it:
//! `cargo run -p ubugoe-fuzz --example corpus [target folder-of-finds]`.
//!
//! Without arguments it writes the genuine messages anew, for instance after a format has a new version. With a target
//! and a folder it takes some of libFuzzer's files there, as many as that target's share of the corpus holds.
#![allow(clippy::print_stdout, reason = "a tool for developers")]

use std::fs;
use std::io;
use std::path::Path;

use ubugoe_fuzz::{TARGETS, Target, corpus, real, shake};

/// Bytes of finds for each target: with the genuine messages all stay below [`corpus::MOST`].
const SHARE: usize = 12 * 1024;
/// Files of finds for each target, and for one that is slow.
const MOST_FILES: usize = 24;
const MOST_SLOW: usize = 6;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => genuine(),
        [name, folder] => {
            let target = Target::named(name).ok_or_else(|| {
                let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                io::Error::other(format!("no target {name}, only {}", names.join(", ")))
            })?;
            finds(target, Path::new(folder))
        }
        _ => Err(io::Error::other("give nothing, or a target and a folder")),
    }
}

fn genuine() -> io::Result<()> {
    for (target, name, bytes) in real::files() {
        let folder = corpus::folder().join(target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(&name), &bytes)?;
        println!("{target}/{name}: {} bytes", bytes.len());
    }
    Ok(())
}

fn finds(target: &Target, from: &Path) -> io::Result<()> {
    let folder = corpus::folder().join(target.name);
    let mut files = corpus::files(from)?;
    // libFuzzer names what it found by its SHA-1; the others are in the corpus already.
    files.retain(|(name, _)| name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit()));
    files.sort_by_key(|(_, bytes)| bytes.len());
    // A visit to a card signs in software, a lint reads the whole catalogue: the ordinary tests run each of these too.
    let slow = target.name.starts_with("card_")
        || ["catalogue", "city_desk", "dictionaries", "door"].contains(&target.name);
    let most = if slow { MOST_SLOW } else { MOST_FILES };
    let step = files.len().div_ceil(most).max(1);
    let (mut used, mut count) = (0, 0);
    // From all sizes, for the small ones alone reach little.
    for (name, bytes) in files.into_iter().step_by(step) {
        used += bytes.len();
        if used > SHARE {
            break;
        }
        // What breaks a property is no corpus yet: it is mended first.
        shake::attempt(target, &bytes).map_err(io::Error::other)?;
        let short: String = name.chars().take(12).collect();
        fs::write(folder.join(format!("find-{short}")), bytes)?;
        count += 1;
    }
    println!("{}: {count} finds", target.name);
    Ok(())
}
