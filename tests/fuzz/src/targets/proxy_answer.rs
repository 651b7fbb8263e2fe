//! Any bytes as the head of a proxy's answer: only a status of two hundred and something opens the way, and what is shown to
//! staff is one short line.

use ubugoe_edge::DisconnectReason;
use ubugoe_edge::link::outside::read_proxy;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    match read_proxy(bytes) {
        Ok(()) => {
            let fits = matches!(
                bytes,
                [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'0'..=b'9', b' ', b'2', a, b, b' ' | b'\r', ..]
                    if a.is_ascii_digit() && b.is_ascii_digit()
            );
            assert!(fits, "{bytes:?}");
            Verdict::Taken
        }
        Err(DisconnectReason::Proxy(line) | DisconnectReason::Captive(line)) => {
            assert!(line.chars().count() <= 200 && !line.contains(char::is_control));
            Verdict::Refused
        }
        Err(other) => panic!("a proxy's answer is not {other:?}"),
    }
}
