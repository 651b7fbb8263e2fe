//! An officer without a browser: the city's console over plain HTTP, one request per connection.
//!
//! For stories that are not about what the pages look like. Touches nothing but what a browser can reach.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use crate::{Error, rig::STAFF};

/// How long a page may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An answer of the city.
#[derive(Debug, Clone)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    head: String,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Page {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// The value of a hidden field.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(&format!("name=\"{name}\" value=\""))?;
        Some(rest.split_once('"')?.0.to_owned())
    }
}

/// A signed-in officer.
#[derive(Debug)]
pub struct Office {
    address: String,
    cookies: Vec<(String, String)>,
}

impl Office {
    /// Somebody without an account, as a family is.
    #[must_use]
    pub fn nobody(city: &str) -> Self {
        Self {
            address: city.trim_start_matches("http://").to_owned(),
            cookies: Vec::new(),
        }
    }

    /// Signs in with the rig's account at the city of this address, for example `http://127.0.0.1:41234`.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn sign_in(city: &str) -> Result<Self, Error> {
        let mut office = Self::nobody(city);
        let path = "/console/sign-in";
        let csrf = office.field(path, "csrf")?;
        let (account, password) = STAFF;
        let fields = [
            ("csrf", csrf.as_str()),
            ("account", account),
            ("password", password),
        ];
        let answer = office.post(path, &fields)?;
        expect(path, &answer, answer.status == 303, "a session")?;
        Ok(office)
    }

    /// The ids of all filings on the console's list.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn filings(&mut self) -> Result<Vec<String>, Error> {
        let path = "/console/filings";
        let page = self.get(path)?;
        expect(path, &page, page.status == 200, "the list")?;
        Ok(page
            .text()
            .split("class=\"open\" href=\"/console/filings/")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(id, _)| id.to_owned())
            .collect())
    }

    /// A file of a filing, byte for byte: `filing.json`, `signature.p7s`, `receipt.cose`.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn file(&mut self, id: &str, name: &str) -> Result<Vec<u8>, Error> {
        let path = format!("/console/filings/{id}/{name}");
        let page = self.get(&path)?;
        expect(&path, &page, page.status == 200, "the file")?;
        Ok(page.body)
    }

    /// The page of a filing.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn filing(&mut self, id: &str) -> Result<String, Error> {
        let path = format!("/console/filings/{id}");
        let page = self.get(&path)?;
        expect(&path, &page, page.status == 200, "the filing")?;
        Ok(page.text())
    }

    /// Accepts a filing (受理): both pages.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn accept(&mut self, id: &str) -> Result<(), Error> {
        let path = format!("/console/filings/{id}/accept");
        let (csrf, version) = (self.field(&path, "csrf")?, self.field(&path, "version")?);
        let done = self.post(&path, &[("csrf", &csrf), ("version", &version)])?;
        expect(&path, &done, done.status == 303, "an accepted filing")
    }

    fn field(&mut self, path: &str, name: &'static str) -> Result<String, Error> {
        let page = self.get(path)?;
        page.hidden(name).ok_or_else(|| Error::Office {
            path: path.to_owned(),
            status: page.status,
            wanted: name,
        })
    }

    /// Answers the question at a family's door (`/f/…`): year, month and day of the mother's birth.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn open_family(&mut self, path: &str, born: [&str; 3]) -> Result<(), Error> {
        let [year, month, day] = born;
        let fields = [("era", "w"), ("year", year), ("month", month), ("day", day)];
        let door = format!("{path}/open");
        let answer = self.post(&door, &fields)?;
        expect(&door, &answer, answer.status == 303, "an open door")
    }

    /// Opens a page.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn get(&mut self, path: &str) -> Result<Page, Error> {
        self.request(path, &format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// Sends a form.
    ///
    /// # Errors
    /// [`Error::Page`] or [`Error::Office`].
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Page, Error> {
        let body = form(fields);
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.request(path, &head, &body)
    }

    fn request(&mut self, path: &str, head: &str, body: &str) -> Result<Page, Error> {
        let cookies: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = format!(
            "{head}host: {}\r\nconnection: close\r\ncookie: {}\r\n\r\n{body}",
            self.address,
            cookies.join("; ")
        );
        let bytes = self
            .exchange(request.as_bytes())
            .map_err(|source| Error::Page {
                path: path.to_owned(),
                source,
            })?;
        let page = page(&bytes).ok_or_else(|| Error::Office {
            path: path.to_owned(),
            status: 0,
            wanted: "an answer",
        })?;
        for cookie in page.headers("set-cookie") {
            if let Some((name, rest)) = cookie.split_once('=') {
                let value = rest.split(';').next().unwrap_or_default().to_owned();
                self.cookies.retain(|(known, _)| known != name);
                if !rest.contains("Max-Age=0") {
                    self.cookies.push((name.to_owned(), value));
                }
            }
        }
        Ok(page)
    }

    fn exchange(&self, request: &[u8]) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

fn expect(path: &str, page: &Page, met: bool, wanted: &'static str) -> Result<(), Error> {
    met.then_some(()).ok_or_else(|| Error::Office {
        path: path.to_owned(),
        status: page.status,
        wanted,
    })
}

/// Percent-encodes a form.
fn form(fields: &[(&str, &str)]) -> String {
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect::<String>()
    };
    let pairs: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

fn page(bytes: &[u8]) -> Option<Page> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, rest) = bytes.split_at(end);
    let head = String::from_utf8_lossy(head).into_owned();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let mut page = Page {
        status,
        head,
        body: rest.get(4..)?.to_vec(),
    };
    if page.headers("transfer-encoding").next().is_some() {
        page.body = unchunk(&page.body)?;
    }
    Some(page)
}

fn unchunk(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(bytes.get(..line)?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(bytes.get(line + 2..line + 2 + size)?);
        bytes = bytes.get(line + 4 + size..)?;
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a panic is the failure")]

    use super::{form, page};

    #[test]
    fn a_chunked_answer_is_put_together() {
        let bytes =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
        let page = page(bytes).unwrap();
        assert_eq!((page.status, page.body.as_slice()), (200, &b"abc"[..]));
    }

    #[test]
    fn a_hidden_field_is_found_and_a_form_is_percent_encoded() {
        let bytes = b"HTTP/1.1 200 OK\r\n\r\n<input type=\"hidden\" name=\"csrf\" value=\"a1\">";
        let page = page(bytes).unwrap();
        assert_eq!(page.hidden("csrf").as_deref(), Some("a1"));
        assert_eq!(page.hidden("version"), None);
        assert_eq!(form(&[("a", "b c"), ("d", "窓")]), "a=b%20c&d=%E7%AA%93");
    }
}
