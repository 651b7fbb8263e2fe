//! `outboxctl` as staff run it, on the outbox of a kiosk that is still open: what it shows, what it
//! finds, and that it changes nothing.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::{Connection, params};
use ubugoe_bench::envelope;
use ubugoe_edge::outbox::{Config, NewRow, Outbox, Recipients, RowKind};
use ubugoe_protocol::{
    CaseId, FilingBody, FilingId, Header, Kind, Receipt, RecipientId, RecipientSecretKey,
    SigningKey, VERSION, digest, seal,
};

const NOW: i64 = 1_795_300_000;

/// An outbox with two filings, the first of which arrived.
struct Desk {
    /// Stays open, as in a running kiosk.
    outbox: std::cell::RefCell<Outbox>,
    folder: tempfile::TempDir,
    arrived: FilingId,
    waiting: FilingId,
}

#[test]
fn list_has_one_line_per_row_and_their_sum() {
    let desk = desk();
    let output = desk.ctl(&["list"]);
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4, "head, two rows, sum: {text}");
    for (line, id, state) in [
        (lines[1], desk.arrived, "arrived"),
        (lines[2], desk.waiting, "queued"),
    ] {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!((words[0], words[1]), (id.to_string().as_str(), state));
        assert!(line.contains("city-a"), "{line}");
    }
    assert_eq!(lines[3], "1 queued, 0 sent, 1 arrived, 0 refused");
}

#[test]
fn show_gives_the_header_of_what_waits_and_says_when_it_was_dropped() {
    let desk = desk();
    let waiting = text(&desk.ctl(&["show", &desk.waiting.to_string()]));
    assert!(
        waiting.contains("ubugoe-filing/1") && waiting.contains("kiosk-1"),
        "{waiting}"
    );
    let kept = text(&desk.ctl(&["show", &desk.arrived.to_string()]));
    assert!(kept.contains("ubugoe-filing/1"), "{kept}");
    let forgotten = desk.outbox.borrow_mut().forget_sealed(i64::MAX).unwrap();
    assert_eq!(forgotten, 1);
    let arrived = text(&desk.ctl(&["show", &desk.arrived.to_string()]));
    assert!(
        arrived.contains("the envelope was dropped after the receipt came"),
        "{arrived}"
    );
    for shown in [&waiting, &arrived] {
        assert!(!shown.contains("content of"), "what a filing says: {shown}");
    }
    let nobody = FilingId::from_bytes([9; 16]);
    let output = desk.ctl(&["show", &nobody.to_string()]);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains(&nobody.to_string()),
        "{output:?}"
    );
}

#[test]
fn verify_finds_every_row_good_and_then_the_one_that_was_changed_behind_its_back() {
    let desk = desk();
    let key = format!("city-a={}", desk.path("city-a.receipt.pub").display());
    let verify = ["verify", "--recipient", key.as_str()];
    let before = std::fs::read(desk.path("outbox.db")).unwrap();
    let good = desk.ctl(&verify);
    assert!(good.status.success(), "{good:?}");
    assert_eq!(text(&good), "2 good, 0 bad\n");
    assert_eq!(std::fs::read(desk.path("outbox.db")).unwrap(), before);

    let db = Connection::open(desk.path("outbox.db")).unwrap();
    let changed = db.execute(
        "UPDATE filing SET sealed = zeroblob(100) WHERE id = ?1",
        params![desk.waiting.as_bytes()],
    );
    assert_eq!(changed.unwrap(), 1);
    let bad = desk.ctl(&verify);
    assert_eq!(bad.status.code(), Some(1));
    let said = text(&bad);
    assert!(
        said.contains(&desk.waiting.to_string()) && said.ends_with("1 good, 1 bad\n"),
        "{said}"
    );
}

#[test]
fn verify_refuses_a_receipt_under_another_key() {
    let desk = desk();
    let stranger = SigningKey::generate().unwrap().verifying().unwrap();
    std::fs::write(desk.path("stranger"), stranger.to_text()).unwrap();
    let key = format!("city-a={}", desk.path("stranger").display());
    let output = desk.ctl(&["verify", "--recipient", &key]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains(&desk.arrived.to_string()),
        "{output:?}"
    );
}

#[test]
fn an_answer_on_a_stick_that_is_longer_than_any_answer_is_refused_and_not_read() {
    let desk = desk();
    let stick = desk.path("stick");
    std::fs::create_dir(&stick).unwrap();
    // Takes no room on the disk; a gigabyte if somebody reads it.
    let endless = std::fs::File::create(stick.join("endless.ans")).unwrap();
    endless.set_len(1 << 30).unwrap();
    let key = RecipientSecretKey::generate().unwrap();
    write(desk.folder.path(), "device.hpke", &key.to_text());
    let output = desk.ctl(&[
        "import",
        "--from",
        stick.to_str().unwrap(),
        "--device",
        "kiosk-1",
        "--key",
        desk.path("device.hpke").to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    // What it says is how much of it was looked at.
    assert!(text(&output).contains("131073 bytes"), "{output:?}");
    assert!(text(&output).contains("1 not usable"), "{output:?}");
}

impl Desk {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ctl(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_outboxctl"))
            .arg("--outbox")
            .arg(self.path("outbox.db"))
            .args(arguments)
            .output()
            .unwrap()
    }
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn desk() -> Desk {
    let folder = tempfile::tempdir().unwrap();
    let recipient: RecipientId = "city-a".parse().unwrap();
    let city = SigningKey::generate().unwrap();
    let verifying = city.verifying().unwrap();
    write(folder.path(), "city-a.receipt.pub", &verifying.to_text());
    let mut outbox = Outbox::open(&Config::at(folder.path().join("outbox.db"))).unwrap();
    let rows = [filing(1), filing(2)];
    outbox.store(&[1; 16], &rows, b"record", NOW).unwrap();
    let receipt = Receipt {
        v: VERSION,
        id: rows[0].id,
        digest: rows[0].digest,
        recipient: recipient.clone(),
        arrived_at: NOW,
        arrival_no: 1,
        status_token: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        status_url: "https://todoke.asukoe.example/f/".to_owned(),
        visit: None,
        signed: None,
        era: 0,
    };
    let recipients = Recipients::from([(recipient, verifying)]);
    outbox
        .retire(&receipt.sign(&city).unwrap(), &recipients, NOW)
        .unwrap();
    Desk {
        outbox: outbox.into(),
        folder,
        arrived: rows[0].id,
        waiting: rows[1].id,
    }
}

fn filing(n: u8) -> NewRow {
    let id = FilingId::from_bytes([n; 16]);
    let recipient: RecipientId = "city-a".parse().unwrap();
    let to = RecipientSecretKey::generate().unwrap().public().unwrap();
    let canonical = format!("content of {n}").into_bytes();
    let header = Header {
        v: VERSION,
        id,
        device: "kiosk-1".parse().unwrap(),
        recipient: recipient.clone(),
        kind: Kind::Filing,
        schema: "ubugoe-filing/1".to_owned(),
        case: CaseId::from_bytes([7; 16]),
        case_seq: u32::from(n),
        created: NOW,
        expires: None,
        key_id: to.key_id(),
    };
    let digest = digest(&canonical);
    let visit = envelope::alone(&canonical);
    let body = FilingBody {
        canonical,
        signature: vec![1; 64],
        attachments: vec![],
        time: envelope::claim(1, NOW),
        visit,
    };
    NewRow {
        id,
        kind: RowKind::Filing,
        counter: None,
        recipient,
        digest,
        sealed: seal(&header, &body, &to, &SigningKey::generate().unwrap()).unwrap(),
        legal_due: None,
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}
