//! What the pages make of a browser's bytes, without a browser: for the fuzz targets only.

use super::fields::Fields;

/// The fields of a form body in their order; `None` when it is refused.
#[must_use]
pub fn read_form(body: &[u8]) -> Option<Vec<(String, String)>> {
    Fields::parse(body).ok().map(Fields::into_pairs)
}
