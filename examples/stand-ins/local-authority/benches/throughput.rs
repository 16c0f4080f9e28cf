//! How many sign-ins a second the authority answers, RSA-2048 on both sides, over HTTPS on loopback with connections that stay open.
//!
//! `cargo bench -p local-authority --profile release`, with `-- SECONDS` for another time than five. A sign-in is two requests: a
//! nonce, and the primary refresh token. The authority is the program itself, in its own process, so that the processor time of
//! either side is known. What the clients sign, they sign between the two requests and off the clock: an agent's card does that
//! elsewhere. All nonces first, then all tokens; the rate counts the time of both.

#[path = "../tests/authority/support/mod.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "shared with the tests, and not all of it used here"
)]
mod support;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use local_authority::Configuration;
use local_authority::issue::{DeviceFile, InitOptions, init};
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde_json::Value;
use support::{Assertion, Card, DeviceRequest, JWT_BEARER, now, sign_with_openssl};
use ureq::Agent;

/// How many clients sign in at once, each on its own connection.
const CLIENTS: usize = 4;
/// How many sign-ins are prepared at a time.
const BATCH: usize = 500;

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let wanted = Duration::from_secs(wanted.unwrap_or(5));
    let folder = tempfile::tempdir().unwrap();
    let configuration = init(folder.path(), &InitOptions::default()).unwrap();
    let authority = Program::start(folder.path());
    let bench = Bench::new(folder.path(), &configuration, &authority.url);

    bench.sign_in(CLIENTS); // connections, and what is read once
    let (mut total, mut elapsed) = (0, Duration::ZERO);
    let (mut served, mut asked, mut signing) = (0.0, 0.0, 0.0);
    while elapsed < wanted {
        let before = [authority.processor_seconds(), processor_seconds("self")];
        let batch = bench.sign_in(BATCH);
        total += BATCH;
        elapsed += batch.elapsed;
        served += authority.processor_seconds() - before[0];
        asked += processor_seconds("self") - before[1] - batch.signing;
        signing += batch.signing;
    }
    let each = |seconds: f64| 1_000.0 * seconds / number(total);
    println!(
        "{total} sign-ins in {:.1} s with {CLIENTS} clients: {:.0} a second",
        elapsed.as_secs_f64(),
        number(total) / elapsed.as_secs_f64()
    );
    println!(
        "processor time a sign-in: authority {:.2} ms, clients {:.2} ms, and {:.2} ms for their signatures, off the clock",
        each(served),
        each(asked),
        each(signing)
    );
    println!(
        "so the authority alone would answer {:.0} a second on two free cores",
        2.0 * number(total) / served
    );
}

/// State that all clients share.
struct Bench {
    agents: Vec<Agent>,
    token_url: String,
    card: Card,
    issuer: String,
    device: DeviceFile,
}

/// Cost of a batch of sign-ins.
struct Batch {
    /// From the first to the last request, the signing left out.
    elapsed: Duration,
    /// Processor time of the signatures, in seconds.
    signing: f64,
}

impl Bench {
    fn new(folder: &Path, configuration: &Configuration, url: &str) -> Self {
        let read = |file: &str| std::fs::read(folder.join(file)).unwrap();
        let agent = support::agent(&folder.join("tls-ca.pem"));
        let tenant = format!("{url}/{}", configuration.tenant.id);
        let metadata = agent
            .get(format!("{tenant}/.well-known/openid-configuration"))
            .call()
            .unwrap();
        Self {
            issuer: support::json(metadata).1["issuer"].as_str().unwrap().to_owned(),
            agents: (0..CLIENTS)
                .map(|_| support::agent(&folder.join("tls-ca.pem")))
                .collect(),
            token_url: format!("{tenant}/oauth2/token"),
            card: Card {
                certificate: X509::from_pem(&read("alice.pem")).unwrap(),
                key: PKey::private_key_from_pem(&read("alice.key")).unwrap(),
            },
            device: DeviceFile::read(&folder.join("device.json")).unwrap(),
        }
    }

    /// Runs this number of sign-ins with all clients. Each must be granted.
    fn sign_in(&self, count: usize) -> Batch {
        let challenge = vec![vec![("grant_type", "srv_challenge".to_owned())]; count];
        let (nonces, first) = self.post_all(&challenge);
        let before = processor_seconds("self");
        let requests = self.sign_all(&nonces);
        let signing = processor_seconds("self") - before;
        let (answers, second) = self.post_all(&requests);
        assert!(answers.iter().all(|answer| answer["session_key_jwe"].is_string()));
        Batch {
            elapsed: first + second,
            signing,
        }
    }

    /// Posts all forms; each client takes the next one.
    fn post_all(&self, forms: &[Vec<(&str, String)>]) -> (Vec<Value>, Duration) {
        let started = Instant::now();
        let next = AtomicUsize::new(0);
        let answers = thread::scope(|scope| {
            let client = |agent: &Agent| {
                let mut answers = Vec::new();
                while let Some(form) = forms.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let fields = form.iter().map(|(name, value)| (*name, value.as_str()));
                    let answer = agent.post(&self.token_url).send_form(fields).unwrap();
                    let (status, body) = support::json(answer);
                    assert_eq!(status, 200, "{body}");
                    answers.push(body);
                }
                answers
            };
            let running: Vec<_> = self
                .agents
                .iter()
                .map(|agent| scope.spawn(move || client(agent)))
                .collect();
            running
                .into_iter()
                .flat_map(|client| client.join().unwrap())
                .collect()
        });
        (answers, started.elapsed())
    }

    /// The card's and the device's signatures over each nonce, made on all cores.
    fn sign_all(&self, nonces: &[Value]) -> Vec<Vec<(&'static str, String)>> {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        thread::scope(|scope| {
            let running: Vec<_> = nonces
                .chunks(nonces.len().div_ceil(cores))
                .map(|part| scope.spawn(move || self.sign_some(part)))
                .collect();
            running
                .into_iter()
                .flat_map(|part| part.join().unwrap())
                .collect()
        })
    }

    fn sign_some(&self, nonces: &[Value]) -> Vec<Vec<(&'static str, String)>> {
        let device = PKey::private_key_from_pem(self.device.key.as_bytes()).unwrap();
        let mut assertion = Assertion::new(&self.card, "alice@contoso.example", &self.issuer, "");
        let mut request = DeviceRequest::new(&self.device, "", "");
        let sign = |answer: &Value| {
            assertion
                .claims
                .insert("request_nonce".to_owned(), answer["Nonce"].clone());
            assertion.claims.insert("exp".to_owned(), (now() + 300).into());
            let signed = sign_with_openssl(&assertion.header, &assertion.claims, &self.card.key);
            request
                .claims
                .insert("request_nonce".to_owned(), answer["Nonce"].clone());
            request.claims.insert("assertion".to_owned(), signed.into());
            let signed = sign_with_openssl(&request.header, &request.claims, &device);
            vec![("grant_type", JWT_BEARER.to_owned()), ("request", signed)]
        };
        nonces.iter().map(sign).collect()
    }
}

/// The authority's program.
struct Program {
    child: Child,
    url: String,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local-authority"))
            .arg("--config")
            .arg(folder.join("authority.json"))
            .arg("--log")
            .arg(folder.join("log.jsonl"))
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut url).unwrap();
        Self {
            child,
            url: url.trim().to_owned(),
        }
    }

    fn processor_seconds(&self) -> f64 {
        processor_seconds(&self.child.id().to_string())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Nobody is left to tell.
        let _ = self.child.wait();
    }
}

/// User and system time of a process, from `/proc/PID/stat` (fields 14 and 15, in hundredths of a second).
fn processor_seconds(process: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields = stat.rsplit_once(") ").unwrap().1.split(' ').skip(11).take(2);
    fields.map(|ticks| ticks.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

#[expect(clippy::cast_precision_loss, reason = "a count of some thousands")]
fn number(count: usize) -> f64 {
    count as f64
}
