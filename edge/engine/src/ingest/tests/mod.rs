//! Use cases of ingest, on the in-memory world.
