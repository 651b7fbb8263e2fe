//! The rules of the house, checked: which way dependencies point, where each foreign system lives,
//! and that pages, codes and lints say the same as the code.
//!
//! Each rule is one test whose name is the rule; the tables at the top are the rules' data. Answers
//! for structure only: it runs no part of the product and must not depend on how any part works.

#![expect(
    clippy::unwrap_used,
    reason = "a rule that cannot be checked is a rule that is broken"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

/// Which of our crates may use which (normal and build dependencies). Rules 1 to 3 of
/// docs/architecture.md. A crate that is not in the table may not exist.
const OURS: &[(&str, &[&str])] = &[
    ("ubugoe-procedures", &[]),
    ("ubugoe-papers", &["ubugoe-procedures"]),
    ("ubugoe-card", &[]),
    ("ubugoe-ime", &[]),
    ("ubugoe-printer", &[]),
    // The front panel: both sides share one message table; the driver knows nothing else of ours.
    ("ubugoe-icd", &[]),
    ("ubugoe-panel-logic", &["ubugoe-icd"]),
    ("ubugoe-panelsim", &["ubugoe-icd", "ubugoe-panel-logic"]),
    ("ubugoe-panel", &["ubugoe-icd"]),
    ("ubugoe-protocol", &["ubugoe-procedures"]),
    ("ubugoe-edge", &["ubugoe-protocol"]),
    // How authorities ask each other: both ends share it, as kiosk and city share the protocol.
    ("ubugoe-exchange", &["ubugoe-protocol"]),
    (
        "ubugoe-city",
        &[
            "ubugoe-protocol",
            "ubugoe-procedures",
            "ubugoe-papers",
            "ubugoe-exchange",
        ],
    ),
    // Simulated agencies for demonstrations: an end; the city's tests ask them.
    (
        "ubugoe-agencies",
        &["ubugoe-protocol", "ubugoe-procedures", "ubugoe-exchange"],
    ),
    ("ubugoe-visit", &["ubugoe-procedures"]),
    ("ubugoe-view", &[]),
    (
        "ubugoe-kiosk",
        &[
            "ubugoe-procedures",
            "ubugoe-papers",
            "ubugoe-card",
            "ubugoe-ime",
            "ubugoe-printer",
            "ubugoe-panel",
            "ubugoe-protocol",
            "ubugoe-edge",
            "ubugoe-visit",
            "ubugoe-view",
            "ubugoe-tech",
        ],
    ),
    // Sets devices up and takes them down, on a terminal and behind the kiosk's technician screen.
    (
        "ubugoe-tech",
        &[
            "ubugoe-card",
            "ubugoe-printer",
            "ubugoe-panel",
            "ubugoe-protocol",
            "ubugoe-edge",
        ],
    ),
    ("ubugoe-vcard", &[]),
    // Stands where the driver's printers would.
    ("ubugoe-vprinter", &["ubugoe-printer"]),
    // Feeds every decoder of bytes from outside, wherever it is; nothing builds on it.
    (
        "ubugoe-fuzz",
        &[
            "ubugoe-procedures",
            "ubugoe-card",
            "ubugoe-ime",
            "ubugoe-icd",
            "ubugoe-protocol",
            "ubugoe-edge",
            "ubugoe-exchange",
            "ubugoe-city",
            "ubugoe-vcard",
        ],
    ),
    ("ubugoe-bench", &["ubugoe-protocol", "ubugoe-vcard"]),
    // It breaks the products, so it may use them all; its papers and towns serve the figures too.
    (
        "ubugoe-chaos",
        &[
            "ubugoe-procedures",
            "ubugoe-protocol",
            "ubugoe-edge",
            "ubugoe-city",
            "ubugoe-bench",
            "ubugoe-model",
        ],
    ),
    // The model needs nothing; its tests drive the products by the model's scripts.
    (
        "ubugoe-model",
        &[
            "ubugoe-procedures",
            "ubugoe-protocol",
            "ubugoe-edge",
            "ubugoe-city",
            "ubugoe-chaos",
        ],
    ),
    // Its binary measures the products from the outside in; nothing builds on it.
    (
        "ubugoe-tests",
        &[
            "ubugoe-procedures",
            "ubugoe-card",
            "ubugoe-printer",
            "ubugoe-protocol",
            "ubugoe-edge",
            "ubugoe-city",
            "ubugoe-vcard",
            "ubugoe-bench",
            "ubugoe-chaos",
        ],
    ),
];

/// What any crate may use in its own tests, beside what it may use anyway.
const OURS_IN_TESTS: &[&str] = &[
    "ubugoe-bench",
    "ubugoe-vcard",
    "ubugoe-vprinter",
    "ubugoe-agencies",
    "ubugoe-panelsim",
];

/// A foreign system and its one home (rule 4).
struct Foreign {
    /// Packages through which the system is reached.
    packages: &'static [&'static str],
    /// Our crates that may depend on them.
    crates: &'static [&'static str],
    /// Files and folders whose code may name them.
    folders: &'static [&'static str],
}

const FOREIGN: &[Foreign] = &[
    Foreign {
        packages: &["pcsc"],
        crates: &["ubugoe-card"],
        folders: &["drivers/card/src"],
    },
    // The microcontroller's side; the simulator stands for its pins.
    Foreign {
        packages: &[
            "embedded-hal",
            "embedded-storage",
            "smart-leds-trait",
            "vl53l0x-simple",
        ],
        crates: &["ubugoe-panel-logic", "ubugoe-panelsim"],
        folders: &["firmware"],
    },
    Foreign {
        packages: &["postcard", "postcard-schema", "cobs"],
        crates: &["ubugoe-icd"],
        folders: &["firmware/icd/src"],
    },
    Foreign {
        packages: &["prost"],
        crates: &["ubugoe-ime", "ubugoe-city"],
        folders: &["drivers/ime/src"],
    },
    Foreign {
        packages: &["rumqttc"],
        crates: &["ubugoe-edge", "ubugoe-city"],
        folders: &["sync/edge/src/link", "city/src/ingest"],
    },
    Foreign {
        packages: &["rusqlite"],
        crates: &["ubugoe-edge", "ubugoe-city"],
        folders: &["sync/edge/src/outbox", "city/src/store/sqlite"],
    },
    Foreign {
        packages: &[
            "tokio-postgres",
            "deadpool-postgres",
            "tokio-postgres-rustls",
        ],
        crates: &["ubugoe-city"],
        folders: &["city/src/store/postgres"],
    },
    Foreign {
        packages: &[
            "slint",
            "slint-build",
            "i-slint-backend-testing",
            "i-slint-core",
        ],
        crates: &["ubugoe-view"],
        folders: &["ui/view"],
    },
    // HTTP without a framework: at both ends of a link between authorities, where the head is hashed and signed as it came;
    // and for requests outward, bounded in one place; the word to a phone is one.
    Foreign {
        packages: &["hyper", "hyper-util", "http-body-util"],
        crates: &["ubugoe-exchange", "ubugoe-city", "ubugoe-printer"],
        folders: &[
            "sync/exchange/src",
            "city/src/config/otlp.rs",
            "city/src/fetch.rs",
            "city/src/push",
            "city/src/traces.rs",
            "drivers/printer/src/queue.rs",
        ],
    },
    // What a print server understands: decision 0026.
    Foreign {
        packages: &["ipp"],
        crates: &["ubugoe-printer"],
        folders: &["drivers/printer/src/queue.rs"],
    },
    // Who somebody is, as their town's identity provider says.
    Foreign {
        packages: &["openidconnect"],
        crates: &["ubugoe-city"],
        folders: &["city/src/oidc"],
    },
    Foreign {
        packages: &["prometheus-client"],
        crates: &["ubugoe-city"],
        folders: &["city/src/metrics.rs"],
    },
    Foreign {
        packages: &[
            "opentelemetry",
            "opentelemetry_sdk",
            "opentelemetry-otlp",
            "opentelemetry-http",
            "tracing-opentelemetry",
        ],
        crates: &["ubugoe-city"],
        folders: &["city/src/traces.rs"],
    },
    Foreign {
        packages: &["axum", "maud", "tower-http"],
        crates: &["ubugoe-city"],
        folders: &["city/src/http"],
    },
    // Typefaces and PDF: decision 0017. The screen reaches the first two through slint.
    Foreign {
        packages: &["harfrust", "skrifa", "subsetter", "pdf-writer", "zeno"],
        crates: &["ubugoe-papers"],
        folders: &["procedures/papers/src"],
    },
];

/// What the domain may not touch: it has no I/O, no clock, no threads and no async (rule 1).
const IMPURE: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::io",
    "std::process",
    "std::thread",
    "std::time",
    "Timestamp::now",
    "Zoned::now",
    "async fn",
    ".await",
];

/// What only binaries may do (rule 5): everybody else is told by a `Config`.
const BINARIES_ONLY: &[&str] = &[
    "env::var",
    "env::vars",
    "env::args",
    "env::current_dir",
    "env::temp_dir",
    "fs::read",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
];

/// Folders of library code in the sense of rule 5. `ui/kiosk` is a composition root throughout.
const LIBRARIES: &[&str] = &[
    "procedures/src",
    "procedures/papers/src",
    "drivers/card/src",
    "drivers/ime/src",
    "drivers/printer/src",
    "drivers/panel/src",
    "firmware/icd/src",
    "firmware/logic/src",
    "firmware/sim/src",
    "sync/protocol/src",
    "sync/edge/src",
    "sync/exchange/src",
    "city/agencies/src",
    "city/src",
    "ui/visit/src",
    "ui/view/src",
];

/// Lines a page may have: about one printed page for a decision, under four for the architecture.
const DECISION_LINES: usize = 60;
const ARCHITECTURE_LINES: usize = 220;
const ENTRY_SCRIPT_LINES: usize = 200;

/// Decisions that the code rests on: each has a page.
const DECISIONS: usize = 8;

/// Where twelve digits in a row may stand: the virtual card, whose file EF 0001 has a place for them.
const TWELVE_DIGITS_ALLOWED: &[&str] = &[
    "tests/vcard/personas",
    "tests/vcard/src/card/files.rs",
    "tests/vcard/tests",
];

// ---- which way dependencies point ----

#[test]
fn our_crates_depend_on_each_other_only_in_the_directions_of_the_architecture() {
    let allowed: BTreeMap<&str, &[&str]> = OURS.iter().copied().collect();
    let mut broken = Vec::new();
    for package in members() {
        let name = package.name.as_str();
        let Some(allowed) = allowed.get(name) else {
            broken.push(format!("{name} is not in the table of this test"));
            continue;
        };
        for dependency in ours(package) {
            let in_tests = dependency.kind == DependencyKind::Development;
            let known = allowed.contains(&dependency.name.as_str())
                || in_tests && OURS_IN_TESTS.contains(&dependency.name.as_str());
            if !known {
                broken.push(format!("{name} -> {}", dependency.name));
            }
        }
    }
    none(
        &broken,
        "not in docs/architecture.md, \"Which way dependencies point\"",
    );
}

#[test]
fn the_table_of_crates_names_no_crate_that_is_gone() {
    let present: BTreeSet<&str> = members().map(|package| package.name.as_str()).collect();
    let listed: BTreeSet<&str> = OURS.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, present);
}

#[test]
fn nothing_but_the_tests_depends_on_the_tests_the_kiosk_or_the_city() {
    let mut broken = Vec::new();
    for package in members().filter(|package| !in_tests_folder(package)) {
        for dependency in ours(package).filter(|d| d.kind != DependencyKind::Development) {
            let ends = [
                "ubugoe-kiosk",
                "ubugoe-city",
                "ubugoe-agencies",
                "ubugoe-bench",
                "ubugoe-vcard",
                "ubugoe-panelsim",
                "ubugoe-fuzz",
                "ubugoe-tests",
            ];
            // but for the technician's jobs, which the kiosk shows too
            let by_others = dependency.name == "ubugoe-tech" && package.name != "ubugoe-kiosk";
            if by_others || ends.contains(&dependency.name.as_str()) {
                broken.push(format!("{} -> {}", package.name, dependency.name));
            }
        }
    }
    none(&broken, "these are ends, nothing builds on them");
}

#[test]
fn each_foreign_system_is_a_dependency_of_its_home_only() {
    let mut broken = Vec::new();
    for package in members().filter(|package| !in_tests_folder(package)) {
        for dependency in &package.dependencies {
            let strangers = FOREIGN
                .iter()
                .filter(|foreign| foreign.packages.contains(&dependency.name.as_str()));
            for foreign in
                strangers.filter(|foreign| !foreign.crates.contains(&package.name.as_str()))
            {
                let homes = foreign.crates.join(", ");
                broken.push(format!(
                    "{} -> {} (its home: {homes})",
                    package.name, dependency.name
                ));
            }
        }
    }
    none(&broken, "rule 4 of docs/architecture.md");
}

#[test]
fn the_crate_rsa_with_its_open_advisory_meets_private_keys_in_tests_only() {
    let mut broken: Vec<String> = members()
        .filter(|package| !in_tests_folder(package) && package.name != "ubugoe-card")
        .filter(|package| {
            let mut dependencies = package.dependencies.iter();
            dependencies.any(|d| d.name == "rsa" && d.kind != DependencyKind::Development)
        })
        .map(|package| package.name.to_string())
        .collect();
    // The card driver checks signatures with public keys; the advisory is about time with private ones.
    for (path, text) in rust_files().filter(|(path, _)| path.starts_with("drivers/card/src")) {
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        if !path.ends_with("_tests.rs")
            && (product.contains("RsaPrivateKey") || product.contains("SigningKey"))
        {
            broken.push(path);
        }
    }
    none(&broken, "RUSTSEC-2023-0071, see deny.toml");
}

#[test]
fn each_foreign_system_is_named_in_the_code_of_its_home_folder_only() {
    let mut broken = Vec::new();
    for (path, text) in rust_files().filter(|(path, _)| !is_test(path)) {
        for foreign in FOREIGN
            .iter()
            .filter(|foreign| !under_any(&path, foreign.folders))
        {
            for package in foreign.packages {
                let word = format!("{}::", package.replace('-', "_"));
                for (number, _) in code_lines(&text).filter(|(_, line)| has_path(line, &word)) {
                    broken.push(format!(
                        "{path}:{number} names {word} (its home: {})",
                        foreign.folders.join(", ")
                    ));
                }
            }
        }
    }
    none(&broken, "rule 4 of docs/architecture.md");
}

#[test]
fn the_domain_has_no_input_output_clock_thread_or_async() {
    let mut broken = Vec::new();
    // Its one binary is the door's outside: standard input, and the clock for the day of the law.
    let homes = ["procedures/src/", "procedures/papers/src/"];
    let library =
        |path: &str| homes.iter().any(|home| path.starts_with(home)) && !path.contains("/bin/");
    for (path, text) in rust_files().filter(|(path, _)| library(path)) {
        for (number, line) in product_lines(&text) {
            broken.extend(
                IMPURE
                    .iter()
                    .filter(|word| line.contains(*word))
                    .map(|word| format!("{path}:{number} {word}")),
            );
        }
    }
    none(&broken, "procedures is pure");
}

#[test]
fn only_binaries_read_files_the_environment_and_the_clock() {
    let mut broken = Vec::new();
    let library = |path: &str| {
        under_any(path, LIBRARIES) && !path.ends_with("/main.rs") && !path.contains("/bin/")
    };
    for (path, text) in rust_files().filter(|(path, _)| library(path) && !is_test(path)) {
        for (number, line) in product_lines(&text) {
            let words = BINARIES_ONLY.iter().filter(|word| line.contains(*word));
            broken.extend(words.map(|word| format!("{path}:{number} {word}")));
        }
    }
    none(&broken, "libraries take a Config; time is passed in");
}

#[test]
fn every_dependency_comes_from_the_registry_or_from_this_tree() {
    let mut broken = Vec::new();
    for package in members() {
        for path in package
            .dependencies
            .iter()
            .filter_map(|dependency| dependency.path.as_ref())
        {
            if !path.starts_with(&metadata().workspace_root) {
                broken.push(format!("{} -> {path}", package.name));
            }
        }
    }
    for line in read("Cargo.lock")
        .lines()
        .filter(|line| line.starts_with("source = "))
    {
        if line != "source = \"registry+https://github.com/rust-lang/crates.io-index\"" {
            broken.push(format!("Cargo.lock: {line}"));
        }
    }
    none(&broken, "no git dependencies, no paths outside");
}

#[test]
fn every_dependency_is_pinned_and_the_pin_is_written_once_in_the_workspace() {
    let mut broken = Vec::new();
    for package in members() {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.path.is_none())
        {
            let requirement = dependency.req.to_string();
            let slint = dependency.name.starts_with("slint") && requirement.starts_with('~');
            if !requirement.starts_with('=') && !slint {
                broken.push(format!(
                    "{} -> {} {requirement}",
                    package.name, dependency.name
                ));
            }
        }
        for (number, line) in code_lines(&read_absolute(package.manifest_path.as_std_path())) {
            if line.contains("version = \"") || line.contains("= \"=") {
                broken.push(format!("{}:{number} {line}", package.manifest_path));
            }
        }
    }
    none(
        &broken,
        "write `name.workspace = true`, and `=x.y.z` in the root Cargo.toml",
    );
}

// ---- how files look ----

#[test]
fn every_rust_file_opens_with_what_it_answers_for() {
    let broken: Vec<String> = rust_files()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| path)
        .collect();
    none(&broken, "the first line must be `//! …`");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let broken: Vec<String> = members()
        .filter(|package| package.name != "ubugoe-view")
        .filter(|package| {
            let manifest = read_absolute(package.manifest_path.as_std_path());
            section(&manifest, "lints") != BTreeSet::from(["workspace = true".to_owned()])
        })
        .map(|package| package.name.to_string())
        .collect();
    none(&broken, "`[lints] workspace = true` is missing");
}

#[test]
fn the_view_differs_from_the_lints_of_the_workspace_in_unsafe_code_only() {
    // Generated UI code contains unsafe blocks; `forbid` could not be lifted for that one module.
    let (workspace, view) = (read("Cargo.toml"), read("ui/view/Cargo.toml"));
    let rust = |forbid: &str, lints: BTreeSet<String>| {
        assert!(
            lints.contains(&format!("unsafe_code = \"{forbid}\"")),
            "{lints:?}"
        );
        lints
            .into_iter()
            .filter(|line| !line.starts_with("unsafe_code"))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        rust("deny", section(&view, "lints.rust")),
        rust("forbid", section(&workspace, "workspace.lints.rust"))
    );
    assert_eq!(
        section(&view, "lints.clippy"),
        section(&workspace, "workspace.lints.clippy")
    );
}

#[test]
fn every_lint_that_is_silenced_says_why() {
    let mut broken = Vec::new();
    for (path, text) in rust_files() {
        let code: String = code_lines(&text)
            .map(|(_, line)| line.trim().to_owned() + " ")
            .collect();
        for marker in ["allow(", "expect("] {
            for prefix in ["#[", "#!["] {
                for (start, _) in code.match_indices(&format!("{prefix}{marker}")) {
                    let attribute: String = code
                        .chars()
                        .skip(code[..start].chars().count())
                        .take(400)
                        .collect();
                    let attribute = attribute.split(")]").next().unwrap_or_default();
                    if !attribute.contains("reason") {
                        broken.push(format!("{path}: {attribute})]"));
                    }
                }
            }
        }
    }
    none(&broken, "write #[expect(…, reason = \"…\")]");
}

#[test]
fn every_ignored_test_is_a_known_issue() {
    let mut broken = Vec::new();
    for (path, text) in rust_files() {
        let mut ignored = false;
        for (number, line) in code_lines(&text) {
            ignored |= line.trim_start().starts_with("#[ignore");
            if let Some(name) = line
                .split("fn ")
                .nth(1)
                .and_then(|rest| rest.split('(').next())
                && std::mem::take(&mut ignored)
                && !read("docs/known-issues.md").contains(name)
            {
                broken.push(format!("{path}:{number} {name}"));
            }
        }
    }
    none(
        &broken,
        "name the test and the reason in docs/known-issues.md",
    );
}

// ---- failure codes ----

#[test]
fn every_failure_code_is_documented_once_and_the_page_documents_no_other() {
    let page = read("docs/failure-codes.md");
    let documented: Vec<String> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| "))
        .filter_map(|row| row.split(' ').next())
        .filter(|cell| codes(cell).len() == 1)
        .map(str::to_owned)
        .collect();
    let once: BTreeSet<String> = documented.iter().cloned().collect();
    assert_eq!(
        documented.len(),
        once.len(),
        "a code has two rows: {documented:?}"
    );
    assert_eq!(once, failure_codes());
}

#[test]
fn every_failure_code_is_written_at_one_place_in_rust() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in rust_files().filter(|(path, _)| !is_test(path)) {
        for (number, line) in product_lines(&text) {
            for code in codes(line) {
                places
                    .entry(code)
                    .or_default()
                    .push(format!("{path}:{number}"));
            }
        }
    }
    let broken: Vec<String> = places
        .iter()
        .filter(|(_, places)| !matches!(&places[..], [one] if one.starts_with("ui/visit/src/failure.rs:")))
        .map(|(code, places)| format!("{code} at {}", places.join(", ")))
        .collect();
    none(
        &broken,
        "only Failure::code in ui/visit/src/failure.rs writes a code",
    );
}

#[test]
fn every_failure_code_has_a_sentence_on_the_screen_and_the_screen_knows_no_other() {
    let mut spoken = BTreeSet::new();
    for path in files_under("ui/view/ui")
        .iter()
        .filter(|path| has_extension(path, "slint"))
    {
        let text = read(path);
        spoken.extend(
            text.lines()
                .filter(|line| line.contains("@tr("))
                .flat_map(codes),
        );
    }
    assert_eq!(spoken, failure_codes());
}

// ---- pages ----

#[test]
fn every_decision_fits_on_a_page_and_is_numbered_without_gaps() {
    let pages: Vec<String> = files_under("docs/decisions")
        .into_iter()
        .filter(|path| has_extension(path, "md"))
        .collect();
    let mut broken = Vec::new();
    for (number, path) in (1..).zip(&pages) {
        if !path.starts_with(&format!("docs/decisions/{number:04}-")) {
            broken.push(format!("{path} should have number {number:04}"));
        }
        let lines = read(path).lines().count();
        if lines > DECISION_LINES {
            broken.push(format!(
                "{path} has {lines} lines, more than {DECISION_LINES}"
            ));
        }
    }
    if pages.len() < DECISIONS {
        broken.push(format!(
            "{} pages in docs/decisions, {DECISIONS} are needed: {pages:?}",
            pages.len()
        ));
    }
    none(&broken, "docs/decisions");
}

#[test]
fn the_pages_a_newcomer_needs_are_there_and_the_architecture_is_short() {
    for page in [
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "docs/security.md",
        "docs/known-issues.md",
        "docs/failure-codes.md",
    ] {
        assert!(!read(page).trim().is_empty(), "{page} is empty");
    }
    let lines = read("docs/architecture.md").lines().count();
    assert!(
        lines < ARCHITECTURE_LINES,
        "docs/architecture.md has {lines} lines"
    );
    let lines = read("ubugoe").lines().count();
    assert!(lines < ENTRY_SCRIPT_LINES, "./ubugoe has {lines} lines");
}

#[test]
fn no_text_of_ours_holds_twelve_digits_in_a_row() {
    let mut broken = Vec::new();
    for path in files()
        .iter()
        .filter(|path| !under_any(path, TWELVE_DIGITS_ALLOWED))
    {
        // Binary files hold no text; fonts and pictures are not read by people.
        let Ok(text) = String::from_utf8(fs::read(root().join(path)).unwrap()) else {
            continue;
        };
        for (number, line) in (1..).zip(text.lines()) {
            let numbers = twelve_digits(line).filter(|digits| is_individual_number(digits));
            broken.extend(numbers.map(|digits| format!("{path}:{number} {digits}")));
        }
    }
    none(
        &broken,
        "an individual number has twelve digits, and none may stand anywhere",
    );
}

#[test]
fn the_search_for_twelve_digits_finds_them_in_every_dress() {
    let number = "1234".repeat(3);
    let wide: String = number
        .chars()
        .filter_map(|c| char::from_u32(c as u32 + 0xFEE0))
        .collect();
    for dress in [
        number.clone(),
        format!("x{number}y"),
        wide,
        ["1234"; 3].join("-"),
        ["1234"; 3].join(" "),
    ] {
        assert_eq!(twelve_digits(&dress).count(), 1, "{dress}");
    }
    let digest = format!("{number}abcdef{number}abcdef{number}");
    for harmless in [
        &number[1..],
        &format!("{number}5"),
        &digest,
        "2026-11-22 12:34:56",
        "0000-0000",
    ] {
        assert_eq!(twelve_digits(harmless).count(), 0, "{harmless}");
    }
}

#[test]
fn the_check_digit_tells_an_individual_number_from_other_digits() {
    // Built here, so that none stands in the file: the first eleven digits, and every twelfth one.
    let eleven = "2".repeat(11);
    let valid: Vec<String> = (0..10)
        .map(|check| format!("{eleven}{check}"))
        .filter(|digits| is_individual_number(digits))
        .collect();
    assert_eq!(valid.len(), 1, "{valid:?}");
}

#[test]
fn every_advisory_that_is_passed_over_says_why_and_since_when() {
    let ignored = read("deny.toml");
    let ids: Vec<&str> = ignored
        .lines()
        .filter(|line| line.contains("id = \"RUSTSEC-"))
        .collect();
    assert!(
        !ids.is_empty(),
        "deny.toml ignores nothing any more: remove this test"
    );
    let dated = |line: &&&str| line.contains("reason = \"") && line.contains("\"20");
    assert_eq!(
        ids.iter().filter(dated).count(),
        ids.len(),
        "`reason = \"20yy-mm-dd: …\"` is missing: {ids:?}"
    );
}

// ---- how the rules are read from the tree ----

fn metadata() -> &'static Metadata {
    static METADATA: OnceLock<Metadata> = OnceLock::new();
    METADATA.get_or_init(|| {
        let manifest = root().join("Cargo.toml");
        // Only the members: their manifests list every feature's and every platform's dependencies.
        MetadataCommand::new()
            .manifest_path(manifest)
            .no_deps()
            .exec()
            .unwrap()
    })
}

fn members() -> impl Iterator<Item = &'static Package> {
    metadata().workspace_packages().into_iter()
}

fn ours(package: &Package) -> impl Iterator<Item = &cargo_metadata::Dependency> {
    package
        .dependencies
        .iter()
        .filter(|dependency| dependency.path.is_some())
}

fn in_tests_folder(package: &Package) -> bool {
    package
        .manifest_path
        .starts_with(metadata().workspace_root.join("tests"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(path: &str) -> String {
    read_absolute(&root().join(path))
}

fn read_absolute(path: &Path) -> String {
    match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{} is needed and cannot be read: {error}", path.display()),
    }
}

/// Every file of the tree by its path from the root, in order, without build output.
fn files() -> &'static [String] {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut found = Vec::new();
        let mut folders = vec![root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path: PathBuf = entry.unwrap().path();
                let name = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                if path.is_symlink() || [".git", "target", "node_modules"].contains(&name.as_str())
                {
                    continue;
                }
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.push(name);
                }
            }
        }
        found.sort();
        found
    })
}

fn files_under(folder: &str) -> Vec<String> {
    files()
        .iter()
        .filter(|path| under(path, folder))
        .cloned()
        .collect()
}

fn rust_files() -> impl Iterator<Item = (String, String)> {
    let rust = files().iter().filter(|path| has_extension(path, "rs"));
    rust.map(|path| (path.clone(), read(path)))
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}

/// The whole folder `tests/`, and the `tests` folder or file of any crate.
fn is_test(path: &str) -> bool {
    path.starts_with("tests/") || path.contains("/tests/") || path.ends_with("tests.rs")
}

/// `sync/edge/src/link` holds `sync/edge/src/link.rs` and everything in the folder.
fn under(path: &str, home: &str) -> bool {
    path.strip_prefix(home)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest == ".rs")
}

fn under_any(path: &str, homes: &[&str]) -> bool {
    homes.iter().any(|home| under(path, home))
}

/// Numbered lines that are not comments.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Numbered lines that are neither comments nor part of the unit tests at a file's end.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    code_lines(text).take_while(|(_, line)| line.trim() != "#[cfg(test)]")
}

/// Whether `line` contains the path `word` at the start of an identifier.
fn has_path(line: &str, word: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(inside))
}

/// The lines of a TOML table, without comments and empty lines.
fn section(manifest: &str, name: &str) -> BTreeSet<String> {
    let header = format!("[{name}]");
    let lines = manifest.lines().skip_while(|line| *line != header).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// Failure codes in a text: one of C, H, S, T, F, a dash, three digits, standing alone.
fn codes(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    let code = |word: &&str| match word.as_bytes() {
        [letter, b'-', digits @ ..] => {
            b"CHSTF".contains(letter) && digits.len() == 3 && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    words.filter(code).map(str::to_owned).collect()
}

/// The codes that exist: those the product itself writes.
fn failure_codes() -> BTreeSet<String> {
    let text = read("ui/visit/src/failure.rs");
    let found: BTreeSet<String> = product_lines(&text)
        .flat_map(|(_, line)| codes(line))
        .collect();
    assert!(!found.is_empty(), "ui/visit/src/failure.rs writes no codes");
    found
}

/// Runs of exactly twelve digits, ASCII or full-width, also when written in three groups of four.
/// Digits within 32 or more hexadecimal digits belong to a digest and are no number.
/// Whether the twelfth digit is the check digit that the law's ordinance gives to the first eleven; other runs of
/// twelve digits (times, parts of an ATR) are nobody's number.
fn is_individual_number(digits: &str) -> bool {
    let digits: Vec<u32> = digits.chars().filter_map(|c| c.to_digit(10)).collect();
    let Some((check, eleven)) = digits.split_last() else {
        return false;
    };
    let sum: u32 = (1..)
        .zip(eleven.iter().rev())
        .map(|(n, p)| p * if n <= 6 { n + 1 } else { n - 5 })
        .sum();
    let rest = sum % 11;
    *check == if rest <= 1 { 0 } else { 11 - rest }
}

fn twelve_digits(line: &str) -> impl Iterator<Item = String> {
    let narrow: String = line
        .chars()
        .map(|c| match c {
            '０'..='９' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
            _ => c,
        })
        .collect();
    let in_groups = |text: &str| {
        let groups: Vec<&str> = text
            .split(|c: char| c.is_alphabetic() || !c.is_ascii())
            .collect();
        groups
            .iter()
            .map(|group| group.trim_matches(|c: char| !c.is_ascii_digit()))
            .filter(|group| group.len() == 14)
            .filter(|group| {
                let parts: Vec<&str> = group.split(['-', ' ']).collect();
                parts.len() == 3 && parts.iter().all(|part| part.len() == 4)
            })
            .filter(|group| group.chars().filter(char::is_ascii_digit).count() == 12)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let words = narrow
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|word| word.len() < 32);
    let runs = words
        .flat_map(|word| word.split(|c: char| !c.is_ascii_digit()))
        .filter(|run| run.len() == 12);
    runs.map(str::to_owned)
        .chain(in_groups(&narrow))
        .collect::<Vec<_>>()
        .into_iter()
}

fn none(broken: &[String], rule: &str) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}
