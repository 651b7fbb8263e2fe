//! The typefaces papers are set in: which one can draw a piece of text, and shaping it.
//!
//! Answers for glyphs and their advances. Reads no file: whoever starts the program hands the bytes in. A piece of text
//! that no typeface can draw is never left out: it is written as its code points, and told.

use std::fmt::Write as _;

use harfrust::{Feature, ShapeOptions, ShaperData, UnicodeBuffer};
use skrifa::charmap::MapVariant;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::string::StringId;
use skrifa::{FontRef, MetadataProvider};
use unicode_segmentation::UnicodeSegmentation;
use zeno::Command;

/// Where Debian has the typefaces of forms, in the order in which they are asked: `fonts-noto-cjk` draws what Japan uses,
/// `fonts-ipamj-mincho` (where installed) every character of the registers (文字情報基盤) with its variants.
/// `fonts-noto-core` draws Nepali.
pub const DEBIAN_FONTS: [&str; 3] = [
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/truetype/ipamj/ipamjm.ttf",
    "/usr/share/fonts/truetype/noto/NotoSerifDevanagari-Regular.ttf",
];

/// Those of a receipt, whose dots are coarse: without fine strokes.
pub const DEBIAN_RECEIPT_FONTS: [&str; 3] = [
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/ipamj/ipamjm.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
];

/// Why no paper can be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FontProblem {
    /// None of the configured files is there.
    #[error(
        "no typeface for papers: none of {0} can be read; install fonts-noto-cjk, or name files under papers.fonts"
    )]
    None(String),
    /// The file is no typeface.
    #[error("{0} is not a typeface that papers can be set in")]
    Unreadable(String),
    /// The subset could not be made.
    #[error("a part of the typeface {0} could not be embedded")]
    Subset(String),
}

/// One typeface.
struct Face {
    /// For messages and inside the file.
    name: String,
    data: Vec<u8>,
    index: u32,
    shaper: ShaperData,
}

/// Typefaces in the order in which they are asked.
pub struct Fonts {
    faces: Vec<Face>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.faces.iter().map(|face| &face.name))
            .finish()
    }
}

/// A glyph in its place. Units: thousandths of the size.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    /// In the whole typeface.
    pub(crate) id: u16,
    /// How far the pen goes on.
    pub(crate) advance: f32,
    /// Where it stands, off the pen.
    pub(crate) offset: (f32, f32),
    /// The text it stands for; empty for the further glyphs of a piece.
    pub(crate) text: String,
}

/// Text in one typeface.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    /// Which typeface.
    pub(crate) face: usize,
    /// Its glyphs.
    pub(crate) glyphs: Vec<Glyph>,
}

impl Run {
    pub(crate) fn width(&self) -> f32 {
        self.glyphs.iter().map(|glyph| glyph.advance).sum()
    }
}

/// A line of text, shaped.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Shaped {
    /// Its runs, left to right.
    pub(crate) runs: Vec<Run>,
    /// Pieces that no typeface draws.
    pub(crate) missing: Vec<String>,
}

impl Shaped {
    /// Thousandths of the size.
    pub(crate) fn width(&self) -> f32 {
        self.runs.iter().map(Run::width).sum()
    }
}

/// Facts of a typeface as a PDF wants them, in thousandths of the size.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) postscript: String,
    pub(crate) bbox: [f32; 4],
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
    pub(crate) cap_height: f32,
    pub(crate) italic_angle: f32,
}

impl Fonts {
    /// Typefaces from the bytes of their files, named for messages. Of a collection the first is taken: in Debian's Noto that
    /// is the one for Japan.
    ///
    /// # Errors
    /// [`FontProblem`].
    pub fn new(files: Vec<(String, Vec<u8>)>) -> Result<Self, FontProblem> {
        if files.is_empty() {
            return Err(FontProblem::None(DEBIAN_FONTS.join(", ")));
        }
        let faces: Result<Vec<Face>, FontProblem> = files
            .into_iter()
            .map(|(name, data)| {
                let shaper = FontRef::from_index(&data, 0)
                    .ok()
                    .filter(|font| font.charmap().has_map())
                    .map(|font| ShaperData::new(&font));
                match shaper {
                    Some(shaper) => Ok(Face {
                        name,
                        data,
                        index: 0,
                        shaper,
                    }),
                    None => Err(FontProblem::Unreadable(name)),
                }
            })
            .collect();
        Ok(Self { faces: faces? })
    }

    fn font(&self, face: usize) -> Option<(&Face, FontRef<'_>)> {
        let face = self.faces.get(face)?;
        let font = FontRef::from_index(&face.data, face.index).ok()?;
        Some((face, font))
    }

    /// Shapes one line.
    pub(crate) fn shape(&self, text: &str) -> Shaped {
        let mut shaped = Shaped::default();
        let mut pending: Option<(usize, String)> = None;
        for piece in text.graphemes(true) {
            let (face, words) = if let Some(face) = self.face_of(piece) {
                (face, piece.to_owned())
            } else {
                shaped.missing.push(piece.to_owned());
                (0, code_points(piece))
            };
            match &mut pending {
                Some((known, line)) if *known == face => line.push_str(&words),
                _ => {
                    if let Some((face, line)) = pending.replace((face, words)) {
                        shaped.runs.extend(self.run(face, &line));
                    }
                }
            }
        }
        if let Some((face, line)) = pending {
            shaped.runs.extend(self.run(face, &line));
        }
        shaped
    }

    /// The first typeface with every character of a piece, its variation selectors included.
    fn face_of(&self, piece: &str) -> Option<usize> {
        (0..self.faces.len()).find(|face| {
            let Some((_, font)) = self.font(*face) else {
                return false;
            };
            let map = font.charmap();
            let mut chars = piece.chars().peekable();
            while let Some(c) = chars.next() {
                if c.is_control() {
                    continue;
                }
                match chars.peek().copied().filter(|next| is_selector(*next)) {
                    Some(selector) => {
                        chars.next();
                        let drawn = match map.map_variant(c, selector) {
                            Some(MapVariant::Variant(_)) => true,
                            Some(MapVariant::UseDefault) => map.map(c).is_some(),
                            None => false,
                        };
                        if !drawn {
                            return false;
                        }
                    }
                    None if map.map(c).is_none() => return false,
                    None => {}
                }
            }
            true
        })
    }

    fn run(&self, at: usize, text: &str) -> Option<Run> {
        let (face, font) = self.font(at)?;
        let shaper = face.shaper.shaper(&font).build();
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        let no_features: [Feature; 0] = [];
        let options = ShapeOptions::new().features(&no_features);
        let placed = shaper.shape(buffer, options);
        #[expect(
            clippy::cast_precision_loss,
            reason = "font units are small whole numbers"
        )]
        let scale = |units: i32| units as f32 * 1000.0 / shaper.units_per_em().max(1) as f32;
        let infos = placed.glyph_infos();
        let mut starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        starts.sort_unstable();
        starts.dedup();
        let mut last = None;
        let glyphs = infos
            .iter()
            .zip(placed.glyph_positions())
            .map(|(info, place)| {
                let start = info.cluster as usize;
                let end = starts
                    .iter()
                    .copied()
                    .find(|next| *next > start)
                    .unwrap_or(text.len());
                let first = last != Some(start);
                last = Some(start);
                let words = text.get(start..end).filter(|_| first).unwrap_or_default();
                Glyph {
                    id: u16::try_from(info.glyph_id).unwrap_or(0),
                    advance: scale(place.x_advance),
                    offset: (scale(place.x_offset), scale(place.y_offset)),
                    text: words.to_owned(),
                }
            })
            .collect();
        Some(Run { face: at, glyphs })
    }

    /// A glyph's outline at a size in dots, downwards from the writing line; empty for a blank.
    pub(crate) fn outline(&self, face: usize, glyph: u16, size: f32) -> Vec<Command> {
        let mut pen = Outline::default();
        if let Some((_, font)) = self.font(face)
            && let Some(glyph) = font.outline_glyphs().get(glyph.into())
        {
            let settings = DrawSettings::unhinted(Size::new(size), LocationRef::default());
            // what cannot be drawn stays empty: the piece has a glyph, so a typeface is broken
            let _ = glyph.draw(settings, &mut pen);
        }
        pen.0
    }

    /// A glyph's own advance, in thousandths of the size.
    pub(crate) fn advance(&self, face: usize, glyph: u16) -> f32 {
        let Some((_, font)) = self.font(face) else {
            return 0.0;
        };
        let metrics = font.glyph_metrics(Size::new(1000.0), LocationRef::default());
        metrics.advance_width(glyph.into()).unwrap_or_default()
    }

    /// What a PDF wants to know of a typeface.
    pub(crate) fn facts(&self, face: usize) -> Option<Facts> {
        let (known, font) = self.font(face)?;
        let metrics = font.metrics(Size::new(1000.0), LocationRef::default());
        let postscript = font
            .localized_strings(StringId::POSTSCRIPT_NAME)
            .english_or_first()
            .map_or_else(|| known.name.clone(), |name| name.chars().collect());
        let bounds = metrics.bounds.unwrap_or_default();
        Some(Facts {
            postscript: postscript
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
                .collect(),
            bbox: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max],
            ascent: metrics.ascent,
            descent: metrics.descent,
            cap_height: metrics.cap_height.unwrap_or(metrics.ascent),
            italic_angle: metrics.italic_angle,
        })
    }

    /// The part of a typeface that a file needs: the program, and whether it is CFF.
    pub(crate) fn subset(
        &self,
        face: usize,
        glyphs: &subsetter::GlyphRemapper,
    ) -> Result<(Vec<u8>, bool), FontProblem> {
        let name = || {
            let face = self.faces.get(face);
            FontProblem::Subset(face.map_or_else(String::new, |face| face.name.clone()))
        };
        let known = self.faces.get(face).ok_or_else(name)?;
        let part = subsetter::subset(&known.data, known.index, glyphs).map_err(|_| name())?;
        let font = FontRef::new(&part).map_err(|_| name())?;
        let cff = font
            .table_data(skrifa::Tag::new(b"CFF "))
            .map(|table| table.as_bytes().to_vec());
        Ok(match cff {
            Some(program) => (program, true),
            None => (part, false),
        })
    }
}

/// What a typeface draws, as the rasteriser takes it.
#[derive(Default)]
struct Outline(Vec<Command>);

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.push(Command::MoveTo([x, -y].into()));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.0.push(Command::LineTo([x, -y].into()));
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.0
            .push(Command::QuadTo([cx, -cy].into(), [x, -y].into()));
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b) = ([ax, -ay].into(), [bx, -by].into());
        self.0.push(Command::CurveTo(a, b, [x, -y].into()));
    }

    fn close(&mut self) {
        self.0.push(Command::Close);
    }
}

/// VS1–VS16 and VS17–VS256.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// A piece that cannot be drawn, as anybody can look it up: 〔U+2A6B2 U+E0101〕.
fn code_points(piece: &str) -> String {
    let mut out = String::from("〔");
    for (at, c) in piece.chars().enumerate() {
        let blank = if at == 0 { "" } else { " " };
        let _ = write!(out, "{blank}U+{:04X}", u32::from(c));
    }
    out.push('〕');
    out
}
