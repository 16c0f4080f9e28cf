//! The backends of this machine.

use std::time::Duration;

use card_access::Cards;
use card_access::pcsc::PcscProvider;
use card_access::pkcs11::Pkcs11Provider;

/// Every backend of this machine. PKCS#11 modules run in processes of their own, so the program's `main` begins
/// with [`run_if_helper`](card_access::pkcs11::helper::run_if_helper).
#[must_use]
pub fn cards_of_this_machine() -> Cards {
    let modules = Pkcs11Provider::system().with_time_limit(Duration::from_secs(20));
    Cards::new()
        .with_provider(PcscProvider::new())
        .with_provider(modules)
}
