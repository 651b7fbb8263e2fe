//! The search for a nursery, against a walk through everything and against what the domain documents say.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::{Date, date};
use proptest::prelude::*;
use ubugoe_procedures::nursery::import::import;
use ubugoe_procedures::nursery::{
    Ages, Clock, Facility, FacilityKind, Finding, Hit, Index, Measure, Outcome, Page, Position,
    VacancyRow, Weekdays, Wish, Wishes, import_vacancies,
};

const KUDAMATSU: &[u8] = include_bytes!("data/nurseries/352071_preschool.csv");
const KORIYAMA: &[u8] = include_bytes!("data/nurseries/koriyama_nurseryData.csv");

fn clock(hours: u16, minutes: u16) -> Clock {
    Clock::new(hours, minutes).unwrap()
}

fn nursery(id: &str, lat: f64, lon: f64) -> Facility {
    Facility {
        kind: FacilityKind::Nursery,
        position: Position::new(lat, lon),
        ages: Ages::read("57日から5歳"),
        open: Some(clock(7, 0)),
        close: Some(clock(19, 0)),
        ..Facility::named(id, id)
    }
}

fn ids(index: &Index, page: &Page) -> Vec<String> {
    page.hits
        .iter()
        .map(|hit| index.facilities()[hit.facility].id.to_string())
        .collect()
}

fn finding(hit: &Hit, wish: Wish) -> &Finding {
    hit.findings.iter().find(|own| own.wish == wish).unwrap()
}

fn at(lat: f64, lon: f64) -> Wishes {
    Wishes {
        at: Position::new(lat, lon),
        ..Wishes::default()
    }
}

#[test]
fn the_nearest_come_first_in_metres_as_the_crow_flies() {
    let index = Index::build(
        vec![
            nursery("far", 35.1, 139.0),
            nursery("near", 35.01, 139.0),
            nursery("here", 35.0, 139.0),
        ],
        &[],
    );
    let page = index.search(&at(35.0, 139.0)).unwrap();
    assert_eq!(ids(&index, &page), ["here", "near", "far"]);
    let metres: Vec<_> = page
        .hits
        .iter()
        .map(|hit| hit.distance_m.unwrap())
        .collect();
    // One hundredth of a degree of latitude on a sphere of 6,371,008.8 m.
    assert_eq!(metres, [0, 1112, 11120]);
    assert!(!page.more);
    // Tokyo Station to Osaka Station, about 404 km.
    let index = Index::build(vec![nursery("osaka", 34.702_485, 135.495_951)], &[]);
    let page = index.search(&at(35.681_236, 139.767_125)).unwrap();
    let metres = page.hits[0].distance_m.unwrap();
    assert!((402_500..404_500).contains(&metres), "{metres}");
}

#[test]
fn equal_distances_are_ordered_by_id_and_unknown_places_come_last() {
    let mut nowhere = nursery("a", 0.0, 0.0);
    nowhere.position = None;
    let index = Index::build(
        vec![
            nursery("c", 35.0, 139.0),
            nowhere,
            nursery("b", 35.0, 139.0),
        ],
        &[],
    );
    let page = index.search(&at(35.0, 139.0)).unwrap();
    assert_eq!(ids(&index, &page), ["b", "c", "a"]);
    // Without a place to start from, by id alone.
    let page = index.search(&Wishes::default()).unwrap();
    assert_eq!(ids(&index, &page), ["a", "b", "c"]);
    assert_eq!(page.hits[0].distance_m, None);
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    let all: Vec<Facility> = (0..95)
        .map(|number| {
            nursery(
                &format!("{number:02}"),
                35.0 + f64::from(number % 10) / 50.0,
                139.0,
            )
        })
        .collect();
    let index = Index::build(all, &[]);
    let mut seen = Vec::new();
    for offset in (0..100).step_by(20) {
        let page = index
            .search(&Wishes {
                offset,
                ..at(35.1, 139.0)
            })
            .unwrap();
        assert_eq!(page.more, offset < 80);
        seen.extend(ids(&index, &page));
    }
    let whole = index
        .search(&Wishes {
            limit: 1000,
            ..at(35.1, 139.0)
        })
        .unwrap();
    assert_eq!(seen, ids(&index, &whole));
    assert_eq!(seen.len(), 95);
}

#[test]
fn a_facility_that_misses_a_wish_comes_behind_all_that_fit_and_says_which() {
    let mut late = nursery("opens_late", 35.0, 139.0);
    late.open = Some(clock(8, 0));
    let mut unknown = nursery("unknown", 35.02, 139.0);
    unknown.close = None;
    let index = Index::build(vec![late, unknown, nursery("fits", 35.01, 139.0)], &[]);
    let page = index
        .search(&Wishes {
            hours: Some((clock(7, 30), clock(18, 30))),
            ..at(35.0, 139.0)
        })
        .unwrap();
    assert_eq!(ids(&index, &page), ["fits", "unknown", "opens_late"]);
    assert_eq!(finding(&page.hits[0], Wish::Hours).outcome, Outcome::Met);
    assert_eq!(
        finding(&page.hits[1], Wish::Hours).outcome,
        Outcome::Unknown
    );
    let missed = finding(&page.hits[2], Wish::Hours);
    assert_eq!(missed.outcome, Outcome::Missed);
    assert_eq!(
        missed.text.en,
        "It is open from 8:00 to 19:00, which does not cover 7:30 to 18:30."
    );
    assert!(!page.hits[2].fits() && page.hits[1].fits());
}

#[test]
fn the_class_is_that_of_the_first_of_april_and_the_minimum_age_that_of_the_day_of_entry() {
    let ages = |id: &str, text: &str| Facility {
        ages: Ages::read(text),
        ..nursery(id, 35.0, 139.0)
    };
    let index = Index::build(
        vec![
            ages("57d", "57日から2歳"),
            ages("6m", "6か月から5歳"),
            ages("1class", "1歳児から5歳児"),
            ages("3y", "3歳から5歳"),
        ],
        &[],
    );
    let fitting = |birth: Date, entry: Date| -> Vec<String> {
        let page = index
            .search(&Wishes {
                child: Some((birth, entry)),
                ..Wishes::default()
            })
            .unwrap();
        let fit = |hit: &&Hit| hit.fits();
        page.hits
            .iter()
            .filter(fit)
            .map(|hit| index.facilities()[hit.facility].id.to_string())
            .collect()
    };
    let april = date(2027, 4, 1);
    assert_eq!(fitting(date(2026, 11, 22), april), ["57d"]);
    assert_eq!(fitting(date(2027, 2, 4), april), Vec::<String>::new());
    assert_eq!(fitting(date(2027, 2, 3), april), ["57d"]);
    // Six months are attained the day before the corresponding day.
    assert_eq!(fitting(date(2026, 10, 2), april), ["57d", "6m"]);
    assert_eq!(fitting(date(2026, 10, 3), april), ["57d"]);
    // Born on 1 April: the older class. Born on 2 April: one year old that day, and still class 0.
    assert_eq!(fitting(date(2026, 4, 1), april), ["1class", "57d", "6m"]);
    assert_eq!(fitting(date(2026, 4, 2), april), ["57d", "6m"]);
    // Too old for the first: classes 0 to 2 only.
    assert_eq!(fitting(date(2024, 4, 1), april), ["1class", "3y", "6m"]);
    assert_eq!(fitting(date(2021, 4, 1), april), Vec::<String>::new());
    // Not born yet.
    assert_eq!(fitting(date(2027, 4, 2), april), Vec::<String>::new());
}

#[test]
fn what_is_missed_about_ages_is_said_with_its_date() {
    let index = Index::build(vec![nursery("a", 35.0, 139.0)], &[]);
    let text = |birth: Date| {
        let wishes = Wishes {
            child: Some((birth, date(2027, 4, 1))),
            ..Wishes::default()
        };
        let page = index.search(&wishes).unwrap();
        finding(&page.hits[0], Wish::MinAge).text.clone()
    };
    let late = text(date(2027, 2, 20));
    assert_eq!(
        late.ja,
        "入園の日に受け入れ月齢（生後57日）に達していません。令和9年4月18日から入園できます。"
    );
    assert_eq!(
        late.en,
        "The child has not reached the minimum age (57 days) on the day of entry; it does on 18 April 2027."
    );
    assert_eq!(
        text(date(2027, 5, 1)).en,
        "The child is not born yet on the day of entry."
    );
}

#[test]
fn kinds_days_fees_and_staff_nurseries_are_looked_at() {
    use Outcome::{Met, Missed, Unknown};

    let mut club = nursery("club", 35.0, 139.0);
    club.kind = FacilityKind::AfterSchool;
    let mut staff = nursery("staff", 35.0, 139.0);
    staff.staff_only = true;
    let mut private = nursery("private", 35.0, 139.0);
    private.kind = FacilityKind::Unlicensed;
    private.fee = Some(55_000);
    private.days = Weekdays::read("月～土");
    let index = Index::build(
        vec![club, staff, private, nursery("public", 35.0, 139.0)],
        &[],
    );
    let outcomes = |wishes: &Wishes, wish: Wish| -> Vec<(String, Outcome)> {
        let page = index.search(wishes).unwrap();
        page.hits
            .iter()
            .map(|hit| {
                (
                    index.facilities()[hit.facility].id.to_string(),
                    finding(hit, wish).outcome,
                )
            })
            .collect()
    };
    let own =
        |list: [(&str, Outcome); 4]| list.map(|(id, outcome)| (id.to_owned(), outcome)).to_vec();
    assert_eq!(
        outcomes(&Wishes::default(), Wish::Kind),
        own([
            ("private", Met),
            ("public", Met),
            ("club", Missed),
            ("staff", Missed)
        ])
    );
    let after_school = Wishes {
        kinds: vec![FacilityKind::AfterSchool],
        ..Wishes::default()
    };
    assert_eq!(
        outcomes(&after_school, Wish::Kind)[0],
        ("club".to_owned(), Met)
    );
    // Licensed care costs what the municipality says, other care what it says itself.
    let fee = Wishes {
        max_fee: Some(40_000),
        licensed_fee: Some(38_000),
        ..Wishes::default()
    };
    assert_eq!(
        outcomes(&fee, Wish::Fee),
        own([
            ("public", Met),
            ("club", Unknown),
            ("private", Missed),
            ("staff", Met)
        ])
    );
    let saturday = Wishes {
        days: Weekdays::read("土").unwrap(),
        ..Wishes::default()
    };
    assert_eq!(
        outcomes(&saturday, Wish::Days)[0],
        ("private".to_owned(), Met)
    );
    assert_eq!(
        outcomes(&saturday, Wish::Days)[1],
        ("public".to_owned(), Unknown)
    );
}

fn vacancies(csv: &str) -> Vec<VacancyRow> {
    let read = import_vacancies(csv.as_bytes(), Measure::Vacancies).unwrap();
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    read.rows
}

#[test]
fn vacancies_are_as_of_a_day_and_old_ones_are_shown_grey() {
    let table = vacancies(
        "facility_id,age_class,vacancies,applicants,as_of\n\
         a,0,2,1,2026-11-01\n\
         b,0,0,4,2026-11-01\n\
         c,0,3,0,2026-08-01\n\
         d,0,-,0,2026-11-01\n\
         x,0,9,0,2026-11-01\n",
    );
    let all = ["a", "b", "c", "d", "e"]
        .map(|id| nursery(id, 35.0, 139.0))
        .to_vec();
    let index = Index::build(all, &table);
    assert_eq!(index.unmatched_vacancies(), [6]);
    let wishes = Wishes {
        child: Some((date(2026, 11, 22), date(2027, 4, 1))),
        vacancy: true,
        today: Some(date(2026, 11, 22)),
        fresh_days: 45,
        ..Wishes::default()
    };
    let page = index.search(&wishes).unwrap();
    let said: Vec<(String, Outcome, String)> = page
        .hits
        .iter()
        .map(|hit| {
            let own = finding(hit, Wish::Vacancy);
            (
                index.facilities()[hit.facility].id.to_string(),
                own.outcome,
                own.text.en.clone(),
            )
        })
        .collect();
    let said: Vec<(&str, Outcome, &str)> = said
        .iter()
        .map(|(id, outcome, text)| (id.as_str(), *outcome, text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (
                "a",
                Outcome::Met,
                "On 1 November 2026 class 0 had 2 free places."
            ),
            (
                "c",
                Outcome::Unknown,
                "The free places are as of 1 August 2026, which is long ago."
            ),
            (
                "e",
                Outcome::Unknown,
                "Whether there are free places is not known here."
            ),
            (
                "b",
                Outcome::Missed,
                "On 1 November 2026 class 0 had no free place."
            ),
            ("d", Outcome::Missed, "It does not offer class 0."),
        ]
    );
    let (vacancy, stale) = page.hits[1].vacancy.unwrap();
    assert_eq!((vacancy.vacancies, stale), (Some(3), true));
}

#[test]
fn several_tables_of_one_class_are_laid_together_and_the_month_of_entry_counts() {
    let mut table = vacancies(
        "facility,fiscal_ym,age_class,vacancies,as_of\n\
         ひかり,2027-04,0,5,2026-11-01\n\
         ひかり,2026-12,0,1,2026-11-02\n",
    );
    table.extend(vacancies(
        "facility,fiscal_ym,age_class,applicants,as_of\nひかり,2027-04,0,7,2026-11-01\n",
    ));
    let mut facility = nursery("a", 35.0, 139.0);
    facility.name = "ひかり".into();
    let index = Index::build(vec![facility], &table);
    let of = |entry: Date| {
        let wishes = Wishes {
            child: Some((date(2026, 9, 1), entry)),
            ..Wishes::default()
        };
        index.search(&wishes).unwrap().hits[0].vacancy.unwrap().0
    };
    assert_eq!(of(date(2027, 4, 1)).vacancies, Some(5));
    assert_eq!(of(date(2027, 4, 1)).applicants, Some(7));
    assert_eq!(of(date(2026, 12, 1)).vacancies, Some(1));
}

#[test]
fn the_real_lists_can_be_searched_by_name_reading_and_distance() {
    let index = Index::build(import(KUDAMATSU).unwrap().facilities, &[]);
    let named = |name: &str| {
        let wishes = Wishes {
            name: Some(name.to_owned()),
            kinds: FacilityKind::ALL.to_vec(),
            limit: 100,
            ..Wishes::default()
        };
        ids(&index, &index.search(&wishes).unwrap())
    };
    assert_eq!(named("さつき保育園"), ["KD0000500049"]);
    assert_eq!(named("サツキ"), ["KD0000500049"]);
    assert_eq!(named("ﾜｺｳ"), ["KD0000500003"]);
    assert_eq!(named("児童の家").len(), 11);
    assert_eq!(named("ゾウアザラシ").len(), 0);
    let index = Index::build(import(KORIYAMA).unwrap().facilities, &[]);
    // The first facility, from its own doorstep, for a child of six months.
    let page = index
        .search(&Wishes {
            child: Some((date(2026, 9, 1), date(2027, 4, 1))),
            hours: Some((clock(7, 30), clock(18, 30))),
            limit: 5,
            ..at(37.390_681_1, 140.395_891_1)
        })
        .unwrap();
    assert!(page.hits.iter().all(Hit::fits));
    // The nearest of all takes children from one year on.
    assert!(ids(&index, &page).iter().all(|id| id != "芳賀保育所"));
    let metres: Vec<_> = page.hits.iter().map(|hit| hit.distance_m).collect();
    assert!(metres.is_sorted());
}

/// Facilities in clumps, some in one spot, some nowhere, some on the other side of the date line.
fn facilities() -> impl Strategy<Value = Vec<Facility>> {
    let place = prop_oneof![
        5 => (34.9..35.1f64, 138.9..139.1f64).prop_map(Some),
        2 => Just(Some((35.0, 139.0))),
        1 => (-90.0..90.0f64, -180.0..180.0f64).prop_map(Some),
        1 => Just(None),
    ];
    let ages = prop_oneof![
        Just(""),
        Just("57日から2歳"),
        Just("6か月から"),
        Just("1歳児から5歳児")
    ];
    let one = (
        place,
        ages,
        6u16..10,
        16u16..20,
        any::<bool>(),
        0u32..90_000,
    );
    prop::collection::vec(one, 0..120).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(
                |(number, (place, ages, open, close, known, fee))| Facility {
                    position: place.and_then(|(lat, lon)| Position::new(lat, lon)),
                    ages: Ages::read(ages),
                    open: known.then(|| clock(open, 0)),
                    close: Some(clock(close, 30)),
                    fee: Some(fee),
                    kind: if fee % 7 == 0 {
                        FacilityKind::AfterSchool
                    } else {
                        FacilityKind::Unlicensed
                    },
                    ..Facility::named(
                        &format!("{:03}", (number * 37) % 1000),
                        if fee % 3 == 0 {
                            "さくら"
                        } else {
                            "ひかり"
                        },
                    )
                },
            )
            .collect()
    })
}

/// Haversine, written apart from the index.
fn haversine(a: Position, b: Position) -> f64 {
    let half = |x: f64| (x.to_radians() / 2.0).sin().powi(2);
    let h = half(b.lat() - a.lat())
        + a.lat().to_radians().cos() * b.lat().to_radians().cos() * half(b.lon() - a.lon());
    2.0 * 6_371_008.8 * h.sqrt().min(1.0).asin()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a distance on earth in whole metres"
)]
fn metres(a: Position, b: Position) -> u64 {
    haversine(a, b).round() as u64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_grid_finds_what_a_walk_through_everything_finds(
        all in facilities(),
        lat in 34.8..35.2f64,
        lon in 138.8..139.2f64,
        limit in 1usize..30,
        named in any::<bool>(),
        within in prop::option::of(500u32..20_000),
        somewhere in any::<bool>(),
    ) {
        let from = Position::new(lat, lon).unwrap();
        let wishes = Wishes {
            at: somewhere.then_some(from),
            within_m: within,
            child: Some((date(2026, 9, 15), date(2027, 4, 1))),
            hours: Some((clock(8, 0), clock(18, 0))),
            max_fee: Some(50_000),
            name: named.then(|| "サクラ".to_owned()),
            limit,
            ..Wishes::default()
        };
        let index = Index::build(all.clone(), &[]);
        let page = index.search(&wishes).unwrap();

        // Everything, judged by hand.
        let misses = |own: &Facility| -> usize {
            let text = &*own.ages.text;
            let far = own.position.filter(|_| somewhere).is_some_and(|place| {
                within.is_some_and(|most| haversine(from, place).round() > f64::from(most))
            });
            usize::from(own.kind == FacilityKind::AfterSchool)
                + usize::from(text == "1歳児から5歳児")
                + usize::from(own.open.is_some() && own.open > Clock::new(8, 0))
                    .max(usize::from(own.open.is_some() && own.close < Clock::new(18, 0)))
                + usize::from(own.fee > Some(50_000))
                + usize::from(far)
        };
        let mut expected: Vec<(usize, u64, String)> = all
            .iter()
            .filter(|own| !named || &*own.name == "さくら")
            .map(|own| {
                let metres = own.position.filter(|_| somewhere).map_or(u64::MAX, |place| {
                    metres(from, place)
                });
                (misses(own), metres, own.id.to_string())
            })
            .collect();
        expected.sort();
        let count = expected.len();
        let found: Vec<(usize, u64, String)> = page
            .hits
            .iter()
            .map(|hit| {
                let missed = hit.findings.iter().filter(|own| own.outcome == Outcome::Missed).count();
                let id = index.facilities()[hit.facility].id.to_string();
                (missed, hit.distance_m.map_or(u64::MAX, u64::from), id)
            })
            .collect();
        prop_assert_eq!(page.more, count > limit);
        prop_assert_eq!(found.len(), count.min(limit));
        for (found, expected) in found.iter().zip(&expected) {
            // Two formulas may round half a metre differently.
            prop_assert_eq!(found.0, expected.0);
            prop_assert!(found.1.abs_diff(expected.1) <= 1);
        }
    }
}
