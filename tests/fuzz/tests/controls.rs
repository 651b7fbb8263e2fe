//! Decoders that are wrong on purpose: the engine and the bounds must find each of them, or they would find nothing.

use std::time::{Duration, Instant};

use ubugoe_fuzz::shake::{Bounds, Find, shake};
use ubugoe_fuzz::{Target, Verdict};

fn target(run: fn(&[u8]) -> Verdict) -> Target {
    Target {
        name: "control",
        run,
        longest: 1024,
        memory: 64 * 1024,
    }
}

/// A length, then so many bytes: the one spelling that every control begins with.
fn seeds() -> Vec<Vec<u8>> {
    vec![vec![3, 1, 2, 3], vec![5, 9, 9, 9, 9, 9]]
}

fn bounds(cases: usize) -> Bounds {
    Bounds {
        cases,
        limit: Duration::from_mins(1),
        slowest: Duration::from_millis(500),
    }
}

fn shaken(run: fn(&[u8]) -> Verdict) -> Option<Find> {
    shake(&target(run), &seeds(), 7, bounds(20_000)).err()
}

/// Reads a length and so many bytes, strictly.
fn strict(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_first()?;
    (rest.len() == usize::from(*length)).then_some(rest)
}

#[test]
fn a_decoder_that_keeps_its_promises_is_left_alone() {
    fn right(bytes: &[u8]) -> Verdict {
        let Some(read) = strict(bytes) else {
            return Verdict::Refused;
        };
        let length = u8::try_from(read.len()).expect("at most 255");
        assert_eq!([&[length][..], read].concat(), bytes);
        Verdict::Taken
    }
    let report = shake(&target(right), &seeds(), 7, bounds(5_000));
    let report = report.expect("nothing is wrong with it");
    assert_eq!(report.cases, 5_000);
    assert!(
        report.taken > 0 && report.taken < report.cases,
        "{report:?}"
    );
}

#[test]
fn a_decoder_that_takes_bytes_after_the_end_is_found() {
    fn lenient(bytes: &[u8]) -> Verdict {
        let Some((length, rest)) = bytes.split_first() else {
            return Verdict::Refused;
        };
        let Some(read) = rest.get(..usize::from(*length)) else {
            return Verdict::Refused;
        };
        assert_eq!([&[*length][..], read].concat(), bytes, "two spellings");
        Verdict::Taken
    }
    let find = shaken(lenient).expect("it takes a second spelling");
    assert!(find.why.contains("two spellings"), "{}", find.why);
}

#[test]
fn a_decoder_that_panics_at_a_bad_length_is_found() {
    fn careless(bytes: &[u8]) -> Verdict {
        let length = usize::from(bytes.first().copied().unwrap_or(0));
        let read = bytes.get(1..=length).expect("the length was believed");
        Verdict::of(read.len() == length)
    }
    let find = shaken(careless).expect("it believes a length");
    assert!(find.why.contains("the length was believed"), "{}", find.why);
}

#[test]
fn a_decoder_that_takes_memory_for_a_promised_length_is_found() {
    fn generous(bytes: &[u8]) -> Verdict {
        let length = usize::from(bytes.first().copied().unwrap_or(0));
        // Nothing is read: the room alone is what it costs.
        let room: Vec<u8> = Vec::with_capacity(length * 1024);
        Verdict::of(std::hint::black_box(room).is_empty() && bytes.len() > length)
    }
    let find = shaken(generous).expect("it takes what is promised");
    assert!(find.why.contains("bytes of memory"), "{}", find.why);
}

#[test]
fn a_decoder_that_takes_time_for_a_promised_length_is_found() {
    fn tireless(bytes: &[u8]) -> Verdict {
        let rounds = u64::from(bytes.first().copied().unwrap_or(0));
        let (began, time) = (Instant::now(), Duration::from_millis(rounds * 3));
        while began.elapsed() < time {
            std::hint::spin_loop();
        }
        Verdict::of(strict(bytes).is_some())
    }
    let find = shaken(tireless).expect("765 ms for a length of 255");
    assert!(find.why.contains("may pass"), "{}", find.why);
}

#[test]
fn a_signature_check_that_forgets_a_byte_is_found() {
    // Stands for a check that leaves part of the message out.
    fn forgetful(bytes: &[u8]) -> Verdict {
        const GENUINE: [u8; 4] = [3, 1, 2, 3];
        let taken =
            bytes.len() == 4 && bytes.first() == GENUINE.first() && bytes.ends_with(&[2, 3]);
        assert_eq!(taken, bytes == GENUINE, "a changed message was taken");
        Verdict::of(taken)
    }
    let find = shaken(forgetful).expect("it does not look at the second byte");
    assert!(
        find.why.contains("a changed message was taken"),
        "{}",
        find.why
    );
}

#[test]
fn the_same_seed_finds_the_same_input() {
    fn careless(bytes: &[u8]) -> Verdict {
        assert_ne!(bytes.first(), Some(&0xFF), "it may not begin like this");
        Verdict::Refused
    }
    let (one, other) = (shaken(careless), shaken(careless));
    assert!(one.is_some());
    assert_eq!(one, other);
}
