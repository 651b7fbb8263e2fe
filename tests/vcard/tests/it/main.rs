//! The virtual card against literals of the published card descriptions, and against software that nobody here wrote:
//! OpenSC, openssl and pcsc-lite's own client library. A missing tool fails a test; nothing is skipped.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod answers;
mod certificates;
mod opensc;
mod service;
mod shell;
mod signatures;
mod silence;
mod text;

use std::{
    ffi::CStr,
    path::Path,
    process::Command,
    sync::OnceLock,
    time::{Duration, Instant},
};

use jiff::civil::{Date, date};
use pcsc::{Context, ReaderState, Scope, State};
use ubugoe_vcard::{Card, Issuer, Pki};

/// Every validity period in these tests is counted from here.
const TODAY: Date = date(2026, 11, 22);

/// For whatever waits on another process: generous, because the machine may be busy.
const LIMIT: Duration = Duration::from_mins(1);

const SELECT_JPKI: &str = "00A4040C0AD392F000260100000001";
const SELECT_TEXT: &str = "00A4040C0AD3921000310001010408";
const SELECT_COMMON: &str = "00A4040C0AD3921000310001010100";
const SELECT_ISD: &str = "00A4040C07A0000001510000";

/// One PKI for all tests, kept between runs: its keys are derived from names, so it is the same everywhere.
fn issuer() -> &'static Issuer {
    static ISSUER: OnceLock<Issuer> = OnceLock::new();
    ISSUER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vcard-pki");
        Issuer::new(Pki::open(&folder, TODAY).unwrap())
    })
}

/// A persona's card with the field on.
fn powered(persona: &str) -> Card {
    let mut card = issuer().issue(persona).unwrap();
    card.power_on();
    card
}

/// Sends one command in hexadecimal; gives data and status word in hexadecimal.
fn send(card: &mut Card, command: &str) -> (Vec<u8>, String) {
    let mut answer = card.transmit(&hex::decode(command).unwrap());
    let status = answer.split_off(answer.len() - 2);
    (answer, hex::encode_upper(status))
}

/// Sends commands and compares their status words; what data they gave is another check's business.
fn check(card: &mut Card, script: &[(&str, &str)]) {
    for (step, (command, expected)) in script.iter().enumerate() {
        let (_, status) = send(card, command);
        assert_eq!(&status, expected, "step {step}: {command}");
    }
}

/// Sends a command that must succeed and gives its data.
fn data(card: &mut Card, command: &str) -> Vec<u8> {
    let (data, status) = send(card, command);
    assert_eq!(status, "9000", "{command}");
    data
}

/// Reads the selected file in pieces of 256 bytes to its end, filler and all.
fn read_all(card: &mut Card) -> Vec<u8> {
    let mut file = Vec::new();
    loop {
        let (piece, status) = send(card, &format!("00B0{:04X}00", file.len()));
        match status.as_str() {
            "9000" => file.extend(piece),
            "6B00" => return file,
            other => panic!("READ BINARY at {} answered {other}", file.len()),
        }
    }
}

/// The object at the beginning of a file, without the filler behind it.
fn object(file: &[u8]) -> &[u8] {
    let tag = if file[0] & 0x1F == 0x1F { 2 } else { 1 };
    let (header, length) = match file[tag] {
        short @ 0..=0x7F => (tag + 1, usize::from(short)),
        0x81 => (tag + 2, usize::from(file[tag + 1])),
        0x82 => (
            tag + 3,
            usize::from(file[tag + 1]) << 8 | usize::from(file[tag + 2]),
        ),
        other => panic!("length byte {other:02X}"),
    };
    assert!(file[header + length..].iter().all(|b| *b == 0xFF), "filler");
    &file[..header + length]
}

/// Runs a program that must exist and succeed; gives its output.
fn run(command: &mut Command) -> Vec<u8> {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// Runs a test's body in a private card service; `test` is its full name.
fn private(test: &str, body: impl FnOnce(&Path)) {
    ubugoe_vcard::in_private_service(test, LIMIT, body).unwrap();
}

/// Waits until a reader reports `wanted`. (`opensc-tool --wait` sometimes misses the card and waits for ever.)
fn wait_for(client: &Context, name: &CStr, wanted: State) {
    let end = Instant::now() + LIMIT;
    let mut states = [ReaderState::new(name, State::UNAWARE)];
    loop {
        let left = end
            .checked_duration_since(Instant::now())
            .expect("the reader's state in time");
        client.get_status_change(left, &mut states).unwrap();
        if states[0].event_state().contains(wanted) {
            return;
        }
        states[0].sync_current_state();
    }
}

/// Waits until the card lies on the first reader of this process's service.
fn wait_for_card() {
    let client = Context::establish(Scope::User).unwrap();
    wait_for(&client, c"Virtual PCD 00 00", State::PRESENT);
}
