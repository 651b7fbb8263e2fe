//! Any text as an identifier or a topic of the broker. What is read is written alike.

use std::fmt::Display;
use std::str::FromStr;

use ubugoe_procedures::{FieldPath, MunicipalityCode, ProcedureId};
use ubugoe_protocol::{CaseId, DeviceId, FilingId, RecipientId, topics};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let text = String::from_utf8_lossy(bytes);
    let mut taken = false;
    taken |= same::<DeviceId>(&text, false);
    taken |= same::<RecipientId>(&text, false);
    taken |= same::<ProcedureId>(&text, false);
    taken |= same::<FieldPath>(&text, false);
    // Hexadecimal digits may be large.
    taken |= same::<FilingId>(&text, true);
    taken |= same::<CaseId>(&text, true);
    if let Ok(code) = text.parse::<MunicipalityCode>() {
        assert_eq!(code.to_text().parse().ok(), Some(code));
        taken = true;
    }
    if let Some((device, recipient)) = topics::parse_up(&text) {
        assert_eq!(topics::up(&device, &recipient), text);
        assert!(!text.contains(['+', '#', '\0']), "a wildcard in {text:?}");
        taken = true;
    }
    if let Some((device, channel)) = topics::parse_down(&text) {
        assert_eq!(topics::down(&device, channel), text);
        assert!(!text.contains(['+', '#', '\0']), "a wildcard in {text:?}");
        taken = true;
    }
    Verdict::of(taken)
}

fn same<T: FromStr + Display + PartialEq>(text: &str, lower: bool) -> bool {
    let Ok(read) = text.parse::<T>() else {
        return false;
    };
    let written = read.to_string();
    if lower {
        assert_eq!(written, text.to_ascii_lowercase());
    } else {
        assert_eq!(written, text);
    }
    assert!(written.parse::<T>().is_ok_and(|again| again == read));
    true
}
