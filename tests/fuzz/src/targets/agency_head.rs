//! Any text as the head of a message between authorities: a question's if it begins with a method, an answer's if it begins
//! with a status. What is read is written to be read alike, for the signature is over what is written.

use ubugoe_exchange::{Answer, Request};

use crate::Verdict;

/// Header lines, `name:value`, as a server hands them over.
fn headers<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<(&'a str, &'a [u8])> {
    lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name, value.as_bytes()))
        .collect()
}

fn bytes<'a>(headers: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
}

pub(super) fn run(input: &[u8]) -> Verdict {
    let Ok(text) = std::str::from_utf8(input) else {
        return Verdict::Refused;
    };
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let given = headers(lines);
    if let Ok(status) = first.parse::<u16>() {
        let Ok((answer, _)) = Answer::parse(status, given.into_iter()) else {
            return Verdict::Refused;
        };
        let written = answer.headers();
        let (again, _) = Answer::parse(status, bytes(&written)).expect("our own words are read");
        assert_eq!(again, answer);
        assert_eq!(again.head(), answer.head());
        return Verdict::Taken;
    }
    let Some((method, target)) = first.split_once(' ') else {
        return Verdict::Refused;
    };
    let Ok((request, _)) = Request::parse(method, target, given.into_iter()) else {
        return Verdict::Refused;
    };
    assert!(request.is_sendable(), "{request:?}");
    let written = request.headers();
    let (again, _) =
        Request::parse(method, &request.target(), bytes(&written)).expect("our own words are read");
    assert_eq!(again, request);
    assert_eq!(again.head(), request.head());
    Verdict::Taken
}
