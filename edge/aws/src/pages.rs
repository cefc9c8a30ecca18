//! Lists that come in pages, and their end: an absent token, a repeated one, or a hundred pages.

use std::collections::BTreeSet;

use crate::call::{Answer, Client};
use crate::credentials::Credentials;
use crate::error::AwsError;
use crate::operation::Paged;
use crate::pace::Pace;
use crate::transport::Http;

/// Pages read of one list.
pub const MAX_PAGES: usize = 100;

/// Watches over the tokens of one list.
#[derive(Clone, Debug, Default)]
pub struct PageGuard {
    seen: BTreeSet<String>,
}

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The page with this token.
    Page(String),
    /// Nothing: the list is complete.
    Complete,
    /// Nothing, though the list goes on: it repeats a token or is too long. What was read is partial.
    Partial,
}

impl PageGuard {
    /// Judges the token a page ended with.
    pub fn after(&mut self, token: Option<&str>) -> Next {
        match token {
            None | Some("") => Next::Complete,
            Some(_) if self.seen.len() + 1 >= MAX_PAGES => Next::Partial,
            Some(token) if self.seen.insert(token.to_owned()) => Next::Page(token.to_owned()),
            Some(_) => Next::Partial,
        }
    }
}

/// All pages of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages<T> {
    /// The answers, in order.
    pub answers: Vec<Answer<T>>,
    /// Whether the list ended by itself.
    pub is_complete: bool,
}

impl<H: Http, P: Pace> Client<'_, H, P> {
    /// Calls an operation page by page. Not for Cost Explorer, where each page costs and the budget decides: use
    /// [`PageGuard`] there.
    pub async fn call_pages<O: Paged>(
        &self,
        credentials: &Credentials,
        operation: &O,
    ) -> Result<Pages<O::Output>, AwsError> {
        let mut guard = PageGuard::default();
        let mut answers = vec![self.call(credentials, operation).await?];
        loop {
            let token = answers.last().and_then(|answer| O::next_page(&answer.output));
            let operation = match guard.after(token) {
                Next::Page(token) => operation.at_page(token),
                Next::Complete => return Ok(Pages { answers, is_complete: true }),
                Next::Partial => return Ok(Pages { answers, is_complete: false }),
            };
            answers.push(self.call(credentials, &operation).await?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md row 26
    #[test]
    fn a_list_ends_on_no_token_a_repeated_token_or_a_hundred_pages() {
        let mut guard = PageGuard::default();
        assert_eq!(guard.after(None), Next::Complete);
        assert_eq!(guard.after(Some("")), Next::Complete);
        assert_eq!(guard.after(Some("a")), Next::Page("a".to_owned()));
        assert_eq!(guard.after(Some("a")), Next::Partial);
        let mut guard = PageGuard::default();
        let more = (0..200).take_while(|i| guard.after(Some(&i.to_string())) != Next::Partial).count();
        assert_eq!(more + 1, MAX_PAGES);
    }
}
