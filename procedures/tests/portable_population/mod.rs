//! Made-up households for measuring the portable ID, and the attacks on it. Shared by the tests (small, fast) and by
//! `examples/figures_portable.rs` (the reference size). Everything follows from a seed.
//!
//! The reference is 9.0 M households with children in 1,741 municipalities of log-normal size; smaller populations are an
//! even sample of those municipalities, so that shares stay comparable.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![allow(
    clippy::cast_precision_loss,
    reason = "shares of a few million households"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rounded positive number of households"
)]
#![allow(dead_code, reason = "the tests and the example use different parts")]

use std::collections::{BTreeMap, HashMap};

use ubugoe_procedures::portable::{
    Answer, Counts, Declared, Epoch, Generalised, KeyRing, PublicCounts, Randomness, Released,
    SiteId, SlotTable, Token, generalise,
};

/// SplitMix64: good enough for made-up people, and the same everywhere.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to below 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.bits() % limit as u64).unwrap()
    }

    /// One of several by their weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> u8 {
        let mut left = self.share() * weights.iter().sum::<f64>();
        for (place, weight) in (0u8..).zip(weights) {
            if left < *weight {
                return place;
            }
            left -= weight;
        }
        u8::try_from(weights.len() - 1).unwrap()
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.share()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.share()).cos()
    }

    /// What a device's random generator would hand in.
    pub(crate) fn randomness(&mut self) -> Randomness {
        let (one, other) = (self.bits().to_be_bytes(), self.bits().to_be_bytes());
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&one);
        bytes[8..].copy_from_slice(&other[..2]);
        Randomness::new(bytes)
    }
}

/// One household with a child. Ages are of the youngest, in days.
#[derive(Clone, Copy)]
pub(crate) struct Household {
    pub(crate) municipality: u16,
    pub(crate) age_days: u16,
    pub(crate) income: u8,
    /// 0 to 2 for one, two, three or more children; 3 more for one parent.
    pub(crate) children: u8,
}

impl Household {
    fn years(self) -> u64 {
        u64::from(self.age_days) * 100 / 36_525
    }

    fn months(self) -> u64 {
        u64::from(self.age_days) * 1200 / 36_525
    }
}

pub(crate) struct Population {
    pub(crate) table: SlotTable,
    pub(crate) households: Vec<Household>,
    municipalities: usize,
    seed: u64,
}

const AGE_LETTERS: &[u8] = b"XYZABCDEFGHIJKLMNO";
const CHILD_CODES: [&str; 6] = ["31", "32", "33", "07", "08", "09"];
pub(crate) const REFERENCE: usize = 9_000_000;
pub(crate) const REFERENCE_MUNICIPALITIES: usize = 1_741;

impl Population {
    /// About `households`: evenly spread places of the reference, each with its size there.
    pub(crate) fn of(households: usize, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut country: Vec<f64> = (0..REFERENCE_MUNICIPALITIES)
            .map(|_| (1.5 * dice.normal()).exp())
            .collect();
        country.sort_unstable_by(f64::total_cmp);
        let total: f64 = country.iter().sum();
        let step = (REFERENCE / households).max(1);
        let sizes: Vec<f64> = country.into_iter().skip(step / 2).step_by(step).collect();
        let municipalities = sizes.len();
        let mut made = Vec::with_capacity(households);
        for (municipality, size) in (0u16..).zip(&sizes) {
            let count = (size / total * REFERENCE as f64).round() as usize;
            for _ in 0..count {
                let single = dice.share() < 0.12;
                let income = if single {
                    dice.weighted(&[30.0, 30.0, 20.0, 12.0, 6.0, 2.0])
                } else {
                    dice.weighted(&[8.0, 14.0, 20.0, 25.0, 21.0, 12.0])
                };
                let count = dice.weighted(&[42.0, 38.0, 20.0]);
                made.push(Household {
                    municipality,
                    age_days: u16::try_from(dice.below(6574)).unwrap(),
                    income,
                    children: if single { count + 3 } else { count },
                });
            }
        }
        Self {
            table: table(municipalities),
            households: made,
            municipalities,
            seed,
        }
    }

    /// Households per full declaration: municipality, children, age in years, income in six steps.
    pub(crate) fn cells(&self) -> Vec<(Declared, u64)> {
        let mut tally = HashMap::<(u16, u8, u64, u8), u64>::new();
        for h in &self.households {
            *tally
                .entry((h.municipality, h.children, h.years(), h.income))
                .or_default() += 1;
        }
        let mut tally: Vec<_> = tally.into_iter().collect();
        tally.sort_unstable();
        let places: Vec<Declared> = (0..self.municipalities)
            .map(|place| {
                let mut declared = Declared::default();
                self.add(&mut declared, "region", &municipality_code(place));
                declared
            })
            .collect();
        tally
            .into_iter()
            .map(|((municipality, children, years, income), households)| {
                let mut declared = places[usize::from(municipality)];
                let years = usize::try_from(years).unwrap().min(17);
                let letter = char::from(AGE_LETTERS[years]).to_string();
                self.add(&mut declared, "child", CHILD_CODES[usize::from(children)]);
                self.add(&mut declared, "age", &letter);
                self.add(&mut declared, "income", &format!("6{}", income + 1));
                (declared, households)
            })
            .collect()
    }

    fn add(&self, declared: &mut Declared, slot: &str, code: &str) {
        self.table
            .declare(declared, slot, Answer::Word(code))
            .unwrap();
    }

    /// Public counts of the population, down to full declarations.
    pub(crate) fn counts(&self, cells: &[(Declared, u64)]) -> PublicCounts {
        let mut counts = PublicCounts::new();
        for &(cell, households) in cells {
            counts.add(&self.table, cell, households);
        }
        counts.add_rungs(&self.table);
        counts
    }

    /// Public counts in which each rung holds only the households for whom no finer one was enough.
    pub(crate) fn counts_of_the_rest(&self, cells: &[(Declared, u64)], k: u64) -> PublicCounts {
        let mut counts = PublicCounts::new();
        for &(cell, households) in cells {
            counts.add(&self.table, cell, households);
        }
        counts.add_rungs_of_the_rest(&self.table, k);
        counts
    }

    /// The seed's example: the same people, who say that they have children but not how many.
    pub(crate) fn without_children(&self, cells: &[(Declared, u64)]) -> Vec<(Declared, u64)> {
        let mut sums = BTreeMap::<Declared, u64>::new();
        for (cell, households) in cells {
            let code = self.table.code(cell);
            let (place, rest) = (&code.shown()[..4], &code.shown()[6..]);
            let less = self.table.read_code(&format!("{place}30{rest}")).unwrap();
            *sums.entry(less).or_default() += households;
        }
        sums.into_iter().collect()
    }

    /// How alone people are with a set of attributes: shares of unique, of k below ten, and the mean of 1/k.
    pub(crate) fn loneliness(&self, key: impl Fn(&Household) -> u64) -> Loneliness {
        let mut keys: Vec<u64> = self.households.iter().map(key).collect();
        keys.sort_unstable();
        let mut groups = Vec::new();
        for group in keys.chunk_by(|one, other| one == other) {
            groups.push((group.len() as u64, group.len() as u64));
        }
        Loneliness::of(&groups)
    }

    pub(crate) fn attribute_sets(&self) -> [(&'static str, Loneliness); 5] {
        let place = |h: &Household| u64::from(h.municipality) << 32;
        let income = |h: &Household| u64::from(h.income) << 24;
        let children = |h: &Household| u64::from(h.children) << 20;
        [
            (
                "municipality + age in years",
                self.loneliness(|h| place(h) | h.years()),
            ),
            (
                "seed example (+ income 6)",
                self.loneliness(|h| place(h) | income(h) | h.years()),
            ),
            (
                "+ number of children + single parent",
                self.loneliness(|h| place(h) | income(h) | children(h) | h.years()),
            ),
            (
                "municipality + income + age in months",
                self.loneliness(|h| place(h) | income(h) | h.months()),
            ),
            (
                "municipality + birth date",
                self.loneliness(|h| place(h) | u64::from(h.age_days)),
            ),
        ]
    }
}

/// Shares of people, 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Loneliness {
    pub(crate) unique: f64,
    pub(crate) below_ten: f64,
    pub(crate) mean_inverse: f64,
}

impl Loneliness {
    /// From groups of (people, how many each of them hides among).
    pub(crate) fn of(groups: &[(u64, u64)]) -> Self {
        let people = |wanted: &dyn Fn(u64) -> bool| -> f64 {
            let sum: u64 = groups
                .iter()
                .filter(|(_, k)| wanted(*k))
                .map(|(people, _)| people)
                .sum();
            sum as f64
        };
        let all = people(&|_| true);
        let inverse: f64 = groups
            .iter()
            .map(|&(people, k)| people as f64 / k.max(1) as f64)
            .sum();
        Self {
            unique: people(&|k| k <= 1) / all,
            below_ten: people(&|k| k < 10) / all,
            mean_inverse: inverse / all,
        }
    }
}

/// What the ladder makes of a population.
pub(crate) struct Release {
    /// Per full declaration: what is released of it, and how many households it stands for.
    pub(crate) released: Vec<(Declared, Released, u64)>,
    /// Households for whom nothing may leave.
    pub(crate) withheld: u64,
}

impl Release {
    pub(crate) fn of(
        table: &SlotTable,
        cells: &[(Declared, u64)],
        counts: &impl Counts,
        k: u64,
    ) -> Self {
        let mut released = Vec::new();
        let mut withheld = 0;
        for &(cell, households) in cells {
            match generalise(table, &cell, counts, k) {
                Generalised::Released(less) => released.push((cell, less, households)),
                Generalised::Withheld => withheld += households,
            }
        }
        Self { released, withheld }
    }

    /// Shares of people by the number of rungs climbed, 0 to 5.
    pub(crate) fn by_rung(&self) -> [f64; 6] {
        let mut shares = [0.0; 6];
        let mut all = self.withheld as f64;
        for (_, released, households) in &self.released {
            shares[released.rungs()] += *households as f64;
            all += *households as f64;
        }
        shares.map(|people| people / all)
    }

    /// How alone people are by the public number of the released cell.
    pub(crate) fn loneliness(&self) -> Loneliness {
        let groups: Vec<(u64, u64)> = self
            .released
            .iter()
            .map(|(_, released, households)| (*households, released.households()))
            .collect();
        Loneliness::of(&groups)
    }

    /// The same among those who release that very cell: an observer who knows the counts can rule out everybody whose
    /// own release would be finer.
    pub(crate) fn loneliness_among_releasers(&self) -> Loneliness {
        let mut releasers = HashMap::<Declared, u64>::new();
        for (_, released, households) in &self.released {
            *releasers.entry(*released.declared()).or_default() += households;
        }
        let groups: Vec<(u64, u64)> = releasers.into_values().map(|n| (n, n)).collect();
        Loneliness::of(&groups)
    }

    /// Somebody's release, by how frequent it is.
    fn draw(&self, dice: &mut Dice, cumulative: &[u64]) -> &Released {
        let wanted = dice.bits() % cumulative.last().unwrap();
        let place = cumulative.partition_point(|&sum| sum <= wanted);
        &self.released[place].1
    }

    fn cumulative(&self) -> Vec<u64> {
        self.released
            .iter()
            .scan(0, |sum, (_, _, households)| {
                *sum += households;
                Some(*sum)
            })
            .collect()
    }
}

/// The issuing service, and whether it does its work well.
pub(crate) struct Issuer<'a> {
    pub(crate) table: &'a SlotTable,
    pub(crate) ring: KeyRing,
    pub(crate) site: SiteId,
    /// `false`: every token gets the same "random" bits. The control that the tests have to catch.
    pub(crate) random: bool,
    pub(crate) dice: Dice,
}

impl<'a> Issuer<'a> {
    pub(crate) fn new(table: &'a SlotTable, random: bool, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let mut key = [0; 32];
        for chunk in key.chunks_mut(8) {
            chunk.copy_from_slice(&dice.bits().to_be_bytes());
        }
        Self {
            table,
            ring: KeyRing::new(Epoch(2967), key),
            site: "kosodate.example".parse().unwrap(),
            random,
            dice,
        }
    }

    pub(crate) fn issue(&mut self, released: &Released) -> Token {
        let randomness = if self.random {
            self.dice.randomness()
        } else {
            Randomness::new([0; 10])
        };
        self.ring
            .scramble(self.table, released, &self.site, randomness)
            .unwrap()
    }
}

/// T3: two ways to tell two tokens of one profile from two tokens of two profiles. 0.5 is guessing.
pub(crate) struct Linking {
    /// By the number of equal symbols.
    pub(crate) equal_symbols: f64,
    /// By a naive Bayes classifier on the differences of symbols, trained on as many pairs.
    pub(crate) learned: f64,
}

pub(crate) fn linking(
    issuer: &mut Issuer<'_>,
    release: &Release,
    pairs: usize,
    seed: u64,
) -> Linking {
    let mut dice = Dice::new(seed);
    let cumulative = release.cumulative();
    let mut pair = |same: bool| {
        let one = release.draw(&mut dice, &cumulative);
        let other = if same {
            one
        } else {
            release.draw(&mut dice, &cumulative)
        };
        let one = issuer.issue(one).symbols();
        let other = issuer.issue(other).symbols();
        let mut differences = [0usize; 20];
        for (difference, (a, b)) in differences.iter_mut().zip(one.iter().zip(&other)) {
            *difference = usize::from(a ^ b);
        }
        differences
    };
    // One for each value, so that what was never seen is not impossible.
    let mut tally = [[[1.0f64; 32]; 20]; 2];
    for _ in 0..pairs {
        for same in [false, true] {
            for (place, difference) in pair(same).into_iter().enumerate() {
                tally[usize::from(same)][place][difference] += 1.0;
            }
        }
    }
    let mut by_equal = [Vec::new(), Vec::new()];
    let mut by_learned = [Vec::new(), Vec::new()];
    for _ in 0..pairs {
        for same in [false, true] {
            let differences = pair(same);
            let equal = differences.iter().filter(|&&d| d == 0).count();
            by_equal[usize::from(same)].push(equal as f64);
            let score = differences
                .iter()
                .enumerate()
                .map(|(place, &d)| (tally[1][place][d] / tally[0][place][d]).ln())
                .sum();
            by_learned[usize::from(same)].push(score);
        }
    }
    Linking {
        equal_symbols: auc(&by_equal[0], &by_equal[1]),
        learned: auc(&by_learned[0], &by_learned[1]),
    }
}

/// The area under the curve: how often a positive scores above a negative, ties by half.
pub(crate) fn auc(negatives: &[f64], positives: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = negatives
        .iter()
        .map(|&score| (score, false))
        .chain(positives.iter().map(|&score| (score, true)))
        .collect();
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = 0.0;
    let mut wins = 0.0;
    for group in all.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let positive = group.iter().filter(|(_, positive)| *positive).count() as f64;
        let negative = group.len() as f64 - positive;
        wins += positive * (below + negative / 2.0);
        below += negative;
    }
    wins / (negatives.len() as f64 * positives.len() as f64)
}

/// T4: what a dictionary made with the issuing service finds out.
pub(crate) struct Dictionary {
    /// Victims whose token stood in the dictionary.
    pub(crate) found: usize,
    /// Share of victims whose release was guessed.
    pub(crate) success: f64,
    /// The same without looking at any token: always the most frequent release.
    pub(crate) prior: f64,
}

pub(crate) fn dictionary(
    issuer: &mut Issuer<'_>,
    release: &Release,
    calls: usize,
    victims: usize,
    seed: u64,
) -> Dictionary {
    let mut dice = Dice::new(seed);
    let cumulative = release.cumulative();
    let victims: Vec<(Declared, Token)> = (0..victims)
        .map(|_| {
            let released = release.draw(&mut dice, &cumulative);
            (*released.declared(), issuer.issue(released))
        })
        .collect();
    let mut frequency = HashMap::<Declared, (u64, &Released)>::new();
    for (_, released, households) in &release.released {
        frequency
            .entry(*released.declared())
            .or_insert((0, released))
            .0 += households;
    }
    // The attacker asks for the most frequent releases first, again and again until the calls are used up.
    let mut profiles: Vec<(u64, &Released)> = frequency.into_values().collect();
    profiles.sort_unstable_by_key(|(n, released)| (std::cmp::Reverse(*n), *released.declared()));
    let mut book = HashMap::<Token, Declared>::new();
    for (_, released) in profiles.iter().cycle().take(calls) {
        book.insert(issuer.issue(released), *released.declared());
    }
    let likeliest = *profiles[0].1.declared();
    let found = victims
        .iter()
        .filter(|(_, token)| book.contains_key(token))
        .count();
    let guessed = victims
        .iter()
        .filter(|(truth, token)| book.get(token).unwrap_or(&likeliest) == truth)
        .count();
    let prior = victims
        .iter()
        .filter(|(truth, _)| *truth == likeliest)
        .count();
    Dictionary {
        found,
        success: guessed as f64 / victims.len() as f64,
        prior: prior as f64 / victims.len() as f64,
    }
}

/// T5: chi-square of each position over `tokens` tokens of one profile; 31 degrees of freedom.
pub(crate) fn chi_squares(
    issuer: &mut Issuer<'_>,
    released: &Released,
    tokens: usize,
) -> [f64; 20] {
    let mut seen = [[0.0f64; 32]; 20];
    for _ in 0..tokens {
        let symbols = issuer.issue(released).symbols();
        for (place, symbol) in symbols.into_iter().enumerate() {
            seen[place][usize::from(symbol)] += 1.0;
        }
    }
    let expected = tokens as f64 / 32.0;
    seen.map(|counts| {
        counts
            .iter()
            .map(|n| (n - expected).powi(2) / expected)
            .sum()
    })
}

fn municipality_code(place: usize) -> String {
    format!("{place:04}")
}

/// The builtin slots with a made-up country instead of the two invented places.
fn table(municipalities: usize) -> SlotTable {
    let text = include_str!("../../catalogue/portable_id.toml");
    let mut table: toml::Table = text.parse().unwrap();
    let label: toml::Value = toml::toml! { ja = "所" en = "place" }.into();
    let prefectures = municipalities.div_ceil(37);
    let option = |code: String, id: String, coarser: Option<String>| {
        let mut option = toml::Table::new();
        option.insert("code".to_owned(), code.into());
        option.insert("id".to_owned(), id.into());
        option.insert("label".to_owned(), label.clone());
        if let Some(coarser) = coarser {
            option.insert("coarser".to_owned(), coarser.into());
        }
        toml::Value::from(option)
    };
    let mut options: Vec<toml::Value> = (0..prefectures)
        .map(|p| option(format!("P{p:03}"), format!("prefecture_{p}"), None))
        .collect();
    options.extend((0..municipalities).map(|m| {
        option(
            municipality_code(m),
            format!("municipality_{m}"),
            Some(format!("prefecture_{}", m % prefectures)),
        )
    }));
    let region = table["slot"][0].as_table_mut().unwrap();
    region.insert("width".to_owned(), 4.into());
    region.insert("option".to_owned(), options.into());
    SlotTable::parse(&toml::to_string(&table).unwrap()).unwrap()
}
