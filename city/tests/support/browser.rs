//! A browser small enough to see every byte: one request per connection, cookies kept by name.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::office::PASSWORD;

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then_some(value.as_str()))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// Value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let text = self.text();
        let start = text
            .find(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name} in {text}"));
        let rest = &text[start + name.len() + 15..];
        rest[..rest.find('"').unwrap()].to_owned()
    }

    /// Status and title, for messages.
    pub(crate) fn brief(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let title = text
            .split("<title>")
            .nth(1)
            .and_then(|rest| rest.split('<').next())
            .unwrap_or("")
            .to_owned();
        format!("{} {title}", self.status)
    }
}

/// A browser with its cookies.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) cookies: BTreeMap<String, String>,
}

/// Percent-encodes a form.
pub(crate) fn form(fields: &[(&str, &str)]) -> String {
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
    fields
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            cookies: BTreeMap::new(),
        }
    }

    /// The same browser with the same cookies, somewhere else.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            cookies: self.cookies.clone(),
        }
    }

    pub(crate) async fn get(&mut self, path: &str) -> Reply {
        self.request(&format!("GET {path} HTTP/1.1\r\n"), "").await
    }

    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let body = form(fields);
        let head = format!(
            "POST {path} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
            body.len()
        );
        self.request(&head, &body).await
    }

    /// One request with these first lines.
    pub(crate) async fn request(&mut self, head: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ");
        let request = format!(
            "{head}host: {}\r\nconnection: close\r\ncookie: {cookies}\r\n\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.unwrap();
        let reply = parse(&bytes);
        self.keep_cookies(&reply);
        reply
    }

    fn keep_cookies(&mut self, reply: &Reply) {
        for (name, value) in &reply.headers {
            if name.eq_ignore_ascii_case("set-cookie") {
                let (key, rest) = value.split_once('=').unwrap();
                let content = rest.split(';').next().unwrap();
                if rest.contains("Max-Age=0") {
                    self.cookies.remove(key);
                } else {
                    self.cookies.insert(key.to_owned(), content.to_owned());
                }
            }
        }
    }

    /// Answers the question at a family's door: when the mother of [`super::papers`] was born.
    pub(crate) async fn open_family(&mut self, token: &str) {
        let reply = self.answer_family(token, ["1996", "11", "23"]).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, Some(format!("/f/{token}").as_str())),
            "{}",
            reply.brief()
        );
    }

    /// An answer at a family's door: year, month, day.
    pub(crate) async fn answer_family(&mut self, token: &str, day: [&str; 3]) -> Reply {
        let [year, month, day] = day;
        let fields = [("era", "w"), ("year", year), ("month", month), ("day", day)];
        self.post(&format!("/f/{token}/open"), &fields).await
    }

    /// Signs in as 佐藤.
    pub(crate) async fn sign_in(&mut self) {
        let reply = self.sign_in_as("sato").await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, Some("/console/filings")),
            "{}",
            reply.brief()
        );
    }

    /// Signs in with a local account; every account has the same password here.
    pub(crate) async fn sign_in_as(&mut self, account: &str) -> Reply {
        let page = self.get("/console/sign-in").await;
        let csrf = page.hidden("csrf");
        self.post(
            "/console/sign-in",
            &[
                ("csrf", &csrf),
                ("account", account),
                ("password", PASSWORD),
            ],
        )
        .await
    }
}

fn parse(bytes: &[u8]) -> Reply {
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("no end of headers");
    let head = std::str::from_utf8(&bytes[..end]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let reply = Reply {
        status,
        headers,
        body: bytes[end + 4..].to_vec(),
    };
    if reply.header("transfer-encoding").is_some() {
        Reply {
            body: unchunk(&reply.body),
            ..reply
        }
    } else {
        reply
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = bytes.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[line + 2..line + 2 + size]);
        bytes = &bytes[line + 4 + size..];
    }
}
