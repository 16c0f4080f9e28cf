//! The program `broker-browser-host`: passes the questions of the browser extension (`examples/broker/extension`) to the broker.
//!
//! A browser starts it and exchanges messages through its standard streams: a length of 32 bits in the machine's byte order, and JSON
//! ([native messaging](https://developer.chrome.com/docs/extensions/develop/concepts/native-messaging)).
//!
//! | message | meaning |
//! |---|---|
//! | `{"id": 1, "url": "https://…"}` from the extension | a cookie for a request to this URL? |
//! | `{"id": 1, "header": {"name", "value"}}` or `{"id": 1, "error"}` | the answer. `id` is `null` if the question could not be read |
//! | `{"authority": "https://…"}` to the extension | the broker has a token, for this origin; `null`: it has none. Sent at the start and after each change |

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use clap::Parser;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zbus::{Connection, MatchRule, MessageStream, message};
use zeroize::Zeroizing;

use super::client::{ClientError, call_on, session_bus};
use super::native_message::{read, write};
use super::next::next;
use super::{NAME, hand_over, service};
use crate::output::print_message;

/// Passes the questions of the browser extension to the broker. A browser starts it, and exchanges messages with it through the standard
/// streams.
#[derive(Debug, Parser)]
#[command(
    name = "broker-browser-host",
    version,
    max_term_width = 110,
    after_help = "Exit codes:\n  0  the browser ended\n  1  a message could not be read or written\n  6  there is no session bus"
)]
struct Arguments {
    /// What the browser says about itself
    #[arg(hide = true, allow_hyphen_values = true, trailing_var_arg = true)]
    _browser: Vec<std::ffi::OsString>,
}

/// Longest time of a question to the broker, which may have to renew its token first.
const LIMIT: Duration = Duration::from_secs(60);

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    let Arguments { .. } = Arguments::parse();
    let connection = match zbus::block_on(session_bus(LIMIT)) {
        Ok(connection) => connection,
        Err(error) => {
            print_message(
                "broker-browser-host",
                format_args!("there is no session bus: {error}"),
            );
            return ExitCode::from(6);
        }
    };
    let output = match io::stdout().as_fd().try_clone_to_owned() {
        Ok(output) => output,
        Err(error) => {
            print_message("broker-browser-host", format_args!("no standard output: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let host = Arc::new(Host {
        connection,
        output: Mutex::new(Output {
            stream: File::from(output),
            last: None,
        }),
    });
    for watch in [Watch::Name, Watch::Token] {
        let host = Arc::clone(&host);
        thread::spawn(move || {
            if let Err(error) = zbus::block_on(host.watch(watch)) {
                print_message(
                    "broker-browser-host",
                    format_args!("the broker is not watched: {error}"),
                );
            }
        });
    }
    match host.serve(io::stdin().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_message("broker-browser-host", error);
            ExitCode::FAILURE
        }
    }
}

struct Host {
    connection: Connection,
    output: Mutex<Output>,
}

struct Output {
    /// Standard output without its buffer, in which cookies would stay.
    stream: File,
    /// The last state that was written.
    last: Option<Value>,
}

#[derive(Clone, Copy)]
enum Watch {
    /// The owner of the broker's name.
    Name,
    /// The broker's token.
    Token,
}

/// A question of the extension.
#[derive(Deserialize)]
struct Question {
    id: u64,
    url: String,
}

/// The answer to a question.
#[derive(Serialize)]
struct Answer {
    id: Option<u64>,
    #[serde(flatten)]
    result: Outcome,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Header(Header),
    Error(String),
}

/// A header with a cookie, which is wiped on drop.
#[derive(Serialize)]
struct Header {
    name: String,
    value: Zeroizing<String>,
}

/// The broker's answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cookies {
    #[serde(default)]
    cookie_items: Vec<Cookie>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cookie {
    cookie_name: String,
    cookie_content: Zeroizing<String>,
}

#[derive(Deserialize)]
struct Refused {
    context: Option<String>,
}

impl Host {
    /// Answers until the browser closes the stream.
    fn serve(&self, mut input: impl Read) -> io::Result<()> {
        while let Some(message) = read(&mut input)? {
            let question = message.and_then(|message| {
                serde_json::from_slice::<Question>(&message)
                    .map_err(|error| format!("the message is not a question: {error}"))
            });
            let (id, header) = match question {
                Ok(question) => (Some(question.id), self.cookie(&question.url)),
                Err(problem) => {
                    // The extension does not know which question this answers, so a person must see it.
                    print_message("broker-browser-host", &problem);
                    (None, Err(problem))
                }
            };
            let result = header.map_or_else(Outcome::Error, Outcome::Header);
            let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            write(&mut output.stream, &Answer { id, result })?;
        }
        Ok(())
    }

    /// The header with a cookie for a URL.
    fn cookie(&self, url: &str) -> Result<Header, String> {
        let request = json!({ "ssoUrl": url }).to_string();
        let body = ("0.0", correlation_id(), request);
        let call = call_on(&self.connection, service::INTERFACE, "acquirePrtSsoCookie", &body);
        let answer = Zeroizing::new(zbus::block_on(call).map_err(|error| error.to_string())?);
        let answer: Cookies = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
        match answer.cookie_items.into_iter().next() {
            Some(cookie) => Ok(Header {
                name: cookie.cookie_name,
                value: cookie.cookie_content,
            }),
            None => Err(answer
                .error
                .and_then(|error| error.context)
                .unwrap_or_else(|| "no cookie".to_owned())),
        }
    }

    /// Writes the state at the start and after each change.
    async fn watch(&self, watch: Watch) -> zbus::Result<()> {
        let rule = MatchRule::builder().msg_type(message::Type::Signal);
        let rule = match watch {
            Watch::Name => rule
                .sender("org.freedesktop.DBus")
                .interface("org.freedesktop.DBus")
                .member("NameOwnerChanged")
                .arg(0, NAME),
            Watch::Token => rule
                .sender(NAME)
                .interface(hand_over::INTERFACE)
                .member("Changed"),
        };
        let mut signals = MessageStream::for_match_rule(rule.build()?, &self.connection, None).await?;
        self.publish(self.authority().await);
        while let Some(signal) = next(&mut signals).await {
            let owner = signal?.body().deserialize::<(String, String, String)>();
            // A call would start a broker that has just ended.
            let is_gone = owner.is_ok_and(|(_, _, new)| new.is_empty());
            let authority = if is_gone {
                Value::Null
            } else {
                self.authority().await
            };
            self.publish(authority);
        }
        Ok(())
    }

    /// The origin for which the broker has a token, or null.
    async fn authority(&self) -> Value {
        let status: Result<String, ClientError> =
            call_on(&self.connection, hand_over::INTERFACE, "Status", &()).await;
        let status: Value = status
            .ok()
            .and_then(|status| serde_json::from_str(&status).ok())
            .unwrap_or_default();
        if status["token"].is_null() {
            Value::Null
        } else {
            status["authority"].clone()
        }
    }

    fn publish(&self, authority: Value) {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        if output.last.as_ref() != Some(&authority) {
            // The browser has ended if this fails, and then the other stream ends too.
            let _ = write(&mut output.stream, &json!({ "authority": authority }));
            output.last = Some(authority);
        }
    }
}

/// A random UUID (RFC 9562, section 5.4), which the protocol requires for each operation.
fn correlation_id() -> String {
    let mut bytes = [0; 16];
    // It identifies a line in a log. Zeros are as good.
    let _ = getrandom::fill(&mut bytes);
    let number = u128::from_be_bytes(bytes) & !(0xf << 76) & !(0b11 << 62) | 4 << 76 | 0b10 << 62;
    let digits = format!("{number:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::correlation_id;

    #[test]
    fn a_correlation_id_is_a_random_uuid() {
        let id = correlation_id();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4");
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, correlation_id());
    }
}
