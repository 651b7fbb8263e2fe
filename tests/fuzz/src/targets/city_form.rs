//! Any bytes as the body of a form that a browser sends to the city. What is read, encoded by us, is read alike.

use std::collections::HashSet;
use std::fmt::Write as _;

use ubugoe_city::http::outside::read_form;

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let Some(fields) = read_form(bytes) else {
        return Verdict::Refused;
    };
    let names: HashSet<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.len(), fields.len(), "a field came twice");
    let told: usize = fields
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    assert!(told <= bytes.len(), "more was read than came");
    let mut again = String::new();
    for (name, value) in &fields {
        for byte in name.bytes() {
            write!(again, "%{byte:02X}").expect("a string takes everything");
        }
        again.push('=');
        for byte in value.bytes() {
            write!(again, "%{byte:02x}").expect("a string takes everything");
        }
        again.push('&');
    }
    assert_eq!(read_form(again.as_bytes()).as_ref(), Some(&fields));
    Verdict::of(!fields.is_empty())
}
