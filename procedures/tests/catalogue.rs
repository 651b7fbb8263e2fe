#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
//! The builtin catalogue holds together.
use ubugoe_procedures::Catalogue;

#[test]
fn the_builtin_catalogue_loads() {
    let catalogue = Catalogue::builtin().unwrap();
    for p in catalogue.procedures() { println!("{} {}", p.id, p.form.fields.len()); }
}
