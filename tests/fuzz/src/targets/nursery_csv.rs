//! Any bytes as a municipality's list of nurseries and as its table of free places: rows and problems, never a panic.

use ubugoe_procedures::nursery::{Measure, import, import_vacancies};

use crate::Verdict;

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let vacancies = import_vacancies(bytes, Measure::Vacancies).is_ok();
    let list = import::import(bytes);
    let lines = bytes
        .iter()
        .filter(|byte| matches!(byte, b'\n' | b'\r'))
        .count()
        + 1;
    if let Ok(list) = &list {
        assert!(
            list.facilities.len() <= lines,
            "{} nurseries in {lines} lines",
            list.facilities.len()
        );
    }
    Verdict::of(vacancies || list.is_ok())
}
