//! A picture of dots, black or white: what a receipt printer prints.
//!
//! Answers for which dots text, lines and codes make. Lengths are dots, from the upper left corner.

use zeno::Mask;

use crate::fonts::{Fonts, Shaped};
use crate::lines::wrap;

/// How dark a dot must be to be printed, of 255.
const DARK: u8 = 112;
/// Height of a line in sizes.
const LEADING: f32 = 1.32;
/// Where the writing line is, in sizes below the top of a line.
const ASCENT: f32 = 1.0;

/// Rows of dots; grows downwards as things are put on it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    width: usize,
    rows: Vec<u8>,
    /// Pieces of text that no typeface draws; they stand in the picture as code points.
    pub missing: Vec<String>,
}

impl Picture {
    /// An empty picture as wide as a printer's line; rounded down to whole bytes.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width: width / 8 * 8,
            ..Self::default()
        }
    }

    /// Dots in a row: a multiple of eight.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    #[must_use]
    pub const fn height(&self) -> usize {
        match self.rows.len().checked_div(self.width / 8) {
            Some(rows) => rows,
            None => 0,
        }
    }

    /// Row by row, eight dots to a byte, the leftmost the highest bit, 1 is black.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.rows
    }

    /// Whether a dot is black.
    #[must_use]
    pub fn is_black(&self, x: usize, y: usize) -> bool {
        x < self.width
            && self
                .rows
                .get(y * (self.width / 8) + x / 8)
                .is_some_and(|byte| byte & (0x80 >> (x % 8)) != 0)
    }

    fn set(&mut self, x: usize, y: usize) {
        if x >= self.width {
            return;
        }
        self.reach(y + 1);
        if let Some(byte) = self.rows.get_mut(y * (self.width / 8) + x / 8) {
            *byte |= 0x80 >> (x % 8);
        }
    }

    /// White rows down to this height.
    pub(crate) fn reach(&mut self, height: usize) {
        let bytes = height * (self.width / 8);
        if self.rows.len() < bytes {
            self.rows.resize(bytes, 0);
        }
    }

    /// A line across.
    pub(crate) fn rule(&mut self, y: usize, thick: usize) -> usize {
        for row in y..y + thick {
            for x in 0..self.width {
                self.set(x, row);
            }
        }
        y + thick
    }

    /// Text in lines from a height on, in the middle or from the left; answers where it ends.
    pub(crate) fn text(
        &mut self,
        fonts: &Fonts,
        y: usize,
        text: &str,
        size: u16,
        middle: bool,
    ) -> usize {
        let dots = f32::from(size);
        let mut top = as_dots(y);
        for line in wrap(fonts, text, as_dots(self.width) / dots * 1000.0) {
            let shaped = fonts.shape(&line);
            let wide = shaped.width() * dots / 1000.0;
            let left = if middle {
                ((as_dots(self.width) - wide) / 2.0).max(0.0)
            } else {
                0.0
            };
            self.line(fonts, (left, top + ASCENT * dots), dots, shaped);
            top += LEADING * dots;
        }
        let end = whole(top.ceil());
        self.reach(end);
        end
    }

    fn line(&mut self, fonts: &Fonts, (left, base): (f32, f32), size: f32, shaped: Shaped) {
        self.missing.extend(shaped.missing);
        let mut pen = left;
        for run in shaped.runs {
            for glyph in run.glyphs {
                let at = (
                    pen + glyph.offset.0 * size / 1000.0,
                    base - glyph.offset.1 * size / 1000.0,
                );
                let outline = fonts.outline(run.face, glyph.id, size);
                if !outline.is_empty() {
                    self.stamp(&outline, at);
                }
                pen += glyph.advance * size / 1000.0;
            }
        }
    }

    /// A glyph with its writing point here.
    fn stamp(&mut self, outline: &Vec<zeno::Command>, (x, y): (f32, f32)) {
        let (mask, place) = Mask::new(outline).render();
        let wide = usize::try_from(place.width).unwrap_or(0);
        if wide == 0 {
            return;
        }
        let (left, top) = (
            signed(x.round()) + place.left,
            signed(y.round()) + place.top,
        );
        for (row, dots) in (0_i32..).zip(mask.chunks(wide)) {
            for (column, dark) in (0_i32..).zip(dots) {
                if *dark >= DARK
                    && let Ok(x) = usize::try_from(left + column)
                    && let Ok(y) = usize::try_from(top + row)
                {
                    self.set(x, y);
                }
            }
        }
    }

    /// A code of modules in the middle, each as many dots wide as there is room for, with its quiet zone; answers where it
    /// ends. `None`: it does not fit at a size that phones read.
    pub(crate) fn code(&mut self, y: usize, text: &str) -> Option<usize> {
        /// Modules of white around, as ISO/IEC 18004 wants them.
        const QUIET: usize = 4;
        /// Dots of a module: a third of a millimetre and more at 203 dots an inch, and no larger than it helps.
        const DOTS: std::ops::RangeInclusive<usize> = 3..=8;
        let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).ok()?;
        let modules = code.width();
        let dots = (self.width / (modules + 2 * QUIET)).min(*DOTS.end());
        if !DOTS.contains(&dots) {
            return None;
        }
        let left = (self.width - modules * dots) / 2;
        let top = y + QUIET * dots;
        for (at, colour) in code.to_colors().into_iter().enumerate() {
            if colour == qrcode::Color::Dark {
                let (column, row) = (at % modules, at / modules);
                for dy in 0..dots {
                    for dx in 0..dots {
                        self.set(left + column * dots + dx, top + row * dots + dy);
                    }
                }
            }
        }
        let end = top + (modules + QUIET) * dots;
        self.reach(end);
        Some(end)
    }
}

/// A receipt is some thousand dots long: exact as either.
#[expect(clippy::cast_precision_loss, reason = "some thousand dots at most")]
const fn as_dots(dots: usize) -> f32 {
    dots as f32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some thousand dots at most, and never less than none"
)]
fn whole(dots: f32) -> usize {
    dots.max(0.0) as usize
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "some thousand dots at most"
)]
const fn signed(dots: f32) -> i32 {
    dots as i32
}
