//! Pages, lines and boxes of text, and the PDF they become.
//!
//! Answers for the file: sizes, embedded parts of typefaces, and that the text in it can be read again code point by code
//! point. Lengths are millimetres from the upper left corner, sizes of letters are points. Knows nothing of forms.

use std::collections::BTreeMap;

use flate2::{Compress, Compression, FlushCompress, Status};
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use subsetter::GlyphRemapper;

use crate::fonts::{FontProblem, Fonts, Shaped};
use crate::lines::wrap;

/// Points in a millimetre.
const PT: f32 = 72.0 / 25.4;
/// Height of a line in sizes.
const LEADING: f32 = 1.3;
/// Where the writing line is, in sizes below the top of a line.
const ASCENT: f32 = 0.98;

/// A3, the long side lying: width and height.
pub const A3_LYING: (f32, f32) = (420.0, 297.0);
/// A4, standing.
pub const A4: (f32, f32) = (210.0, 297.0);

/// Where text stands in its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At its left edge.
    Left,
    /// In the middle of its width.
    Middle,
}

/// A box on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Area {
    /// A box by its upper left corner, width and height.
    #[must_use]
    pub const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// The box within, this much smaller on every side.
    #[must_use]
    pub fn inset(self, by: f32) -> Self {
        Self::new(
            self.x + by,
            self.y + by,
            self.w - 2.0 * by,
            self.h - 2.0 * by,
        )
    }
}

/// How large text may be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Size {
    /// What it is if there is room.
    pub most: f32,
    /// Down to this it stays on one line; what is longer is broken into lines.
    pub one_line: f32,
    /// No smaller than this.
    pub least: f32,
}

/// Values in boxes.
pub const VALUE: Size = Size {
    most: 11.0,
    one_line: 7.0,
    least: 3.5,
};

/// Words of the form itself, at one size as long as they fit.
#[must_use]
pub const fn words(most: f32) -> Size {
    Size {
        most,
        one_line: most,
        least: 3.5,
    }
}

/// A file that is done.
#[derive(Debug, Clone)]
pub struct Paper {
    /// PDF 1.7.
    pub pdf: Vec<u8>,
    /// Pieces that no typeface draws; they stand in the paper as code points.
    pub missing: Vec<String>,
    /// How many boxes were too small for their text even at the smallest size.
    pub overflows: usize,
    /// How many pages it has.
    pub pages: usize,
}

/// A part of a typeface as it is used.
struct Used {
    glyphs: GlyphRemapper,
    /// What each glyph of the part stands for.
    text: BTreeMap<u16, String>,
    widths: BTreeMap<u16, f32>,
}

/// Pages under way.
pub struct Sheet<'a> {
    fonts: &'a Fonts,
    size: (f32, f32),
    pages: Vec<Content>,
    used: BTreeMap<usize, Used>,
    missing: Vec<String>,
    overflows: usize,
    title: String,
}

impl<'a> Sheet<'a> {
    /// The first page of a paper.
    #[must_use]
    pub fn new(fonts: &'a Fonts, size: (f32, f32), title: &str) -> Self {
        let mut sheet = Self {
            fonts,
            size,
            pages: Vec::new(),
            used: BTreeMap::new(),
            missing: Vec::new(),
            overflows: 0,
            title: title.to_owned(),
        };
        sheet.page();
        sheet
    }

    /// Another page.
    pub fn page(&mut self) {
        self.pages.push(Content::new());
    }

    fn y(&self, from_top: f32) -> f32 {
        (self.size.1 - from_top) * PT
    }

    /// A line; width in points.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        let (y1, y2) = (self.y(from.1), self.y(to.1));
        if let Some(page) = self.pages.last_mut() {
            page.set_line_width(width);
            page.move_to(from.0 * PT, y1);
            page.line_to(to.0 * PT, y2);
            page.stroke();
        }
    }

    /// A box; width of its line in points.
    pub fn frame(&mut self, area: Area, width: f32) {
        let y = self.y(area.y + area.h);
        if let Some(page) = self.pages.last_mut() {
            page.set_line_width(width);
            page.rect(area.x * PT, y, area.w * PT, area.h * PT);
            page.stroke();
        }
    }

    /// A grey ground; 1 is white.
    pub fn ground(&mut self, area: Area, grey: f32) {
        let y = self.y(area.y + area.h);
        if let Some(page) = self.pages.last_mut() {
            page.set_fill_gray(grey);
            page.rect(area.x * PT, y, area.w * PT, area.h * PT);
            page.fill_nonzero();
            page.set_fill_gray(0.0);
        }
    }

    /// Lines that text takes at a size in a width, and their height in millimetres.
    #[must_use]
    pub fn height(&self, text: &str, size: f32, width: f32) -> f32 {
        as_mm(self.wrap(text, size, width).len(), size)
    }

    fn wrap(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        wrap(self.fonts, text, width * PT / size * 1000.0)
    }

    /// Text in a box, in the middle of its height: smaller until it fits, then in lines, then smaller again.
    pub fn text(&mut self, area: Area, text: &str, size: Size, align: Align) {
        if text.is_empty() {
            return;
        }
        let (size, lines) = self.fit(area, text, size);
        let height = as_mm(lines.len(), size);
        if height > area.h + 0.05 {
            self.overflows += 1;
        }
        let mut y = area.y + ((area.h - height) / 2.0).max(0.0);
        for line in &lines {
            let shaped = self.fonts.shape(line);
            let width = shaped.width() * size / 1000.0 / PT;
            if width > area.w + 0.05 {
                self.overflows += 1;
            }
            let x = match align {
                Align::Left => area.x,
                Align::Middle => area.x + ((area.w - width) / 2.0).max(0.0),
            };
            self.show(x, y + ASCENT * size / PT, size, shaped);
            y += LEADING * size / PT;
        }
    }

    fn fit(&self, area: Area, text: &str, size: Size) -> (f32, Vec<String>) {
        const STEP: f32 = 0.5;
        if !text.contains('\n') {
            let one = self.fonts.shape(text).width() / 1000.0;
            let room = (area.w * PT / one.max(0.001)).min(area.h * PT / LEADING);
            if room >= size.one_line {
                return (size.most.min(room), vec![text.to_owned()]);
            }
        }
        let mut now = size.most;
        loop {
            let lines = self.wrap(text, now, area.w);
            if as_mm(lines.len(), now) <= area.h || now - STEP < size.least {
                return (now, lines);
            }
            now -= STEP;
        }
    }

    /// Text that goes on below itself from a place; answers where it ends.
    pub fn paragraph(&mut self, at: (f32, f32), width: f32, text: &str, size: f32) -> f32 {
        let mut y = at.1;
        for line in self.wrap(text, size, width) {
            let shaped = self.fonts.shape(&line);
            self.show(at.0, y + ASCENT * size / PT, size, shaped);
            y += LEADING * size / PT;
        }
        y
    }

    /// One shaped line on its writing line.
    fn show(&mut self, x: f32, y: f32, size: f32, shaped: Shaped) {
        let base = self.y(y);
        let mut pen = x * PT;
        self.missing.extend(shaped.missing);
        for run in shaped.runs {
            let used = self.used.entry(run.face).or_insert_with(|| Used {
                glyphs: GlyphRemapper::new(),
                text: BTreeMap::new(),
                widths: BTreeMap::new(),
            });
            // what a reader gets from the glyphs alone; where that is not the text, the text itself stands beside them
            let mut plain = true;
            let mut whole = String::new();
            let mut ids = Vec::with_capacity(run.glyphs.len());
            for glyph in &run.glyphs {
                let id = used.glyphs.remap(glyph.id);
                whole.push_str(&glyph.text);
                used.widths
                    .entry(id)
                    .or_insert_with(|| self.fonts.advance(run.face, glyph.id));
                let known = used.text.entry(id).or_insert_with(|| glyph.text.clone());
                plain &= *known == glyph.text && !glyph.text.is_empty();
                ids.push(id);
            }
            let Some(page) = self.pages.last_mut() else {
                return;
            };
            if !plain {
                page.begin_marked_content_with_properties(Name(b"Span"))
                    .properties()
                    .actual_text(TextStr(&whole));
            }
            let name = format!("F{}", run.face);
            page.begin_text();
            page.set_font(Name(name.as_bytes()), size);
            for (glyph, id) in run.glyphs.iter().zip(ids) {
                let place = (
                    pen + glyph.offset.0 * size / 1000.0,
                    base + glyph.offset.1 * size / 1000.0,
                );
                page.set_text_matrix([1.0, 0.0, 0.0, 1.0, place.0, place.1]);
                page.show(Str(&id.to_be_bytes()));
                pen += glyph.advance * size / 1000.0;
            }
            page.end_text();
            if !plain {
                page.end_marked_content();
            }
        }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// [`FontProblem::Subset`].
    pub fn finish(self) -> Result<Paper, FontProblem> {
        let mut next = 0;
        let mut fresh = || {
            next += 1;
            Ref::new(next)
        };
        let mut pdf = Pdf::new();
        let (catalog, tree, info) = (fresh(), fresh(), fresh());
        let mut faces = Vec::new();
        for (face, used) in &self.used {
            let refs = [fresh(), fresh(), fresh(), fresh(), fresh()];
            write_font(&mut pdf, self.fonts, *face, used, refs)?;
            faces.push((format!("F{face}"), refs[0]));
        }
        let mut kids = Vec::new();
        let pages = self.pages.len();
        for content in self.pages {
            let (page_ref, content_ref) = (fresh(), fresh());
            kids.push(page_ref);
            pdf.stream(content_ref, &deflate(&content.finish()))
                .filter(Filter::FlateDecode);
            let mut page = pdf.page(page_ref);
            page.media_box(Rect::new(0.0, 0.0, self.size.0 * PT, self.size.1 * PT));
            page.parent(tree);
            page.contents(content_ref);
            let mut resources = page.resources();
            let mut fonts = resources.fonts();
            for (name, font) in &faces {
                fonts.pair(Name(name.as_bytes()), *font);
            }
        }
        let count = i32::try_from(pages).unwrap_or(i32::MAX);
        pdf.pages(tree).kids(kids).count(count);
        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr("ja"));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        pdf.document_info(info).title(TextStr(&self.title));
        Ok(Paper {
            pdf: pdf.finish(),
            missing: self.missing,
            overflows: self.overflows,
            pages,
        })
    }
}

fn as_mm(lines: usize, size: f32) -> f32 {
    let lines = u16::try_from(lines).unwrap_or(u16::MAX);
    f32::from(lines) * LEADING * size / PT
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(bytes.len() / 2 + 64);
    let mut zlib = Compress::new(Compression::default(), true);
    loop {
        let done = usize::try_from(zlib.total_in()).unwrap_or(usize::MAX);
        let rest = bytes.get(done..).unwrap_or_default();
        match zlib.compress_vec(rest, &mut packed, FlushCompress::Finish) {
            Ok(Status::Ok | Status::BufError) => packed.reserve(4096),
            Ok(Status::StreamEnd) | Err(_) => return packed,
        }
    }
}

/// One typeface: the font, its descendant, its facts, its program, and what its glyphs stand for.
fn write_font(
    pdf: &mut Pdf,
    fonts: &Fonts,
    face: usize,
    used: &Used,
    [type0, cid, descriptor, program, unicode]: [Ref; 5],
) -> Result<(), FontProblem> {
    let facts = fonts
        .facts(face)
        .ok_or_else(|| FontProblem::Subset(face.to_string()))?;
    let (bytes, cff) = fonts.subset(face, &used.glyphs)?;
    let name = format!("{}+{}", tag(&bytes), facts.postscript);
    let base = Name(name.as_bytes());
    let system = SystemInfo {
        registry: Str(b"Adobe"),
        ordering: Str(b"Identity"),
        supplement: 0,
    };

    pdf.type0_font(type0)
        .base_font(base)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(unicode);

    let mut font = pdf.cid_font(cid);
    font.subtype(if cff {
        CidFontType::Type0
    } else {
        CidFontType::Type2
    });
    font.base_font(base);
    font.system_info(system);
    font.font_descriptor(descriptor);
    font.default_width(1000.0);
    if !cff {
        font.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    let mut widths = font.widths();
    for (id, width) in &used.widths {
        widths.same(*id, *id, *width);
    }
    widths.finish();
    font.finish();

    let mut facts_of = pdf.font_descriptor(descriptor);
    facts_of
        .name(base)
        .flags(FontFlags::SYMBOLIC)
        .bbox(Rect::new(
            facts.bbox[0],
            facts.bbox[1],
            facts.bbox[2],
            facts.bbox[3],
        ))
        .italic_angle(facts.italic_angle)
        .ascent(facts.ascent)
        .descent(facts.descent)
        .cap_height(facts.cap_height)
        .stem_v(80.0);
    if cff {
        facts_of.font_file3(program);
    } else {
        facts_of.font_file2(program);
    }
    facts_of.finish();

    let packed = deflate(&bytes);
    let mut stream = pdf.stream(program, &packed);
    stream.filter(Filter::FlateDecode);
    if cff {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    } else {
        let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
        stream.pair(Name(b"Length1"), length);
    }
    stream.finish();

    let mut map = UnicodeCmap::<u16>::new(Name(b"Ubugoe-UCS"), system);
    for (id, text) in used.text.iter().filter(|(_, text)| !text.is_empty()) {
        map.pair_with_multiple(*id, text.chars());
    }
    pdf.cmap(unicode, &map.finish());
    Ok(())
}

/// Six capitals that name a part of a typeface, from its bytes.
fn tag(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)
        .iter()
        .take(6)
        .map(|byte| char::from(b'A' + byte % 26))
        .collect()
}
