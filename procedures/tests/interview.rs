//! What a family is asked, and what it is not.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;

use common::*;

#[test]
fn print_them() {
    let catalogue = catalogue();
    for ((answers, asked), id) in both_forms(&catalogue, &facts()).into_iter().zip(["shussei_todoke", "jido_teate_nintei"]) {
        let p = procedure(&catalogue, id);
        for path in &asked { let f = p.form.field(path).unwrap(); println!("{path} {:?} {:?} blank={:?} {}", f.kind, f.options.iter().map(|o| o.id.as_str()).collect::<Vec<_>>(), f.blank.as_ref().map(|b| &b.ja), f.question.ja); }
        let draft = ubugoe_procedures::Draft { recipient: asukoe(), lang_shown: ubugoe_procedures::Lang::Ja, certificate_number: Some("A".into()), child_order: Some(1), drafted_on: jiff::civil::date(2026,11,24) };
        let filing = ubugoe_procedures::Filing::assemble(p, &answers, &draft).unwrap();
        let bytes = filing.canonical(p);
        println!("{} bytes", bytes.len());
        for s in ubugoe_procedures::Filing::parse(&bytes).unwrap().sections(ubugoe_procedures::Lang::Ja) { println!("## {}", s.title); for r in s.rows { println!("  {} = {} [{:?}] {}", r.label, r.value, r.source, r.path); } }
    }
}
