//! Every decoder against the corpus, and shaken for a few seconds: what continuous integration runs of the fuzz targets.
//!
//! Deterministic: fixed seeds, no coverage, no special compiler. libFuzzer (`./ubugoe fuzz`) runs the same targets for
//! longer. A find is left in the target folder, and its number says how to get it again.
#![allow(clippy::print_stdout, reason = "counts are what the run is for")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use ubugoe_fuzz::shake::{Bounds, Find, attempt, shake};
use ubugoe_fuzz::{TARGETS, Target, Verdict, corpus, finish, real};

/// For each target. The cryptography of an unoptimised build makes some of them slow, and no input takes long even on a
/// machine that does other things as well.
const BOUNDS: Bounds = Bounds {
    cases: 20_000,
    limit: Duration::from_millis(250),
    slowest: Duration::from_secs(20),
};

fn seeds(target: &Target) -> Vec<Vec<u8>> {
    let files = corpus::of(target.name).expect("the corpus can be read");
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// Leaves a find where somebody finds it, and says how it came about.
fn told(target: &Target, find: &Find) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("finds");
    let path = folder.join(format!("{}-{}", target.name, find.case));
    let kept = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &find.bytes));
    let place = kept.map_or_else(|error| error.to_string(), |()| path.display().to_string());
    format!(
        "{}, case {}: {}\n  {place}",
        target.name, find.case, find.why
    )
}

/// What is given to these costs little, and a stranger may send anything to each of them.
const OPEN_TO_ALL: [&str; 16] = [
    "agency_head",
    "certificate",
    "city_form",
    "cms",
    "downlink",
    "envelope",
    "fhir_bundle",
    "filing",
    "identifiers",
    "key_texts",
    "part",
    "proxy_answer",
    "qr",
    "signed_answers",
    "visit_code",
    "ward_form",
];

/// Whether an input of `own` is given to `target`.
fn meets(own: &Target, target: &Target, bytes: &[u8]) -> bool {
    own.name == target.name || bytes.len() <= target.longest && OPEN_TO_ALL.contains(&target.name)
}

#[test]
fn every_input_of_the_corpus_keeps_every_property_of_every_target() {
    let start = Instant::now();
    let (mut files, mut runs) = (0, 0);
    let mut broken = Vec::new();
    for own in TARGETS {
        for (name, bytes) in corpus::of(own.name).expect("the corpus can be read") {
            files += 1;
            for target in TARGETS.iter().filter(|target| meets(own, target, &bytes)) {
                runs += 1;
                if let Err(why) = attempt(target, &bytes) {
                    broken.push(format!("{}/{name} to {}: {why}", own.name, target.name));
                }
            }
        }
    }
    finish();
    println!("{files} inputs, {runs} runs, {:.1?}", start.elapsed());
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(files >= TARGETS.len() && runs > files);
}

#[test]
fn every_target_is_shaken_and_both_takes_and_refuses() {
    let mut broken = Vec::new();
    for target in TARGETS {
        match shake(target, &seeds(target), 20_261_124, BOUNDS) {
            Ok(report) => {
                println!(
                    "{:18} {:6} inputs, {:6} taken, slowest {:.1?}",
                    target.name, report.cases, report.taken, report.slowest
                );
                // A target that takes nothing never reaches what lies behind the first check.
                if report.taken == 0 || report.taken == report.cases {
                    let (taken, cases) = (report.taken, report.cases);
                    broken.push(format!("{}: {taken} of {cases} were taken", target.name));
                }
            }
            Err(find) => broken.push(told(target, &find)),
        }
    }
    finish();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_target_has_genuine_inputs_and_takes_them() {
    let mut without: BTreeSet<&str> = TARGETS.iter().map(|target| target.name).collect();
    for (name, file, bytes) in real::files() {
        let target = Target::named(name).expect("the messages are for targets");
        let kept = corpus::of(name).expect("the corpus can be read");
        let kept = kept.iter().find(|(known, _)| *known == file);
        let (_, kept) = kept.unwrap_or_else(|| {
            panic!("{name}/{file} is not in the corpus: cargo run -p ubugoe-fuzz --example corpus")
        });
        // Sealing is random: what is kept there is another message, which opens as well.
        let sealed = ["envelope", "downlink"].contains(&name) || file == "sealed";
        assert!(
            sealed || *kept == bytes,
            "{name}/{file} is of an older format"
        );
        if target.check(kept) == Verdict::Taken {
            without.remove(name);
        }
    }
    finish();
    assert_eq!(
        without,
        BTreeSet::new(),
        "no genuine input is taken by these"
    );
}

#[test]
fn the_corpus_has_a_folder_for_each_target_and_no_other_and_is_small() {
    let folders: BTreeSet<String> = fs::read_dir(corpus::folder())
        .expect("the corpus is there")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let names: BTreeSet<String> = TARGETS
        .iter()
        .map(|target| target.name.to_owned())
        .collect();
    assert_eq!(folders, names);
    let mut bytes = 0;
    for name in &names {
        for (_, file) in corpus::of(name).expect("the corpus can be read") {
            bytes += u64::try_from(file.len()).expect("a small file");
        }
    }
    assert!(bytes <= corpus::MOST, "{bytes} bytes");
}
