//! The same work for a JavaScript host, without glue: numbers in, numbers out, bytes copied once.
#![allow(unsafe_code, reason = "memory that a host fills")]

use std::cell::RefCell;
use std::ops::Range;

use bytes::Bytes;
use cube::Cube;

use crate::{Roller, lines};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    /// Copies so many bytes of the present file, from a place on, to `into`.
    fn read(at: f64, length: u32, into: *mut u8);
}

#[derive(Default)]
struct State {
    roller: Roller,
    cube: Option<Cube>,
    text: String,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn range_of(range: Range<u64>) -> Bytes {
    let length = usize::try_from(range.end - range.start).unwrap_or(0);
    let mut bytes = Vec::with_capacity(length);
    // SAFETY: the host writes exactly `length` bytes into room for as many.
    unsafe {
        read(range.start as f64, length as u32, bytes.as_mut_ptr());
        bytes.set_len(length);
    }
    bytes.into()
}

/// Begins anew.
#[unsafe(no_mangle)]
pub extern "C" fn begin() {
    STATE.with_borrow_mut(|state| *state = State::default());
}

/// Adds the present file; zero when that went well.
#[unsafe(no_mangle)]
pub extern "C" fn add(size: f64) -> u32 {
    STATE.with_borrow_mut(|state| u32::from(state.roller.add(size as u64, range_of).is_err()))
}

/// The roll-up is complete; how many cells it has.
#[unsafe(no_mangle)]
pub extern "C" fn finish() -> u32 {
    STATE.with_borrow_mut(|state| {
        let (cube, _) = std::mem::take(&mut state.roller).finish();
        let cells = cube.cells();
        state.cube = Some(cube);
        cells as u32
    })
}

/// Writes the groups from a first one on, at most so many, as text; its length. It stands at [`text`].
#[unsafe(no_mangle)]
pub extern "C" fn dump(first: u32, most: u32) -> u32 {
    STATE.with_borrow_mut(|state| {
        state.text.clear();
        for line in state.cube.iter().flat_map(lines).skip(first as usize).take(most as usize) {
            state.text.push_str(&line);
            state.text.push('\n');
        }
        state.text.len() as u32
    })
}

/// Where the text stands.
#[unsafe(no_mangle)]
pub extern "C" fn text() -> *const u8 {
    STATE.with_borrow(|state| state.text.as_ptr())
}
