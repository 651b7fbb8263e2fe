//! Three network namespaces joined by wires that can be cut, narrowed, shortened and made to lose packets.
//!
//! ```text
//!  kiosk                         broker                          city
//!  192.0.2.2 (.3)  up0 ── ward0  192.0.2.1
//!                                198.51.100.1  hall0 ── up0      198.51.100.2
//! ```
//! The namespaces are named after this process and go when the value is dropped, after a panic too. What a killed process
//! left is removed by the next one. Nothing outside the three namespaces is touched; whoever runs in them must be stopped
//! first. Packets are dropped where they come in: a drop at the sender is told to the sender.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, bail, ensure};

/// How all our namespaces' names begin.
const PREFIX: &str = "ubugoe-";
/// Where `ip netns` keeps them.
const NAMES: &str = "/run/netns";
/// The MTU of a wire nobody has touched.
pub const MTU: u32 = 1500;

/// One of the two wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Between kiosk and broker.
    Ward,
    /// Between city and broker.
    Hall,
}

/// Which way packets go on a wire: towards the broker or from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Towards the broker.
    Up,
    /// From the broker.
    Down,
    /// Both.
    Both,
}

impl Way {
    const fn up(self) -> bool {
        matches!(self, Self::Up | Self::Both)
    }

    const fn down(self) -> bool {
        matches!(self, Self::Down | Self::Both)
    }
}

/// One end of a wire: the namespace and the interface in it.
struct End<'a> {
    space: &'a str,
    interface: &'static str,
}

/// The three namespaces.
#[derive(Debug)]
pub struct Wires {
    kiosk: Space,
    broker: Space,
    city: Space,
    /// Dropped by rules that are gone.
    dropped: u64,
}

/// A namespace that goes with its owner.
#[derive(Debug)]
struct Space(String);

impl Space {
    fn new(name: String) -> Result<Self> {
        ip(&["netns", "add", &name])?;
        let space = Self(name);
        ip(&["-n", &space.0, "link", "set", "lo", "up"])?;
        Ok(space)
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        // Nobody is left to be told; the next process sweeps.
        let _ = ip(&["netns", "del", &self.0]);
    }
}

/// Why this machine has no such networks, if it has not.
#[must_use]
pub fn unavailable() -> Option<String> {
    sweep();
    Wires::new().err().map(|error| format!("{error:#}"))
}

/// Removes the namespaces of processes that are gone.
fn sweep() {
    for name in names() {
        let pid = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split('-').next());
        if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            // Another process may be sweeping too.
            let _ = ip(&["netns", "del", &name]);
        }
    }
}

/// The namespaces that are ours, of any process.
#[must_use]
pub fn names() -> Vec<String> {
    let entries = fs::read_dir(NAMES).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with(PREFIX))
        .collect()
}

impl Wires {
    /// Lays the wires.
    ///
    /// # Errors
    /// Without root, `ip`, `tc` or `nft`, or on a kernel that lacks one of them; says which.
    pub fn new() -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let space = |role| Space::new(format!("{PREFIX}{pid}-{n}-{role}"));
        let wires = Self {
            kiosk: space("kiosk")?,
            broker: space("broker")?,
            city: space("city")?,
            dropped: 0,
        };
        let (k, b, c) = (&wires.kiosk.0, &wires.broker.0, &wires.city.0);
        for (space, interface) in [(k, "ward0"), (c, "hall0")] {
            ip(&[
                "link", "add", "up0", "netns", space, "type", "veth", "peer", "name", interface,
                "netns", b,
            ])?;
        }
        for (space, interface, address) in [
            (k, "up0", "192.0.2.2/24"),
            (b, "ward0", "192.0.2.1/24"),
            (b, "hall0", "198.51.100.1/24"),
            (c, "up0", "198.51.100.2/24"),
        ] {
            ip(&["-n", space, "addr", "add", address, "dev", interface])?;
            // One packet is one packet: without this, a drop or an MTU would meet 64 KiB at once.
            ip(&[
                "-n",
                space,
                "link",
                "set",
                interface,
                "gso_max_segs",
                "1",
                "up",
            ])?;
        }
        wires.rules(Wire::Ward, Way::Both, 0)?;
        wires.rules(Wire::Hall, Way::Both, 0)?;
        // Tried once, so that a kernel without it is found before a part begins.
        wires.narrow(Wire::Ward, 1_000_000)?;
        wires.widen(Wire::Ward)?;
        Ok(wires)
    }

    /// The kiosk's namespace.
    #[must_use]
    pub fn kiosk(&self) -> &str {
        &self.kiosk.0
    }

    /// The broker's namespace.
    #[must_use]
    pub fn broker(&self) -> &str {
        &self.broker.0
    }

    /// The city's namespace.
    #[must_use]
    pub fn city(&self) -> &str {
        &self.city.0
    }

    fn ends(&self, wire: Wire) -> [End<'_>; 2] {
        let (far, at_broker) = match wire {
            Wire::Ward => (&self.kiosk, "ward0"),
            Wire::Hall => (&self.city, "hall0"),
        };
        [
            End {
                space: &far.0,
                interface: "up0",
            },
            End {
                space: &self.broker.0,
                interface: at_broker,
            },
        ]
    }

    /// So many bits per second each way, with a second's worth of buffer, as a mobile network has.
    ///
    /// # Errors
    /// When `tc` refuses.
    pub fn narrow(&self, wire: Wire, bits: u32) -> Result<()> {
        for end in self.ends(wire) {
            tool(
                "tc",
                &[
                    "-n",
                    end.space,
                    "qdisc",
                    "replace",
                    "dev",
                    end.interface,
                    "root",
                    "tbf",
                    "rate",
                    &format!("{bits}bit"),
                    "burst",
                    "3000",
                    "latency",
                    "1s",
                ],
                "",
            )?;
        }
        Ok(())
    }

    /// The end of [`Wires::narrow`].
    ///
    /// # Errors
    /// When `tc` refuses.
    pub fn widen(&self, wire: Wire) -> Result<()> {
        for end in self.ends(wire) {
            tool(
                "tc",
                &[
                    "-n",
                    end.space,
                    "qdisc",
                    "del",
                    "dev",
                    end.interface,
                    "root",
                ],
                "",
            )?;
        }
        Ok(())
    }

    /// Loses so many packets of a hundred at random; 100 is a partition that tells nobody, 0 is its end.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn lose(&mut self, wire: Wire, way: Way, percent: u32) -> Result<()> {
        self.dropped += self.counted(wire)?;
        self.rules(wire, way, percent)
    }

    fn rules(&self, wire: Wire, way: Way, percent: u32) -> Result<()> {
        let [far, near] = self.ends(wire);
        for (end, here) in [(far, way.down()), (near, way.up())] {
            let rule = match percent {
                0 => String::new(),
                _ if !here => String::new(),
                100.. => format!("iifname {} counter name dropped drop", end.interface),
                _ => format!(
                    "iifname {} numgen random mod 100 < {percent} counter name dropped drop",
                    end.interface
                ),
            };
            let table = format!("wire_{}", end.interface);
            let text = format!(
                "table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n  counter dropped {{ }}\n  chain in {{\n    \
                 type filter hook input priority 0\n    {rule}\n  }}\n}}\n"
            );
            tool("ip", &["netns", "exec", end.space, "nft", "-f", "-"], &text)?;
        }
        Ok(())
    }

    fn counted(&self, wire: Wire) -> Result<u64> {
        let mut sum = 0;
        for end in self.ends(wire) {
            let table = format!("wire_{}", end.interface);
            let text = tool(
                "ip",
                &[
                    "netns", "exec", end.space, "nft", "list", "counter", "inet", &table, "dropped",
                ],
                "",
            )?;
            let mut words = text
                .split_whitespace()
                .skip_while(|word| *word != "packets");
            sum += words
                .nth(1)
                .context("nft says no number of packets")?
                .parse::<u64>()?;
        }
        Ok(sum)
    }

    /// Packets dropped by [`Wires::lose`] so far.
    ///
    /// # Errors
    /// When `nft` refuses.
    pub fn dropped(&self) -> Result<u64> {
        Ok(self.dropped + self.counted(Wire::Ward)? + self.counted(Wire::Hall)?)
    }

    /// Pulls the plug: both ends see that the wire is dead.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn unplug(&self, wire: Wire) -> Result<()> {
        let [far, _] = self.ends(wire);
        ip(&["-n", far.space, "link", "set", far.interface, "down"]).map(drop)
    }

    /// The end of [`Wires::unplug`].
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn plug(&self, wire: Wire) -> Result<()> {
        let [far, _] = self.ends(wire);
        ip(&["-n", far.space, "link", "set", far.interface, "up"]).map(drop)
    }

    /// Largest packet, both ends; what is larger is lost in silence until a new connection is made.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn mtu(&self, wire: Wire, bytes: u32) -> Result<()> {
        for end in self.ends(wire) {
            let bytes = bytes.to_string();
            ip(&["-n", end.space, "link", "set", end.interface, "mtu", &bytes])?;
        }
        Ok(())
    }

    /// Takes the kiosk's address away and gives it 192.0.2.`last`, as another access point does.
    ///
    /// # Errors
    /// When `ip` refuses.
    pub fn renumber(&self, last: u8) -> Result<()> {
        let space = self.kiosk();
        ip(&["-n", space, "addr", "flush", "dev", "up0"])?;
        let address = format!("192.0.2.{last}/24");
        ip(&["-n", space, "addr", "add", &address, "dev", "up0"]).map(drop)
    }

    /// Bytes the kiosk has sent and received, with every header below TCP.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn bytes(&self) -> Result<(u64, u64)> {
        let read = |what| {
            let file = format!("/sys/class/net/up0/statistics/{what}_bytes");
            let text = tool("ip", &["netns", "exec", self.kiosk(), "cat", &file], "")?;
            Ok::<u64, anyhow::Error>(text.trim().parse()?)
        };
        Ok((read("tx")?, read("rx")?))
    }
}

fn ip(arguments: &[&str]) -> Result<String> {
    tool("ip", arguments, "")
}

fn tool(program: &str, arguments: &[&str], input: &str) -> Result<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{program} is not installed"))?;
    if let Some(mut to) = child.stdin.take() {
        // A program that does not read ends with its own words.
        let _ = to.write_all(input.as_bytes());
    }
    let done = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&done.stderr);
    if !done.status.success() {
        bail!("{program} {}: {}", arguments.join(" "), said.trim());
    }
    let text = String::from_utf8(done.stdout)?;
    ensure!(text.len() < 1 << 20, "{program} does not stop talking");
    Ok(text)
}
