//! The typefaces of a running city: read when the first paper is asked for, and kept.
//!
//! Answers for which files are asked. A city without typefaces takes filings like any other: it has no papers, and says why.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::fonts::{DEBIAN_FONTS, FontProblem, Fonts};

/// Reads a file; handed in by whoever may.
pub type ReadFont = fn(&Path) -> io::Result<Vec<u8>>;

/// Typefaces that are read at first use.
pub struct Fontcase {
    named: Vec<PathBuf>,
    read: ReadFont,
    fonts: OnceLock<Result<Arc<Fonts>, FontProblem>>,
}

impl std::fmt::Debug for Fontcase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fontcase({:?})", self.named)
    }
}

impl Fontcase {
    /// The files of the configuration; none named means where Debian has them.
    #[must_use]
    pub fn new(named: Vec<PathBuf>, read: ReadFont) -> Self {
        Self {
            named,
            read,
            fonts: OnceLock::new(),
        }
    }

    /// The typefaces. The first call reads some fifty megabytes: not for an asynchronous thread.
    ///
    /// # Errors
    /// [`FontProblem`], the same one until the program starts anew.
    pub fn fonts(&self) -> Result<Arc<Fonts>, FontProblem> {
        self.fonts.get_or_init(|| self.load().map(Arc::new)).clone()
    }

    /// Of Debian's files those that are there; of named ones every one.
    fn load(&self) -> Result<Fonts, FontProblem> {
        let mut files = Vec::new();
        if self.named.is_empty() {
            for path in DEBIAN_FONTS {
                if let Ok(bytes) = (self.read)(Path::new(path)) {
                    files.push((path.to_owned(), bytes));
                }
            }
            return Fonts::new(files);
        }
        for path in &self.named {
            let name = path.display().to_string();
            match (self.read)(path) {
                Ok(bytes) => files.push((name, bytes)),
                Err(_) => return Err(FontProblem::None(name)),
            }
        }
        Fonts::new(files)
    }
}
