//! Who may do what at the city hall.
//!
//! Answers for the roles of staff and the rights that follow from them. Pure. Pages never ask for a role, only for a
//! [`Right`]: what a role may is said here and nowhere else.

use serde::{Deserialize, Serialize};

/// What somebody works as. One person may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 受付: sees what arrived and whether it can be read; hands it on.
    Reception,
    /// 審査: checks, returns for correction, proposes a decision.
    Examiner,
    /// 決裁: decides.
    Decider,
    /// 監査: sees who did and saw what; decides nothing.
    Auditor,
    /// Runs the system: devices, quarantine, set-up. Sees no case's content.
    Administrator,
    /// A clerk of an agency (insurer, hospital, pension office …): sees their own part only.
    Agency,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Reception,
        Self::Examiner,
        Self::Decider,
        Self::Auditor,
        Self::Administrator,
        Self::Agency,
    ];

    /// The word in configurations and claims.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reception => "reception",
            Self::Examiner => "examiner",
            Self::Decider => "decider",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
            Self::Agency => "agency",
        }
    }

    /// Reads [`Role::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// What this role alone gives.
    #[must_use]
    pub const fn rights(self) -> &'static [Right] {
        match self {
            Self::Reception => &[Right::SeeCases, Right::SeeContent],
            Self::Examiner => &[
                Right::SeeCases,
                Right::SeeContent,
                Right::Unmask,
                Right::GiveBack,
                Right::Propose,
                Right::Export,
            ],
            Self::Decider => &[
                Right::SeeCases,
                Right::SeeContent,
                Right::Unmask,
                Right::GiveBack,
                Right::Propose,
                Right::Decide,
                Right::Veto,
                Right::Export,
                Right::Hold,
            ],
            Self::Auditor => &[Right::SeeCases, Right::SeeAudit],
            Self::Administrator => &[Right::SeeQuarantine, Right::SeeAudit, Right::Run],
            Self::Agency => &[Right::SeeOwnPart],
        }
    }
}

/// Something a page does only for those who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Lists, search, numbers, deadlines, states.
    SeeCases,
    /// What a filing says, its attachments, its signed bytes.
    SeeContent,
    /// Protected addresses, each time logged.
    Unmask,
    /// Return for correction.
    GiveBack,
    /// First of two officers where the profile asks for two.
    Propose,
    /// Accept, or confirm what another officer proposed.
    Decide,
    /// Stop or let go what the city would do by itself.
    Veto,
    /// Hand on to core systems.
    Export,
    /// Keep a case from being erased, and let it go.
    Hold,
    /// The audit chain, and what is erased next.
    SeeAudit,
    /// Messages that could not be taken as anything.
    SeeQuarantine,
    /// Devices, mappings, set-up.
    Run,
    /// What an agency was sent or asked for, and nothing else.
    SeeOwnPart,
}

/// Whether one of these roles gives the right.
#[must_use]
pub fn may(roles: &[Role], right: Right) -> bool {
    roles.iter().any(|role| role.rights().contains(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), Some(role));
        }
        assert_eq!(Role::from_code("Decider"), None);
    }

    #[test]
    fn who_runs_the_system_sees_no_case_and_who_watches_decides_nothing() {
        assert!(!may(&[Role::Administrator], Right::SeeContent));
        assert!(!may(&[Role::Administrator], Right::Decide));
        assert!(!may(&[Role::Auditor], Right::SeeContent));
        assert!(!may(&[Role::Auditor, Role::Administrator], Right::Decide));
        assert!(!may(&[Role::Agency], Right::SeeCases));
        assert!(may(&[Role::Examiner, Role::Decider], Right::Decide));
        assert!(!may(&[], Right::SeeCases));
    }
}
