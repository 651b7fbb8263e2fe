//! Any bytes as a municipality's list of nurseries and as its table of free places: rows and problems, never a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ubugoe_procedures::nursery::{Measure, import, import_vacancies};

fuzz_target!(|bytes: &[u8]| {
    drop(import::import(bytes));
    drop(import_vacancies(bytes, Measure::Vacancies));
});
