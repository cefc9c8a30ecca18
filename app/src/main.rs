//! The program the browser starts.

fn main() {
    app::start();
}
