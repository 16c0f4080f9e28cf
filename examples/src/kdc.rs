//! Domain controllers: found by DNS, asked over TCP.
//!
//! UDP is not used. A signed request and a reply with a PAC do not fit into a datagram, every KDC must accept TCP (RFC 4120 section
//! 7.2.2), and Windows tries it first, too
//! (<https://learn.microsoft.com/troubleshoot/windows-server/windows-security/force-kerberos-use-tcp-instead-udp>).

use std::fmt;
use std::io::{self, Read, Write};
use std::net::{Ipv6Addr, TcpStream, ToSocketAddrs};
use std::str::FromStr;
use std::time::{Duration, Instant};

use cba_protocol::active_directory::{AdError, KdcExchange};
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

use crate::output::printable_line;

/// Port of a KDC (RFC 4120 section 7.2.3).
const PORT: u16 = 88;

/// Longest time for a connection, and for an answer. Domain controllers of a site answer in milliseconds.
const CONNECT: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(10);

/// Most domain controllers that are tried for one request.
const MAX_TRIED: usize = 5;

/// SRV records that are asked for, in this order: Active Directory's own, then those of RFC 4120 (section 7.2.3.2). A host that is
/// published for UDP alone is asked over TCP at the same port.
const SERVICES: [&str; 3] = ["_kerberos._tcp.dc._msdcs", "_kerberos._tcp", UDP];
const UDP: &str = "_kerberos._udp";

/// Host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
}

/// The domain controllers of a realm, and of those that it refers to.
#[derive(Clone, Debug)]
pub(crate) struct Kdcs {
    realm: String,
    named: Option<Address>,
}

/// The domain controllers of one realm.
pub(crate) struct Found {
    /// In the order in which they are tried.
    pub(crate) addresses: Vec<Address>,
    /// Whether DNS names them for UDP only.
    pub(crate) for_udp: bool,
}

impl Address {
    /// The host, without brackets.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }
}

impl FromStr for Address {
    type Err = String;

    /// `HOST`, `HOST:PORT`, `ADDRESS` or `[ADDRESS]:PORT`.
    fn from_str(text: &str) -> Result<Self, String> {
        let address = |host: &str, port: Option<&str>| {
            let port = port
                .map_or(Ok(PORT), str::parse)
                .map_err(|_| "the port is not a number from 1 to 65535")?;
            let is_host = !host.is_empty()
                && !host.contains(|c: char| c.is_whitespace() || c.is_control() || "/@[]".contains(c));
            if is_host && port != 0 {
                Ok(Self {
                    host: host.to_owned(),
                    port,
                })
            } else {
                Err("expected HOST or HOST:PORT")
            }
        };
        let found = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => address(host, None),
            Some((host, port)) => address(host, Some(port.strip_prefix(':').unwrap_or_default())),
            None if text.parse::<Ipv6Addr>().is_ok() => address(text, None),
            None => match text.rsplit_once(':') {
                Some((host, port)) => address(host, Some(port)),
                None => address(text, None),
            },
        };
        found.map_err(str::to_owned)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Kdcs {
    /// The domain controllers of this realm: the one that is named, or those that DNS names.
    pub(crate) fn new(realm: &str, named: Option<Address>) -> Self {
        Self {
            realm: realm.to_owned(),
            named,
        }
    }

    pub(crate) fn of(&self, realm: &str) -> Result<Found, KdcUnreachable> {
        match &self.named {
            Some(named) if realm.eq_ignore_ascii_case(&self.realm) => Ok(Found {
                addresses: vec![named.clone()],
                for_udp: false,
            }),
            _ => look_up(realm),
        }
    }

    /// Sends the request to the first that answers.
    pub(crate) fn send(&self, exchange: &KdcExchange) -> Result<Vec<u8>, KdcUnreachable> {
        let Found { addresses, for_udp } = self.of(exchange.realm())?;
        let mut failed = Vec::new();
        for address in addresses.into_iter().take(MAX_TRIED) {
            match ask(&address, &exchange.framed_request()) {
                Ok(reply) => return Ok(reply),
                Err(error) => failed.push((address, error)),
            }
        }
        Err(KdcUnreachable::NoAnswer { failed, for_udp })
    }
}

/// One request and its answer.
fn ask(address: &Address, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = connect(address)?;
    let end = Instant::now() + ANSWER;
    stream.set_write_timeout(Some(ANSWER))?;
    stream.write_all(request)?;
    let mut prefix = [0; 4];
    read_until(&mut stream, &mut prefix, end)?;
    let length = KdcExchange::reply_length(prefix).map_err(|error: AdError| io::Error::other(error))?;
    let mut reply = vec![0; length];
    read_until(&mut stream, &mut reply, end)?;
    Ok(reply)
}

/// A connection to one of the host's addresses.
pub(crate) fn connect(address: &Address) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for resolved in (address.host.as_str(), address.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&resolved, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Fills the buffer. A peer that sends a byte now and then does not get more time.
fn read_until(stream: &mut TcpStream, mut buffer: &mut [u8], end: Instant) -> io::Result<()> {
    while !buffer.is_empty() {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => buffer = &mut buffer[read..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(io::ErrorKind::TimedOut.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The domain controllers that DNS names.
fn look_up(realm: &str) -> Result<Found, KdcUnreachable> {
    let failed = |why: String| KdcUnreachable::Dns {
        realm: realm.to_owned(),
        why,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| failed(error.to_string()))?;
    runtime.block_on(async {
        let resolver = TokioResolver::builder_tokio()
            .and_then(hickory_resolver::ResolverBuilder::build)
            .map_err(|error| failed(error.to_string()))?;
        let mut why = String::new();
        for service in SERVICES {
            // The dot at the end keeps search domains out.
            match resolver
                .lookup(format!("{service}.{realm}."), RecordType::SRV)
                .await
            {
                Ok(found) => {
                    let mut servers: Vec<_> = found
                        .answers()
                        .iter()
                        .filter_map(|record| match &record.data {
                            RData::SRV(server) if server.port != 0 => Some(server),
                            _ => None,
                        })
                        .collect();
                    servers.sort_by_key(|server| (server.priority, u16::MAX - server.weight));
                    let addresses: Vec<_> = servers
                        .into_iter()
                        .map(|server| Address {
                            host: server.target.to_string().trim_end_matches('.').to_owned(),
                            port: server.port,
                        })
                        .filter(|address| !address.host.is_empty())
                        .collect();
                    if !addresses.is_empty() {
                        return Ok(Found {
                            addresses,
                            for_udp: service == UDP,
                        });
                    }
                }
                Err(error) => why = error.to_string(),
            }
        }
        Err(failed(if why.is_empty() {
            "no records".to_owned()
        } else {
            why
        }))
    })
}

/// Why no domain controller answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KdcUnreachable {
    #[error(
        "DNS names no domain controller of {} (SRV _kerberos._tcp and _kerberos._udp): {}",
        printable_line(realm),
        printable_line(why)
    )]
    Dns { realm: String, why: String },
    #[error(
        "no domain controller answered over TCP{}: {}",
        if *for_udp { ", and DNS names them for UDP only" } else { "" },
        Tried(failed)
    )]
    NoAnswer {
        failed: Vec<(Address, io::Error)>,
        for_udp: bool,
    },
}

impl KdcUnreachable {
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Dns { .. } => "network/no-domain-controller",
            Self::NoAnswer { .. } => "network/domain-controller-silent",
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Dns { .. } => {
                "Check that this machine uses the DNS servers of the domain, or name a domain controller with --kdc."
            }
            Self::NoAnswer { for_udp: true, .. } => {
                "Open TCP port 88 of the domain controllers, and publish it in DNS (SRV _kerberos._tcp)."
            }
            Self::NoAnswer { .. } => {
                "Check that TCP port 88 of the domain controllers can be reached from here."
            }
        }
    }
}

struct Tried<'a>(&'a [(Address, io::Error)]);

impl fmt::Display for Tried<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (address, error)) in self.0.iter().enumerate() {
            let separator = if number == 0 { "" } else { "; " };
            write!(
                f,
                "{separator}{}: {}",
                printable_line(&address.to_string()),
                printable_line(&error.to_string())
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_hosts_with_or_without_a_port() {
        for (text, shown) in [
            ("dc1.corp.example", "dc1.corp.example:88"),
            ("dc1:8888", "dc1:8888"),
            ("127.0.0.1:88", "127.0.0.1:88"),
            ("::1", "[::1]:88"),
            ("[::1]", "[::1]:88"),
            ("[fe80::1]:89", "[fe80::1]:89"),
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), shown);
        }
        for wrong in [
            "",
            ":88",
            "dc1:",
            "dc1:0",
            "dc1:65536",
            "a b",
            "http://dc1",
            "[::1]88",
            "dc1:x",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
    }
}
