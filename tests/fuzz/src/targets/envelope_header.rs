//! Any bytes as the header of an envelope that is signed and sealed as it should be. What is read is written alike.

use ubugoe_protocol::{Kind, OpenError, peek};

use super::envelope::{again, around, header, opened};
use crate::Verdict;
use crate::real;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let outside = peek(&around(bytes, &real::ENVELOPE.plaintext));
    // The content that the header speaks of, so that the header alone decides.
    let content = match outside.as_ref().map(|outside| outside.kind) {
        Ok(Kind::Attachment) => &real::PIECE.plaintext,
        Ok(Kind::Report) => &real::WORD.plaintext,
        Ok(Kind::Second) => &real::SECOND.plaintext,
        _ => &real::ENVELOPE.plaintext,
    };
    match opened(&around(bytes, content)) {
        Ok(incoming) => {
            assert_eq!(outside.as_ref(), Ok(header(&incoming)));
            assert_eq!(again(&incoming).0, bytes, "two spellings of one header");
            Verdict::Taken
        }
        Err(error) => {
            let known = matches!(error, OpenError::OtherKey { .. });
            assert_eq!(outside.is_ok(), known, "peek and open disagree: {error}");
            Verdict::Refused
        }
    }
}
