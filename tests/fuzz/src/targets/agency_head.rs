//! Any text as the head of a question between authorities or of its answer: first line, then `name:value`. What is read
//! is written in the one way there is, and that is read alike.

use ubugoe_exchange::message::Header;
use ubugoe_exchange::{Answer, MAX_TARGET, MessageId, Part, Request, Service, Subsystem};

use crate::Verdict;

/// Writing is one-to-one: what is read is written as a text that is read to the same.
fn addresses(text: &str) {
    if let Ok(part) = Part::decode(text) {
        assert_eq!(Part::decode(&part.to_string()).as_ref(), Ok(&part));
        assert_eq!(Part::new(part.as_str()).as_ref(), Ok(&part));
    }
    if let Ok(subsystem) = text.parse::<Subsystem>() {
        assert_eq!(subsystem.to_string().parse().as_ref(), Ok(&subsystem));
    }
    if let Ok(service) = text.parse::<Service>() {
        assert_eq!(service.to_string().parse().as_ref(), Ok(&service));
    }
    if let Ok(id) = text.parse::<MessageId>() {
        assert_eq!(id.to_string(), text.to_ascii_lowercase());
    }
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let (first, rest) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &[][..]),
    };
    let first = String::from_utf8_lossy(first);
    let headers: Vec<Header<'_>> = rest
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            Some((
                std::str::from_utf8(&line[..colon]).ok()?,
                &line[colon + 1..],
            ))
        })
        .collect();
    addresses(&first);
    for (_, value) in &headers {
        addresses(&String::from_utf8_lossy(value));
    }
    if let Ok(status) = first.trim().parse::<u16>() {
        let Ok((answer, _)) = Answer::parse(status, headers.into_iter()) else {
            return Verdict::Refused;
        };
        let written = answer.headers();
        let named = written
            .iter()
            .map(|(name, value)| (*name, value.as_bytes()));
        let (again, signature) = Answer::parse(status, named).expect("our own head is read");
        assert_eq!((again.head(), signature), (answer.head(), None));
        assert_eq!(again, answer);
        return Verdict::Taken;
    }
    let (method, target) = first.split_once(' ').unwrap_or((&first, ""));
    let Ok((request, _)) = Request::parse(method, target, headers.into_iter()) else {
        return Verdict::Refused;
    };
    // a target may grow when it is written: what was encoded in the short way is not
    if request.target().len() > MAX_TARGET {
        assert!(!request.is_sendable());
        return Verdict::Taken;
    }
    assert!(request.is_sendable());
    let written = request.headers();
    let named = written
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()));
    let (again, signature) = Request::parse(request.method.as_str(), &request.target(), named)
        .expect("our own head is read");
    assert_eq!((again.head(), signature), (request.head(), None));
    assert_eq!(again, request);
    Verdict::Taken
}
