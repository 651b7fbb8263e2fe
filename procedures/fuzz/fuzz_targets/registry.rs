//! Any bytes as the registry of support schemes: records and problems, and what was read is written as it is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ubugoe_procedures::registry;

fuzz_target!(|bytes: &[u8]| {
    let Ok(imported) = registry::import(bytes) else {
        return;
    };
    let written = registry::export(&imported.records, imported.provenance);
    let again = registry::import(written.document().as_bytes()).expect("our own words are read");
    assert_eq!(again.records, imported.records);
});
