//! A native application that waits for the code of a sign-in on a port of this machine (RFC 8252, section 7.3).

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use url::form_urlencoded;

/// What the browser brought to the redirect URI, and when.
#[derive(Debug)]
pub struct Redirected {
    /// The parameters of the query.
    pub parameters: BTreeMap<String, String>,
    /// When the request arrived.
    pub at: Instant,
}

/// The listener of the application.
pub struct Application {
    port: u16,
    redirected: Receiver<Redirected>,
}

impl Application {
    /// Listens until the process ends.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, redirected) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(found) = answer(stream)
                    && sender.send(found).is_err()
                {
                    return;
                }
            }
        });
        Self { port, redirected }
    }

    /// The redirect URI of the application.
    #[must_use]
    pub fn redirect_uri(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// The next redirect, if there is one already.
    #[must_use]
    pub fn redirected(&self) -> Option<Redirected> {
        self.redirected.try_recv().ok()
    }
}

/// Answers a request. Browsers also ask for an icon, and open connections without a request.
fn answer(mut stream: TcpStream) -> Option<Redirected> {
    let at = Instant::now();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).ok()?;
    let page = "<!DOCTYPE html><html lang=\"en\"><title>Signed in</title><h1 id=application>Signed in</h1>";
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{page}",
        page.len()
    )
    .ok()?;
    let (_, query) = line.split(' ').nth(1)?.split_once('?')?;
    let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    Some(Redirected { parameters, at })
}
