//! The option `--broker`: the token goes to the broker of the user's session.

use cba_protocol::PrimaryRefreshToken;
use serde::Serialize;

/// The option `--broker`. Only Linux has it.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct BrokerOption {
    /// Hands the token to the broker of this session, which signs browsers and Microsoft clients in with it. `broker serve`
    /// runs the broker
    #[cfg(target_os = "linux")]
    #[arg(long)]
    broker: bool,
}

/// What became of the token.
#[derive(Debug, Serialize)]
pub(crate) struct BrokerReport {
    /// Whether the broker took it.
    pub(crate) taken: bool,
    /// Why it did not.
    pub(crate) problem: Option<String>,
}

impl BrokerOption {
    /// Hands the token over, if that was asked for. `reader` is that of the card.
    #[cfg(target_os = "linux")]
    pub(crate) fn hand_over(self, prt: &PrimaryRefreshToken, reader: &str) -> Option<BrokerReport> {
        self.broker.then(|| {
            let problem = crate::broker::client::hand_over(prt, reader).err();
            BrokerReport {
                taken: problem.is_none(),
                problem: problem.map(|problem| problem.to_string()),
            }
        })
    }

    /// There is no broker on this system.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn hand_over(self, _: &PrimaryRefreshToken, _: &str) -> Option<BrokerReport> {
        None
    }
}
