//! A folder in memory on which the power can go between any two operations: for tests.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use zeroize::Zeroizing;

use super::Disk;

/// What is left when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Crash {
    /// The process was killed: the kernel still writes everything.
    Killed,
    /// The power went: only what was synced is there.
    Cut,
    /// The power went after the names were written and before the bytes were: a file may be empty.
    NamesFirst,
}

/// A folder in memory that knows what would survive.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) files: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    pub(crate) names: BTreeMap<String, usize>,
    pub(crate) durable: BTreeMap<String, usize>,
    pub(crate) steps: usize,
    /// The step at which it breaks.
    pub(crate) fuse: usize,
    /// A disk that lies about having synced bytes: the control.
    pub(crate) lies: bool,
}

impl Model {
    fn step(&mut self) -> io::Result<()> {
        self.steps += 1;
        if self.steps > self.fuse {
            Err(io::Error::other("the power is gone"))
        } else {
            Ok(())
        }
    }

    fn file(&self, name: &str) -> io::Result<usize> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// What the next start finds.
    pub(crate) fn after(&self, crash: Crash) -> Self {
        let names = match crash {
            Crash::Cut => &self.durable,
            Crash::Killed | Crash::NamesFirst => &self.names,
        };
        let files = self.files.iter().map(|(bytes, synced)| {
            let bytes = match crash {
                Crash::Killed => bytes.clone(),
                Crash::Cut | Crash::NamesFirst => synced.clone().unwrap_or_default(),
            };
            (bytes.clone(), Some(bytes))
        });
        Self {
            files: files.collect(),
            names: names.clone(),
            durable: names.clone(),
            steps: 0,
            fuse: usize::MAX,
            lies: self.lies,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Shared(Arc<Mutex<Model>>);

impl Shared {
    pub(crate) fn of(model: Model) -> Self {
        Self(Arc::new(Mutex::new(model)))
    }

    pub(crate) fn held(&self) -> MutexGuard<'_, Model> {
        self.0.lock().unwrap()
    }
}

impl Disk for Shared {
    fn names(&mut self) -> io::Result<Vec<String>> {
        Ok(self.held().names.keys().cloned().collect())
    }

    fn read(&mut self, name: &str) -> io::Result<Zeroizing<Vec<u8>>> {
        let model = self.held();
        let file = model.file(name)?;
        Ok(Zeroizing::new(model.files[file].0.clone()))
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut model = self.held();
        let whole = model.step();
        let written = if whole.is_ok() {
            bytes.len()
        } else {
            bytes.len() / 2
        };
        model.files.push((bytes[..written].to_vec(), None));
        let file = model.files.len() - 1;
        model.names.insert(name.to_owned(), file);
        whole
    }

    fn sync(&mut self, name: &str) -> io::Result<()> {
        let mut model = self.held();
        model.step()?;
        let file = model.file(name)?;
        if !model.lies {
            model.files[file].1 = Some(model.files[file].0.clone());
        }
        Ok(())
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        let mut model = self.held();
        model.step()?;
        let file = model.file(from)?;
        model.names.remove(from);
        model.names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        let mut model = self.held();
        model.step()?;
        model.file(name)?;
        model.names.remove(name);
        Ok(())
    }

    fn sync_names(&mut self) -> io::Result<()> {
        let mut model = self.held();
        model.step()?;
        model.durable = model.names.clone();
        Ok(())
    }
}
