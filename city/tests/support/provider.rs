//! A real identity provider on loopback (`tests/oidc`), and somebody who signs in there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use ubugoe_bench::process::Process;

use super::browser::{Browser, Reply};

const WITHIN: Duration = Duration::from_mins(3);
/// Where the city says that it is; browsers of the tests know better.
pub(crate) const PUBLIC: &str = "http://127.0.0.1:8080";
/// The client's secret, as the provider has it.
pub(crate) const SECRET: &str = "a secret: with / odd + characters %";

/// How the provider shall be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// A port it had before; 0 takes any.
    pub(crate) port: u16,
    /// Signs with an elliptic curve instead of RSA.
    pub(crate) curve: bool,
    /// Puts everything into the ID token.
    pub(crate) plain: bool,
    /// Key and certificate.
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    /// Where the city says that it is; [`PUBLIC`] where nobody follows it.
    pub(crate) public: Option<String>,
}

/// A running provider. It ends when this is dropped.
pub(crate) struct IdentityProvider {
    pub(crate) process: Process,
    pub(crate) issuer: String,
}

/// The provider's modules, installed once for each lock file beside the other test data.
pub(crate) fn installed() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
    let files = [
        "package.json",
        "package-lock.json",
        "provider.mjs",
        "signing.mjs",
    ];
    let mut digest = Sha256::new();
    for file in files {
        digest.update(std::fs::read(source.join(file)).unwrap());
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let place = target.join(format!("oidc-{}", &hex::encode(digest.finalize())[..16]));
    if place.exists() {
        return place;
    }
    std::fs::create_dir_all(target).unwrap();
    let work = tempfile::tempdir_in(target).unwrap();
    for file in files {
        std::fs::copy(source.join(file), work.path().join(file)).unwrap();
    }
    let done = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--prefer-offline",
        ])
        .current_dir(work.path())
        .output()
        .expect(
            "Node.js 20 or newer with npm is needed: it runs the identity provider of this test",
        );
    assert!(done.status.success(), "npm ci: {done:?}");
    // another test may have been first; its folder is as good
    if std::fs::rename(work.path(), &place).is_err() {
        assert!(
            place.exists(),
            "the provider's modules cannot be put in place"
        );
    }
    place
}

impl IdentityProvider {
    pub(crate) fn start(folder: &Path, wish: &Wish) -> Self {
        let modules = installed();
        let public = wish.public.as_deref().unwrap_or(PUBLIC);
        let asked = json!({
            "port": wish.port,
            "redirect": format!("{public}/console/sign-in/back"),
            "signedOut": format!("{public}/console/sign-in"),
            "alg": if wish.curve { "ES256" } else { "RS256" },
            "plain": wish.plain,
            "tls": wish.tls.as_ref().map(|(key, cert)| json!({ "key": key, "cert": cert })),
            "accounts": {
                "u-kato": { "name": "\u{20BB7}田　咲", "groups": ["todoke-shinsa", "others"], "towns": ["asukoe"] },
                "u-mori": { "name": "森", "groups": ["todoke-kessai"], "towns": "991015" },
                "u-yoso": { "name": "他所", "groups": ["todoke-kessai"], "towns": ["tonari"] },
                "u-guest": { "name": "客", "groups": ["guests"], "towns": ["asukoe"] },
                "u-kansa": { "name": "監", "groups": ["todoke-kansa"], "towns": ["asukoe"] },
            },
        });
        let mut command = Command::new("node");
        command
            .arg(modules.join("provider.mjs"))
            .arg(asked.to_string());
        let process = Process::spawn("oidc-provider", command, folder.join("oidc.log")).unwrap();
        let ready = process.wait_ready(WITHIN).unwrap();
        let issuer = ready["issuer"].as_str().unwrap().to_owned();
        Self { process, issuer }
    }

    pub(crate) fn port(&self) -> u16 {
        self.issuer.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// A browser that knows this provider.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(([127, 0, 0, 1], self.port()).into())
    }

    /// The configuration's section.
    pub(crate) fn section(&self, more: &str) -> String {
        format!(
            r#"
[oidc]
issuer = "{}"
client_id = "ubugoe"
client_secret = "oidc.secret"
scopes = ["profile", "ubugoe"]
roles_claim = "groups"
jurisdiction_claim = "towns"
{more}
[oidc.roles]
"todoke-shinsa" = "examiner"
"todoke-kessai" = ["examiner", "decider"]
"todoke-kansa" = ["auditor"]
"#,
            self.issuer
        )
    }

    /// Goes where the city sent the browser, signs in as somebody, and answers where the provider sends it back to: path and
    /// query at the city.
    pub(crate) async fn through(&self, browser: &mut Browser, url: &str, login: &str) -> String {
        through(&self.issuer, browser, url, login).await
    }
}

/// Goes through a provider's own pages as somebody, and answers where it sends the browser back to: path and query at the city.
pub(crate) async fn through(issuer: &str, browser: &mut Browser, url: &str, login: &str) -> String {
    let mut next = url.to_owned();
    for _ in 0..12 {
        if let Some(back) = next.strip_prefix(PUBLIC) {
            return back.to_owned();
        }
        let path = next.strip_prefix(issuer).unwrap_or(&next).to_owned();
        let mut reply = browser.get(&path).await;
        if reply.status == 200 {
            reply = answer(browser, &path, login, &reply).await;
        }
        assert_eq!(reply.status, 303, "{path}: {}", reply.text());
        next = reply.header("location").unwrap().to_owned();
    }
    panic!("the provider leads nowhere: {next}");
}

/// Fills in the provider's own form; nobody's login is somebody who goes away again.
async fn answer(browser: &mut Browser, path: &str, login: &str, page: &Reply) -> Reply {
    match page.hidden("prompt").as_str() {
        "login" if login.is_empty() => browser.get(&format!("{path}/abort")).await,
        "login" => {
            let fields = [("prompt", "login"), ("login", login), ("password", "any")];
            browser.post(path, &fields).await
        }
        _ => browser.post(path, &[("prompt", "consent")]).await,
    }
}
