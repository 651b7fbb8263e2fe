//! Makes cards by name: a built-in persona, or `<name>.toml` in a folder. It keeps no cards.

use std::path::{Path, PathBuf};

use crate::{Card, Error, Persona, Pki};

/// Whoever hands out cards in a test or demonstration.
#[derive(Debug, Clone)]
pub struct Issuer {
    pki: Pki,
    folder: Option<PathBuf>,
}

impl Issuer {
    /// An issuer of the built-in personas.
    #[must_use]
    pub fn new(pki: Pki) -> Self {
        Self { pki, folder: None }
    }

    /// Looks for personas in this folder first.
    #[must_use]
    pub fn with_folder(mut self, folder: &Path) -> Self {
        self.folder = Some(folder.to_owned());
        self
    }

    /// The PKI the cards are made with.
    #[must_use]
    pub fn pki(&self) -> &Pki {
        &self.pki
    }

    /// A fresh card for the persona of this name.
    pub fn issue(&self, name: &str) -> Result<Card, Error> {
        let file = self
            .folder
            .as_ref()
            .map(|folder| folder.join(format!("{name}.toml")));
        let persona = match file.filter(|path| path.exists()) {
            Some(path) => Persona::from_file(&path)?,
            None => Persona::built_in(name)?,
        };
        Card::issue(&persona, &self.pki)
    }
}
