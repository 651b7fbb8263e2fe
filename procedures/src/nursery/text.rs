//! Reading what people wrote into cells: full-width digits, four ways to write a dash, units stuck to numbers.
//!
//! Folds copies for reading only; what is kept of a facility stays as it was written.

/// A copy for reading: full-width ASCII to ASCII, wide blanks to blanks, the wave dash to `~`, other dashes to `-`.
pub(super) fn fold(text: &str) -> String {
    text.chars().filter_map(fold_char).collect()
}

fn fold_char(c: char) -> Option<char> {
    Some(match c {
        '\u{FEFF}' | '\u{200B}' => return None,
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' | '\u{00A0}' | '\t' => ' ',
        '\u{301C}' | '\u{223C}' => '~',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    })
}

/// A folded copy without any blanks.
pub(super) fn squeeze(text: &str) -> String {
    text.chars()
        .filter_map(fold_char)
        .filter(|c| !c.is_whitespace())
        .collect()
}

/// The number a text begins with, and what follows it. Thousands commas belong to the number.
pub(super) fn leading_number(folded: &str) -> Option<(u32, &str)> {
    let end = folded
        .find(|c: char| !c.is_ascii_digit() && c != ',')
        .unwrap_or(folded.len());
    let (digits, rest) = folded.split_at_checked(end)?;
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    Some((digits.parse().ok()?, rest))
}

/// Whether a cell says "nothing": empty, or only dashes and the like.
pub(super) fn is_nothing(text: &str) -> bool {
    text.chars().all(|c| {
        c.is_whitespace()
            || matches!(
                c,
                '-' | '\u{30FC}' | '\u{FF0D}' | '\u{2010}'
                    ..='\u{2015}' | '\u{2212}' | '\u{3000}' | '\u{FEFF}' | '*' | '※'
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_digits_and_commas_are_read_as_a_number() {
        assert_eq!(leading_number(&fold("１，２００人")), Some((1200, "人")));
        assert_eq!(leading_number("人"), None);
        assert_eq!(leading_number("99999999999"), None);
    }

    #[test]
    fn a_long_vowel_mark_alone_says_nothing() {
        assert!(is_nothing("ー"));
        assert!(is_nothing("　"));
        assert!(!is_nothing("0"));
    }
}
