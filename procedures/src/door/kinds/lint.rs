//! `lint`: everything that is wrong with the files of a catalogue, all at once.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Catalogue, Problem};
use crate::door::{Context, DoorError, Kind};

pub(crate) struct Lint;

/// Files of a catalogue.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Text of each file by its name below the folder: `procedures/kinenhin.toml`, `facts/childcare.toml`, `blocks.toml`. A
    /// set without facts is taken as an addition to the built-in catalogue.
    #[serde(default)]
    files: Option<BTreeMap<String, String>>,
    /// Instead of `files`: the catalogue's folder, which the program reads before it asks. Also `path`.
    #[serde(default, alias = "path")]
    folder: Option<String>,
}

/// What is wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// Whether nothing is wrong.
    ok: bool,
    /// Every problem, in the order of the files.
    problems: Vec<Told>,
}

/// One problem.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Told {
    /// The file; empty where there is none.
    file: String,
    /// The procedure; `null` where it is in none.
    procedure: Option<String>,
    /// The key, or the line where the file cannot be read; `null` where it is at none.
    key: Option<String>,
    /// A stable word for the kind of problem: `dead_link`, `overlapping_cases`, `no_law`, `nothing_found` …
    code: &'static str,
    /// What is wrong, in words.
    message: String,
}

impl From<Problem> for Told {
    fn from(problem: Problem) -> Self {
        Self {
            file: problem.file,
            procedure: problem.procedure,
            key: problem.key,
            code: problem.what.code(),
            message: problem.what.to_string().trim_end().to_owned(),
        }
    }
}

/// What is wrong with some files. No file at all is a mistake of whoever asked, never a catalogue without a fault.
pub(crate) fn told(files: BTreeMap<String, String>) -> Answer {
    let problems: Vec<Told> = if files.is_empty() {
        vec![Told {
            file: String::new(),
            procedure: None,
            key: None,
            code: "nothing_found",
            message: "there is no file of a catalogue (*.toml)".to_owned(),
        }]
    } else {
        let problems = Catalogue::lint(files);
        problems.into_iter().map(Told::from).collect()
    };
    Answer {
        ok: problems.is_empty(),
        problems,
    }
}

impl Kind for Lint {
    const NAME: &'static str = "lint";
    const ABOUT: &'static str = "what is wrong with the files of a catalogue (or: lint FOLDER)";
    type Question = Question;
    type Answer = Answer;

    fn answer(_: &Context, question: Question) -> Result<Answer, DoorError> {
        match (question.files, question.folder) {
            (Some(files), _) => Ok(told(files)),
            (None, Some(_)) => Err(DoorError::impossible(
                "a folder is read by the program, not here: hand in its files",
            )),
            (None, None) => Err(DoorError::impossible("files or folder is needed")),
        }
    }
}
