//! Any bytes as the answer of the conversion server. What is read, written again, is read alike.

use ubugoe_ime::outside::{read_answer, read_place};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let _place = read_place(bytes);
    let Some((answer, written)) = read_answer(bytes) else {
        return Verdict::Refused;
    };
    let again = read_answer(&written).expect("our own words are read");
    assert_eq!(again, (answer, written));
    Verdict::Taken
}
