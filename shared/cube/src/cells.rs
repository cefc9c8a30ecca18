//! What a cube holds.

/// Cells of one period and currency.
#[derive(Clone, Debug, Default)]
pub struct Cube {}

/// Collects cells into a cube.
#[derive(Clone, Debug, Default)]
pub struct CubeBuilder {}
