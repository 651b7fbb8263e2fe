//! OpenSC over a private pcscd: software that nobody here wrote must accept the card, and openssl its signatures.

use std::{fs, path::Path, process::Command};

use sha2::{Digest as _, Sha256};
use ubugoe_vcard::{Pcscd, PcscdConfig, SimConfig, SimReader};

use super::{issuer, private, run, wait_for_card};

/// Where Debian puts OpenSC's PKCS#11 module.
fn module() -> String {
    format!(
        "/usr/lib/{}-linux-gnu/pkcs11/opensc-pkcs11.so",
        std::env::consts::ARCH
    )
}

/// A service with a card on its reader.
struct Bench {
    reader: SimReader,
    service: Pcscd,
    folder: tempfile::TempDir,
}

impl Bench {
    fn with(persona: &str, socket: &Path) -> Self {
        let config = PcscdConfig {
            socket: Some(socket.to_owned()),
            ..PcscdConfig::default()
        };
        let service = Pcscd::start(config).unwrap();
        let config = SimConfig {
            port: service.port(),
            trace: None,
        };
        let card = issuer().issue(persona).unwrap();
        let reader = SimReader::start(&config, issuer().clone(), card).unwrap();
        reader.insert();
        wait_for_card();
        Self {
            reader,
            service,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            // OpenSC keeps what it read from cards in the user's cache otherwise
            .env("HOME", self.folder.path())
            .env("PCSCLITE_CSOCK_NAME", self.service.socket());
        command
    }

    fn tool(&self, program: &str, arguments: &[&str]) -> String {
        String::from_utf8(run(&mut self.command(program, arguments))).unwrap()
    }

    fn pkcs11(&self, slot: &str, pin: &str, arguments: &[&str]) -> String {
        let module = module();
        let head = ["--module", &module, "--slot", slot, "--login", "--pin", pin];
        self.tool("pkcs11-tool", &[&head[..], arguments].concat())
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// Leaves the public key of a certificate (PEM or DER) in `key.pem`.
    fn public_key(&self, certificate: &str) {
        let key = self.tool(
            "openssl",
            &["x509", "-in", certificate, "-noout", "-pubkey"],
        );
        fs::write(self.file("key.pem"), key).unwrap();
    }
}

#[test]
fn opensc_tool_knows_the_card_by_name_and_atr() {
    private(
        "opensc::opensc_tool_knows_the_card_by_name_and_atr",
        |socket| {
            let bench = Bench::with("hana", socket);
            assert_eq!(bench.tool("opensc-tool", &["-n"]).trim(), "jpki");
            let atr = bench.tool("opensc-tool", &["-a"]);
            assert_eq!(atr.trim(), "3b:88:80:01:00:00:05:e0:b3:81:a1:00:7f");
            let readers = bench.tool("opensc-tool", &["-l"]);
            assert!(readers.contains("Virtual PCD 00 00"), "{readers}");
        },
    );
}

#[test]
fn pkcs15_tool_lists_four_certificates_and_reads_the_free_ones() {
    private(
        "opensc::pkcs15_tool_lists_four_certificates_and_reads_the_free_ones",
        |socket| {
            let bench = Bench::with("hana", socket);
            let list = bench.tool("pkcs15-tool", &["--list-certificates"]);
            for name in [
                "[User Authentication Certificate]",
                "[Digital Signature Certificate]",
                "[User Authentication Certificate CA]",
                "[Digital Signature Certificate CA]",
            ] {
                assert!(list.contains(name), "{name} in {list}");
            }
            let pem = bench.tool("pkcs15-tool", &["--read-certificate", "01"]);
            fs::write(bench.file("auth.pem"), pem).unwrap();
            let subject = bench.tool(
                "openssl",
                &["x509", "-in", "auth.pem", "-noout", "-subject"],
            );
            assert!(subject.contains("99001003A"), "{subject}");
            let ca = bench.tool("pkcs15-tool", &["--read-certificate", "03"]);
            let kept =
                fs::read_to_string(issuer().pki().directory().join("jpki-auth-ca.pem")).unwrap();
            assert_eq!(ca.trim(), kept.trim());
        },
    );
}

#[test]
fn pkcs11_tool_signs_with_the_authentication_key_and_openssl_verifies() {
    private(
        "opensc::pkcs11_tool_signs_with_the_authentication_key_and_openssl_verifies",
        |socket| {
            let bench = Bench::with("hana", socket);
            fs::write(bench.file("data"), b"hello").unwrap();
            let pem = bench.tool("pkcs15-tool", &["--read-certificate", "01"]);
            fs::write(bench.file("auth.pem"), pem).unwrap();
            bench.public_key("auth.pem");
            let sign = [
                "--sign",
                "--mechanism",
                "SHA256-RSA-PKCS",
                "--id",
                "01",
                "-i",
                "data",
                "-o",
                "signature",
            ];
            bench.pkcs11("0", "2468", &sign);
            let verify = [
                "dgst",
                "-sha256",
                "-verify",
                "key.pem",
                "-signature",
                "signature",
                "data",
            ];
            assert_eq!(bench.tool("openssl", &verify).trim(), "Verified OK");
        },
    );
}

#[test]
fn pkcs11_tool_signs_with_the_signature_key_and_openssl_verifies() {
    private(
        "opensc::pkcs11_tool_signs_with_the_signature_key_and_openssl_verifies",
        |socket| {
            let bench = Bench::with("rare", socket);
            let digest = Sha256::digest(b"hello");
            let info = [
                &hex::decode("3031300d060960864801650304020105000420").unwrap()[..],
                &digest,
            ]
            .concat();
            fs::write(bench.file("digest"), digest).unwrap();
            fs::write(bench.file("info"), info).unwrap();
            let read = [
                "--read-object",
                "--type",
                "cert",
                "--id",
                "02",
                "-o",
                "sign.der",
            ];
            bench.pkcs11("1", "KANJI20BB7", &read);
            bench.tool(
                "openssl",
                &[
                    "x509", "-inform", "DER", "-in", "sign.der", "-out", "sign.pem",
                ],
            );
            bench.public_key("sign.pem");
            let sign = [
                "--sign",
                "--mechanism",
                "RSA-PKCS",
                "--id",
                "02",
                "-i",
                "info",
                "-o",
                "signature",
            ];
            bench.pkcs11("1", "KANJI20BB7", &sign);
            let verify = [
                "pkeyutl",
                "-verify",
                "-pubin",
                "-inkey",
                "key.pem",
                "-sigfile",
                "signature",
                "-in",
                "digest",
                "-pkeyopt",
                "digest:sha256",
            ];
            assert!(
                bench
                    .tool("openssl", &verify)
                    .contains("Signature Verified Successfully")
            );
        },
    );
}

#[test]
fn a_wrong_pin_through_opensc_costs_one_try_and_never_reaches_the_trace() {
    private(
        "opensc::a_wrong_pin_through_opensc_costs_one_try_and_never_reaches_the_trace",
        |socket| {
            let bench = Bench::with("hana", socket);
            bench.reader.take_exchanges();
            let mut wrong = bench.command(
                "pkcs15-tool",
                &["--verify-pin", "--auth-id", "01", "--pin", "0000"],
            );
            assert!(!wrong.output().unwrap().status.success());
            assert_eq!(
                bench.reader.status().tries,
                [Some(3), Some(5), Some(2), Some(3)]
            );
            let exchanges = bench.reader.take_exchanges();
            let verify: Vec<_> = exchanges
                .iter()
                .filter(|e| e.command.starts_with("0020008004"))
                .collect();
            assert_eq!(verify.len(), 1);
            assert_eq!(verify[0].command, "0020008004********");
            assert_eq!(verify[0].answer.as_deref(), Some("63C2"));
        },
    );
}
