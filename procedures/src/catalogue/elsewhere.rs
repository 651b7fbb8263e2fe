//! Files of the catalogue's folder that other modules read: here they are only found by name and handed to their reader,
//! so that one lint sees the whole folder.

use crate::checkups::Checkups;
use crate::nursery::{FeeTable, PointTable};
use crate::plan::Words;
use crate::portable::SlotTable;
use crate::vaccination::Schedule;

/// What a module's reader says against a text.
type Read = fn(&str) -> Result<(), String>;

/// The reader of a file, by its folder and name; `None` where the catalogue itself reads it.
pub(super) fn reader(folder: &str, file: &str) -> Option<Read> {
    Some(match (folder, file) {
        ("points", _) => |text| said(PointTable::parse("points", text)),
        ("fees", _) => |text| said(FeeTable::parse("fees", text)),
        (_, "vaccines.toml") => |text| said(Schedule::read(text)),
        (_, "portable_id.toml") => |text| said(SlotTable::parse(text)),
        (_, "words.toml") => |text| said(Words::read(text)),
        (_, "checkups.toml") => |text| said(Checkups::read(text)),
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
