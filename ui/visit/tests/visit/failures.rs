//! Failure codes: well-formed, unique, documented.

use std::collections::BTreeSet;

use ubugoe_visit::{Failure, ServiceFailure};

const PAGE: &str = include_str!("../../../../docs/failure-codes.md");

#[test]
fn every_code_is_a_letter_a_dash_and_three_digits_and_belongs_to_one_failure() {
    let codes: BTreeSet<&str> = Failure::ALL.iter().map(|failure| failure.code()).collect();
    assert_eq!(codes.len(), Failure::ALL.len());
    for code in codes {
        let [letter, b'-', digits @ ..] = code.as_bytes() else {
            panic!("{code}")
        };
        assert!(b"CHFPST".contains(letter), "{code}");
        assert!(
            digits.len() == 3 && digits.iter().all(u8::is_ascii_digit),
            "{code}"
        );
    }
}

#[test]
fn every_failure_has_its_row_on_the_page_for_staff_and_the_page_knows_no_other() {
    let rows: Vec<&str> = PAGE
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next())
        .filter(|cell| cell.contains('-') && !cell.starts_with('-'))
        .collect();
    let visit = Failure::ALL.iter().map(|failure| failure.code());
    let staff = ServiceFailure::ALL.iter().map(|failure| failure.code());
    let codes: Vec<&str> = visit.chain(staff).collect();
    assert_eq!(rows, codes, "in the order of the enums");
}

#[test]
fn a_page_that_taking_the_card_away_answers_also_offers_to_try_again() {
    for failure in Failure::ALL {
        assert!(
            failure.retry_helps() || !failure.answered_by_removal(),
            "{}",
            failure.code()
        );
    }
}
