//! Every address there is, and who may use it.
//!
//! Answers for one list that is held against the router itself (`tests/door.rs`): an address that is served and does not
//! stand here fails the tests, and so does one that stands here and is not served. The rights are asked by the handlers.

use super::api::ApiRight;
use crate::casework::roles::Right;

/// Who may use an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Everybody: nothing of anybody is shown.
    Anybody,
    /// Whoever holds a family's link.
    Family,
    /// Whoever signs in, with a form of their own browser.
    SigningIn,
    /// Another system with a token and this right.
    Client(ApiRight),
    /// Whoever is signed in.
    SignedIn,
    /// Whoever is signed in and has the right.
    Holding(Right),
    /// Whoever is signed in and has one of the two; what they see differs.
    Either(Right, Right),
}

/// One address and its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address with its parameters in braces.
    pub path: &'static str,
    /// Who may use it.
    pub who: Who,
}

const fn get(path: &'static str, who: Who) -> Route {
    Route {
        method: "GET",
        path,
        who,
    }
}

const fn post(path: &'static str, who: Who) -> Route {
    Route {
        method: "POST",
        path,
        who,
    }
}

/// Every address.
pub const ROUTES: &[Route] = &[
    get("/", Who::Anybody),
    get("/console", Who::SignedIn),
    get("/console/sign-in", Who::Anybody),
    post("/console/sign-in", Who::SigningIn),
    post("/console/sign-in/provider", Who::SigningIn),
    get("/console/sign-in/back", Who::SigningIn),
    post("/console/sign-out", Who::SignedIn),
    get("/console/filings", Who::Holding(Right::SeeCases)),
    get("/console/filings/{id}", Who::Holding(Right::SeeContent)),
    post("/console/filings/{id}/reveal", Who::Holding(Right::Unmask)),
    get("/console/search", Who::Holding(Right::SeeCases)),
    post("/console/search", Who::Holding(Right::SeeCases)),
    post("/console/filings/{id}/take", Who::Holding(Right::Propose)),
    post(
        "/console/filings/{id}/put-back",
        Who::Holding(Right::SeeCases),
    ),
    post("/console/filings/{id}/checks", Who::Holding(Right::Propose)),
    get(
        "/console/filings/{id}/compare/{other}",
        Who::Holding(Right::SeeContent),
    ),
    post(
        "/console/filings/{id}/compare/{other}",
        Who::Holding(Right::Unmask),
    ),
    post(
        "/console/filings/{id}/send-back",
        Who::Holding(Right::Decide),
    ),
    // with two officers one proposes and another decides: which of the two is asked by the filing
    get("/console/filings/{id}/accept", Who::Holding(Right::Propose)),
    post("/console/filings/{id}/accept", Who::Holding(Right::Propose)),
    get(
        "/console/filings/{id}/return",
        Who::Holding(Right::GiveBack),
    ),
    post(
        "/console/filings/{id}/return",
        Who::Holding(Right::GiveBack),
    ),
    get(
        "/console/filings/{id}/filing.json",
        Who::Holding(Right::SeeContent),
    ),
    get(
        "/console/filings/{id}/signature.p7s",
        Who::Holding(Right::SeeContent),
    ),
    get(
        "/console/filings/{id}/receipt.cose",
        Who::Holding(Right::SeeContent),
    ),
    get(
        "/console/filings/{id}/attachments/{number}",
        Who::Holding(Right::SeeContent),
    ),
    get(
        "/console/filings/{id}/family",
        Who::Holding(Right::SeeContent),
    ),
    post(
        "/console/filings/{id}/family/close",
        Who::Holding(Right::GiveBack),
    ),
    post(
        "/console/filings/{id}/family/renew",
        Who::Holding(Right::GiveBack),
    ),
    get(
        "/console/filings/{id}/leaflet.pdf",
        Who::Holding(Right::SeeContent),
    ),
    get("/console/voices", Who::Holding(Right::SeeCases)),
    get("/console/quarantine", Who::Holding(Right::SeeQuarantine)),
    get("/console/audit", Who::Holding(Right::SeeAudit)),
    post("/console/audit/verify", Who::Holding(Right::SeeAudit)),
    get(
        "/console/retention",
        Who::Either(Right::SeeAudit, Right::Hold),
    ),
    post("/console/retention/holds", Who::Holding(Right::Hold)),
    post(
        "/console/retention/holds/{id}/lift",
        Who::Holding(Right::Hold),
    ),
    get(
        "/console/filings/{id}/paper.pdf",
        Who::Holding(Right::SeeContent),
    ),
    post(
        "/console/filings/{id}/paper.pdf",
        Who::Holding(Right::Unmask),
    ),
    get(
        "/console/filings/{id}/notice.pdf",
        Who::Holding(Right::SeeContent),
    ),
    get("/console/export", Who::Holding(Right::Export)),
    post("/console/export/{layout}", Who::Holding(Right::Export)),
    get("/console/nonstop", Who::Holding(Right::SeeCases)),
    post("/console/nonstop/batch", Who::Holding(Right::Veto)),
    get("/console/nonstop/payments", Who::Holding(Right::SeeCases)),
    post("/console/nonstop/payments", Who::Holding(Right::Veto)),
    get(
        "/console/nonstop/payments/{id}/file",
        Who::Holding(Right::Export),
    ),
    get("/console/nonstop/{id}", Who::Holding(Right::SeeCases)),
    post("/console/nonstop/{id}/approve", Who::Holding(Right::Veto)),
    post("/console/nonstop/{id}/stop", Who::Holding(Right::Veto)),
    post("/console/nonstop/{id}/account", Who::Holding(Right::Veto)),
    get(
        "/console/filings/{id}/nonstop",
        Who::Holding(Right::SeeCases),
    ),
    post("/console/filings/{id}/loss", Who::Holding(Right::Veto)),
    get(
        "/console/agencies",
        Who::Either(Right::SeeCases, Right::SeeOwnPart),
    ),
    post(
        "/console/agencies/requests/{id}/again",
        Who::Holding(Right::Propose),
    ),
    post(
        "/console/agencies/requests/{id}/settled",
        Who::Holding(Right::Propose),
    ),
    post(
        "/console/agencies/requests/{id}/left",
        Who::Holding(Right::Propose),
    ),
    get(
        "/console/agencies/certificates",
        Who::Holding(Right::SeeContent),
    ),
    post(
        "/console/agencies/certificates/{id}/link",
        Who::Holding(Right::Propose),
    ),
    get(
        "/console/agencies/consents/{filing}",
        Who::Holding(Right::SeeCases),
    ),
    post(
        "/console/agencies/consents/{filing}",
        Who::Holding(Right::Propose),
    ),
    post(
        "/console/agencies/consents/{filing}/withdraw",
        Who::Holding(Right::Propose),
    ),
    get(
        "/console/agencies/ward/{kind}",
        Who::Holding(Right::SeeOwnPart),
    ),
    post(
        "/console/agencies/ward/{kind}",
        Who::Holding(Right::SeeOwnPart),
    ),
    get("/console/services", Who::Holding(Right::SeeCases)),
    post("/console/services/slots", Who::Holding(Right::Propose)),
    get(
        "/console/services/slots/{id}",
        Who::Holding(Right::SeeCases),
    ),
    post(
        "/console/services/bookings/{id}/attended",
        Who::Holding(Right::Propose),
    ),
    get("/console/services/gifts", Who::Holding(Right::SeeCases)),
    post("/console/services/gifts/{id}", Who::Holding(Right::Propose)),
    get("/console/services/nursery", Who::Holding(Right::SeeContent)),
    post("/console/services/nursery", Who::Holding(Right::Export)),
    get(
        "/console/filings/{id}/services",
        Who::Holding(Right::SeeContent),
    ),
    get("/f/{token}", Who::Family),
    post("/f/{token}/open", Who::Family),
    get("/f/{token}/looks", Who::Family),
    get("/f/{token}/news", Who::Family),
    post("/f/{token}/news", Who::Family),
    get("/f/{token}/for-you", Who::Family),
    post("/f/{token}/voice", Who::Family),
    get("/f/{token}/close", Who::Family),
    post("/f/{token}/close", Who::Family),
    post("/f/{token}/items/{id}", Who::Family),
    get("/f/{token}/consents", Who::Family),
    post("/f/{token}/consents", Who::Family),
    get("/f/{token}/second-signature", Who::Family),
    post("/f/{token}/second-signature", Who::Family),
    get("/f/{token}/second-signature/{id}/filing.json", Who::Family),
    post("/f/{token}/second-signature/number", Who::Family),
    get("/f/second-signature/back", Who::SigningIn),
    get(
        "/console/filings/{id}/second-signatures/{number}",
        Who::Holding(Right::SeeContent),
    ),
    get("/f/{token}/leaflet.pdf", Who::Family),
    get("/f/{token}/checkups", Who::Family),
    post("/f/{token}/checkups/take", Who::Family),
    post("/f/{token}/checkups/confirm", Who::Family),
    post("/f/{token}/checkups/cancel", Who::Family),
    get("/f/{token}/checkups/{number}/checkup.ics", Who::Family),
    get("/f/{token}/vaccines", Who::Family),
    post("/f/{token}/vaccines", Who::Family),
    get("/f/{token}/gift", Who::Family),
    post("/f/{token}/gift", Who::Family),
    get("/f/{token}/nursery", Who::Family),
    get("/f/{token}/nursery/{child}", Who::Family),
    post("/f/{token}/nursery/{child}/search", Who::Family),
    post("/f/{token}/nursery/{child}/list", Who::Family),
    get("/f/{token}/nursery/{child}/place/{number}", Who::Family),
    get("/f/{token}/nursery/{child}/apply", Who::Family),
    post("/f/{token}/nursery/{child}/apply", Who::Family),
    get("/f/{token}/nursery/{child}/review/{round}", Who::Family),
    post("/f/{token}/nursery/{child}/submit", Who::Family),
    post("/f/{token}/nursery/{child}/withdraw", Who::Family),
    get("/assets/city.css", Who::Anybody),
    get("/assets/icon.svg", Who::Anybody),
    get("/api/v1/openapi.json", Who::Anybody),
    get("/api/v1/filings/accepted", Who::Client(ApiRight::List)),
    get("/api/v1/filings/{id}", Who::Client(ApiRight::List)),
    get(
        "/api/v1/filings/{id}/content",
        Who::Client(ApiRight::Content),
    ),
    get(
        "/api/v1/filings/{id}/signature",
        Who::Client(ApiRight::Content),
    ),
    get("/api/v1/layouts", Who::Client(ApiRight::Export)),
    post("/api/v1/exports/{layout}", Who::Client(ApiRight::Export)),
    get("/assets/family-push.js", Who::Anybody),
    get("/assets/family-worker.js", Who::Anybody),
    get("/healthz", Who::Anybody),
    get("/readyz", Who::Anybody),
];
