//! Where a line of Japanese and Latin text may end.
//!
//! Answers for pieces that stay together: words of letters and digits, and what may not begin a line (closing brackets,
//! 、。, small kana, ー) with what stands before it, or may not end one with what follows (行頭・行末禁則, JIS X 4051 in outline).

use unicode_segmentation::UnicodeSegmentation;

const NOT_FIRST: &str = "、。，．・：；？！)）」』】〕〉》］｝ーゝゞ々ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ,.;:?!%";
const NOT_LAST: &str = "(（「『【〔〈《［｛";

/// What a reader takes for one character.
pub(crate) fn graphemes(text: &str) -> impl Iterator<Item = &str> {
    text.graphemes(true)
}

/// Pieces between which a line may end; together they are the text.
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut start = 0;
    let mut before: Option<&str> = None;
    for (at, grapheme) in text.grapheme_indices(true) {
        if let Some(before) = before
            && may_end(before, grapheme)
        {
            out.extend(text.get(start..at));
            start = at;
        }
        before = Some(grapheme);
    }
    out.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    out
}

fn may_end(before: &str, after: &str) -> bool {
    let word = |text: &str| text.chars().all(|c| c.is_ascii_graphic());
    let held = NOT_FIRST.contains(after) || NOT_LAST.contains(before);
    !(held || word(before) && word(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_brackets_stay_together_and_nothing_is_lost() {
        assert_eq!(
            pieces("葛\u{E0100}城（よし子）、Asukoe City 3-1"),
            [
                "葛\u{E0100}",
                "城",
                "（よ",
                "し",
                "子）、",
                "Asukoe",
                " ",
                "City",
                " ",
                "3-1"
            ]
        );
    }
}
