//! The order of candidates: which source is believed first for what, each spelling once, the kana at the end.
//!
//! Pure. Spellings are compared code point by code point and never changed: 神 and 神 (U+FA19) are two candidates.

use std::collections::{HashMap, HashSet};

use crate::kana;

/// What is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A given name.
    GivenName,
    /// A family name.
    Surname,
    /// A place or an address.
    Address,
    /// Anything else.
    Text,
}

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An SKK dictionary.
    Skk,
    /// The conversion server.
    Mozc,
    /// ENAMDICT.
    Enamdict,
    /// The reading itself.
    Kana,
}

/// One way to write a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// As it would stand in the field.
    pub text: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// How usual it is to read a name so; 0 for what is unheard of.
type Usual<'a> = Box<dyn Fn(&str) -> u32 + 'a>;

/// What each source said, in its own order.
#[derive(Default)]
pub(crate) struct Found<'a> {
    pub(crate) skk: Vec<&'a str>,
    pub(crate) mozc: Vec<String>,
    /// In no order that says anything.
    pub(crate) enamdict: Vec<&'a str>,
    /// For names: decides between candidates that sources do not order among each other.
    pub(crate) usual: Option<Usual<'a>>,
}

/// At most `most` candidates; the kana are the last of them.
pub(crate) fn rank(kind: Kind, typed: &str, found: &Found<'_>, most: usize) -> Vec<Candidate> {
    let skk = || found.skk.iter().map(|text| (*text, Origin::Skk));
    let mozc = || found.mozc.iter().map(|text| (text.as_str(), Origin::Mozc));
    let mut list = List::new(typed, most);
    match kind {
        Kind::GivenName | Kind::Surname => {
            // Few given names mix kanji and kana, and the server offers many such: after all that are kanji throughout.
            // What is no name at all (an anchor for みなと, letters, half-width kana) is left out.
            let names = by_weight(kind, found);
            let all = || names.iter().copied();
            list.take(all().filter(|(text, _)| kana::all_kanji(text)));
            list.take(all().filter(|(text, _)| kana::like_a_name(text)));
        }
        // The server composes; dictionaries know single places and words. No form takes half-width kana.
        Kind::Address | Kind::Text => {
            let all = mozc().chain(skk());
            list.take(all.filter(|(text, _)| !text.chars().any(kana::is_half_width)));
        }
    }
    list.finish()
}

/// Every name once, under the source that is believed most, in the order of what all sources say together.
fn by_weight<'a>(kind: Kind, found: &'a Found<'_>) -> Vec<(&'a str, Origin)> {
    let usual = |text: &str| found.usual.as_ref().map_or(0, |usual| usual(text));
    // A place in an ordered source: the first counts like being quite usual, and less with every step.
    let place = |at: usize, first: f64| first / (1.0 + approximate(at) / 4.0);
    let (skk_first, mozc_first) = match kind {
        Kind::GivenName => (4.0, 3.0),
        // Surnames hardly change, and the server knows how frequent they are.
        _ => (4.0, 6.0),
    };
    let mut weights: HashMap<&str, (f64, Origin)> = HashMap::new();
    let mut order = Vec::new();
    let skk = found
        .skk
        .iter()
        .enumerate()
        .map(|(at, text)| (*text, Origin::Skk, place(at, skk_first)));
    let mozc = found
        .mozc
        .iter()
        .enumerate()
        .map(|(at, text)| (text.as_str(), Origin::Mozc, place(at, mozc_first)));
    let enamdict = found
        .enamdict
        .iter()
        .map(|text| (*text, Origin::Enamdict, 0.5));
    for (text, origin, weight) in skk.chain(mozc).chain(enamdict) {
        let (sum, _) = weights.entry(text).or_insert_with(|| {
            order.push(text);
            (0.0, origin)
        });
        *sum += weight;
    }
    let weight = |text: &str| {
        let sources = weights.get(text).map_or(0.0, |(sum, _)| *sum);
        sources + f64::from(usual(text) + 1).ln()
    };
    let mut weighed: Vec<(f64, &str)> =
        order.into_iter().map(|text| (weight(text), text)).collect();
    // Stable: what weighs the same stays in the sources' order.
    weighed.sort_by(|one, other| other.0.total_cmp(&one.0));
    let origin = |text| {
        weights
            .get(text)
            .map_or(Origin::Enamdict, |(_, origin)| *origin)
    };
    weighed
        .into_iter()
        .map(|(_, text)| (text, origin(text)))
        .collect()
}

fn approximate(at: usize) -> f64 {
    f64::from(u32::try_from(at).unwrap_or(u32::MAX))
}

struct List {
    kana: Vec<String>,
    room: usize,
    most: usize,
    seen: HashSet<String>,
    taken: Vec<Candidate>,
}

impl List {
    fn new(typed: &str, most: usize) -> Self {
        let mut kana = vec![kana::hiragana(typed)];
        let katakana = kana::katakana(typed);
        if !kana.contains(&katakana) {
            kana.push(katakana);
        }
        kana.retain(|text| !text.is_empty());
        Self {
            room: most.saturating_sub(kana.len()),
            most,
            seen: kana.iter().cloned().collect(),
            kana,
            taken: Vec::new(),
        }
    }

    fn take<'a>(&mut self, candidates: impl Iterator<Item = (&'a str, Origin)>) {
        for (text, origin) in candidates {
            if self.taken.len() >= self.room {
                return;
            }
            if !text.is_empty() && self.seen.insert(text.to_owned()) {
                let text = text.to_owned();
                self.taken.push(Candidate { text, origin });
            }
        }
    }

    fn finish(self) -> Vec<Candidate> {
        let kana = self.kana.into_iter().map(|text| Candidate {
            text,
            origin: Origin::Kana,
        });
        self.taken.into_iter().chain(kana).take(self.most).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(kind: Kind, typed: &str, found: &Found<'_>, most: usize) -> Vec<String> {
        let ranked = rank(kind, typed, found, most).into_iter();
        ranked.map(|candidate| candidate.text).collect()
    }

    fn found() -> Found<'static> {
        Found {
            skk: vec!["湊", "みな斗", "港"],
            mozc: ["港", "皆と", "⚓", "ミナト", "ﾐﾅﾄ", "湊斗"]
                .map(str::to_owned)
                .to_vec(),
            enamdict: vec!["湊人", "湊"],
            usual: None,
        }
    }

    #[test]
    fn names_of_kanji_throughout_come_before_mixed_ones_and_what_is_no_name_is_left_out() {
        // 港 first: two sources say it.
        let expected = [
            "港",
            "湊",
            "湊斗",
            "湊人",
            "みな斗",
            "皆と",
            "みなと",
            "ミナト",
        ];
        assert_eq!(texts(Kind::GivenName, "ミナと", &found(), 20), expected);
    }

    #[test]
    fn what_is_usual_decides_where_no_source_has_an_order() {
        let found = Found {
            enamdict: vec!["日真里", "陽葵", "非鞠"],
            usual: Some(Box::new(|text| u32::from(text == "陽葵") * 50)),
            ..Found::default()
        };
        let ranked = texts(Kind::GivenName, "ひまり", &found, 20);
        assert_eq!(ranked, ["陽葵", "日真里", "非鞠", "ひまり", "ヒマリ"]);
    }

    #[test]
    fn an_address_takes_the_server_first_without_its_half_width_kana() {
        let expected = [
            "港",
            "皆と",
            "⚓",
            "湊斗",
            "湊",
            "みな斗",
            "みなと",
            "ミナト",
        ];
        assert_eq!(texts(Kind::Address, "みなと", &found(), 20), expected);
    }

    #[test]
    fn the_kana_are_the_last_candidates_whatever_the_number_wanted() {
        assert!(texts(Kind::GivenName, "みなと", &found(), 0).is_empty());
        assert_eq!(texts(Kind::GivenName, "みなと", &found(), 1), ["みなと"]);
        assert_eq!(
            texts(Kind::GivenName, "みなと", &found(), 3),
            ["港", "みなと", "ミナト"]
        );
    }

    #[test]
    fn two_code_points_that_look_alike_are_two_candidates() {
        let found = Found {
            skk: vec!["神", "\u{FA19}", "神"],
            ..Found::default()
        };
        assert_eq!(
            texts(Kind::GivenName, "じん", &found, 9),
            ["神", "\u{FA19}", "じん", "ジン"]
        );
    }
}
