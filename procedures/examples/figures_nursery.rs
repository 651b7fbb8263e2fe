//! Figures for the nursery module: search over 50,000 facilities, memory a facility, import, and giving out places to 20,000
//! children. Prints them; decides nothing. Run with `--release`. Everything in it is made up by a fixed sequence of numbers.
#![expect(clippy::print_stdout, reason = "an example that prints figures")]
#![allow(
    clippy::unwrap_used,
    reason = "a figure that cannot be taken is no figure"
)]
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "figures for people, in a few digits"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::civil::date;
use ubugoe_procedures::nursery::import::import;
use ubugoe_procedures::nursery::{
    Ages, Applicant, Choice, Clock, Facility, FacilityKind, Guardian, Household, Index, Instance,
    NeedReason, Place, PointTables, Position, SiblingGroup, SiblingPolicy, Vacancy, VacancyRow,
    Wishes, allot, blocking,
};

const FACILITIES: usize = 50_000;
const CHILDREN: usize = 20_000;
const CHOICES: usize = 10;

/// A fixed sequence (Knuth's MMIX constants).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    /// Roughly normal: the middle of towns is denser.
    fn around(&mut self, middle: f64, spread: f64) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        middle + (sum - 2.0) * spread
    }
}

fn main() {
    let mut numbers = Numbers(1);
    search(&mut numbers);
    reading();
    points();
    matching(&mut numbers);
}

fn search(numbers: &mut Numbers) {
    let before = resident();
    let (facilities, vacancies) = synthetic(numbers);
    let listed = resident();
    let start = Instant::now();
    let index = Index::build(facilities, &vacancies);
    let built = start.elapsed();
    drop(vacancies);
    println!("facilities                        {FACILITIES}");
    println!(
        "index built in                    {:.1} ms",
        built.as_secs_f64() * 1e3
    );
    let each = |bytes: u64| bytes / FACILITIES as u64;
    println!(
        "resident bytes a facility, list   {}",
        each(listed.saturating_sub(before))
    );
    println!(
        "resident bytes a facility, all    {}",
        each(resident().saturating_sub(before))
    );

    searches(numbers, &index);
}

fn searches(numbers: &mut Numbers, index: &Index) {
    let child = Some((date(2026, 11, 22), date(2027, 4, 1)));
    let hours = Clock::new(7, 30).zip(Clock::new(18, 30));
    let usual = Wishes {
        child,
        hours,
        limit: 20,
        ..Wishes::default()
    };
    let cases: Vec<(&str, Wishes)> = vec![
        ("20 nearest, age and hours", usual.clone()),
        (
            "the same, within 3 km",
            Wishes {
                within_m: Some(3000),
                ..usual.clone()
            },
        ),
        (
            "with a free place and a fee",
            Wishes {
                vacancy: true,
                max_fee: Some(40_000),
                today: Some(date(2026, 11, 22)),
                ..usual.clone()
            },
        ),
        (
            "nothing fits (opens at 4:00)",
            Wishes {
                hours: Clock::new(4, 0).zip(Clock::new(23, 0)),
                ..usual.clone()
            },
        ),
        (
            "by name, common (ひかり)",
            Wishes {
                name: Some("ひかり".to_owned()),
                ..usual.clone()
            },
        ),
        (
            "by reading, rare (ホシノモリ317)",
            Wishes {
                name: Some("ホシノモリ317".to_owned()),
                ..usual.clone()
            },
        ),
        (
            "by name, nowhere (ゾウ)",
            Wishes {
                name: Some("ゾウ".to_owned()),
                ..usual.clone()
            },
        ),
        (
            "page 50 of 20",
            Wishes {
                offset: 980,
                ..usual
            },
        ),
    ];
    for (what, wishes) in cases {
        let mut times: Vec<Duration> = (0..1000)
            .map(|_| {
                let own = Wishes {
                    at: Some(town(numbers)),
                    ..wishes.clone()
                };
                best_of_three(index, &own)
            })
            .collect();
        print(what, &mut times);
    }
    let own = Wishes {
        at: None,
        child,
        hours,
        ..Wishes::default()
    };
    let mut times: Vec<Duration> = (0..200).map(|_| best_of_three(index, &own)).collect();
    print("without a place", &mut times);
}

/// The same search three times, so that other work on the machine does not count.
fn best_of_three(index: &Index, wishes: &Wishes) -> Duration {
    let once = || {
        let start = Instant::now();
        black_box(index.search(wishes).unwrap());
        start.elapsed()
    };
    once().min(once()).min(once())
}

fn print(what: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1e6;
    println!(
        "search: {what:<32} p50 {:>6.0} µs, p99 {:>6.0} µs",
        at(50),
        at(99)
    );
}

/// One of 300 towns between Kagoshima and Sapporo; towns are dense.
fn town(numbers: &mut Numbers) -> Position {
    let town = numbers.below(300);
    let mut own = Numbers(town + 7);
    let (lat, lon) = (31.5 + own.unit() * 11.5, 130.5 + own.unit() * 11.0);
    Position::new(numbers.around(lat, 0.05), numbers.around(lon, 0.06)).unwrap()
}

fn synthetic(numbers: &mut Numbers) -> (Vec<Facility>, Vec<VacancyRow>) {
    const NAMES: [(&str, &str); 6] = [
        ("ひかり", "ヒカリ"),
        ("星の森", "ホシノモリ"),
        ("あおぞら", "アオゾラ"),
        ("こだま", "コダマ"),
        ("若葉", "ワカバ"),
        ("かざみね", "ヒダマリ"),
    ];
    const AGES: [&str; 6] = [
        "57日から5歳",
        "6か月から5歳",
        "3ヶ月から2歳",
        "1歳から5歳",
        "3歳から5歳",
        "産休明け～就学前",
    ];
    const KINDS: [FacilityKind; 5] = [
        FacilityKind::Nursery,
        FacilityKind::Kodomoen,
        FacilityKind::SmallScale,
        FacilityKind::Unlicensed,
        FacilityKind::Kindergarten,
    ];
    let mut vacancies = Vec::new();
    let facilities = (0..FACILITIES)
        .map(|number| {
            let (name, kana) = NAMES[numbers.below(6) as usize];
            let id = format!("99{number:08}");
            let own = Facility::named(&id, &format!("{name}{number}保育園"));
            for class in ubugoe_procedures::nursery::AgeClass::ALL {
                vacancies.push(VacancyRow {
                    line: 0,
                    facility_id: Some(id.as_str().into()),
                    facility_name: None,
                    vacancy: Vacancy {
                        class,
                        month: None,
                        offered: true,
                        capacity: Some(12),
                        enrolled: None,
                        vacancies: Some(numbers.below(4) as u32),
                        applicants: None,
                        as_of: Some(date(2026, 11, 1)),
                    },
                });
            }
            Facility {
                kana: Some(format!("{kana}{number}ホイクエン").into()),
                kind: KINDS[numbers.below(5) as usize],
                kind_text: "認可私立保育所".into(),
                municipality: Some("991015".into()),
                address: Some(format!("ことほぎ県あすこえ市星町{}-{number}", number % 30).into()),
                position: Some(town(numbers)),
                phone: Some("000-000-0001".into()),
                postcode: Some("000-0000".into()),
                capacity: Some(60),
                ages: Ages::read(AGES[numbers.below(6) as usize]),
                open: Clock::new(7, (numbers.below(4) * 15) as u16),
                close: Clock::new(18, (numbers.below(4) * 15) as u16),
                fee: Some(numbers.below(60_000) as u32),
                hours_note: Some("日曜・年末年始等はお休み".into()),
                url: Some(format!("https://www.example.invalid/hoiku/{number}.html").into()),
                ..own
            }
        })
        .collect();
    (facilities, vacancies)
}

fn reading() {
    let header =
        "ID,名称,名称_カナ,種別,緯度,経度,収容定員,受入年齢,利用可能曜日,開始時間,終了時間\n";
    let mut csv = String::from(header);
    for number in 0..FACILITIES {
        writeln!(csv, "{number},ひかり{number}保育園,ヒカリホイクエン,認可私立保育所,35.{number:05},139.{number:05},60,3ヶ月から,月火水木金土,07:00,19:00").unwrap();
    }
    let start = Instant::now();
    let read = import(csv.as_bytes()).unwrap();
    let took = start.elapsed();
    assert_eq!(
        (read.facilities.len(), read.problems.len()),
        (FACILITIES, 0)
    );
    println!(
        "import of {FACILITIES} rows ({:.1} MB)     {:.0} ms",
        csv.len() as f64 / 1e6,
        took.as_secs_f64() * 1e3
    );
}

fn points() {
    let table = PointTables::builtin()
        .unwrap()
        .find("asukoe", 2027)
        .unwrap();
    let guardian = |hours: f64| Guardian {
        reason: Some(NeedReason::Work),
        employment: Some(ubugoe_procedures::nursery::Employment::Employee),
        hours_week: Some(hours),
        ..Guardian::default()
    };
    let household = Household {
        guardians: vec![guardian(40.0), guardian(30.0)],
        siblings_enrolled: Some(1),
        ..Household::default()
    };
    let count = 20_000;
    let start = Instant::now();
    for _ in 0..count {
        black_box(table.score(black_box(&household)).unwrap());
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(count);
    println!("points of a household with reasons  {each:.1} µs");
}

fn matching(numbers: &mut Numbers) {
    let facilities = 800;
    let places: Vec<Place> = (0..facilities * 6)
        .map(|number| Place {
            facility: format!("F{:04}", number / 6),
            capacity: 3 + (number % 4) as u32,
        })
        .collect();
    let applicants: Vec<Applicant> = (0..CHILDREN)
        .map(|number| {
            let class = numbers.below(6) as usize;
            let points = 10 + numbers.below(30).cast_signed();
            let home = numbers.below(facilities as u64) as usize;
            Applicant {
                id: format!("c{number:06}"),
                ties: vec![
                    numbers.below(3).cast_signed(),
                    numbers.below(500_000).cast_signed(),
                ],
                choices: (0..CHOICES)
                    .map(|_| {
                        let facility = (home + numbers.below(40) as usize) % facilities;
                        Choice {
                            facility: format!("F{facility:04}"),
                            place: Ok(facility * 6 + class),
                            priority: 0,
                            points,
                        }
                    })
                    .collect(),
            }
        })
        .collect();
    let mut instance = Instance {
        places,
        applicants,
        groups: Vec::new(),
    };
    let start = Instant::now();
    let allotment = allot(&instance).unwrap();
    let took = start.elapsed();
    let given = allotment.given.iter().flatten().count();
    assert!(allotment.blocking.is_empty());
    println!(
        "matching {CHILDREN} children × {CHOICES} choices  {:.0} ms, {given} placed, stable",
        took.as_secs_f64() * 1e3
    );

    // A tenth of the children with a sibling, who wants the same facilities.
    for number in (0..CHILDREN / 10).step_by(2) {
        let choices: Vec<Choice> = instance.applicants[number].choices.clone();
        let class = numbers.below(6) as usize;
        instance.applicants[number + 1].choices = choices
            .into_iter()
            .map(|choice| Choice {
                place: choice.place.map(|place| place / 6 * 6 + class),
                ..choice
            })
            .collect();
        let policy = if number % 4 == 0 {
            SiblingPolicy::SameFacility
        } else {
            SiblingPolicy::Any
        };
        instance.groups.push(SiblingGroup {
            members: vec![number, number + 1],
            policy,
        });
    }
    let start = Instant::now();
    let allotment = allot(&instance).unwrap();
    let took = start.elapsed();
    let given = allotment.given.iter().flatten().count();
    println!(
        "the same with {} groups of siblings  {:.0} ms, {given} placed, {} open claims, cut short: {}",
        instance.groups.len(),
        took.as_secs_f64() * 1e3,
        allotment.blocking.len(),
        allotment.cut_short
    );
    assert_eq!(blocking(&instance, &allotment.given), allotment.blocking);
}

/// Resident memory in bytes; 0 where the system does not say.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = statm
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .unwrap_or(0);
    pages * 4096
}
