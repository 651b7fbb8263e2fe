//! A technician's tool; being written.
fn main() {}
