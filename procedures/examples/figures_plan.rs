//! How long the whole line of a family takes: `cargo run --release -p ubugoe-procedures --example figures_plan`.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints figures"
)]

use std::hint::black_box;
use std::time::Instant;

use jiff::civil::date;
use ubugoe_procedures::Catalogue;
use ubugoe_procedures::plan::{Around, Child, Family, Other, Parent, Whom, line};
use ubugoe_procedures::rules::FactValue;

fn main() {
    let catalogue = Catalogue::builtin().unwrap();
    let home = Some("991015".parse().unwrap());
    let parent = |birth| Parent {
        birth: Some(birth),
        japanese: Some(true),
        residence: home,
    };
    let mut family = Family {
        mother: parent(date(1996, 11, 23)),
        father: Other::Some(parent(date(1994, 5, 3))),
        ..Family::default()
    };
    family.places.birthplace = home;
    for id in ["c1", "c2"] {
        family.delivery.children.push(Child {
            id: id.to_owned(),
            birth: date(2026, 11, 22),
            minute: Some(1421),
            died: None,
        });
        for (told, value) in [
            ("mother.insurance", "kenpo"),
            ("father.insurance", "kenpo"),
            ("family.claimant", "father"),
        ] {
            family.tell(Whom::Family, told, FactValue::Choice(value.to_owned()));
        }
        let today = date(2026, 11, 24);
        let around = Around::default();
        let items = line(&catalogue, &family, today, &around).items.len();
        let rounds = 2000;
        let start = Instant::now();
        for _ in 0..rounds {
            black_box(line(&catalogue, black_box(&family), today, &around));
        }
        let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds);
        println!(
            "{} children: {items} items, {each:.0} µs for each plan",
            family.delivery.children.len()
        );
    }
}
