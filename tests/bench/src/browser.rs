//! A real Chromium, driven through its own ChromeDriver: what an officer and a family do on the city's pages.
//!
//! Both are Debian's. Pages are looked at by element id and by what a person reads; nothing is
//! injected but an accessibility checker ([`Browser::ask`]).

use std::{path::Path, process::Command, time::Duration};

use fantoccini::{Client, ClientBuilder, Locator, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use crate::{Error, ports::Lease, process::Process, programs};

/// How long a page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A browser with one window.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    runtime: Runtime,
    _driver: Process,
    _port: Lease,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser; `visible` on a display, else headless. `folder` takes its log.
    ///
    /// # Errors
    /// When ChromeDriver or Chromium is missing or does not start.
    pub fn start(folder: &Path, visible: bool, size: (u32, u32)) -> Result<Self, Error> {
        let hint = "install Debian's packages chromium and chromium-driver, or run ./ubugoe setup";
        let port = Lease::take()?;
        let mut command = Command::new(programs::on_path("chromedriver", hint)?);
        command.arg(format!("--port={}", port.port()));
        let driver = Process::spawn("chromedriver", command, folder.join("chromedriver.log"))?;
        driver.wait_line(
            "the driver",
            |line| line.contains("started successfully"),
            PATIENCE,
        )?;
        let profile = tempfile::Builder::new().prefix("ubugoe-browser-").tempdir();
        let profile = profile.map_err(Error::file("create", &std::env::temp_dir()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.map_err(Error::Runtime)?;
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(profile.path(), visible, size));
        let url = format!("http://127.0.0.1:{}", port.port());
        let client = runtime
            .block_on(builder.connect(&url))
            .map_err(Error::BrowserStart)?;
        Ok(Self {
            client,
            runtime,
            _driver: driver,
            _port: port,
            _profile: profile,
        })
    }

    fn run<T>(
        &self,
        doing: impl FnOnce() -> String,
        work: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, Error> {
        self.runtime
            .block_on(work)
            .map_err(|source| Error::Browser {
                doing: doing(),
                source,
            })
    }

    /// Opens a page.
    ///
    /// # Errors
    /// [`Error::Browser`], as for every step.
    pub fn open(&self, url: &str) -> Result<(), Error> {
        self.run(|| format!("open {url}"), self.client.goto(url))
    }

    /// Waits for the element with this id.
    ///
    /// # Errors
    /// When it does not come.
    pub fn wait_id(&self, id: &str) -> Result<(), Error> {
        let found = async {
            self.client
                .wait()
                .at_most(PATIENCE)
                .for_element(Locator::Id(id))
                .await
                .map(drop)
        };
        self.run(|| format!("find #{id}"), found)
    }

    /// Waits for an element that a CSS selector finds.
    ///
    /// # Errors
    /// When it does not come.
    pub fn wait_css(&self, css: &str) -> Result<(), Error> {
        let found = async {
            self.client
                .wait()
                .at_most(PATIENCE)
                .for_element(Locator::Css(css))
                .await
                .map(drop)
        };
        self.run(|| format!("find {css}"), found)
    }

    /// Clicks the element with this id.
    ///
    /// # Errors
    /// When it is not there.
    pub fn click(&self, id: &str) -> Result<(), Error> {
        let clicked = async { self.client.find(Locator::Id(id)).await?.click().await };
        self.run(|| format!("click #{id}"), clicked)
    }

    /// Clicks the first element that a CSS selector finds.
    ///
    /// # Errors
    /// When there is none.
    pub fn click_css(&self, css: &str) -> Result<(), Error> {
        let clicked = async { self.client.find(Locator::Css(css)).await?.click().await };
        self.run(|| format!("click {css}"), clicked)
    }

    /// Types into the element with this id.
    ///
    /// # Errors
    /// When it is not there.
    pub fn fill(&self, id: &str, text: &str) -> Result<(), Error> {
        let filled = async {
            self.client
                .find(Locator::Id(id))
                .await?
                .send_keys(text)
                .await
        };
        self.run(|| format!("type into #{id}"), filled)
    }

    /// What a person reads on the page.
    ///
    /// # Errors
    /// When the page has no body.
    pub fn text(&self) -> Result<String, Error> {
        let text = async { self.client.find(Locator::Css("body")).await?.text().await };
        self.run(|| "read the page".to_owned(), text)
    }

    /// The page's address.
    ///
    /// # Errors
    /// As every step.
    pub fn url(&self) -> Result<String, Error> {
        self.run(|| "read the address".to_owned(), async {
            self.client.current_url().await.map(String::from)
        })
    }

    /// Loads the page again.
    ///
    /// # Errors
    /// As every step.
    pub fn reload(&self) -> Result<(), Error> {
        self.run(|| "reload".to_owned(), self.client.refresh())
    }

    /// Runs a script in the page, for what no person does: an accessibility checker. The page's own policy does not apply to
    /// it. The script calls the last of its arguments with its answer.
    ///
    /// # Errors
    /// As every step, or when the script throws.
    pub fn ask(&self, script: &str, arguments: Vec<Value>) -> Result<Value, Error> {
        self.run(
            || "run a script".to_owned(),
            self.client.execute_async(script, arguments),
        )
    }

    /// Presses keys, wherever the focus is.
    ///
    /// # Errors
    /// As every step.
    pub fn press(&self, keys: &str) -> Result<(), Error> {
        let pressed = async { self.client.active_element().await?.send_keys(keys).await };
        self.run(|| "press keys".to_owned(), pressed)
    }

    /// The window as a PNG file.
    ///
    /// # Errors
    /// As every step, or when the file cannot be written.
    pub fn snapshot(&self, path: &Path) -> Result<(), Error> {
        let png = self.run(|| "take a picture".to_owned(), self.client.screenshot())?;
        std::fs::write(path, png).map_err(Error::file("write", path))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends Chromium; the driver is ended by its own drop.
        let _ = self.runtime.block_on(self.client.clone().close());
    }
}

/// Chromium without its calls home, and without a sandbox where it would need rights that tests do not have.
fn capabilities(profile: &Path, visible: bool, (width, height): (u32, u32)) -> Map<String, Value> {
    let mut arguments = vec![
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--lang=ja".to_owned(),
        "--accept-lang=ja".to_owned(),
        format!("--window-size={width},{height}"),
        format!("--user-data-dir={}", profile.display()),
    ];
    if !visible {
        arguments.push("--headless=new".to_owned());
    }
    let options = json!({ "args": arguments });
    Map::from_iter([
        ("browserName".to_owned(), json!("chrome")),
        ("goog:chromeOptions".to_owned(), options),
    ])
}
