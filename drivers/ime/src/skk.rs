//! SKK dictionaries (Debian's skkdic and skkdic-extra): lines of a reading and its candidates, in EUC-JP.
//!
//! ```text
//! ひろと /大翔;名/裕人;人名/廣戸;姓/
//! さk /咲;(花が)咲く/裂;…/          a verb: stem, and the consonant its ending begins with
//! ```

use crate::kana;
use crate::lexicon::{Lexicon, Use};

/// Which dictionary a file is: what its entries are where they do not say it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Book {
    /// SKK-JISYO.jinmei: each candidate says 名, 姓 or 人名 (either).
    People,
    /// SKK-JISYO.geo.
    Places,
    /// SKK-JISYO.L.
    Words,
}

/// Reads a dictionary. Lines that are not of this form are comments or for other programs, and are passed over.
pub(crate) fn read(bytes: &[u8], book: Book, into: &mut Lexicon) {
    let (text, _, _) = encoding_rs::EUC_JP.decode(bytes);
    for line in text.lines().filter(|line| !line.starts_with(';')) {
        let Some((key, rest)) = line.split_once(" /") else {
            continue;
        };
        let readings = match endings(key) {
            Some(readings) if book == Book::Words => readings,
            None if kana::is_reading(key) => vec![kana::hiragana(key)],
            _ => continue,
        };
        for candidate in rest.split('/').filter(|candidate| !candidate.is_empty()) {
            let (word, note) = candidate.split_once(';').unwrap_or((candidate, ""));
            // A bracket opens a program in Lisp.
            if word.is_empty() || word.starts_with('(') {
                continue;
            }
            let verb = readings.len() > 1;
            // A verb's kanji without its ending is no word, but a kanji and its readings, which names use.
            if verb && !is_one_kanji(word) {
                continue;
            }
            let uses = match book {
                Book::People => person(note),
                Book::Places => Some(Use::PLACE),
                Book::Words => Some(Use::WORD),
            };
            let Some(uses) = uses else { continue };
            for reading in &readings {
                into.push(reading, word, if verb { Use::READING } else { uses });
            }
        }
    }
}

/// What a note of the dictionary of people says. `None`: a whole name, a ring name, somebody's acquaintance.
fn person(note: &str) -> Option<Use> {
    let general = note.contains("人名");
    let rest = note.replace("人名", "");
    let rest = rest.trim_matches([' ', ',', '、']);
    match rest.chars().next() {
        None => Some(Use::PERSON),
        Some('「' | '&' | '[') if general => Some(Use::PERSON),
        Some('名') => Some(if rest.contains('姓') {
            Use::PERSON
        } else {
            Use::GIVEN
        }),
        Some('姓') => Some(if rest.contains('名') {
            Use::PERSON
        } else {
            Use::SURNAME
        }),
        Some(_) => None,
    }
}

/// The forms of a verb's reading that names use: stem, い-form, う-form. `None` when the key is no verb.
fn endings(key: &str) -> Option<Vec<String>> {
    let consonant = key.chars().last().filter(char::is_ascii_lowercase)?;
    let stem = key
        .get(..key.len() - 1)
        .filter(|stem| kana::is_reading(stem))?;
    let (i, u) = match consonant {
        'k' => ('き', 'く'),
        'g' => ('ぎ', 'ぐ'),
        's' => ('し', 'す'),
        't' => ('ち', 'つ'),
        'n' => ('に', 'ぬ'),
        'b' => ('び', 'ぶ'),
        'm' => ('み', 'む'),
        'r' => ('り', 'る'),
        'u' | 'w' => ('い', 'う'),
        _ => ('い', 'し'),
    };
    let stem = kana::hiragana(stem);
    Some(vec![format!("{stem}{i}"), format!("{stem}{u}"), stem])
}

fn is_one_kanji(word: &str) -> bool {
    let mut characters = word.chars();
    characters.next().is_some_and(kana::is_kanji) && characters.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(text: &str, book: Book) -> Lexicon {
        let (bytes, _, _) = encoding_rs::EUC_JP.encode(text);
        let mut lexicon = Lexicon::default();
        read(&bytes, book, &mut lexicon);
        lexicon.finish();
        lexicon
    }

    #[test]
    fn people_are_given_names_surnames_or_either_and_whole_names_are_left_out() {
        let lexicon = lexicon(
            ";; okuri-nasi entries.\nひろと /大翔;名/裕人;人名/廣戸;姓/央人;人名 姓/博人;人名,フルネーム/宏;人名 知り合い/\n",
            Book::People,
        );
        assert_eq!(
            lexicon.find("ひろと", Use::GIVEN).collect::<Vec<_>>(),
            ["大翔", "裕人"]
        );
        assert_eq!(
            lexicon.find("ひろと", Use::SURNAME).collect::<Vec<_>>(),
            ["裕人", "廣戸", "央人"]
        );
    }

    #[test]
    fn a_verb_gives_its_kanji_the_readings_that_names_use_and_is_no_word() {
        let lexicon = lexicon("さk /咲;花が咲く/裂/\n", Book::Words);
        for reading in ["さ", "さき", "さく"] {
            assert_eq!(
                lexicon.find(reading, Use::READING).collect::<Vec<_>>(),
                ["咲", "裂"]
            );
            assert_eq!(lexicon.find(reading, Use::WORD).count(), 0);
        }
    }

    #[test]
    fn notes_programs_and_other_keys_are_passed_over() {
        let lexicon = lexicon(
            "# /＃/\nAbc /略/\nわ /和;note/(concat \"a\\057b\")/輪/\n",
            Book::Words,
        );
        assert_eq!(
            lexicon.find("わ", Use::WORD).collect::<Vec<_>>(),
            ["和", "輪"]
        );
    }

    #[test]
    fn bytes_that_are_no_dictionary_give_no_entries_and_no_panic() {
        let mut lexicon = Lexicon::default();
        read(
            &[0xFF, 0x8F, b' ', b'/', 0xA4, b'\n', b' ', b'/'],
            Book::People,
            &mut lexicon,
        );
        assert!(lexicon.is_empty());
    }
}
