//! Any bytes as the output of `dsregcmd /status`: no panic, and every value is a part of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use upn_resolver::windows::join_state::{JoinReport, decode};

fuzz_target!(|bytes: &[u8]| {
    let text = decode(bytes);
    let report = JoinReport::parse(&text);
    let _ = (report.join_state(), report.workplace_joined());
    if let Some(tenant) = report.tenant_id() {
        assert!(text.to_ascii_lowercase().contains(tenant.as_str()));
    }
    for prt in [report.prt(), report.enterprise_prt()] {
        let values = [prt.updated, prt.expires, prt.authority];
        let failures = [prt.acquire_failure, prt.refresh_failure].into_iter().flatten();
        let names = failures.filter_map(|failure| failure.user_identity);
        assert!(
            values
                .into_iter()
                .flatten()
                .chain(names)
                .all(|value| text.contains(value))
        );
    }
});
