//! A name server that publishes one service.

use std::net::UdpSocket;
use std::thread;

/// Answers at this address that the service is at the host and port; there are no other names. It ends with the process.
pub(crate) fn publish(address: &str, service: &str, host: &str, port: u16) {
    let socket = UdpSocket::bind(address).unwrap();
    let (service, host) = (name(service), name(host));
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, client)) = socket.recv_from(&mut query) {
            let _ = socket.send_to(&answer(&query[..length], &service, &host, port), client);
        }
    });
}

/// RFC 1035 section 4.1, RFC 2782. A query has one question after its header of twelve bytes.
fn answer(query: &[u8], service: &[u8], host: &[u8], port: u16) -> Vec<u8> {
    let end = query[12..].iter().position(|&length| length == 0).unwrap() + 13;
    let is_service = query[12..end].eq_ignore_ascii_case(service);
    // An answer of an authority that recurses; without an error, or with "name does not exist".
    let flags = if is_service { [0x85, 0x80] } else { [0x85, 0x83] };
    let counts = [0, 1, 0, u8::from(is_service), 0, 0, 0, 0];
    let question = &query[12..end + 4];
    let mut answer = [&query[..2], &flags, &counts, question].concat();
    if is_service {
        let length = u16::try_from(6 + host.len()).unwrap().to_be_bytes();
        // The name of the question, SRV, IN, a minute; priority and weight 0.
        answer.extend([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60]);
        answer.extend([&length[..], &[0; 4], &port.to_be_bytes(), host].concat());
    }
    answer
}

/// A name as its labels with their lengths.
fn name(text: &str) -> Vec<u8> {
    let labels = text.split('.').chain([""]);
    labels
        .flat_map(|label| [&[u8::try_from(label.len()).unwrap()], label.as_bytes()].concat())
        .collect()
}
