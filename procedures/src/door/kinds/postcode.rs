//! `postcode`: the municipalities and towns behind a postcode.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codes::{self, Postcode, Town};
use crate::door::{Context, DoorError, Kind};

pub(crate) struct PostcodeKind;

/// A postcode.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// Seven digits; 〒, hyphens, spaces and full-width digits are understood.
    postcode: String,
}

/// What lies behind it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// The postcode in seven digits.
    postcode: String,
    /// Every town it may stand for; empty where nobody has the code. A proposal: the address is what the resident record
    /// says.
    candidates: Vec<Candidate>,
}

/// One town.
#[derive(Debug, Serialize, JsonSchema)]
struct Candidate {
    /// 全国地方公共団体コード, six digits.
    code: String,
    /// The prefecture.
    prefecture: &'static str,
    /// Municipality or ward, with its county or city before it.
    city: String,
    /// The town (町字); empty where the postcode stands for the rest of the municipality.
    town: &'static str,
}

impl From<Town> for Candidate {
    fn from(town: Town) -> Self {
        Self {
            code: town.municipality.code.to_text(),
            prefecture: town.municipality.prefecture,
            city: town.municipality.in_prefecture(),
            town: town.name,
        }
    }
}

impl Kind for PostcodeKind {
    const NAME: &'static str = "postcode";
    const ABOUT: &'static str = "the municipalities and towns behind a postcode";
    type Question = Question;
    type Answer = Answer;

    fn answer(_: &Context, question: Question) -> Result<Answer, DoorError> {
        let postcode = Postcode::read(&question.postcode).map_err(DoorError::impossible)?;
        Ok(Answer {
            postcode: postcode.to_string(),
            candidates: codes::towns(postcode).map(Candidate::from).collect(),
        })
    }
}
