//! Resources: cost per resource out of the committed months' shelves, searched, filtered, sorted and paged here, so that
//! a browser never loads them all. Nor is a month ever held here: rows stream by, block by block, and what is kept of
//! them is the page.

mod console;
mod detail;
mod page;
mod question;
mod ranked;
mod shelf;
mod sum;

pub use detail::detail;
pub use page::page;
