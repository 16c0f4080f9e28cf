//! Names and SID of a user, for a device that signs its request. No specification has this message; the form
//! is the one that libhimmelblau sends and reads.

use serde_json::json;

use super::{claim, parse};
use crate::http::{Answer, Request};
use crate::log::SignInNotes;
use crate::refusal::{Code, Refusal};
use crate::state::State;

/// Answers for the user of `username`.
pub(super) fn answer(state: &State, request: &Request, notes: &mut SignInNotes) -> Result<Answer, Refusal> {
    let signed = parse(request.parameter("signedRequest")?)?;
    // libhimmelblau sends no x5c with this one.
    let device = match signed.x5c() {
        Some(_) => state.directory.authenticate(&signed, state.clock.now())?,
        None => state.directory.signer(&signed)?,
    };
    notes.device = Some(device.id.clone());
    state.redeem_nonce(claim(&signed, "nonce")?)?;
    let name = claim(&signed, "username")?;
    notes.user_name = Some(name.to_owned());
    let (user, _) = state
        .directory
        .locate(name)
        .ok_or_else(|| Refusal::new(Code::USER_NOT_FOUND, ""))?;
    notes.user = Some(user.user_principal_name.clone());
    let sid = user
        .on_premises_security_identifier
        .clone()
        .unwrap_or_else(|| sid_of(&user.id));
    let on_premises = user
        .on_premises_user_principal_name
        .as_deref()
        .and_then(|name| name.split_once('@'));
    Ok(Answer::json(&json!({
        "upn": user.user_principal_name,
        "email": user.user_principal_name,
        "name": user.display_name,
        "sid": sid,
        "onprem_sam_account_name": on_premises.map(|(account, _)| account),
        "domain_dns_name": on_premises.map(|(_, domain)| domain),
    })))
}

/// A user without an account in Active Directory has a SID made of the object id: its memory form ([MS-DTYP] 2.3.4.2) read as four numbers.
pub(super) fn sid_of(id: &str) -> String {
    let digits = id.chars().filter_map(|digit| digit.to_digit(16));
    let number = digits.fold(0_u128, |number, digit| number << 4 | u128::from(digit));
    let mut bytes = number.to_be_bytes();
    for field in [0..4, 4..6, 6..8] {
        bytes[field].reverse();
    }
    let numbers = bytes
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]).to_string());
    format!("S-1-12-1-{}", numbers.collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::sid_of;

    #[test]
    fn the_object_id_in_its_memory_form() {
        assert_eq!(
            sid_of("73d664e4-0886-4a73-b745-c694da45ddb4"),
            "S-1-12-1-1943430372-1249052806-2496021943-3034400218"
        );
    }
}
