//! Use cases of a workspace against the simulated AWS, in one process: the clock stands until it is moved, nothing
//! waits, and the decoder's side of the protocol is played by the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod decoder;
mod figures;
mod files;
mod goldens;
mod report;
mod roles;
mod stacks;
mod town;
