//! What bounds the time that a hostile certificate can take.
//!
//! The reader's time grows with the count of elements, and 64 KB hold 32,000 of them: 60 times what the largest
//! certificate of a card has. So every part that is walked through element by element (a distinguished name, the value
//! of an extension) may have so many, and no more.

use super::ascii;
use super::der::{CONSTRUCTED, Reader, UTF8_STRING};
use super::error::{Field, Flaw, Limit, Problem};

/// How many elements a part may have.
const MAX_ELEMENTS: usize = 384;

/// How many bytes of text beyond ASCII, which takes the longest to check, a part may have.
const MAX_WIDE_TEXT: usize = 4_096;

/// The shortest content that can break a limit: an element has at least two bytes.
const SUSPICIOUS: usize = 2 * MAX_ELEMENTS + 1;

/// A part of a certificate keeps to the limits. Practically all do, because they are too short to break them.
#[inline(always)]
pub(super) fn check_part(content: &[u8], field: Field) -> Result<(), Flaw> {
    if content.len() < SUSPICIOUS {
        Ok(())
    } else {
        count(content, field)
    }
}

/// Counts without a stack: after the header of an element that is made of elements comes the header of the first of
/// them. What is malformed ends the count early; that it is malformed is found out later.
#[inline(never)]
fn count(content: &[u8], field: Field) -> Result<(), Flaw> {
    let fault = |limit| Err(Flaw::new(content, field, Problem::Limit(limit)));
    let mut rest = content;
    let mut wide_text = 0;
    for _ in 0..MAX_ELEMENTS {
        let mut input = Reader::new(rest);
        let Ok((tag, element)) = input.read_any(field) else {
            return Ok(());
        };
        let header = rest.len() - input.rest().len() - element.len();
        rest = if tag & CONSTRUCTED == 0 {
            input.rest()
        } else {
            rest.split_at(header).1
        };
        if tag == UTF8_STRING && !ascii::is_ascii(element) {
            wide_text += element.len();
        }
        if wide_text > MAX_WIDE_TEXT {
            return fault(Limit::WideText);
        }
    }
    if rest.is_empty() {
        Ok(())
    } else {
        fault(Limit::Elements)
    }
}
