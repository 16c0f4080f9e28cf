//! The functions that the script of the page calls.
//!
//! There is no unsafe code: the buffers belong to a static, and only their addresses leave the module. The names of exported
//! functions are an unsafe attribute, because two functions with one name would be linked into one.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The memory that module and script share.
struct Buffers {
    input: Vec<u8>,
    output: Vec<u8>,
}

static BUFFERS: Mutex<Buffers> = Mutex::new(Buffers {
    input: Vec::new(),
    output: Vec::new(),
});

fn buffers() -> MutexGuard<'static, Buffers> {
    BUFFERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reserves this number of bytes for a request, and returns their address.
#[expect(unsafe_code, reason = "the script finds the function by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn reserve(length: usize) -> *mut u8 {
    let mut buffers = buffers();
    buffers.input.clear();
    buffers.input.resize(length, 0);
    buffers.input.as_mut_ptr()
}

/// Answers the request in the reserved bytes, and returns the length of the answer.
#[expect(unsafe_code, reason = "the script finds the function by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> usize {
    let mut buffers = buffers();
    let input = std::mem::take(&mut buffers.input);
    buffers.output = crate::answer(&input);
    buffers.output.len()
}

/// The address of the answer.
#[expect(unsafe_code, reason = "the script finds the function by its name")]
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    buffers().output.as_ptr()
}
