use serde::Deserialize;
use serde_json::json;

use crate::error::AwsError;
use crate::json;
use crate::operation::{Operation, Paged, Request, Response, Service};

/// The organization's roots: one, which may come after an empty page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListRoots {
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Roots {
    /// The roots.
    #[serde(rename = "Roots", default)]
    pub roots: Vec<Root>,
    /// Token of the next page.
    #[serde(rename = "NextToken")]
    pub next_page: Option<String>,
}

/// A root.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Root {
    /// `r-…`.
    #[serde(rename = "Id")]
    pub id: String,
    /// Its name.
    #[serde(rename = "Name")]
    pub name: String,
}

impl Operation for ListRoots {
    type Output = Roots;
    const SERVICE: Service = Service::Organizations;
    const NAME: &'static str = "organizations:ListRoots";

    fn request(&self) -> Request {
        let body = json::with(json!({ "MaxResults": 20 }), [("NextToken", self.page.as_deref())]);
        Request::json::<Self>(&body)
    }

    fn parse(&self, response: Response) -> Result<Roots, AwsError> {
        json::read(Self::NAME, &response.body)
    }
}

impl Paged for ListRoots {
    fn next_page(output: &Roots) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    #[test]
    fn request_and_answer() {
        let found = exchange::check(
            &ListRoots::default(),
            "POST https://organizations.us-east-1.amazonaws.com/",
            "{\"MaxResults\":20}",
            "{\"Roots\":[{\"Id\":\"r-ab12\",\"Arn\":\"arn\",\"Name\":\"Root\",\"PolicyTypes\":[]}]}",
        );
        assert_eq!(found.roots[0].id, "r-ab12");
        exchange::check_malformed(&ListRoots::default(), &["", "{\"Roots\":[{}]}"]);
    }
}
