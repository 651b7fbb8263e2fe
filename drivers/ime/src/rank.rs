//! The order of candidates: which source is believed first for what, each spelling once, the kana at the end.
//!
//! Pure. Spellings are compared code point by code point and never changed: 神 and 神 (U+FA19) are two candidates.

use std::collections::HashSet;

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

/// What each source said, in its own order.
#[derive(Debug, Default)]
pub(crate) struct Found<'a> {
    pub(crate) skk: Vec<&'a str>,
    pub(crate) mozc: Vec<String>,
    pub(crate) enamdict: Vec<&'a str>,
}

/// At most `most` candidates; the kana are the last of them.
pub(crate) fn rank(kind: Kind, typed: &str, found: &Found<'_>, most: usize) -> Vec<Candidate> {
    let skk = || found.skk.iter().map(|text| (*text, Origin::Skk));
    let mozc = || found.mozc.iter().map(|text| (text.as_str(), Origin::Mozc));
    let enamdict = || found.enamdict.iter().map(|text| (*text, Origin::Enamdict));
    let mut list = List::new(typed, most);
    match kind {
        Kind::GivenName | Kind::Surname => {
            // Few given names mix kanji and kana, and the server offers many such: after all that are kanji throughout.
            // What is no name at all (an anchor for みなと, letters, half-width kana) is left out.
            let all = || skk().chain(mozc()).chain(enamdict());
            list.take(all().filter(|(text, _)| kana::all_kanji(text)));
            list.take(all().filter(|(text, _)| kana::like_a_name(text)));
        }
        // The server composes; dictionaries know single places and words.
        Kind::Address | Kind::Text => list.take(mozc().chain(skk())),
    }
    list.finish()
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
        }
    }

    #[test]
    fn names_of_kanji_throughout_come_before_mixed_ones_and_what_is_no_name_is_left_out() {
        let expected = [
            "湊",
            "港",
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
    fn an_address_takes_the_server_first() {
        let expected = [
            "港",
            "皆と",
            "⚓",
            "ﾐﾅﾄ",
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
            ["湊", "みなと", "ミナト"]
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
