//! Prints the figures of `docs/portable-id.md` on the made-up population of the reference size:
//! `cargo run -p ubugoe-procedures --release --example figures_portable [households]`.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]
#![allow(clippy::unwrap_used, reason = "a tool for developers")]
#![allow(
    clippy::cast_precision_loss,
    reason = "shares of a few million households"
)]

use std::time::Instant;

#[path = "../tests/portable_population/mod.rs"]
mod population;

use population::{Issuer, Loneliness, Population, Release};

fn main() {
    let households = std::env::args()
        .nth(1)
        .map_or(population::REFERENCE, |given| given.parse().unwrap());
    let population = Population::of(households, 7);
    println!(
        "{} households with children, all made up",
        population.households.len()
    );
    println!("\n| attributes | unique | k < 10 | mean 1/k |\n| --- | --- | --- | --- |");
    for (name, lonely) in population.attribute_sets() {
        row(name, lonely);
    }

    let cells = population.cells();
    let counts = population.counts(&cells);
    let seed_cells = population.without_children(&cells);
    let seed_counts = population.counts(&seed_cells);
    let sets = [
        ("seed example", &seed_cells, &seed_counts),
        ("all attributes", &cells, &counts),
    ];
    for (name, cells, counts) in sets {
        for k in [10, 25] {
            let release = Release::of(&population.table, cells, counts, k);
            row(
                &format!("{name}, released at k = {k}"),
                release.loneliness(),
            );
            row(
                "… among those who release the same",
                release.loneliness_among_releasers(),
            );
        }
    }
    for k in [10, 25] {
        let rest = population.counts_of_the_rest(&cells, k);
        let release = Release::of(&population.table, &cells, &rest, k);
        row(
            &format!("all attributes, k = {k} among those who release the same"),
            release.loneliness_among_releasers(),
        );
        ladder(&release);
    }

    let release = Release::of(&population.table, &cells, &counts, 10);
    println!("\nthe plain ladder at k = 10:");
    ladder(&release);

    let linked = population::linking(
        &mut Issuer::new(&population.table, true, 11),
        &release,
        200_000,
        12,
    );
    println!(
        "\nT3 linking, AUC: {:.4} by equal symbols, {:.4} learned",
        linked.equal_symbols, linked.learned
    );
    for (name, random) in [("55 random bits", true), ("no random bits", false)] {
        let attack = population::dictionary(
            &mut Issuer::new(&population.table, random, 13),
            &release,
            1_000_000,
            20_000,
            14,
        );
        println!(
            "T4 dictionary, 1,000,000 calls, 20,000 victims, {name}: {} found, success {}, prior {}",
            attack.found,
            percent(attack.success),
            percent(attack.prior)
        );
    }
    let mut issuer = Issuer::new(&population.table, true, 15);
    let (_, released, _) = &release.released[0];
    let worst = population::chi_squares(&mut issuer, released, 1_000_000)
        .into_iter()
        .fold(0.0, f64::max);
    println!("T5 chi-square, 1,000,000 tokens of one profile: worst of 20 positions {worst:.1}");

    let tokens = 200_000;
    let begun = Instant::now();
    for _ in 0..tokens {
        issuer.issue(released);
    }
    let rate = f64::from(tokens) / begun.elapsed().as_secs_f64();
    println!("{rate:.0} tokens/s on one thread");
}

fn ladder(release: &Release) {
    let shares: Vec<String> = release.by_rung().into_iter().map(percent).collect();
    println!(
        "  share of people by rungs climbed, 0 to 5: {}; withheld: {} households",
        shares.join(" "),
        release.withheld
    );
}

fn row(name: &str, lonely: Loneliness) {
    println!(
        "| {name} | {} | {} | {} |",
        percent(lonely.unique),
        percent(lonely.below_ten),
        percent(lonely.mean_inverse)
    );
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}
