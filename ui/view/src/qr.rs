//! QR codes: a matrix of modules becomes a picture. Which text they carry is decided elsewhere.

use slint::{Image, Rgba8Pixel, SharedPixelBuffer};

/// White modules around the code, as ISO/IEC 18004 asks.
const QUIET: usize = 4;

/// Draws a square matrix, row by row, `true` for dark, with its quiet zone: one pixel per module.
///
/// The page scales it without smoothing. Returns an empty image when `modules` is not `width × width` long or empty: the
/// page then shows no code at all rather than a broken one.
#[must_use]
pub fn qr_image(width: usize, modules: &[bool]) -> Image {
    let side = width + 2 * QUIET;
    let (Ok(pixels), true) = (
        u32::try_from(side),
        width > 0 && width.checked_mul(width) == Some(modules.len()),
    ) else {
        return Image::default();
    };
    let mut buffer = SharedPixelBuffer::<Rgba8Pixel>::new(pixels, pixels);
    buffer
        .make_mut_slice()
        .fill(Rgba8Pixel::new(255, 255, 255, 255));
    let rows = buffer.make_mut_slice().chunks_exact_mut(side).skip(QUIET);
    for (row, line) in rows.zip(modules.chunks_exact(width)) {
        for (pixel, dark) in row.iter_mut().skip(QUIET).zip(line) {
            if *dark {
                *pixel = Rgba8Pixel::new(0, 0, 0, 255);
            }
        }
    }
    Image::from_rgba8(buffer)
}
