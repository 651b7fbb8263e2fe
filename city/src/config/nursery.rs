//! `[nursery]`: the lists that families search. It may be left out; then there is no search and no application here.

use toml::{Table, Value};
use ubugoe_procedures::nursery::import::{ImportError, import};
use ubugoe_procedures::nursery::{Facility, Measure, VacancyRow, import_vacancies};

use super::Form;

/// The published lists of nurseries and of free places.
#[derive(Debug, Clone, PartialEq)]
pub struct NurseryConfig {
    /// The facilities.
    pub facilities: Vec<Facility>,
    /// Free places; may be empty.
    pub vacancies: Vec<VacancyRow>,
}

impl Form<'_> {
    /// `None` when something is wrong; `Some(None)` when there is no such section.
    #[expect(clippy::option_option, reason = "wrong, left out, or there")]
    pub(super) fn nursery(&mut self, root: &mut Table) -> Option<Option<NurseryConfig>> {
        const P: &str = "nursery";
        const LIST: &str = "\"nurseries.csv\"";
        const FREE: &str = "\"vacancies.csv\"";
        let mut t = match root.remove(P) {
            None => return Some(None),
            Some(Value::Table(t)) => t,
            Some(_) => return self.problem(P.to_owned(), "must be a section", "[nursery]"),
        };
        let list = self.file(&mut t, P, "list", LIST);
        let free = match self.optional_text(&mut t, P, "vacancies", FREE) {
            Some(path) => self.read_file(format!("{P}.vacancies"), &path, FREE),
            None => Some(Vec::new()),
        };
        self.leftovers(P, &t);
        let refused = |form: &mut Self, name: &str, error: &ImportError, example: &'static str| {
            form.problem::<()>(format!("{P}.{name}"), error.to_string(), example);
        };
        let facilities = match import(&list?) {
            Ok(read) if !read.facilities.is_empty() => Some(read.facilities),
            Ok(_) => self.problem(format!("{P}.list"), "names no facility", LIST),
            Err(error) => {
                refused(self, "list", &error, LIST);
                None
            }
        };
        let free = free?;
        let vacancies = if free.is_empty() {
            Some(Vec::new())
        } else {
            match import_vacancies(&free, Measure::Vacancies) {
                Ok(read) => Some(read.rows),
                Err(error) => {
                    refused(self, "vacancies", &error, FREE);
                    None
                }
            }
        };
        Some(Some(NurseryConfig {
            facilities: facilities?,
            vacancies: vacancies?,
        }))
    }
}
