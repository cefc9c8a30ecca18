use shared::Timestamp;

use super::Bucket;
use crate::error::AwsError;
use crate::operation::{Operation, Paged, Request, Response, Service};
use crate::xml::{self, Element, XmlError};

/// The objects below a prefix, up to 1,000 a page (`ListObjectsV2`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListObjects {
    /// Where.
    pub bucket: Bucket,
    /// What the keys begin with.
    pub prefix: String,
    /// Whether to answer only what lies directly below the prefix, and the "folders" there.
    pub is_shallow: bool,
    /// Objects a page may hold; AWS's thousand when absent.
    pub max_keys: Option<u16>,
    /// Goes on where a page ended.
    pub page: Option<String>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The objects, by key.
    pub objects: Vec<ObjectSummary>,
    /// The next level, each with its closing slash; only when shallow.
    pub folders: Vec<String>,
    /// Token of the next page.
    pub next_page: Option<String>,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectSummary {
    /// Its key.
    pub key: String,
    /// Its version's tag, quotes included.
    pub etag: String,
    /// Size in bytes.
    pub size: u64,
    /// When it was written.
    pub last_modified: Option<Timestamp>,
}

impl Operation for ListObjects {
    type Output = Listing;
    const SERVICE: Service = Service::S3;
    const NAME: &'static str = "s3:ListObjectsV2";

    fn request(&self) -> Request {
        let mut request = self.bucket.request(http::Method::GET, "");
        let mut add = |name: &str, value: &str| request.query.push((name.to_owned(), value.to_owned()));
        add("list-type", "2");
        add("prefix", &self.prefix);
        if self.is_shallow {
            add("delimiter", "/");
        }
        if let Some(max_keys) = self.max_keys {
            add("max-keys", &max_keys.to_string());
        }
        if let Some(page) = &self.page {
            add("continuation-token", page);
        }
        request
    }

    fn parse(&self, response: Response) -> Result<Listing, AwsError> {
        xml::read(&response.body, |root| {
            if root.name() != "ListBucketResult" {
                return Err(XmlError::Missing("ListBucketResult"));
            }
            let is_truncated: bool = root.parse("IsTruncated")?;
            let next_page = root.find_text("NextContinuationToken");
            if is_truncated && next_page.is_none() {
                return Err(XmlError::Missing("NextContinuationToken"));
            }
            Ok(Listing {
                objects: root.children("Contents").map(summary).collect::<Result<_, _>>()?,
                folders: root
                    .children("CommonPrefixes")
                    .map(|folder| folder.text("Prefix"))
                    .collect::<Result<_, _>>()?,
                next_page: next_page.filter(|_| is_truncated),
            })
        })
        .map_err(|error| AwsError::malformed(Self::NAME, error))
    }
}

impl Paged for ListObjects {
    fn next_page(output: &Listing) -> Option<&str> {
        output.next_page.as_deref()
    }

    fn at_page(&self, token: String) -> Self {
        Self { page: Some(token), ..self.clone() }
    }
}

fn summary(object: Element<'_, '_>) -> Result<ObjectSummary, XmlError> {
    Ok(ObjectSummary {
        key: object.text("Key")?,
        etag: object.text("ETag")?,
        size: object.parse("Size")?,
        last_modified: object.find_text("LastModified").and_then(|text| text.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange;

    fn list(page: Option<&str>) -> ListObjects {
        ListObjects {
            bucket: super::super::bucket(),
            prefix: "report/a b".to_owned(),
            is_shallow: false,
            max_keys: None,
            page: page.map(str::to_owned),
        }
    }

    #[test]
    fn request_and_answer() {
        let answer = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
            <ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>acme-reports</Name>\
            <Prefix>report/a b</Prefix><KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>true</IsTruncated>\
            <NextContinuationToken>1x+/=</NextContinuationToken><Contents><Key>report/a &amp;b/1.parquet</Key>\
            <LastModified>2026-11-22T06:10:00.000Z</LastModified><ETag>&quot;e1&quot;</ETag><Size>5368709120</Size>\
            <StorageClass>STANDARD</StorageClass></Contents></ListBucketResult>";
        let host = "GET https://acme-reports.s3.us-east-1.amazonaws.com";
        let line = format!("{host}/?list-type=2&prefix=report%2Fa%20b&continuation-token=0%2B");
        let listing = exchange::check(&list(Some("0+")), &line, "", answer);
        assert_eq!(listing.next_page.as_deref(), Some("1x+/="));
        let object = &listing.objects[0];
        assert_eq!((&*object.key, &*object.etag), ("report/a &b/1.parquet", "\"e1\""));
        assert_eq!(object.size, 5_368_709_120);
        exchange::check_malformed(
            &list(None),
            &[
                "",
                "<html/>",
                "<ListBucketResult/>",
                "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents/></ListBucketResult>",
            ],
        );
    }
}
