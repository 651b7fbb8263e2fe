//! Text broken into lines of a width, wherever it is set: on pages, and in the dots of a receipt.

use crate::breaks::{graphemes, pieces};
use crate::fonts::Fonts;

/// Lines no wider than `most`, in thousandths of the size.
pub(crate) fn wrap(fonts: &Fonts, text: &str, most: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let (mut line, mut wide) = (String::new(), 0.0);
        for piece in pieces(paragraph) {
            let more = fonts.shape(piece).width();
            if wide + more > most && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                wide = 0.0;
                if piece.trim().is_empty() {
                    continue;
                }
            }
            if more > most {
                // longer than a line by itself: broken wherever it must be
                for grapheme in graphemes(piece) {
                    let one = fonts.shape(grapheme).width();
                    if wide + one > most && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        wide = 0.0;
                    }
                    line.push_str(grapheme);
                    wide += one;
                }
            } else {
                line.push_str(piece);
                wide += more;
            }
        }
        lines.push(line);
    }
    lines
}
