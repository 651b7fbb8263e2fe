//! A genuine message with a few changes: it opens only when it came out unchanged.

use ubugoe_protocol::cades::verify;
use ubugoe_protocol::{Command, Receipt, Refusal, StatusNotice, open, open_down};

use super::envelope::opened;
use crate::Verdict;
use crate::edits::{Source, edited};
use crate::keys::{CITY_OPEN, CITY_SIGN, DEVICE_OPEN, DEVICE_SIGN, NOW, opening, verifying};
use crate::real::{self, CONTENT};

/// A message and how it is opened.
type Genuine = (&'static [u8], fn(&[u8]) -> bool);

fn genuine(which: u8) -> Genuine {
    match which % 9 {
        0 => (&real::ENVELOPE.message, |bytes| {
            open(bytes, &opening(&CITY_OPEN), |_| {
                Some(verifying(&DEVICE_SIGN))
            })
            .is_ok()
        }),
        1 => (&real::DOWNLINK.message, |bytes| {
            open_down(bytes, &real::device(), &opening(&DEVICE_OPEN)).is_ok()
        }),
        2 => (&real::RECEIPT, |bytes| {
            Receipt::verify(bytes, &verifying(&CITY_SIGN)).is_ok()
        }),
        3 => (&real::REFUSAL, |bytes| {
            Refusal::verify(bytes, &verifying(&CITY_SIGN)).is_ok()
        }),
        4 => (&real::STATUS, |bytes| {
            StatusNotice::verify(bytes, &verifying(&CITY_SIGN)).is_ok()
        }),
        5 => (&real::PIECE.message, |bytes| opened(bytes).is_ok()),
        6 => (&real::WORD.message, |bytes| opened(bytes).is_ok()),
        7 => (&real::COMMAND, |bytes| {
            Command::verify(bytes, &verifying(&CITY_SIGN)).is_ok()
        }),
        _ => (&real::SIGNATURE.message, |bytes| {
            let read = verify(bytes, CONTENT, &real::SIGNATURE.trust, NOW);
            // Its outermost bytes are under no signature: see the target `cms`.
            read.is_ok_and(|read| {
                read != real::SIGNATURE.verified || bytes == real::SIGNATURE.message
            })
        }),
    }
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let which = source.byte();
    let ((message, opens), (other, _)) = (genuine(which), genuine(which / 9));
    let changed = edited(message, other, &mut source);
    let taken = opens(&changed);
    // Changes may also make it the other one, whole.
    assert_eq!(
        taken,
        changed == message || changed == other && opens(other),
        "message {} with changes {bytes:02x?}",
        which % 9
    );
    Verdict::of(taken)
}
