//! Finding a part of a name without reading every name: a few bits per facility say which cannot hold it.
//!
//! For comparing only, names are folded (width, case, hiragana to katakana); what is shown stays as it was.

use super::super::facility::Facility;
use super::super::text::fold;
use crate::names::to_reading_kana;

/// Longer questions are cut.
const LONGEST: usize = 100;

/// Names of the facilities in the order they were pushed.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    ends: Vec<usize>,
    marks: Vec<Mark>,
}

/// Which characters and which pairs of neighbours a name may hold.
#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    single: u64,
    pairs: [u64; 2],
}

impl Mark {
    fn of(key: &str) -> Self {
        let mut mark = Self::default();
        let mut before: Option<u32> = None;
        for c in key.chars().map(u32::from) {
            mark.single |= 1 << (scatter(c) >> 26);
            if let Some(before) = before {
                let bit = scatter(before.wrapping_mul(0x1_0001).wrapping_add(c)) >> 25;
                let (half, bit) = (bit >> 6, bit & 63);
                if let Some(word) = mark.pairs.get_mut(half as usize) {
                    *word |= 1 << bit;
                }
            }
            before = Some(c);
        }
        mark
    }

    fn may_hold(self, other: Self) -> bool {
        let pairs = self.pairs.iter().zip(other.pairs);
        other.single & !self.single == 0 && pairs.into_iter().all(|(own, other)| other & !own == 0)
    }
}

/// Multiplicative hashing: the upper bits are well mixed.
fn scatter(value: u32) -> u32 {
    value.wrapping_mul(0x9E37_79B1)
}

fn key(text: &str) -> String {
    to_reading_kana(&fold(text).to_lowercase())
}

/// What is looked for.
#[derive(Debug)]
pub(super) struct NameQuery {
    key: String,
    mark: Mark,
}

impl NameQuery {
    /// `None` when nothing is left to look for.
    pub(super) fn new(text: &str) -> Option<Self> {
        let short: String = text.chars().take(LONGEST).collect();
        let key = key(&short);
        (!key.is_empty()).then(|| Self {
            mark: Mark::of(&key),
            key,
        })
    }
}

impl Names {
    pub(super) fn push(&mut self, facility: &Facility) {
        let name = key(&facility.name);
        let kana = facility.kana.as_deref().map(key).unwrap_or_default();
        let start = self.text.len();
        self.text.push_str(&name);
        // A line break is in no question, so that nothing is found across the two.
        self.text.push('\n');
        self.text.push_str(&kana);
        self.marks
            .push(Mark::of(self.text.get(start..).unwrap_or_default()));
        self.ends.push(self.text.len());
    }

    /// Whether a name may hold what is looked for; `false` is certain.
    pub(super) fn may_hold(&self, row: usize, query: &NameQuery) -> bool {
        self.marks
            .get(row)
            .is_some_and(|mark| mark.may_hold(query.mark))
    }

    pub(super) fn holds(&self, row: usize, query: &NameQuery) -> bool {
        if !self.may_hold(row, query) {
            return false;
        }
        let start = row
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.text
            .get(start..end)
            .is_some_and(|text| text.contains(&query.key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_any_part_of_it_and_of_its_reading() {
        let mut names = Names::default();
        let mut facility = Facility::named("1", "（一財）ひまわり第２保育園Ａ");
        facility.kana = Some("ヒマワリダイニホイクエン".into());
        names.push(&Facility::named("0", "あおば"));
        names.push(&facility);
        for part in [
            "ひまわり",
            "ヒマワリ",
            "ﾋﾏﾜﾘ",
            "第2保育園a",
            "だいに",
            "園",
            "ホイクエン",
        ] {
            let query = NameQuery::new(part).expect(part);
            assert!(names.holds(1, &query), "{part}");
            assert!(!names.holds(0, &query), "{part}");
        }
        assert!(NameQuery::new("　").is_none());
        let across = NameQuery::new("Aヒ").expect("a question");
        assert!(!names.holds(1, &across));
    }
}
