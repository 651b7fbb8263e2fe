//! What an update of [`Content::System`](crate::update::Content::System) carries: a short order that names a bundle.
//!
//! The bundle itself lies on a web server; a device fetches it, and believes it because of the image's own signature. This
//! order only chooses among signed bundles. It says nothing about who fetches and who installs.

use std::fmt;
use std::str::FromStr;

use ciborium::Value;

use crate::wire::{self, Fields, WireError};

const ORDER: &str = "ubugoe-system/1";

/// Longest order in bytes.
pub const MAX_ORDER: usize = 1024;

/// Longest address in bytes.
pub const MAX_URL: usize = 512;

/// Longest bundle in bytes: 2 GiB, more than two roots and boot partitions of the image.
pub const MAX_BUNDLE: u64 = 2 << 30;

/// Longest word for a kind of machine.
const MAX_COMPATIBLE: usize = 64;

/// The version of an image, `0.8.2+2026`: three numbers of the program and one of the build. They compare as numbers, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageVersion {
    program: [u32; 3],
    build: u64,
}

/// Text that is no version of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a version of an image (0.8.2+2026)")]
pub struct NoImageVersion;

impl FromStr for ImageVersion {
    type Err = NoImageVersion;

    fn from_str(text: &str) -> Result<Self, NoImageVersion> {
        let read = || {
            let (program, build) = text.split_once('+')?;
            let mut numbers = program.split('.').map(str::parse);
            let program = [
                numbers.next()?.ok()?,
                numbers.next()?.ok()?,
                numbers.next()?.ok()?,
            ];
            let build = build.parse().ok()?;
            Some(Self { program, build }).filter(|_| numbers.next().is_none())
        };
        // One way of writing each: what is compared as text elsewhere is the same there.
        read()
            .filter(|version| version.to_string() == text)
            .ok_or(NoImageVersion)
    }
}

impl fmt::Display for ImageVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.program;
        write!(f, "{major}.{minor}.{patch}+{}", self.build)
    }
}

/// Which bundle a device is to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemOrder {
    /// Where it lies: `https`, a host, no user, no fragment.
    pub url: String,
    /// For which kind of machine, as RAUC says it: `ubugoe-generic-amd64`.
    pub compatible: String,
    /// The version of the image in it.
    pub version: ImageVersion,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub len: u64,
}

/// Signs that may stand in an address: what RFC 3986 allows, without what a shell or a configuration file might read as its own.
fn plain(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || "-._~/:?=&%+,@[]".contains(sign)
}

fn url_ok(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let named = host.starts_with(|sign: char| sign.is_ascii_alphanumeric() || sign == '[');
    url.len() <= MAX_URL && url.chars().all(plain) && named && !host.contains('@')
}

fn compatible_ok(word: &str) -> bool {
    let allowed = |sign: char| sign.is_ascii_alphanumeric() || "-._".contains(sign);
    (1..=MAX_COMPATIBLE).contains(&word.len()) && word.chars().all(allowed)
}

impl SystemOrder {
    fn check(&self) -> Result<(), WireError> {
        let out = |field| WireError::OutOfRange { what: ORDER, field };
        if !url_ok(&self.url) {
            return Err(out("address"));
        }
        if !compatible_ok(&self.compatible) {
            return Err(out("compatible"));
        }
        if (1..=MAX_BUNDLE).contains(&self.len) {
            Ok(())
        } else {
            Err(out("length"))
        }
    }

    /// As it travels, at most [`MAX_ORDER`] bytes.
    ///
    /// # Errors
    /// [`WireError::OutOfRange`] with the field that no device would take.
    pub fn to_bytes(&self) -> Result<Vec<u8>, WireError> {
        self.check()?;
        Ok(wire::encode(&wire::map(vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Text(self.url.clone())),
            (3, Value::Text(self.compatible.clone())),
            (4, Value::Text(self.version.to_string())),
            (5, Value::Bytes(self.sha256.to_vec())),
            (6, Value::from(self.len)),
        ])))
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`WireError`]: not an order, one of another version, or with a field that is not taken.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(ORDER, wire::decode(ORDER, bytes, MAX_ORDER)?)?;
        f.version(1)?;
        let order = Self {
            url: f.text(2, "address", MAX_URL)?,
            compatible: f.text(3, "compatible", MAX_COMPATIBLE)?,
            version: f.text(4, "image version", 64)?.parse().map_err(|_| {
                WireError::OutOfRange {
                    what: ORDER,
                    field: "image version",
                }
            })?,
            sha256: f.array(5, "sha256")?,
            len: f.uint(6, "length", MAX_BUNDLE)?,
        };
        f.finish()?;
        order.check()?;
        Ok(order)
    }
}
