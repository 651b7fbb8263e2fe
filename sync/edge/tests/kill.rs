//! A process that stores visits is killed with SIGKILL again and again: what it acknowledged is there.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]
#![allow(clippy::print_stderr, reason = "counts belong into the test report")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use ubugoe_edge::outbox::{Config, NewRow, Outbox, RowKind};
use ubugoe_protocol::FilingId;

const CHILD: &str = "UBUGOE_TEST_OUTBOX";
const KILLS: usize = 25;
const TEST: &str = "every_acknowledged_row_survives_the_kill_of_its_process";

/// The same test is parent and child: the child stores until it is killed.
#[test]
fn every_acknowledged_row_survives_the_kill_of_its_process() {
    if let Some(path) = std::env::var_os(CHILD) {
        store_for_ever(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox.db");
    let mut acknowledged = BTreeSet::new();
    for kill in 0..KILLS {
        acknowledged.extend(run_and_kill(&path, 1 + kill * 3));
        let outbox = Outbox::open(&Config::at(&path)).unwrap();
        let there: BTreeSet<FilingId> = outbox.list().unwrap().iter().map(|r| r.id).collect();
        let lost = acknowledged.difference(&there).count();
        assert_eq!(lost, 0, "after kill {kill}");
        // Three rows per visit, whole visits only: one may be there unacknowledged per kill.
        assert_eq!(there.len() % 3, 0);
        assert!(there.len() <= acknowledged.len() + 3 * (kill + 1));
        assert!(
            outbox
                .visits()
                .unwrap()
                .iter()
                .all(|v| outbox.rows_of(&v.id).unwrap().len() == 3)
        );
    }
    eprintln!(
        "{KILLS} kills, {} rows acknowledged, 0 lost",
        acknowledged.len()
    );
}

/// Starts a child, reads this many acknowledgements, kills it, and reads what it still managed to say.
fn run_and_kill(path: &Path, visits: usize) -> Vec<FilingId> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut ids = Vec::new();
    let mut take = |line: String| {
        // Other words on the line come from the test harness of the child.
        let stored = line.split("stored ").nth(1)?.strip_suffix('.')?;
        ids.extend(stored.split(' ').map(|id| id.parse::<FilingId>().unwrap()));
        Some(())
    };
    let mut seen = 0;
    while seen < visits {
        let line = lines
            .next()
            .expect("the child stores until it is killed")
            .unwrap();
        seen += usize::from(take(line).is_some());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // A last line may be torn; a whole one ends with a full stop.
    for line in lines.map_while(Result::ok) {
        take(line);
    }
    ids
}

fn store_for_ever(path: &Path) -> ! {
    let mut outbox = Outbox::open(&Config::at(path)).unwrap();
    let mut out = std::io::stdout();
    loop {
        let rows: Vec<NewRow> = (0..3).map(|_| new_row()).collect();
        outbox
            .store(
                FilingId::generate().unwrap().as_bytes(),
                &rows,
                b"record",
                1,
            )
            .unwrap();
        let [a, b, c] = rows.as_slice() else {
            unreachable!("three rows")
        };
        writeln!(out, "stored {} {} {}.", a.id, b.id, c.id).unwrap();
        out.flush().unwrap();
    }
}

fn new_row() -> NewRow {
    NewRow {
        id: FilingId::generate().unwrap(),
        kind: RowKind::Filing,
        counter: None,
        recipient: "city-a".parse().unwrap(),
        digest: [1; 32],
        sealed: vec![2; 3000],
        legal_due: None,
    }
}
