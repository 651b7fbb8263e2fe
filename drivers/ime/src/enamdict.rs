//! ENAMDICT (Debian's enamdict; Electronic Dictionary Research and Development Group): names of people, in EUC-JP.
//!
//! ```text
//! 陽葵 [ひまり] /(f) Himari/
//! ```
//! The letters: f, m, g given name (of a girl, a boy, either); s surname; u a person's, which is not known. Places,
//! stations, companies and whole people are passed over: two thirds of the file.

use crate::kana;
use crate::lexicon::{Lexicon, Use};

/// Reads the file.
pub(crate) fn read(bytes: &[u8], into: &mut Lexicon) {
    for line in bytes.split(|byte| *byte == b'\n') {
        // Decoding is the slow part; most lines can be told by their letters alone.
        let Some(uses) = person(line) else { continue };
        let (line, _, _) = encoding_rs::EUC_JP.decode(line);
        let Some((text, rest)) = line.split_once(" [") else {
            continue;
        };
        let Some((reading, _)) = rest.split_once(']') else {
            continue;
        };
        if kana::is_reading(reading) && kana::like_a_name(text) {
            into.push(&kana::hiragana(reading), text, uses);
        }
    }
}

fn person(line: &[u8]) -> Option<Use> {
    let start = line.windows(3).position(|piece| piece == b" /(")? + 3;
    let letters = line.get(start..)?;
    let letters = letters.get(..letters.iter().position(|byte| *byte == b')')?)?;
    let mut given = false;
    let mut surname = false;
    for letter in letters.split(|byte| *byte == b',') {
        match letter {
            b"f" | b"m" | b"g" => given = true,
            b"s" => surname = true,
            b"u" => {
                given = true;
                surname = true;
            }
            _ => {}
        }
    }
    match (given, surname) {
        (true, true) => Some(Use::PERSON),
        (true, false) => Some(Use::GIVEN),
        (false, true) => Some(Use::SURNAME),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_names_and_surnames_are_kept_and_places_and_people_are_not() {
        let text = "陽葵 [ひまり] /(f) Himari/\n悠真 [ゆうま] /(s) Yuuma/\n結愛 [ユア] /(u) Yua/\n港 [みなと] /(p) Minato/\n\
                    夏目漱石 [なつめそうせき] /(h) Natsume Souseki/\nひなた /(f) Hinata/\n青葉 [あおば] /(p,s) Aoba/\n";
        let (bytes, _, _) = encoding_rs::EUC_JP.encode(text);
        let mut lexicon = Lexicon::default();
        read(&bytes, &mut lexicon);
        lexicon.finish();
        let all = |wanted| lexicon.all(wanted).collect::<Vec<_>>();
        assert_eq!(all(Use::GIVEN), [("ひまり", "陽葵"), ("ゆあ", "結愛")]);
        assert_eq!(
            all(Use::SURNAME),
            [("あおば", "青葉"), ("ゆあ", "結愛"), ("ゆうま", "悠真")]
        );
    }
}
