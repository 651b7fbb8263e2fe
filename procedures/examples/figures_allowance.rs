//! How fast the child allowance is reckoned, on one thread: `cargo run --release --example figures_allowance`.
//!
//! Prints households a second for prepared columns, for full reasons and for reasons put into words, the same arithmetic
//! bare (hard-coded, no table) for a ratio in the same run, and the microseconds of one household. Holds every way to the
//! same total, so that nothing is fast by being wrong.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "figures for a person to read; a failed step ends the run"
)]

use std::hint::black_box;
use std::time::Instant;

use jiff::civil::date;
use serde_json::json;
use ubugoe_procedures::Lang;
use ubugoe_procedures::amounts::{
    AllowanceAmounts, AllowanceColumns, Amounts, Child, Household, Lives, MonthNumber, Residence,
    allowance, allowance_columns,
};
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::door::Door;

const HOUSEHOLDS: usize = 1_000_000;
const WITH_REASONS: usize = 200_000;
const ROUNDS: usize = 7;

/// Numbers that look random and are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }

    fn household(&mut self) -> Household {
        let children = (0..=self.next(4)).map(|_| {
            // Ages 0 to 24.
            let days = i32::try_from(self.next(9_130)).unwrap();
            let mut child = Child::born(plus_days(date(2001, 11, 30), days));
            child.supported = self.next(2) == 0;
            child.custody = self.next(50) != 0;
            if self.next(100) == 0 {
                child.residence = Residence::Abroad;
            }
            if self.next(100) == 0 {
                child.lives = Lives::InFacility;
            }
            child
        });
        Household {
            children: children.collect(),
            ..Household::default()
        }
    }
}

/// The best of some rounds, in seconds, and what the round came to.
fn best(mut round: impl FnMut() -> u64) -> (f64, u64) {
    let mut seconds = f64::INFINITY;
    let mut total = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        total = black_box(round());
        seconds = seconds.min(start.elapsed().as_secs_f64());
    }
    (seconds, total)
}

/// The law of today with nothing around it: what the machine can do at best.
struct Bare {
    starts: Vec<u32>,
    birth: Vec<u16>,
    school: Vec<u16>,
    flags: Vec<u8>,
}

impl Bare {
    fn new(households: &[Household]) -> Self {
        let mut bare = Self {
            starts: vec![0],
            birth: Vec::new(),
            school: Vec::new(),
            flags: Vec::new(),
        };
        let column = |month: MonthNumber| u16::try_from(month.number()).unwrap();
        for household in households {
            let mut children: Vec<&Child> = household.children.iter().collect();
            children.sort_by_key(|child| child.birth);
            for child in children {
                let placed = child.residence != Residence::Abroad && child.lives == Lives::AtHome;
                bare.birth.push(column(MonthNumber::of(child.birth)));
                bare.school
                    .push(column(MonthNumber::fiscal_year_end(child.birth, 18)));
                bare.flags.push(
                    u8::from(placed && child.custody) | (u8::from(placed && child.supported) << 1),
                );
            }
            bare.starts.push(u32::try_from(bare.birth.len()).unwrap());
        }
        bare
    }

    fn reckon(&self, month: u16, totals: &mut Vec<u64>) {
        totals.clear();
        let mut children = self.birth.iter().zip(&self.school).zip(&self.flags);
        for bounds in self.starts.windows(2) {
            let (mut rank, mut total) = (0u32, 0u64);
            for _ in bounds[0]..bounds[1] {
                let Some(((&birth, &school), &flags)) = children.next() else {
                    break;
                };
                let young = month <= school;
                let counts = if young {
                    flags & 1 != 0
                } else {
                    flags & 2 != 0 && month <= school + 48
                };
                rank += u32::from(counts);
                if counts && young && month > birth {
                    total += match (rank >= 3, month <= birth + 36) {
                        (true, _) => 30_000,
                        (false, true) => 15_000,
                        (false, false) => 10_000,
                    };
                }
            }
            totals.push(total);
        }
    }
}

/// Plain households (all children cared for, in Japan, at home) as JSON Lines for other programs to reckon, and our own
/// total beside them on standard error.
fn print_households(count: usize, month: MonthNumber) {
    let table = &Amounts::builtin().unwrap().allowance;
    let mut numbers = Numbers(20_261_122);
    let mut total = 0;
    for _ in 0..count {
        let mut household = numbers.household();
        for child in &mut household.children {
            child.custody = true;
            child.residence = Residence::Japan;
            child.lives = Lives::AtHome;
        }
        household.children.sort_by_key(|child| child.birth);
        total += allowance(&household, month, table).unwrap().total;
        let children = household.children.iter().enumerate().map(|(order, child)| {
            let born = MonthNumber::of(child.birth);
            json!({
                "order": order + 1,
                "from": born.number() + 1,
                "until3": born.number() + 36,
                "until18": MonthNumber::fiscal_year_end(child.birth, 18).number(),
                "until22": MonthNumber::fiscal_year_end(child.birth, 22).number(),
                "supported": child.supported,
            })
        });
        let births = household
            .children
            .iter()
            .map(|child| child.birth.to_string());
        println!(
            "{}",
            json!({
                "month": month.number(),
                "children": children.collect::<Vec<_>>(),
                "births": births.collect::<Vec<_>>(),
            })
        );
    }
    eprintln!("our total: {total} yen");
}

fn main() {
    let month = MonthNumber::new(2026, 11);
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, option, count] = arguments.as_slice() {
        assert_eq!(option, "--households", "the only option");
        print_households(count.parse().unwrap(), month);
        return;
    }
    let table = &Amounts::builtin().unwrap().allowance;
    let mut numbers = Numbers(20_261_122);
    let households: Vec<Household> = (0..HOUSEHOLDS).map(|_| numbers.household()).collect();
    let mut columns = AllowanceColumns::default();
    for household in &households {
        columns.push(household).unwrap();
    }
    println!(
        "{HOUSEHOLDS} households, {} children, {} bytes of columns ({:.1} a household)",
        columns.children(),
        columns.bytes(),
        columns.bytes() as f64 / HOUSEHOLDS as f64
    );

    let mut out = AllowanceAmounts::default();
    let (fast, fast_total) = best(|| {
        allowance_columns(&columns, month, table, &mut out).unwrap();
        out.totals.iter().sum()
    });
    let bare = Bare::new(&households);
    let mut totals = Vec::with_capacity(HOUSEHOLDS);
    let of = u16::try_from(month.number()).unwrap();
    let (floor, floor_total) = best(|| {
        bare.reckon(of, &mut totals);
        totals.iter().sum()
    });
    assert_eq!(
        fast_total, floor_total,
        "columns and bare arithmetic differ"
    );

    let some = &households[..WITH_REASONS];
    let some_total: u64 = out.totals[..WITH_REASONS].iter().sum();
    let (reasons, reasons_total) = best(|| {
        some.iter()
            .map(|household| allowance(household, month, table).unwrap())
            .map(|due| u64::try_from(black_box(due).total).unwrap())
            .sum()
    });
    assert_eq!(some_total, reasons_total, "columns and reasons differ");
    let mut words = String::new();
    let (spoken, spoken_total) = best(|| {
        let mut total = 0;
        for household in some {
            let due = allowance(household, month, table).unwrap();
            words.clear();
            for reason in &due.reasons {
                reason.write(Lang::Ja, &mut words).unwrap();
                reason.write(Lang::En, &mut words).unwrap();
            }
            black_box(&words);
            total += u64::try_from(due.total).unwrap();
        }
        total
    });
    assert_eq!(some_total, spoken_total);

    let per_second = |count: usize, seconds: f64| count as f64 / seconds / 1e6;
    println!(
        "columns, no reasons:      {:8.2} M households/s ({:.2} of bare arithmetic)",
        per_second(HOUSEHOLDS, fast),
        floor / fast
    );
    println!(
        "bare arithmetic:          {:8.2} M households/s",
        per_second(HOUSEHOLDS, floor)
    );
    println!(
        "with reasons:             {:8.2} M households/s",
        per_second(WITH_REASONS, reasons)
    );
    println!(
        "reasons in ja and en:     {:8.2} M households/s",
        per_second(WITH_REASONS, spoken)
    );
    one(table, month);
}

/// One household, as a screen and as the door asks.
fn one(table: &ubugoe_procedures::amounts::AllowanceTable, month: MonthNumber) {
    const TIMES: u32 = 20_000;
    let births = [date(2006, 6, 1), date(2011, 6, 1), date(2026, 10, 5)];
    let mut household = Household {
        children: births.map(Child::born).to_vec(),
        ..Household::default()
    };
    household.children[0].supported = true;
    let (seconds, _) = best(|| {
        (0..TIMES)
            .map(|_| {
                let due = allowance(black_box(&household), month, table).unwrap();
                let sentences = due.reasons.iter().map(|reason| reason.sentence().ja.len());
                u64::try_from(sentences.sum::<usize>()).unwrap()
            })
            .sum()
    });
    println!(
        "one household in words:   {:8.2} µs",
        seconds / f64::from(TIMES) * 1e6
    );
    let door = Door::open(date(2026, 11, 22)).unwrap();
    let line = r#"{"month":"2026-11","children":[{"birth":"2006-06-01","supported":true},{"birth":"2011-06-01"},{"birth":"2026-10-05"}]}"#;
    let (seconds, _) = best(|| {
        (0..TIMES)
            .map(|_| door.answer("allowance", black_box(line)).unwrap().len())
            .map(|length| u64::try_from(length).unwrap())
            .sum()
    });
    println!(
        "one line at the door:     {:8.2} µs",
        seconds / f64::from(TIMES) * 1e6
    );
}
