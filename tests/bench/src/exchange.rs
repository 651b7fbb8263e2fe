//! Simulated agencies beside the rig's city: one `ubugoe-agencies` process, and the city's part of the configuration.
//!
//! Answers for keys and certificates of an exchange of their own, for starting the program, and for what each agency may ask
//! and be asked. No real authority or company stands behind any of them.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::{Error, pki::Pki, ports::Lease, process::Process, programs, rig::MUNICIPALITY};

const PATIENCE: Duration = Duration::from_mins(1);
/// The city's stem and DNS name in the exchange.
const CITY: (&str, &str) = ("city", "city.exchange.example");

/// One agency.
struct Member {
    id: &'static str,
    kind: &'static str,
    class: &'static str,
    name: (&'static str, &'static str),
    rights: &'static str,
}

const MEMBERS: [Member; 5] = [
    Member {
        id: "hospital",
        kind: "hospital",
        class: "MED",
        name: ("あすこえ産院", "Asukoe Maternity Clinic"),
        rights: "[[agencies.agency.calls]]\nservice = \"birthCertificate\"\npurpose = \"registration\"\nlaw = \"戸籍法第49条第3項\"\n",
    },
    Member {
        id: "insurer",
        kind: "insurer",
        class: "INS",
        name: ("あすこえ健康保険組合", "Asukoe Health Insurance Society"),
        // what the line waits for after the medical subsidy was accepted
        rights: "[[agencies.agency.calls]]\nservice = \"birthStatus\"\npurpose = \"lump-sum\"\n[[agencies.agency.asks]]\nservice = \"lumpSum\"\npurpose = \"lump-sum\"\nitems = [\"kodomo_iryohi\"]\n",
    },
    Member {
        id: "pension",
        kind: "pension-office",
        class: "GOV",
        name: ("あすこえ年金事務所", "Asukoe Pension Office"),
        rights: "[[agencies.agency.asks]]\nservice = \"premiumRelief\"\npurpose = \"premium\"\n",
    },
    Member {
        id: "prefecture",
        kind: "prefecture",
        class: "GOV",
        name: ("ことほぎ県", "Kotohogi Prefecture"),
        rights: "[[agencies.agency.asks]]\nservice = \"vitalStatistics\"\npurpose = \"statistics\"\nlaw = \"人口動態調査令第3条\"\n",
    },
    Member {
        id: "provider",
        kind: "provider",
        class: "COM",
        name: ("あすこえ文具店", "Asukoe Stationery"),
        rights: "[[agencies.agency.asks]]\nservice = \"gift\"\npurpose = \"gift\"\njoyful = true\n",
    },
];

impl Member {
    fn address(&self) -> String {
        format!("JPX/{}/{}/SYSTEM", self.class, self.id)
    }

    fn tls_name(&self) -> String {
        format!("{}.exchange.example", self.id)
    }
}

/// The agencies, running.
#[derive(Debug)]
pub struct Exchange {
    _process: Process,
    city: String,
    _port: Lease,
}

impl Exchange {
    /// Makes their keys below `folder` and starts them. `verify` is the file with the city's public key.
    ///
    /// # Errors
    /// When a file cannot be written or the program does not start.
    pub fn start(folder: &Path, verify: &Path) -> Result<Self, Error> {
        let mut pki = Pki::create(folder.join("exchange"))?;
        pki.add_member(CITY.0, CITY.1)?;
        let port = Lease::take()?;
        let mut settings = format!(
            "[city]\naddress = \"{}\"\nat = \"127.0.0.1:{}\"\ntls_name = \"{}\"\nverify = \"{}\"\nca = \"broker-ca.pem\"\n",
            own(),
            port.port(),
            CITY.1,
            verify.display()
        );
        for member in &MEMBERS {
            pki.add_member(member.id, &member.tls_name())?;
            let _ = write!(
                settings,
                "\n[[agency]]\nkind = \"{}\"\naddress = \"{}\"\nbind = \"127.0.0.1:0\"\ncert = \"{id}.pem\"\nkey = \"{id}.key\"\nsign = \"{id}.sign\"\n",
                member.kind,
                member.address(),
                id = member.id
            );
        }
        let file = pki.path("agencies.toml");
        fs::write(&file, settings).map_err(Error::file("write", &file))?;
        let mut command = Command::new(programs::ours("ubugoe-agencies")?);
        command.arg("serve").arg("--settings").arg(&file);
        let log: PathBuf = folder.join("agencies.log");
        let process = Process::spawn("ubugoe-agencies", command, log)?;
        let ready = process.wait_ready(PATIENCE)?;
        let dir = pki.dir().display();
        let mut city = format!(
            "\n[agencies]\naddress = \"{}\"\nbind = \"127.0.0.1:{}\"\nca = \"{dir}/broker-ca.pem\"\ncert = \"{dir}/{stem}.pem\"\nkey = \"{dir}/{stem}.key\"\n",
            own(),
            port.port(),
            stem = CITY.0
        );
        for member in &MEMBERS {
            let at = ready["agencies"][member.address()]
                .as_str()
                .unwrap_or_default();
            let _ = write!(
                city,
                "\n[[agencies.agency]]\nid = \"{id}\"\nname_ja = \"{}\"\nname_en = \"{}\"\naddress = \"{}\"\ntls_name = \"{}\"\nat = \"{at}\"\nverify = \"{dir}/{id}.sign.pub\"\n{}",
                member.name.0,
                member.name.1,
                member.address(),
                member.tls_name(),
                member.rights,
                id = member.id
            );
        }
        Ok(Self {
            _process: process,
            city,
            _port: port,
        })
    }

    /// The section of the city's configuration.
    #[must_use]
    pub fn city_toml(&self) -> &str {
        &self.city
    }

    /// Who answers: their Japanese names.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        MEMBERS.iter().map(|member| member.name.0).collect()
    }
}

fn own() -> String {
    format!("JPX/GOV/{MUNICIPALITY}/UBUGOE")
}
