//! The towns that a list's places lie in, each with a middle to measure distances from.
//!
//! A device at a bedside has no map and asks nobody where a family lives; "near this town" needs neither.

use crate::nursery::{Facility, Position};

/// A town with places.
#[derive(Debug, Clone, PartialEq)]
pub struct Town {
    /// Its name, without 丁目 and what follows.
    pub name: String,
    /// The mean of its places' positions.
    pub middle: Position,
}

/// The town of an address: what stands between the municipality and the first number.
fn town<'a>(address: &'a str, municipality: &str) -> Option<&'a str> {
    let (_, after) = address.split_once(municipality)?;
    let digits = after.find(|c: char| c.is_ascii_digit() || ('０'..='９').contains(&c));
    let named = after.get(..digits.unwrap_or(after.len()))?;
    // 汐見町三丁目: the kanji numerals right before 丁目 belong to the number, those of 三本木町 to the name.
    let name = named.split_once("丁目").map_or(named, |(before, _)| {
        before.trim_end_matches(|c| "一二三四五六七八九十".contains(c))
    });
    (!name.is_empty()).then_some(name)
}

/// The towns of these places, in the order in which the list first names them. Places without a position or outside of
/// the municipality give none.
#[must_use]
pub fn towns(facilities: &[Facility], municipality: &str) -> Vec<Town> {
    let mut found: Vec<(&str, f64, f64, f64)> = Vec::new();
    for facility in facilities {
        let name = facility.address.as_deref();
        let (Some(name), Some(at)) = (
            name.and_then(|address| town(address, municipality)),
            facility.position,
        ) else {
            continue;
        };
        match found.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, lat, lon, of)) => {
                *lat += at.lat();
                *lon += at.lon();
                *of += 1.0;
            }
            None => found.push((name, at.lat(), at.lon(), 1.0)),
        }
    }
    let middle = |(name, lat, lon, of): (&str, f64, f64, f64)| {
        Some(Town {
            name: name.to_owned(),
            middle: Position::new(lat / of, lon / of)?,
        })
    };
    found.into_iter().filter_map(middle).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn at(address: &str, lat: f64, lon: f64) -> Facility {
        Facility {
            address: Some(address.into()),
            position: Position::new(lat, lon),
            ..Facility::named("a", "a")
        }
    }

    #[test]
    fn a_town_has_one_middle_whatever_its_blocks() {
        let list = [
            at("ことほぎ県あすこえ市汐見町一丁目2-1", 33.0, 136.0),
            at("ことほぎ県あすこえ市三本木町４番地", 35.0, 139.0),
            at("あすこえ市汐見町三丁目8-4", 35.0, 138.0),
            at("ことほぎ県となり町本町1", 35.0, 138.0),
            at("あすこえ市", 35.0, 138.0),
        ];
        let found = towns(&list, "あすこえ市");
        let names: Vec<&str> = found.iter().map(|town| town.name.as_str()).collect();
        assert_eq!(names, ["汐見町", "三本木町"]);
        assert_eq!(found[0].middle, Position::new(34.0, 137.0).unwrap());
    }
}
