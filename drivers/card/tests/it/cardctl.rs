//! The technician's tool, run as a technician runs it.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Output, Stdio};

use crate::desk::{Desk, pins, story};

/// Runs `cardctl` with a line on standard input; the card service is the test's own.
fn cardctl(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cardctl"))
        .args(["--reader", "00 00"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // a program that wants no line may have ended already
    if let Err(error) = writeln!(child.stdin.take().unwrap(), "{input}") {
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "{error}");
    }
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A card on the reader that the desk's own service has let go.
fn released(desk: &Desk) {
    let (ticket, _) = desk.insert();
    desk.finish(ticket);
}

story!(cardctl_shows_readers_cards_and_attributes, desk = "hana", {
    released(&desk);
    assert!(text(&cardctl(&["readers"], "")).contains("Virtual PCD 00 00"));
    let shown = text(&cardctl(&["show"], ""));
    assert!(
        shown.contains("attributes 3, signing 5, authentication 3"),
        "{shown}"
    );
    let (pin, _) = pins("hana");
    let read = text(&cardctl(&["attributes"], &pin));
    assert!(read.contains("山田\u{3000}花子"), "{read}");
    assert!(!read.contains(&pin), "the PIN is not shown");
    let wrong = cardctl(&["attributes"], "0000");
    assert!(!wrong.status.success());
    let said = String::from_utf8(wrong.stderr).unwrap();
    assert!(said.contains("2 tries left"), "{said}");
});

#[cfg(feature = "record")]
story!(
    cardctl_replays_what_it_recorded_without_a_card,
    desk = "hana",
    {
        released(&desk);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hana.jsonl");
        let file = file.to_str().unwrap();
        let (pin, _) = pins("hana");
        let recorded = text(&cardctl(&["record", "--attributes", file], &pin));
        let recording = std::fs::read_to_string(file).unwrap();
        assert!(
            !recording.contains(&hex::encode(&pin)),
            "no PIN in the file"
        );
        desk.card.remove();
        assert_eq!(text(&cardctl(&["replay", file], "")), recorded);
    }
);
