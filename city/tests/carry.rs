//! Envelopes carried to the city by hand, with the program itself, beside a running city.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::office::{Letter, Office, land, letter, message, on_each_store};
use crate::support::papers::{birth, canonical};
use ubugoe_protocol::{Downlink, FilingId, Receipt, RefusalReason, open_down};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ubugoe-city");

fn program(office: &Office, arguments: &[&str]) -> Output {
    let config = office.write_config();
    Command::new(PROGRAM)
        .args(arguments)
        .arg("--config")
        .arg(config)
        .output()
        .unwrap()
}

fn carry(office: &Office, from: &Path) -> (bool, String) {
    let done = program(office, &["carry", "--from", from.to_str().unwrap()]);
    let said = String::from_utf8(done.stdout).unwrap();
    (done.status.success(), said)
}

fn put(folder: &Path, id: FilingId, wire: &[u8]) {
    std::fs::write(folder.join(format!("{id}.ubg")), wire).unwrap();
}

fn answer(office: &Office, folder: &Path, id: FilingId) -> Option<Downlink> {
    let bytes = std::fs::read(folder.join(format!("{id}.ans"))).ok()?;
    let device = "ward-1".parse().unwrap();
    Some(open_down(&bytes, &device, &office.device_open("ward-1")).unwrap())
}

fn receipt(office: &Office, folder: &Path, id: FilingId) -> Vec<u8> {
    match answer(office, folder, id) {
        Some(Downlink::Receipts(items)) => items[0].clone(),
        other => panic!("no receipt for {id}: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_carried_lands_once_and_each_file_gets_its_sealed_answer() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let stick = tempfile::tempdir().unwrap();
        let at = stick.path();
        // one that came over the network before, and two that did not
        let known = letter(canonical(&birth("ASK-1")));
        let first = land(office, &ingest, &known).await;
        let (one, two) = (
            letter(canonical(&birth("ASK-2"))),
            letter(canonical(&birth("ASK-3"))),
        );
        for letter in [&known, &one, &two] {
            put(at, letter.id, &office.envelope(letter));
        }
        std::fs::write(at.join("readme.txt"), "not an envelope").unwrap();
        let (good, said) = carry(office, at);
        assert!(good, "{said}");
        assert_eq!(
            said,
            "3 in the database, 0 refused, 0 set aside, 0 failed\n"
        );
        let back = Receipt::verify(&receipt(office, at, known.id), &office.receipt_key()).unwrap();
        assert_eq!(back, first);
        let answered = receipt(office, at, one.id);
        let read = Receipt::verify(&answered, &office.receipt_key()).unwrap();
        assert_eq!(
            (read.id, read.digest),
            (one.id, ubugoe_protocol::digest(&one.canonical))
        );
        // the same stick again, and with what is no use
        let mut damaged = office.envelope(&letter(canonical(&birth("ASK-4"))));
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        let foreign = Letter {
            recipient: "tonari",
            ..letter(canonical(&birth("ASK-5")))
        };
        let changed = Letter {
            id: one.id,
            ..letter(canonical(&birth("ASK-6")))
        };
        let (bad, same_id) = (FilingId::generate().unwrap(), FilingId::generate().unwrap());
        put(at, bad, &damaged);
        put(at, foreign.id, &office.envelope(&foreign));
        put(at, same_id, &office.envelope(&changed));
        let long = FilingId::generate().unwrap();
        put(at, long, &vec![0; 200_000]);
        let (good, said) = carry(office, at);
        assert!(!good);
        assert!(
            said.ends_with("3 in the database, 2 refused, 1 set aside, 1 failed\n"),
            "{said}"
        );
        assert_eq!(
            receipt(office, at, one.id),
            answered,
            "the same receipt, byte for byte"
        );
        assert!(answer(office, at, bad).is_none() && answer(office, at, long).is_none());
        for (id, reason) in [
            (foreign.id, RefusalReason::WrongRecipient),
            (same_id, RefusalReason::DigestConflict),
        ] {
            let Some(Downlink::Refusals(items)) = answer(office, at, id) else {
                panic!("{id} was not refused")
            };
            let refusal =
                ubugoe_protocol::Refusal::verify(&items[0], &office.receipt_key()).unwrap();
            assert_eq!(refusal.reason, reason);
        }
        let counts = store.counts().await.unwrap();
        assert_eq!((counts.arrived, counts.quarantined), (3, 3));
        let left: Vec<_> = std::fs::read_dir(at)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.contains(".part"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stick_and_the_network_bring_the_same_filings_at_the_same_time_and_each_lands_once() {
    on_each_store(async |office| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let stick = tempfile::tempdir().unwrap();
        let bytes = canonical(&birth("ASK-1"));
        let letters: Vec<Letter> = (0..40).map(|_| letter(bytes.clone())).collect();
        let wires: Vec<Vec<u8>> = letters.iter().map(|l| office.envelope(l)).collect();
        for (letter, wire) in letters.iter().zip(&wires) {
            put(stick.path(), letter.id, wire);
        }
        let mut program = Command::new(PROGRAM)
            .args([
                "carry",
                "--from",
                stick.path().to_str().unwrap(),
                "--config",
            ])
            .arg(office.write_config())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        for wire in wires.iter().rev() {
            let answers = ingest
                .land(vec![message("ward-1", wire.clone())])
                .await
                .unwrap();
            assert!(matches!(answers[0].content, Downlink::Receipts(_)));
        }
        let status = tokio::task::block_in_place(|| program.wait().unwrap());
        assert!(status.success());
        assert_eq!(store.counts().await.unwrap().arrived, 40);
        for letter in &letters {
            let record = store.filing(letter.id).await.unwrap().unwrap();
            assert_eq!(receipt(office, stick.path(), letter.id), record.receipt);
        }
        let mut numbers: Vec<u64> = store
            .filings(None, 100)
            .await
            .unwrap()
            .iter()
            .map(|row| row.arrival_no)
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=40).collect::<Vec<u64>>());
    })
    .await;
}
