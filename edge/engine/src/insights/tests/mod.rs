//! Use cases of insights, on the in-memory world.
