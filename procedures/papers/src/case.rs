//! The typefaces of a running program: read when the first paper is asked for, and kept.
//!
//! Answers for which files are asked. Without typefaces a city takes filings like any other, and a kiosk goes on: there are no
//! papers, and it is said why.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::fonts::{DEBIAN_FONTS, FontProblem, Fonts};

/// Reads a file, if it can be read; handed in by whoever may.
pub type ReadFont = fn(&Path) -> Option<Vec<u8>>;

/// Typefaces that are read at first use.
pub struct Fontcase {
    named: Vec<PathBuf>,
    usual: &'static [&'static str],
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
            usual: &DEBIAN_FONTS,
            read,
            fonts: OnceLock::new(),
        }
    }

    /// These files where none are named.
    #[must_use]
    pub fn usually(mut self, usual: &'static [&'static str]) -> Self {
        self.usual = usual;
        self
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
            for path in self.usual {
                if let Some(bytes) = (self.read)(Path::new(path)) {
                    files.push(((*path).to_owned(), bytes));
                }
            }
            return Fonts::new(files);
        }
        for path in &self.named {
            let name = path.display().to_string();
            match (self.read)(path) {
                Some(bytes) => files.push((name, bytes)),
                None => return Err(FontProblem::None(name)),
            }
        }
        Fonts::new(files)
    }
}
