//! Names of slots.

use card_access::{PivSlot, RetiredKey, Slot};

#[test]
fn there_are_twenty_retired_keys() {
    for number in 1..=20 {
        let key = RetiredKey::new(number).unwrap();
        assert_eq!(key.number(), number);
        // SP 800-73-5 part 1 table 5: 82 to 95.
        let name = format!("{:x}", 0x81 + number);
        assert_eq!(name.parse(), Ok(Slot::Piv(PivSlot::Retired(key))));
        assert_eq!(PivSlot::Retired(key).to_string(), name);
    }
    assert_eq!([0, 21, u8::MAX].map(RetiredKey::new), [None; 3]);
}
