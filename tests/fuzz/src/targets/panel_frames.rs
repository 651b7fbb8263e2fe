//! Any bytes on the line between kiosk and front panel, both ways: what is read is what would be written, no message belongs to two
//! tables, and after any noise the next frame is heard.

use ubugoe_icd::{
    Ask, Frame, ServiceAsk, ServiceTell, Splitter, Table, Tell, encode, frame::MAX_WIRE,
};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut splitter = Splitter::new();
    let mut taken = false;
    for byte in bytes {
        if let Some(Ok(frame)) = splitter.push(*byte) {
            let read = [
                again::<Ask>(&frame, frame.read().ok()),
                again::<Tell>(&frame, frame.read().ok()),
                again::<ServiceAsk<'_>>(&frame, frame.read().ok()),
                again::<ServiceTell>(&frame, frame.read().ok()),
            ];
            let tables = read.iter().filter(|read| **read).count();
            assert!(tables <= 1, "a message of {tables} tables");
            taken |= tables == 1;
        }
    }
    let mut wire = [0; MAX_WIRE];
    let next = encode(&Ask::Sense, 77, &mut wire).expect("a short message");
    let heard = next.iter().any(|byte| {
        let found = splitter.push(*byte);
        found.is_some_and(|frame| {
            frame.is_ok_and(|f| f.sequence == 77 && f.read() == Ok(Ask::Sense))
        })
    });
    assert!(heard, "the frame after the noise is lost");
    Verdict::of(taken)
}

/// Whether the frame is a message of `T`; if so it is the same once it is written and read again. Not always the same bytes: a number
/// may be written longer than it has to be.
fn again<T: Table>(frame: &Frame<'_>, message: Option<T>) -> bool {
    let Some(message) = message else { return false };
    assert_eq!(frame.schema, T::SCHEMA);
    let (mut wire, mut second) = ([0; MAX_WIRE], [0; MAX_WIRE]);
    let written = encode(&message, frame.sequence, &mut wire).expect("what was read fits");
    let mut splitter = Splitter::new();
    let body = written
        .iter()
        .filter_map(|byte| match splitter.push(*byte) {
            Some(Ok(frame)) => Some((frame.schema, frame.sequence)),
            Some(Err(error)) => panic!("our own frame is broken: {error:?}"),
            None => None,
        });
    assert_eq!(body.collect::<Vec<_>>(), [(T::SCHEMA, frame.sequence)]);
    let twice = encode(&message, frame.sequence, &mut second).expect("what was read fits");
    assert_eq!(written, twice);
    true
}
