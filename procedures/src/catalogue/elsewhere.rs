//! Files of the catalogue's folder that other modules read: here they are only found by name and handed to their reader,
//! so that one lint sees the whole folder.

use crate::checkups::Checkups;
use crate::vaccination::Schedule;

/// What a module's reader says against a text.
type Read = fn(&str) -> Result<(), String>;

/// The reader of a file, by its name without folder; `None` where the catalogue itself reads it.
pub(super) fn reader(file: &str) -> Option<Read> {
    Some(match file {
        "vaccines.toml" => |text| said(Schedule::read(text)),
        "checkups.toml" => |text| said(Checkups::read(text)),
        "words.toml" => |text| said(crate::plan::Words::read(text)),
        _ => return None,
    })
}

fn said<T, E: std::error::Error>(read: Result<T, E>) -> Result<(), String> {
    read.map(drop).map_err(|error| {
        // The whole chain: the outer words alone say only which file.
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(next) = source {
            words = format!("{words}: {next}");
            source = next.source();
        }
        words
    })
}
