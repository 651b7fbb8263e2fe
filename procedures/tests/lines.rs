//! The line of ten families as a person reads it, in Japanese and English. `UPDATE_EXPECT=1` writes the files anew; read
//! them before committing.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod common;
#[path = "common/families.rs"]
mod families;

use common::catalogue;
use expect_test::expect_file;
use jiff::civil::date;
use ubugoe_procedures::Lang;
use ubugoe_procedures::plan::{Around, Family, line, render};

fn shown(family: &Family, lang: Lang, today: jiff::civil::Date) -> String {
    render(&line(catalogue(), family, today, &Around::default()), lang)
}

macro_rules! family {
    ($name:ident, $file:literal, $family:expr, $today:expr) => {
        #[test]
        fn $name() {
            let family = $family;
            expect_file![concat!("lines/", $file, ".ja.txt")].assert_eq(&shown(
                &family,
                Lang::Ja,
                $today,
            ));
            expect_file![concat!("lines/", $file, ".en.txt")].assert_eq(&shown(
                &family,
                Lang::En,
                $today,
            ));
        }
    };
}

const BIRTH: jiff::civil::Date = date(2026, 11, 22);
const TODAY: jiff::civil::Date = date(2026, 11, 24);

family!(
    a_couple_two_days_after_the_birth,
    "couple",
    families::one_child(BIRTH),
    TODAY
);
family!(
    twins_around_midnight,
    "twins",
    families::twins(BIRTH),
    TODAY
);
family!(
    one_twin_was_lost,
    "one_twin_lost",
    families::one_twin_lost(BIRTH),
    TODAY
);
family!(
    a_stillbirth,
    "stillbirth",
    families::stillbirth(BIRTH),
    TODAY
);
family!(
    an_unmarried_mother,
    "unmarried",
    families::unmarried(BIRTH),
    TODAY
);
family!(
    both_parents_foreign,
    "both_foreign",
    families::both_foreign(BIRTH),
    TODAY
);
family!(
    a_small_baby_in_intensive_care,
    "nicu",
    families::nicu(BIRTH, 1480),
    TODAY
);
family!(
    born_away_from_home_with_the_father_elsewhere,
    "away_and_apart",
    families::away_and_apart(BIRTH),
    TODAY
);
family!(
    protected_from_violence,
    "protected",
    families::protected(BIRTH),
    TODAY
);
family!(
    expecting_in_spring,
    "expecting",
    families::expecting(date(2027, 3, 10)),
    TODAY
);
