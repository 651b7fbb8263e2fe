//! Commands about devices that register themselves: the device CA, codes, sticks, the list, revocations, last words.

use std::fs::OpenOptions;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use qrcode::render::unicode;
use qrcode::{EcLevel, QrCode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use ubugoe_city::config::Config;
use ubugoe_city::operate::certificate::Authority;
use ubugoe_city::operate::enrol::{Desk, Refused, take_wipe};
use ubugoe_city::operate::{OPERATOR, OperateError, ca};
use ubugoe_city::server::{known, open_store};
use ubugoe_city::store::Store;
use ubugoe_city::store::enrol::code_name;
use ubugoe_protocol::DeviceId;
use ubugoe_protocol::enrol::{EnrolCode, Pin};
use zeroize::Zeroizing;

use super::{moment, now, read_config, runtime, say};

/// Exit code when the city says no: the code was wrong, spent, too old; the record is nobody's.
const NO: u8 = 4;

/// Parts of the device CA.
#[derive(Debug, Subcommand)]
pub(super) enum CaCommand {
    /// Makes the root. Do it on a machine without a network, and lock its key away.
    Root {
        /// What it is called.
        #[arg(long, default_value = "Ubugoe device root")]
        name: String,
        /// The folder: `device-root.pem` and `device-root.key` are written there.
        #[arg(long)]
        out: PathBuf,
    },
    /// Makes an issuing key under the root, which the city then has at hand.
    Issuing {
        #[command(flatten)]
        root: RootFiles,
        /// What it is called.
        #[arg(long, default_value = "Ubugoe devices")]
        name: String,
        /// The folder: `device-issuing.pem` and `device-issuing.key` are written there.
        #[arg(long)]
        out: PathBuf,
    },
    /// Makes the certificate of the server at which devices register.
    Door {
        #[command(flatten)]
        root: RootFiles,
        /// Its names or addresses; may be repeated.
        #[arg(long, required = true)]
        host: Vec<String>,
        /// The folder: `enrol-door.pem` and `enrol-door.key` are written there.
        #[arg(long)]
        out: PathBuf,
    },
    /// Prints the pin of a root: what a bench's file needs. It is no secret.
    Pin {
        /// The root's certificate, PEM.
        #[arg(long)]
        root_cert: PathBuf,
    },
    /// Writes the list of certificates that the broker must refuse, for `crlfile`.
    List {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The file; it is replaced whole.
        #[arg(long)]
        out: PathBuf,
    },
}

/// The root as it comes out of the safe.
#[derive(Debug, Args)]
pub(super) struct RootFiles {
    /// The root's certificate, PEM.
    #[arg(long)]
    root_cert: PathBuf,
    /// The root's key, PEM; it is read once and kept nowhere.
    #[arg(long)]
    root_key: PathBuf,
}

impl RootFiles {
    /// What the root makes.
    fn make(
        &self,
        make: impl FnOnce(Authority<'_>) -> Result<ca::Made, OperateError>,
    ) -> anyhow::Result<ca::Made> {
        let (cert, key) = (text(&self.root_cert)?, text(&self.root_key)?);
        Ok(make(Authority {
            cert_pem: &cert,
            key_pem: &key,
        })?)
    }
}

/// What is done with codes.
#[derive(Debug, Subcommand)]
pub(super) enum CodeCommand {
    /// Makes one, and shows it once.
    Make {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The ward, as staff call it.
        #[arg(long)]
        ward: String,
        /// One JSON object instead of a page.
        #[arg(long)]
        json: bool,
    },
    /// Lists codes and whom they let in, newest first. No code can be read off it.
    List {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Takes one back that nobody has used.
    Withdraw {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Its name, as the list has it.
        name: String,
    },
}

/// A request on a stick.
#[derive(Debug, Args)]
pub(super) struct Enrol {
    /// Configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
    /// The device's request, `….ask`.
    #[arg(long)]
    request: PathBuf,
    /// Where the answer goes.
    #[arg(long)]
    answer: PathBuf,
    /// A bench vouched for it: no code is asked for.
    #[arg(long)]
    bench: bool,
}

/// What is done with registered devices.
#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Lists all devices.
    List {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Trusts a device no more. Give the broker a new list (`device-ca list`) right after it.
    Revoke {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// Which.
        #[arg(long)]
        device: DeviceId,
        /// Why: lost, stolen, retired.
        #[arg(long)]
        why: String,
    },
    /// Takes in a device's last word, `….wiped`.
    Wiped {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
        /// The file.
        #[arg(long)]
        file: PathBuf,
    },
}

fn text(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .with_context(|| format!("cannot read {}", path.display()))
}

/// Never over something that is there: it may be the only copy of a key.
fn write_new(folder: &Path, name: &str, text: &str, mode: u32) -> anyhow::Result<()> {
    let path = folder.join(name);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&path)
        .with_context(|| format!("cannot create {}", path.display()))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    say(&path.display().to_string())
}

/// Whole or not at all: the stick may be pulled.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    std::fs::File::create(&part)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| std::fs::rename(&part, path))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Makes what is asked for of the device CA.
pub(super) fn authority(what: &CaCommand) -> anyhow::Result<ExitCode> {
    let at = now().as_second();
    let (made, stem, out) = match what {
        CaCommand::Root { name, out } => (ca::root(name, at)?, "device-root", out),
        CaCommand::Issuing { root, name, out } => (
            root.make(|by| ca::issuing(by, name, at))?,
            "device-issuing",
            out,
        ),
        CaCommand::Door { root, host, out } => (
            root.make(|by| ca::door(by, host.clone(), at))?,
            "enrol-door",
            out,
        ),
        CaCommand::Pin { root_cert } => {
            let root = CertificateDer::from_pem_slice(text(root_cert)?.as_bytes())
                .context("no certificate in PEM")?;
            say(&Pin::of(&root).to_text())?;
            return Ok(ExitCode::SUCCESS);
        }
        CaCommand::List { config, out } => {
            let config = read_config(config)?;
            return runtime()?.block_on(list_of_revoked(&config, out));
        }
    };
    write_new(out, &format!("{stem}.key"), &made.key_pem, 0o600)?;
    write_new(out, &format!("{stem}.pem"), &made.cert_pem, 0o644)?;
    Ok(ExitCode::SUCCESS)
}

async fn list_of_revoked(config: &Config, out: &Path) -> anyhow::Result<ExitCode> {
    let enrol = config.enrol.as_ref().context("[enrol] is not configured")?;
    let store = open_store(&config.store, &config.office.recipient).await?;
    let at = now().as_second();
    let revoked = store.revoked_serials(at).await?;
    let issuing = Authority {
        cert_pem: &enrol.issuing_pem,
        key_pem: &enrol.issuing_key,
    };
    let list = ca::list(issuing, &revoked, at)?;
    write_whole(out, list.as_bytes())?;
    say(&format!(
        "{} certificates are refused; this list is good for {} days",
        revoked.len(),
        ca::LIST_DAYS
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn desk(config: &mut Config) -> anyhow::Result<Desk> {
    let enrol = config.enrol.take().context("[enrol] is not configured")?;
    Ok(Desk::new(enrol, &config.office, &config.keys)?)
}

/// Makes, lists and withdraws codes.
pub(super) fn code(what: CodeCommand) -> anyhow::Result<ExitCode> {
    match what {
        CodeCommand::Make { config, ward, json } => {
            runtime()?.block_on(make_code(read_config(&config)?, &ward, json))
        }
        CodeCommand::List { config, json } => {
            runtime()?.block_on(list_codes(&read_config(&config)?, json))
        }
        CodeCommand::Withdraw { config, name } => {
            runtime()?.block_on(withdraw(&read_config(&config)?, &name))
        }
    }
}

async fn make_code(mut config: Config, ward: &str, json: bool) -> anyhow::Result<ExitCode> {
    if ward.trim().is_empty() {
        bail!("a ward has a name");
    }
    let desk = desk(&mut config)?;
    let minutes = desk.minutes();
    let store = open_store(&config.store, &config.office.recipient).await?;
    let at = now().as_second();
    let code = desk.make_code(store.as_ref(), ward, OPERATOR, at).await?;
    let typed = code.to_text();
    let scanned = desk.address().map(|address| code.to_qr_text(address));
    let name = code_name(&code.hash());
    if json {
        let object = json!({
            "format": "ubugoe-enrol-code", "v": 1, "name": name, "ward": ward, "code": typed.as_str(),
            "qr": scanned.as_ref().map(|text| text.as_str()), "address": desk.address(),
            "until": at + 60 * minutes,
        });
        say(&object.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(scanned) = &scanned
        && std::io::stdout().is_terminal()
    {
        let qr = QrCode::with_error_correction_level(scanned.as_bytes(), EcLevel::M)?;
        say(&qr.render::<unicode::Dense1x2>().quiet_zone(true).build())?;
    }
    say(&format!("病棟 / ward:      {ward}"))?;
    say(&format!("コード / code:    {}", typed.as_str()))?;
    if let Some(address) = desk.address() {
        say(&format!("接続先 / city:    {address}"))?;
    }
    say(&format!("有効 / good for:  {minutes} 分 / minutes, once"))?;
    say(&format!("名前 / name:      {name}"))?;
    Ok(ExitCode::SUCCESS)
}

async fn list_codes(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    const MOST: u32 = 1_000;
    let store = open_store(&config.store, &config.office.recipient).await?;
    let at = now().as_second();
    for code in store.codes(MOST).await? {
        let name = code_name(&code.hash);
        let state = match &code.spent {
            Some(_) => "spent",
            None if code.ends_at < at => "expired",
            None => "open",
        };
        let device = code.spent.as_ref().map(|(device, _)| device.as_str());
        if json {
            let spent_at = code.spent.as_ref().map(|(_, at)| *at);
            let object = json!({
                "format": "ubugoe-enrol-code-state", "v": 1, "name": name, "ward": code.ward, "state": state,
                "device": device, "made_at": code.made_at, "until": code.ends_at, "spent_at": spent_at,
                "actor": code.actor,
            });
            say(&object.to_string())?;
        } else {
            let who = device.map_or_else(String::new, |device| format!(" by {device}"));
            say(&format!(
                "{name} {} {}: {state}{who}",
                moment(code.made_at),
                code.ward
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn withdraw(config: &Config, name: &str) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let codes = store.codes(1_000).await?;
    let found = codes.iter().find(|code| code_name(&code.hash) == name);
    let hash = found.with_context(|| format!("there is no {name}"))?.hash;
    let at = now().as_second();
    if store.withdraw_code(hash, at, OPERATOR.to_owned()).await? {
        say(&format!("{name} lets nobody in any more"))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{name} was used before"))?;
    Ok(ExitCode::from(NO))
}

/// Lets a device in whose request came on a stick.
pub(super) fn enrol(enrol: &Enrol) -> anyhow::Result<ExitCode> {
    let config = read_config(&enrol.config)?;
    let request = std::fs::read(&enrol.request)
        .with_context(|| format!("cannot read {}", enrol.request.display()))?;
    let code = if enrol.bench {
        None
    } else {
        let mut line = Zeroizing::new(String::new());
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("cannot read the code from standard input")?;
        Some(EnrolCode::from_any(&line)?.0)
    };
    runtime()?.block_on(let_in(config, &request, code, &enrol.answer))
}

async fn let_in(
    mut config: Config,
    request: &[u8],
    code: Option<EnrolCode>,
    answer: &Path,
) -> anyhow::Result<ExitCode> {
    let desk = desk(&mut config)?;
    let store: Arc<dyn Store> = open_store(&config.store, &config.office.recipient).await?;
    let registry = known(std::mem::take(&mut config.devices), store.as_ref()).await?;
    let at = now().as_second();
    match desk
        .judge(store.as_ref(), &registry, request, code.as_ref(), at)
        .await
    {
        Ok(bytes) => {
            write_whole(answer, &bytes)?;
            say(&answer.display().to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) if !refused.is_ours() => no(&refused),
        Err(refused) => Err(refused.into()),
    }
}

fn no(refused: &Refused) -> anyhow::Result<ExitCode> {
    say(&format!("{}: {refused}", refused.code()))?;
    Ok(ExitCode::from(NO))
}

/// Lists and revokes devices, and takes in their last words.
pub(super) fn registered(what: DeviceCommand) -> anyhow::Result<ExitCode> {
    match what {
        DeviceCommand::List { config, json } => {
            runtime()?.block_on(list(&read_config(&config)?, json))
        }
        DeviceCommand::Revoke {
            config,
            device,
            why,
        } => runtime()?.block_on(revoke(&read_config(&config)?, device, why)),
        DeviceCommand::Wiped { config, file } => {
            let signed =
                std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            runtime()?.block_on(wiped(read_config(&config)?, &signed))
        }
    }
}

async fn list(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let enrolled = store.enrolled().await?;
    let by_hand = config
        .devices
        .iter()
        .map(|(id, device)| (id.as_str(), device, "configuration".to_owned(), None, None));
    let themselves = enrolled.iter().map(|one| {
        (
            one.id.as_str(),
            &one.device,
            one.voucher.clone(),
            Some(one.enrolled_at),
            one.wiped_at,
        )
    });
    for (id, device, by, since, wiped) in by_hand.chain(themselves) {
        let state = match (wiped, device.revoked_at) {
            (Some(_), _) => "wiped",
            (None, Some(_)) => "revoked",
            (None, None) => "trusted",
        };
        if json {
            let object = json!({
                "format": "ubugoe-device", "v": 1, "device": id, "ward": device.ward, "state": state, "by": by,
                "enrolled_at": since, "revoked_at": device.revoked_at, "wiped_at": wiped,
            });
            say(&object.to_string())?;
        } else {
            let since = since.map_or_else(String::new, |at| format!(" since {}", moment(at)));
            say(&format!("{id} {state} {} ({by}){since}", device.ward))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn revoke(config: &Config, device: DeviceId, why: String) -> anyhow::Result<ExitCode> {
    if config.devices.contains_key(&device) {
        bail!("{device} is in the configuration: write revoked_at there");
    }
    let store = open_store(&config.store, &config.office.recipient).await?;
    let at = now().as_second();
    let name = device.to_string();
    if store
        .revoke_device(device, at, why, OPERATOR.to_owned())
        .await?
    {
        say(&format!(
            "{name} is not trusted any more; now give the broker a new list: ubugoe-city device-ca list"
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("{name} is not known, or was not trusted before"))?;
    Ok(ExitCode::from(NO))
}

async fn wiped(mut config: Config, signed: &[u8]) -> anyhow::Result<ExitCode> {
    let store = open_store(&config.store, &config.office.recipient).await?;
    let registry = known(std::mem::take(&mut config.devices), store.as_ref()).await?;
    match take_wipe(store.as_ref(), &registry, signed, now().as_second()).await {
        Ok((device, first)) => {
            let word = if first {
                "was wiped; it signed that itself, and is not trusted any more"
            } else {
                "had said so before"
            };
            say(&format!("{device} {word}"))?;
            Ok(ExitCode::SUCCESS)
        }
        Err(refused) if !refused.is_ours() => no(&refused),
        Err(refused) => Err(refused.into()),
    }
}
