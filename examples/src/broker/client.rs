//! The side of the programs that hand their token over, and of the commands.

use std::io;
use std::time::Duration;

use cba_protocol::PrimaryRefreshToken;
use zbus::{Connection, Error, connection, fdo, wire};

use super::hand_over::{INTERFACE, memory_file};
use super::{NAME, PATH};

/// Reason why the broker did not do it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("there is no session bus ({0}); run this in the user's session")]
    NoBus(String),
    #[error("there is no broker on the session bus; start it with broker serve")]
    NoBroker,
    #[error(
        "the process that has the name of the broker is another program; \
         end it (busctl --user status {NAME} names it), and start this one with broker serve"
    )]
    OtherBroker,
    #[error("the broker refused: {0}")]
    Refused(String),
    #[error("the broker did not answer in time; stop it and start it again with broker serve")]
    Silent,
}

/// Longest time of a call that needs no authority.
const LIMIT: Duration = Duration::from_secs(10);

/// A connection to the session bus whose calls end after this time.
pub(super) async fn session_bus(limit: Duration) -> zbus::Result<Connection> {
    connection::Builder::session().method_timeout(limit).build().await
}

/// Hands the token to the broker of this user. Returns the name that the broker knows the user by.
pub(crate) fn hand_over(prt: &PrimaryRefreshToken, card: &str) -> Result<String, ClientError> {
    let file = memory_file(prt).map_err(ClientError::Refused)?;
    call("Take", &(zbus::Fd::from(file), card))
}

/// Has the broker drop its token. Returns the URL that ends the sessions in a browser, or an empty text.
pub(super) fn sign_out() -> Result<String, ClientError> {
    call("SignOut", &())
}

/// The state of the broker as JSON.
pub(super) fn status() -> Result<String, ClientError> {
    call("Status", &())
}

fn call<B>(method: &str, body: &B) -> Result<String, ClientError>
where
    B: serde::Serialize + wire::DynamicType,
{
    zbus::block_on(async {
        let connection = session_bus(LIMIT)
            .await
            .map_err(|error| ClientError::NoBus(error.to_string()))?;
        call_on(&connection, INTERFACE, method, body).await
    })
}

/// Calls a method of the broker that answers with a text.
pub(super) async fn call_on<B>(
    connection: &Connection,
    interface: &str,
    method: &str,
    body: &B,
) -> Result<String, ClientError>
where
    B: serde::Serialize + wire::DynamicType,
{
    let reply = connection
        .call_method(Some(NAME), PATH, Some(interface), method, body)
        .await
        .map_err(|error| refused(&error))?;
    let body = reply.body();
    body.deserialize::<String>().map_err(|error| refused(&error))
}

fn refused(error: &Error) -> ClientError {
    if matches!(error, Error::InputOutput(error) if error.kind() == io::ErrorKind::TimedOut) {
        return ClientError::Silent;
    }
    let Error::FDO(named) = error else {
        return ClientError::Refused(error.to_string());
    };
    match &**named {
        fdo::Error::NameHasNoOwner(_) | fdo::Error::ServiceUnknown(_) => ClientError::NoBroker,
        fdo::Error::UnknownInterface(_) | fdo::Error::UnknownMethod(_) | fdo::Error::UnknownObject(_) => {
            ClientError::OtherBroker
        }
        fdo::Error::Failed(text) => ClientError::Refused(text.clone()),
        other => ClientError::Refused(other.to_string()),
    }
}
