//! What the address bar says of Overview, Costs and Resources.
