//! Candidates on a terminal: `cargo run -p ubugoe-ime --example convert -- ひまり given` (or surname, address, text, kanji).

#![expect(clippy::print_stdout, reason = "a program for a terminal")]

use std::env;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};
use ubugoe_ime::{Account, Config, Ime, Kind};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kana, kind] = arguments.as_slice() else {
        bail!("two arguments: kana, and one of given, surname, address, text, kanji");
    };
    let home = tempfile::tempdir().context("a folder for the conversion server")?;
    let mut config = Config::debian(PathBuf::from(home.path()));
    // Debian's nobody; used only by root.
    config.account = Some(Account {
        uid: 65534,
        gid: 65534,
    });
    let start = Instant::now();
    let mut ime = Ime::open(config)?;
    for missing in ime.missing() {
        println!("missing: {missing}");
    }
    println!("opened in {:?}", start.elapsed());
    let kind = match kind.as_str() {
        "given" => Kind::GivenName,
        "surname" => Kind::Surname,
        "address" => Kind::Address,
        "text" => Kind::Text,
        "kanji" => {
            println!(
                "{}",
                ime.kanji(kana).into_iter().take(60).collect::<String>()
            );
            return Ok(());
        }
        other => bail!("no such kind: {other}"),
    };
    let start = Instant::now();
    let candidates = ime.candidates(kana, kind, 100);
    println!("{} candidates in {:?}", candidates.len(), start.elapsed());
    for candidate in candidates {
        println!("{}  {:?}", candidate.text, candidate.origin);
    }
    Ok(())
}
