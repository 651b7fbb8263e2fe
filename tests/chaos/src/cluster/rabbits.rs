//! Three RabbitMQ nodes on loopback that form one cluster, each killable: mutual TLS, common name = user, rights by topic.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use ubugoe_bench::pki::Pki;
use ubugoe_bench::ports::Lease;
use ubugoe_bench::process::Process;
use ubugoe_edge::Broker;

use super::debian::Debian;
use crate::town::near;

/// How many nodes.
pub const NODES: usize = 3;
/// How long a node may take to be there.
const START: Duration = Duration::from_mins(5);
/// Where the town's folder is seen by the nodes.
const WORK: &str = "/mnt";

/// The cluster.
#[derive(Debug)]
pub struct Rabbits {
    nodes: Vec<Node>,
    /// The nodes find each other through it; it is none of them, so that killing one does not hide the others.
    _names: Process,
    names_port: Lease,
    debian: Debian,
    town: PathBuf,
}

#[derive(Debug)]
struct Node {
    name: String,
    mqtt: Lease,
    distribution: Lease,
    process: Option<Process>,
    lives: u32,
}

impl Rabbits {
    /// Starts the three nodes for the devices and cities of `pki`, which must lie in `town/pki`.
    ///
    /// # Errors
    /// When a node does not come up, or they do not form a cluster.
    pub fn start(debian: Debian, pki: &Pki, town: PathBuf) -> Result<Self> {
        let folder = town.join("rabbit");
        fs::create_dir_all(&folder)?;
        let cookie = folder.join(".erlang.cookie");
        fs::write(&cookie, hex::encode(random()?))?;
        fs::set_permissions(&cookie, fs::Permissions::from_mode(0o400))?;
        fs::write(folder.join("definitions.json"), definitions(pki))?;
        let names_port = Lease::take()?;
        let port = names_port.port().to_string();
        let mut command = debian.command(&town, &[])?;
        command.args(["epmd", "-address", "127.0.0.1", "-port", &port]);
        let names = Process::spawn("epmd", command, folder.join("epmd.log"))?;
        let mut rabbits = Self {
            nodes: Vec::new(),
            _names: names,
            names_port,
            debian,
            town,
        };
        for n in 1..=NODES {
            let node = Node {
                name: format!("n{n}@localhost"),
                mqtt: Lease::take()?,
                distribution: Lease::take()?,
                process: None,
                lives: 0,
            };
            let home = folder.join(format!("n{n}"));
            fs::create_dir_all(&home)?;
            fs::write(home.join("rabbitmq.conf"), configuration(&node))?;
            fs::write(
                home.join("plugins"),
                "[rabbitmq_mqtt,rabbitmq_auth_mechanism_ssl].\n",
            )?;
            rabbits.nodes.push(node);
        }
        let all: Vec<usize> = (0..NODES).collect();
        rabbits.revive(&all)?;
        rabbits.control(&["await_online_nodes", &NODES.to_string()])?;
        Ok(rabbits)
    }

    /// Where the nth node listens for MQTT.
    ///
    /// # Errors
    /// Without such a node.
    pub fn broker(&self, n: usize) -> Result<Broker> {
        Ok(near(self.node(n)?.mqtt.port()))
    }

    /// kill -9 to all of these, one right after the other.
    ///
    /// # Errors
    /// When one does not run.
    pub fn kill(&mut self, nodes: &[usize]) -> Result<()> {
        for n in nodes {
            let node = self.nodes.get_mut(*n).context("no such node")?;
            node.process
                .take()
                .context("this node does not run")?
                .kill()?;
        }
        Ok(())
    }

    /// Starts all of these, and waits until they are up. Together: a node that was not the last to go waits for others.
    ///
    /// # Errors
    /// When one does not come up.
    pub fn revive(&mut self, nodes: &[usize]) -> Result<()> {
        for n in nodes {
            let command = {
                let node = self.node(*n)?;
                let (short, _) = node.name.split_once('@').context("a short name")?;
                let home = format!("{WORK}/rabbit/{short}");
                let environment = [
                    ("HOME", format!("{WORK}/rabbit")),
                    // So that the start script becomes the node instead of watching it.
                    ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
                    ("ERL_EPMD_PORT", self.names_port.port().to_string()),
                    ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
                    ("RABBITMQ_NODENAME", node.name.clone()),
                    ("RABBITMQ_DIST_PORT", node.distribution.port().to_string()),
                    ("RABBITMQ_MNESIA_BASE", home.clone()),
                    ("RABBITMQ_LOG_BASE", home.clone()),
                    ("RABBITMQ_LOGS", "-".to_owned()),
                    ("RABBITMQ_CONFIG_FILE", format!("{home}/rabbitmq.conf")),
                    ("RABBITMQ_ENABLED_PLUGINS_FILE", format!("{home}/plugins")),
                    (
                        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                        "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none".to_owned(),
                    ),
                ];
                let mut command = self.debian.command(&self.town, &environment)?;
                command.arg("/usr/lib/rabbitmq/bin/rabbitmq-server");
                command
            };
            let folder = self.town.join("rabbit");
            let node = self.nodes.get_mut(*n).context("no such node")?;
            node.lives += 1;
            let log = folder.join(format!("n{}-{}.log", n + 1, node.lives));
            node.process = Some(Process::spawn(&node.name, command, log)?);
        }
        for n in nodes {
            let process = self.node(*n)?.process.as_ref().context("just started")?;
            process.wait_line(
                "\"Server startup complete\"",
                |line| line.contains("Server startup complete"),
                START,
            )?;
        }
        Ok(())
    }

    /// `rabbitmqctl`, asked of the first node; what it said.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn control(&self, words: &[&str]) -> Result<String> {
        let environment = [
            ("HOME", format!("{WORK}/rabbit")),
            ("ERL_EPMD_PORT", self.names_port.port().to_string()),
        ];
        let done = self
            .debian
            .command(&self.town, &environment)?
            .args(["/usr/lib/rabbitmq/bin/rabbitmqctl", "--quiet", "-n"])
            .arg(&self.node(0)?.name)
            .args(words)
            .output()?;
        ensure!(
            done.status.success(),
            "rabbitmqctl {words:?}: {}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        Ok(String::from_utf8_lossy(&done.stdout).into_owned())
    }

    /// What the nodes complained of in this life, the last of it.
    #[must_use]
    pub fn complaints(&self) -> String {
        let mut text = String::new();
        for node in &self.nodes {
            let output = node.process.as_ref().map_or(String::new(), Process::output);
            let bad: Vec<&str> = output
                .lines()
                .filter(|line| line.contains("[error]") || line.contains("[warning]"))
                .collect();
            for line in bad.iter().skip(bad.len().saturating_sub(12)) {
                // Writing to memory does not fail.
                let _ = writeln!(text, "{}: {line}", node.name);
            }
        }
        text
    }

    fn node(&self, n: usize) -> Result<&Node> {
        self.nodes.get(n).context("no such node")
    }
}

fn configuration(node: &Node) -> String {
    let mut text = format!(
        "listeners.tcp = none\n\
         mqtt.listeners.tcp = none\n\
         mqtt.listeners.ssl.1 = 127.0.0.1:{}\n\
         ssl_options.cacertfile = {WORK}/pki/broker-ca.pem\n\
         ssl_options.certfile = {WORK}/pki/broker.pem\n\
         ssl_options.keyfile = {WORK}/pki/broker.key\n\
         ssl_options.verify = verify_peer\n\
         ssl_options.fail_if_no_peer_cert = true\n\
         ssl_cert_login_from = common_name\n\
         mqtt.ssl_cert_login = true\n\
         anonymous_login_user = none\n\
         mqtt.durable_queue_type = quorum\n\
         log.console = true\n\
         log.console.level = info\n\
         definitions.import_backend = local_filesystem\n\
         definitions.local.path = {WORK}/rabbit/definitions.json\n\
         cluster_formation.peer_discovery_backend = classic_config\n\
         cluster_formation.target_cluster_size_hint = {NODES}\n",
        node.mqtt.port()
    );
    for n in 1..=NODES {
        // Writing to memory does not fail.
        let _ = writeln!(
            text,
            "cluster_formation.classic_config.nodes.{n} = n{n}@localhost"
        );
    }
    text
}

/// Users, and what each may read and write; `/` of a topic is `.` here. Written out a third time on purpose, as for Mosquitto.
fn definitions(pki: &Pki) -> String {
    let mut users = Vec::new();
    let mut rights = Vec::new();
    let mut topics = Vec::new();
    let devices = pki.devices().map(|id| {
        let read = format!(r"^ubg\\.v1\\.(down\\.{id}\\.[^.]+|city\\.[^.]+\\.presence)$");
        (id, read, format!(r"^ubg\\.v1\\.up\\.{id}\\.[^.]+$"))
    });
    let cities = pki.cities().map(|id| {
        let write = format!(r"^ubg\\.v1\\.(down\\.[^.]+\\.[^.]+|city\\.{id}\\.presence)$");
        (id, format!(r"^ubg\\.v1\\.up\\.[^.]+\\.{id}$"), write)
    });
    for (id, read, write) in devices.chain(cities) {
        users.push(format!(
            r#"{{"name":"{id}","password_hash":"","hashing_algorithm":"rabbit_password_hashing_sha256","tags":[]}}"#
        ));
        // Its own session's queue, and the one exchange of MQTT.
        let own = format!("mqtt-subscription-(city-|plain-|share-[ab]-)?{id}qos[01]");
        let both = format!(r"^(amq\\.topic|{own})$");
        let own = format!("^{own}$");
        rights.push(format!(
            r#"{{"user":"{id}","vhost":"/","configure":"{own}","write":"{both}","read":"{both}"}}"#
        ));
        topics.push(format!(
            r#"{{"user":"{id}","vhost":"/","exchange":"amq.topic","write":"{write}","read":"{read}"}}"#
        ));
    }
    format!(
        r#"{{"vhosts":[{{"name":"/"}}],"users":[{}],"permissions":[{}],"topic_permissions":[{}]}}"#,
        users.join(","),
        rights.join(","),
        topics.join(",")
    )
}

fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
