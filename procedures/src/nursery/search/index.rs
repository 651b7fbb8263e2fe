//! Where the facilities lie: a grid fitted to them, built once, and the walk through it from near to far.
//!
//! Each cell knows the box its facilities lie in. A cell is opened only while it may hold something better than the worst
//! of the best so far. Results do not depend on the grid, only the time does.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Range;

use super::super::facility::{Facility, Position};
use super::super::vacancy::{Vacancy, VacancyRow};
use super::super::words::{DataError, Words};
use super::judge::{Query, Row};
use super::names::Names;
use super::{MOST, Page, Wishes};

/// Mean radius of the earth in metres (IUGG R1).
const EARTH_RADIUS: f64 = 6_371_008.8;
/// Farther than anything on earth: where no distance is known.
pub(super) const NOWHERE: u32 = (1 << 28) - 1;
/// A facility's classes times a few months; more would be an attack on looking through them.
const MOST_VACANCIES: usize = 200;
/// Facilities a cell holds on average.
const PER_CELL: usize = 16;

/// Facilities, ready to be searched.
#[derive(Debug)]
pub struct Index {
    facilities: Vec<Facility>,
    /// In the order of the cells; those without a place at the end.
    rows: Vec<Row>,
    names: Names,
    cells: Vec<Cell>,
    /// Rows without a place.
    placeless: Range<usize>,
    /// Rows in the order of ids.
    by_id: Vec<u32>,
    pub(super) vacancies: Vec<Vacancy>,
    unmatched: Vec<u64>,
}

/// Facilities that lie together.
#[derive(Debug)]
struct Cell {
    south: f64,
    north: f64,
    west: f64,
    east: f64,
    rows: Range<usize>,
}

/// A place as a unit vector: distances become differences.
pub(super) type Vector = [f64; 3];

pub(super) fn vector(position: Position) -> Vector {
    let (lat, lon) = (position.lat().to_radians(), position.lon().to_radians());
    [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
}

/// The straight line through the earth between two places, in radii of the earth.
pub(super) fn chord(from: &Vector, to: &Vector) -> f64 {
    let square: f64 = from
        .iter()
        .zip(to)
        .map(|(from, to)| (from - to) * (from - to))
        .sum();
    square.sqrt()
}

/// Great-circle distance in whole metres.
pub(super) fn metres(chord: f64) -> u32 {
    round(2.0 * EARTH_RADIUS * (chord / 2.0).min(1.0).asin())
}

/// A little less than that, at a fraction of its cost: the straight line is the shorter one.
fn at_least(chord: f64) -> u32 {
    down(EARTH_RADIUS * chord)
}

/// Down to whole metres, and one less, so that rounding never makes anything look farther than it is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a negative number becomes 0, and none is larger than half the earth's circumference"
)]
fn down(metres: f64) -> u32 {
    (metres - 1.0) as u32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most half the earth's circumference, 20,015 km, and never negative"
)]
fn round(metres: f64) -> u32 {
    metres.round() as u32
}

impl Cell {
    /// Metres that every facility of the cell is away at least. `cosine` is that of the latitude one looks from.
    fn at_least(&self, from: Position, cosine: f64) -> u32 {
        let gap = |value: f64, low: f64, high: f64| (low - value).max(value - high).max(0.0);
        let north_south = gap(from.lat(), self.south, self.north).to_radians();
        // The other way round the earth may be shorter.
        let lon = from.lon();
        let east_west = gap(lon, self.west, self.east)
            .min(gap(lon + 360.0, self.west, self.east))
            .min(gap(lon - 360.0, self.west, self.east))
            .min(90.0)
            .to_radians();
        // How far it is to another meridian: its sine is `cosine` times that of the angle between. Neither x - x³/6 for the
        // one sine nor the sine itself for its angle is ever too much.
        let sine = (east_west - east_west * east_west * east_west / 6.0).max(0.0);
        down(EARTH_RADIUS * north_south.max(cosine * sine))
    }
}

impl Index {
    /// Takes facilities and, if there are any, tables of free places.
    #[must_use]
    pub fn build(facilities: Vec<Facility>, vacancies: &[VacancyRow]) -> Self {
        let (vacancies, ranges, unmatched) = join(&facilities, vacancies);
        let ranks = ranks(&facilities);
        let grid = Grid::around(&facilities);
        let mut order: Vec<(usize, usize)> = facilities
            .iter()
            .enumerate()
            .map(|(index, facility)| (grid.cell(facility.position), index))
            .collect();
        order.sort_unstable();

        let mut rows = Vec::with_capacity(facilities.len());
        let mut names = Names::default();
        let mut cells: Vec<Cell> = Vec::new();
        let mut by_id = vec![0; facilities.len()];
        let mut open: Option<usize> = None;
        let mut placed = 0;
        for (number, index) in order {
            let Some(facility) = facilities.get(index) else {
                continue;
            };
            let rank = ranks.get(index).copied().unwrap_or(0);
            let range = ranges.get(index).cloned().unwrap_or(0..0);
            if let Some(slot) = by_id.get_mut(rank as usize) {
                *slot = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            }
            if let Some(position) = facility.position {
                placed = rows.len() + 1;
                let (lat, lon) = (position.lat(), position.lon());
                match cells.last_mut().filter(|_| open == Some(number)) {
                    Some(cell) => {
                        cell.south = cell.south.min(lat);
                        cell.north = cell.north.max(lat);
                        cell.west = cell.west.min(lon);
                        cell.east = cell.east.max(lon);
                        cell.rows.end = placed;
                    }
                    None => cells.push(Cell {
                        south: lat,
                        north: lat,
                        west: lon,
                        east: lon,
                        rows: rows.len()..placed,
                    }),
                }
                open = Some(number);
            }
            let own = vacancies.get(range.clone()).unwrap_or_default();
            rows.push(Row::of(facility, index, rank, range, own));
            names.push(facility);
        }
        Self {
            placeless: placed..rows.len(),
            facilities,
            rows,
            names,
            cells,
            by_id,
            vacancies,
            unmatched,
        }
    }

    /// The facilities, in the order they were handed in.
    #[must_use]
    pub fn facilities(&self) -> &[Facility] {
        &self.facilities
    }

    /// Lines of the tables of free places that name no facility here, or more than one.
    #[must_use]
    pub fn unmatched_vacancies(&self) -> &[u64] {
        &self.unmatched
    }

    /// The best facilities for these wishes. At most ten thousand are looked through.
    ///
    /// # Errors
    /// [`DataError`] when the built-in sentences are broken.
    pub fn search(&self, wishes: &Wishes) -> Result<Page, DataError> {
        let words = Words::builtin()?;
        let query = Query::new(wishes);
        let wanted = wishes.offset.saturating_add(wishes.limit).min(MOST);
        // One more, to know whether there are more.
        let mut best = Best::new(wanted + 1);
        match wishes.at {
            Some(from) => self.walk(from, &query, &mut best),
            None => {
                for row in &self.by_id {
                    // Further ids are greater: nothing better comes once all of them fit.
                    if best.is_full() && best.misses_nothing() {
                        break;
                    }
                    self.look_at(*row as usize, &query, &mut best);
                }
            }
        }
        let keys = best.sorted();
        let more = keys.len() > wanted;
        let hits = keys
            .into_iter()
            .take(wanted)
            .skip(wishes.offset)
            .filter_map(|key| {
                let rank = usize::try_from(key & u64::from(u32::MAX)).ok()?;
                let row = self.rows.get(*self.by_id.get(rank)? as usize)?;
                let facility = self.facilities.get(row.facility())?;
                let hit = query.explain(row, facility, self, words);
                debug_assert_eq!(hit.misses(), key >> 60, "{hit:?}");
                Some(hit)
            })
            .collect();
        Ok(Page { hits, more })
    }

    fn walk(&self, from: Position, query: &Query, best: &mut Best) {
        let cosine = from.lat().to_radians().cos().max(0.0);
        let mut queue: BinaryHeap<Reverse<(u32, usize)>> = self
            .cells
            .iter()
            .enumerate()
            .map(|(index, cell)| Reverse((cell.at_least(from, cosine), index)))
            .collect();
        while let Some(Reverse((at_least, index))) = queue.pop() {
            let misses = u8::from(query.is_too_far(at_least));
            if best.is_settled(key(misses, at_least, 0)) {
                break;
            }
            let rows = self.cells.get(index).map_or(0..0, |cell| cell.rows.clone());
            for row in rows {
                self.look_at(row, query, best);
            }
        }
        // Where a place is not known it is not known to be too far.
        if !best.is_settled(key(0, NOWHERE, 0)) {
            for row in self.placeless.clone() {
                self.look_at(row, query, best);
            }
        }
    }

    fn look_at(&self, at: usize, query: &Query, best: &mut Best) {
        let Some(row) = self.rows.get(at) else {
            return;
        };
        // What costs least is asked first.
        if let Some(name) = &query.name
            && !self.names.may_hold(at, name)
        {
            return;
        }
        let chord = query.chord(row);
        let least = chord.map_or(NOWHERE, at_least);
        if best.is_settled(key(0, least, 0)) {
            return;
        }
        let misses = query.misses_but_distance(row, &self.vacancies);
        if best.is_settled(key(misses, least, 0)) {
            return;
        }
        let distance = chord.map(metres);
        let misses = misses + u8::from(distance.is_some_and(|metres| query.is_too_far(metres)));
        let key = key(misses, distance.unwrap_or(NOWHERE), row.rank());
        let named = query
            .name
            .as_ref()
            .is_none_or(|name| self.names.holds(at, name));
        if !best.is_settled(key) && named {
            best.push(key);
        }
    }
}

/// Better is smaller: fewer missed wishes, then nearer, then the smaller id.
fn key(misses: u8, metres: u32, rank: u32) -> u64 {
    u64::from(misses) << 60 | u64::from(metres.min(NOWHERE)) << 32 | u64::from(rank)
}

/// The best so far; the worst of them on top.
struct Best {
    heap: BinaryHeap<u64>,
    room: usize,
}

impl Best {
    fn new(room: usize) -> Self {
        Self {
            heap: BinaryHeap::with_capacity(room.min(1024) + 1),
            room,
        }
    }

    /// Whether nothing with this key, or a greater one, can get in.
    fn is_settled(&self, key: u64) -> bool {
        self.is_full() && self.heap.peek().is_none_or(|worst| *worst <= key)
    }

    fn is_full(&self) -> bool {
        self.heap.len() >= self.room
    }

    fn misses_nothing(&self) -> bool {
        self.heap.peek().is_some_and(|worst| worst >> 60 == 0)
    }

    fn push(&mut self, key: u64) {
        self.heap.push(key);
        if self.heap.len() > self.room {
            self.heap.pop();
        }
    }

    fn sorted(self) -> Vec<u64> {
        self.heap.into_sorted_vec()
    }
}

/// Where the cells of a grid lie.
struct Grid {
    south: f64,
    west: f64,
    lat_step: f64,
    lon_step: f64,
    side: usize,
}

impl Grid {
    fn around(facilities: &[Facility]) -> Self {
        let places = || facilities.iter().filter_map(|facility| facility.position);
        let least = |value: fn(Position) -> f64| places().map(value).fold(f64::MAX, f64::min);
        let most = |value: fn(Position) -> f64| places().map(value).fold(f64::MIN, f64::max);
        let side = (facilities.len() / PER_CELL).isqrt().max(1);
        let (south, west) = (least(Position::lat), least(Position::lon));
        let count = f64::from(u32::try_from(side).unwrap_or(u32::MAX));
        let step = |low: f64, high: f64| ((high - low) / count).max(1e-9);
        Self {
            lat_step: step(south, most(Position::lat)),
            lon_step: step(west, most(Position::lon)),
            south,
            west,
            side,
        }
    }

    /// Cells are numbered by rows; what has no place comes behind all of them.
    fn cell(&self, position: Option<Position>) -> usize {
        let Some(position) = position else {
            return usize::MAX;
        };
        let row = step((position.lat() - self.south) / self.lat_step, self.side);
        let column = step((position.lon() - self.west) / self.lon_step, self.side);
        row * self.side + column
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float that is out of range becomes the nearest index"
)]
fn step(value: f64, side: usize) -> usize {
    (value as usize).min(side - 1)
}

/// The place of each facility in the order of ids.
fn ranks(facilities: &[Facility]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..facilities.len()).collect();
    order.sort_by_key(|index| facilities.get(*index).map(|facility| &facility.id));
    let mut ranks = vec![0; facilities.len()];
    for (rank, index) in order.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(index) {
            *slot = u32::try_from(rank).unwrap_or(u32::MAX);
        }
    }
    ranks
}

type Joined = (Vec<Vacancy>, Vec<Range<usize>>, Vec<u64>);

/// Puts free places to their facilities: by id, else by name where only one facility has it.
fn join(facilities: &[Facility], rows: &[VacancyRow]) -> Joined {
    if rows.is_empty() {
        return (Vec::new(), Vec::new(), Vec::new());
    }
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut names: BTreeMap<&str, Option<usize>> = BTreeMap::new();
    for (index, facility) in facilities.iter().enumerate() {
        ids.insert(&facility.id, index);
        names
            .entry(&facility.name)
            .and_modify(|only| *only = None)
            .or_insert(Some(index));
    }
    let mut found: Vec<Vec<Vacancy>> = vec![Vec::new(); facilities.len()];
    let mut unmatched = Vec::new();
    for row in rows {
        let by_id = row
            .facility_id
            .as_deref()
            .and_then(|id| ids.get(id).copied());
        let by_name = || names.get(row.facility_name.as_deref()?).copied().flatten();
        let slot = by_id
            .or_else(by_name)
            .and_then(|index| found.get_mut(index));
        match slot {
            Some(slot) => merge(slot, row.vacancy),
            None if unmatched.last() == Some(&row.line) => {}
            None => unmatched.push(row.line),
        }
    }
    let mut all = Vec::new();
    let ranges = found
        .into_iter()
        .map(|own| {
            let start = all.len();
            all.extend(own);
            start..all.len()
        })
        .collect();
    (all, ranges, unmatched)
}

/// Several files speak of the same class: one of free places, one of applicants, one of children enrolled.
fn merge(own: &mut Vec<Vacancy>, new: Vacancy) {
    let same =
        |old: &Vacancy| (old.class, old.month, old.as_of) == (new.class, new.month, new.as_of);
    let known = own.iter().position(same);
    if let Some(old) = known.and_then(|index| own.get_mut(index)) {
        old.offered &= new.offered;
        old.capacity = new.capacity.or(old.capacity);
        old.enrolled = new.enrolled.or(old.enrolled);
        old.vacancies = new.vacancies.or(old.vacancies);
        old.applicants = new.applicants.or(old.applicants);
    } else if own.len() < MOST_VACANCIES {
        own.push(new);
    }
}
