//! `outboxctl`: looks into a kiosk's outbox. It opens the file read-only and never shows what a filing says.
#![allow(
    clippy::print_stdout,
    reason = "a tool for the terminal; its output is its purpose"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Parser, Subcommand};
use ubugoe_edge::outbox::{Config, Outbox, Recipients, Row, RowState};
use ubugoe_protocol::{FilingId, Receipt, RecipientId, Refusal, VerifyingKey, digest, peek};

/// Looks into a kiosk's outbox without changing it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The outbox file.
    #[arg(long)]
    outbox: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
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
    let outbox = Outbox::open_read_only(&Config::at(arguments.outbox))?;
    match arguments.command {
        Command::List => list(&outbox)?,
        Command::Show { id } => show(&outbox, &id)?,
        Command::Verify { recipients } => {
            return verify(&outbox, &recipients.into_iter().collect());
        }
    }
    Ok(ExitCode::SUCCESS)
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
