//! `outboxctl`: looks into a kiosk's outbox, and carries filings by hand where no network will come in time. It never shows what a
//! filing says, and cannot: they are sealed to their cities. Only `import` changes the outbox, and only by what cities signed.
#![allow(
    clippy::print_stdout,
    reason = "a tool for the terminal; its output is its purpose"
)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use ubugoe_edge::outbox::{Config, Outbox, Recipients, Refused, Retired, Row, RowState};
use ubugoe_protocol::{
    DeviceId, Downlink, FilingId, MAX_ENVELOPE, Receipt, RecipientId, RecipientSecretKey, Refusal,
    VerifyingKey, VisitCode, digest, open_down, peek,
};

/// Looks into a kiosk's outbox, and carries its filings by hand.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The outbox file.
    #[arg(long)]
    outbox: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes every filing that waits, sealed as it is, to a folder: one `.ubg` file each. The rows stay.
    Export {
        /// The folder, such as a USB stick's.
        #[arg(long)]
        to: PathBuf,
    },
    /// Takes in the cities' answers (`.ans` files) that came back on the stick.
    Import {
        /// The folder.
        #[arg(long)]
        from: PathBuf,
        /// This device's id.
        #[arg(long)]
        device: DeviceId,
        /// The file with the device's key for what is sent to it (`device-….hpke`).
        #[arg(long)]
        key: PathBuf,
        /// `<recipient id>=<file with its public receipt key>`; may be repeated.
        #[arg(long = "recipient", value_parser = recipient)]
        recipients: Vec<(RecipientId, VerifyingKey)>,
    },
    /// Holds a family's code (the text of its QR code) against a city's public key and the forms at hand.
    Check {
        /// The code's text, or a file that contains it.
        code: String,
        /// `<recipient id>=<file with its public receipt key>`.
        #[arg(long = "recipient", value_parser = recipient)]
        recipient: (RecipientId, VerifyingKey),
        /// The forms' files, as the city lets them be downloaded.
        forms: Vec<PathBuf>,
    },
    /// One line per row, oldest first.
    List,
    /// One row: its state and the readable header of its envelope.
    Show {
        /// 32 hexadecimal digits.
        id: FilingId,
    },
    /// Checks every row against its envelope, and its answer's signature where the key is given.
    Verify {
        /// `<recipient id>=<file with its public receipt key>`; may be repeated.
        #[arg(long = "recipient", value_parser = recipient)]
        recipients: Vec<(RecipientId, VerifyingKey)>,
    },
}

fn recipient(text: &str) -> Result<(RecipientId, VerifyingKey)> {
    let (id, file) = text.split_once('=').context("write it as <id>=<file>")?;
    let key = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    Ok((id.parse()?, VerifyingKey::from_text(&key)?))
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Command::Check {
        code,
        recipient,
        forms,
    } = arguments.command
    {
        return check_code(&code, &recipient.1, &forms);
    }
    let config = Config::at(arguments.outbox.context("--outbox is missing")?);
    let outbox = || Outbox::open_read_only(&config);
    match arguments.command {
        Command::List => list(&outbox()?)?,
        Command::Show { id } => show(&outbox()?, &id)?,
        Command::Verify { recipients } => {
            return verify(&outbox()?, &recipients.into_iter().collect());
        }
        Command::Export { to } => export(&outbox()?, &to)?,
        Command::Import {
            from,
            device,
            key,
            recipients,
        } => {
            let key = std::fs::read_to_string(&key)
                .with_context(|| format!("cannot read {}", key.display()))?;
            let answers = Answers {
                device,
                key: RecipientSecretKey::from_text(&key)?,
                recipients: recipients.into_iter().collect(),
                at: now(),
            };
            return import(&mut Outbox::open(&config)?, &from, &answers);
        }
        Command::Check { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the binary is the outer adapter where the clock comes from"
)]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// Files of a folder with this extension, in order.
fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|e| e == extension));
    files.sort();
    Ok(files)
}

/// Whole or not at all: the stick may be pulled.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&draft, path)?;
    Ok(())
}

fn export(outbox: &Outbox, to: &Path) -> Result<()> {
    let (mut count, mut bytes) = (0, 0);
    for row in outbox.pending()? {
        let Some(sealed) = outbox.to_send(&row.id)? else {
            continue;
        };
        let path = to.join(format!("{}-{}.ubg", row.recipient, row.id));
        write_whole(&path, &sealed).with_context(|| format!("cannot write {}", path.display()))?;
        count += 1;
        bytes += sealed.len();
    }
    println!("{count} filings, {bytes} bytes; they also stay in the outbox");
    Ok(())
}

/// With what answers are opened and verified.
struct Answers {
    device: DeviceId,
    key: RecipientSecretKey,
    recipients: Recipients,
    at: i64,
}

fn import(outbox: &mut Outbox, from: &Path, with: &Answers) -> Result<ExitCode> {
    let (mut settled, mut known, mut bad) = (0_u64, 0_u64, 0_u64);
    for path in files(from, "ans")? {
        match take_in(outbox, &path, with) {
            Ok((new, old)) => {
                settled += new;
                known += old;
            }
            Err(error) => {
                bad += 1;
                println!("{}: {error:#}", path.display());
            }
        }
    }
    println!("{settled} settled, {known} known before, {bad} not usable");
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn take_in(outbox: &mut Outbox, path: &Path, with: &Answers) -> Result<(u64, u64)> {
    let mut sealed = Vec::new();
    // One byte more than an answer may have, so that a longer file is refused and costs no memory.
    let most = MAX_ENVELOPE as u64 + 1;
    File::open(path)?.take(most).read_to_end(&mut sealed)?;
    let mut counts = (0, 0);
    match open_down(&sealed, &with.device, &with.key)? {
        Downlink::Receipts(items) => {
            for outcome in outbox.retire_all(&items, &with.recipients, with.at)? {
                match outcome? {
                    Retired::First(_) => counts.0 += 1,
                    Retired::Again(_) | Retired::Stale(_) | Retired::Renumbered { .. } => {
                        counts.1 += 1;
                    }
                }
            }
        }
        Downlink::Refusals(items) => {
            for item in items {
                match outbox.refuse(&item, &with.recipients, with.at)? {
                    Refused::First(_) => counts.0 += 1,
                    Refused::Again(_) => counts.1 += 1,
                }
            }
        }
        _ => bail!("neither receipts nor refusals"),
    }
    Ok(counts)
}

fn check_code(code: &str, key: &VerifyingKey, forms: &[PathBuf]) -> Result<ExitCode> {
    let text = std::fs::read_to_string(code).unwrap_or_else(|_| code.to_owned());
    let code = VisitCode::from_text(text.trim())?;
    let receipt = code.verify(key)?;
    println!(
        "genuine: {} forms, arrival number {} at {} (seconds since 1970 UTC)",
        code.tree.digests().len(),
        receipt.arrival_no,
        receipt.arrived_at
    );
    if let Some(signed) = receipt.signed {
        println!("signed between {} and {}", signed.from, signed.until);
    }
    if forms.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    let bytes = forms
        .iter()
        .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())))
        .collect::<Result<Vec<_>>>()?;
    let compared = code.compare(&bytes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    for at in &compared.altered {
        if let Some(path) = forms.get(*at) {
            println!("ALTERED: {}", path.display());
        }
    }
    for at in &compared.missing {
        println!("form {} of the visit is not among them unaltered", at + 1);
    }
    Ok(if compared.altered.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn state(row: &Row) -> &'static str {
    match row.state {
        RowState::Queued => "queued",
        RowState::Sent => "sent",
        RowState::Arrived => "arrived",
        RowState::Refused => "refused",
    }
}

fn list(outbox: &Outbox) -> Result<()> {
    println!(
        "{:<32}  {:<8}  {:>7}  {:>8}  {:>11}  {:<20}  trouble",
        "id", "state", "bytes", "attempts", "stored", "recipient"
    );
    for row in outbox.list()? {
        let trouble = row.trouble.map(|t| format!("{t:?}")).unwrap_or_default();
        println!(
            "{}  {:<8}  {:>7}  {:>8}  {:>11}  {:<20}  {trouble}",
            row.id,
            state(&row),
            row.size,
            row.attempts,
            row.stored_at,
            row.recipient.as_str()
        );
    }
    let counts = outbox.counts()?;
    println!(
        "{} queued, {} sent, {} arrived, {} refused",
        counts.queued, counts.sent, counts.arrived, counts.refused
    );
    Ok(())
}

fn show(outbox: &Outbox, id: &FilingId) -> Result<()> {
    let Some(row) = outbox.row(id)? else {
        bail!("there is no filing {id}")
    };
    println!("{row:#?}");
    match outbox.sealed(id)? {
        Some(sealed) => println!("{:#?}", peek(&sealed)?),
        None => println!("the envelope was dropped after the receipt came"),
    }
    Ok(())
}

fn verify(outbox: &Outbox, keys: &Recipients) -> Result<ExitCode> {
    let (mut good, mut bad) = (0_u64, 0_u64);
    for row in outbox.list()? {
        match check(outbox, &row, keys) {
            Ok(()) => good += 1,
            Err(error) => {
                bad += 1;
                println!("{}: {error:#}", row.id);
            }
        }
    }
    println!("{good} good, {bad} bad");
    Ok(if bad == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn check(outbox: &Outbox, row: &Row, keys: &Recipients) -> Result<()> {
    if let Some(sealed) = outbox.sealed(&row.id)? {
        if digest(&sealed) != row.envelope {
            bail!("the envelope is not the one that was stored");
        }
        let header = peek(&sealed).context("the envelope is unreadable")?;
        if header.id != row.id || header.recipient != row.recipient {
            bail!("the envelope is for {} / {}", header.id, header.recipient);
        }
    }
    let (Some(answer), Some(key)) = (&row.answer, keys.get(&row.recipient)) else {
        return Ok(());
    };
    let fits = if row.state == RowState::Arrived {
        let receipt = Receipt::verify(answer, key)?;
        receipt.id == row.id && receipt.digest == row.digest
    } else {
        let refusal = Refusal::verify(answer, key)?;
        refusal.id == row.id && refusal.envelope == row.envelope
    };
    if fits {
        Ok(())
    } else {
        bail!("the answer is about something else")
    }
}
