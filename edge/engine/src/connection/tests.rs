//! Use cases of the connection, on the in-memory world.
