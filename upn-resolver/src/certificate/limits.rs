//! Limits on the time that a hostile certificate can take.
//!
//! The reader's time grows with the number of elements, and 64 KB can contain 32,000 of them: 60 times as many as the
//! largest certificate of a card. Therefore the number of elements is limited in each part that is read element by
//! element (a distinguished name, an extension value).

use super::ascii;
use super::der::{CONSTRUCTED, Reader, UTF8_STRING};
use super::error::{Field, Flaw, Limit, Problem};

/// Maximum number of elements in a part.
const MAX_ELEMENTS: usize = 384;

/// Maximum size of the text beyond ASCII in a part, in bytes. Such text takes the longest to check.
const MAX_WIDE_TEXT: usize = 4_096;

/// The shortest content that can exceed a limit: an element has at least two bytes.
const SUSPICIOUS: usize = 2 * MAX_ELEMENTS + 1;

/// Checks that a part is within the limits. Nearly all parts are too short to exceed them.
#[inline(always)]
pub(super) fn check_part(content: &[u8], field: Field) -> Result<(), Flaw> {
    if content.len() < SUSPICIOUS {
        Ok(())
    } else {
        count(content, field)
    }
}

/// Counts without a stack: the header of a constructed element is followed by the header of its first element.
/// Malformed content ends the count early, and is detected later.
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
