//! What `publish --content system` makes of a bundle: the order that names it. The bundle itself stays where it is.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use sha2::{Digest as _, Sha256};
use ubugoe_protocol::{ImageVersion, SystemOrder};

/// What an order says beside the bundle's length and hash.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Of a system: where devices fetch the bundle, `https`; the same bytes as the file.
    #[arg(long)]
    url: Option<String>,
    /// Of a system: for which kind of machine. Without it what the manifest beside the bundle (`.raucm`) says.
    #[arg(long)]
    compatible: Option<String>,
    /// Of a system: the version of the image. Without it what the manifest beside the bundle says.
    #[arg(long)]
    image_version: Option<String>,
}

impl Named {
    /// Whether something was said that only a system has.
    pub(crate) const fn is_given(&self) -> bool {
        self.url.is_some() || self.compatible.is_some() || self.image_version.is_some()
    }

    /// Reads the bundle through and makes the order.
    pub(crate) fn order(self, bundle: &Path) -> anyhow::Result<Vec<u8>> {
        let beside = bundle.with_extension("raucm");
        let manifest = std::fs::read_to_string(&beside).unwrap_or_default();
        let said = |name: &str| {
            let mut lines = manifest.lines();
            lines.find_map(|line| {
                line.strip_prefix(name)?
                    .strip_prefix('=')
                    .map(str::to_owned)
            })
        };
        let or_said = |given: Option<String>, name, argument| {
            given
                .or_else(|| said(name))
                .with_context(|| format!("give {argument}: {} does not say it", beside.display()))
        };
        let cannot = || format!("cannot read {}", bundle.display());
        let mut hash = Sha256::new();
        let len = File::open(bundle)
            .and_then(|mut file| io::copy(&mut file, &mut hash))
            .with_context(cannot)?;
        let version = or_said(self.image_version, "version", "--image-version")?;
        let order = SystemOrder {
            url: self.url.context("a system needs --url")?,
            compatible: or_said(self.compatible, "compatible", "--compatible")?,
            version: version
                .parse::<ImageVersion>()
                .with_context(|| format!("{version:?}"))?,
            sha256: hash.finalize().into(),
            len,
        };
        order.to_bytes().context("no device would take this order")
    }
}
