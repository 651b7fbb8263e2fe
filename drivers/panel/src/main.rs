//! `panelctl`: a technician's word with a front panel, while no kiosk speaks with it.

#![expect(clippy::print_stdout, reason = "a tool for a terminal")]

use std::{fs, path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use ubugoe_panel::{Ask, Client, image_of};

/// Talks with a front panel.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// Its serial port, for example /dev/ttyACM0.
    port: PathBuf,
    #[command(subcommand)]
    order: Order,
}

#[derive(Debug, Subcommand)]
enum Order {
    /// Who it is: board, firmware, slot, tables.
    Identify,
    /// What it senses.
    Sense,
    /// Lights everything for two seconds.
    Lamps,
    /// Gives it firmware and starts that on trial; a kiosk, or `confirm`, makes it stay.
    Update {
        /// A signed image for the slot that does not run.
        image: PathBuf,
    },
    /// The firmware on trial stays.
    Confirm,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut client = Client::open(&arguments.port, Duration::from_millis(500))?;
    match arguments.order {
        Order::Identify => println!("{:#?}", client.identify()?),
        Order::Sense => println!("{:#?}", client.tell(&Ask::Sense)?),
        Order::Lamps => println!("{:#?}", client.tell(&Ask::TestLamps)?),
        Order::Update { image } => {
            let image = fs::read(&image).with_context(|| image.display().to_string())?;
            let (slot, version) = image_of(&image).context("this is no image")?;
            println!("version {version} into slot {slot:?}");
            client.update(&image, |_, done, all| {
                println!("{done} of {all} bytes");
                Ok(())
            })?;
            println!("it starts on trial: confirm within two minutes");
        }
        Order::Confirm => {
            let identity = client.identify()?;
            client.confirm(identity.version)?;
            println!("version {} stays", identity.version);
        }
    }
    Ok(())
}
