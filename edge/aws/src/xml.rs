//! Reads XML that may be hostile: a scan bounds nesting, attributes and declarations before the parser sees a byte.

use roxmltree::{Document, Node, ParsingOptions};

/// Deepest nesting accepted. AWS's answers stay below ten.
const MAX_DEPTH: usize = 64;
/// Attributes accepted on one element; namespaces included. AWS's answers have one.
const MAX_ATTRIBUTES: usize = 32;
/// Nodes accepted in one document: enough for a full page of 1,000 objects many times over.
const MAX_NODES: u32 = 300_000;

/// Why a text was not read. Holds none of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not UTF-8 or not well-formed.
    #[error("not well-formed XML")]
    NotXml,
    /// A document type, which may define entities.
    #[error("XML with a document type")]
    DocumentType,
    /// Nesting, attributes or nodes beyond the limits.
    #[error("XML beyond the limits")]
    TooComplex,
    /// An element that must be there is missing or holds something else.
    #[error("XML without a readable <{0}>")]
    Missing(&'static str),
}

/// Reads a body and hands its root element to `read`.
pub fn read<T>(
    body: &[u8],
    read: impl FnOnce(Element<'_, '_>) -> Result<T, XmlError>,
) -> Result<T, XmlError> {
    let text = std::str::from_utf8(body).map_err(|_| XmlError::NotXml)?;
    check_limits(text.as_bytes())?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => XmlError::TooComplex,
        roxmltree::Error::DtdDetected => XmlError::DocumentType,
        _ => XmlError::NotXml,
    })?;
    read(Element(document.root_element()))
}

/// An element, looked at by local names: AWS's namespaces carry no meaning for us.
#[derive(Clone, Copy)]
pub struct Element<'a, 'input>(Node<'a, 'input>);

impl<'a, 'input: 'a> Element<'a, 'input> {
    /// Its local name.
    pub fn name(self) -> &'input str {
        self.0.tag_name().name()
    }

    /// The first child of that name.
    pub fn find(self, name: &str) -> Option<Self> {
        self.children(name).next()
    }

    /// The first child of that name, or an error that names it.
    pub fn child(self, name: &'static str) -> Result<Self, XmlError> {
        self.find(name).ok_or(XmlError::Missing(name))
    }

    /// Every child of that name, in order.
    pub fn children(self, name: &str) -> impl Iterator<Item = Self> {
        self.0.children().filter(move |node| node.is_element() && node.tag_name().name() == name).map(Element)
    }

    /// The items of a list that the query protocol wraps in `<member>`; none when the list is absent.
    pub fn members(self, list: &str) -> impl Iterator<Item = Self> {
        self.find(list).into_iter().flat_map(|list| list.children("member").collect::<Vec<_>>())
    }

    /// Its whole text, whatever CDATA sections and comments it is cut into.
    pub fn content(self) -> String {
        self.0.children().filter(|node| node.is_text()).filter_map(|node| node.text()).collect()
    }

    /// The text of a child that must be there.
    pub fn text(self, name: &'static str) -> Result<String, XmlError> {
        Ok(self.child(name)?.content())
    }

    /// The text of a child, when it is there and not empty.
    pub fn find_text(self, name: &str) -> Option<String> {
        self.find(name).map(Self::content).filter(|text| !text.is_empty())
    }

    /// A child that must be there, parsed.
    pub fn parse<T: std::str::FromStr>(self, name: &'static str) -> Result<T, XmlError> {
        self.text(name)?.trim().parse().map_err(|_| XmlError::Missing(name))
    }
}

/// One pass over the bytes, without recursion. It need not know XML's grammar: whatever the parser would nest or
/// list is counted here at least as high.
fn check_limits(text: &[u8]) -> Result<(), XmlError> {
    let mut rest = text;
    let mut depth = 0_usize;
    while let Some(start) = rest.iter().position(|byte| *byte == b'<') {
        rest = rest.get(start + 1..).unwrap_or_default();
        rest = match rest {
            [b'!', b'-', b'-', tail @ ..] => after(tail, b"-->")?,
            [b'!', b'[', tail @ ..] => after(tail, b"]]>")?,
            [b'!', ..] => return Err(XmlError::DocumentType),
            [b'?', tail @ ..] => after(tail, b"?>")?,
            [b'/', tail @ ..] => {
                depth = depth.saturating_sub(1);
                after(tail, b">")?
            }
            tail => {
                let (tail, closed) = after_tag(tail)?;
                depth += usize::from(!closed);
                if depth > MAX_DEPTH {
                    return Err(XmlError::TooComplex);
                }
                tail
            }
        };
    }
    Ok(())
}

/// What follows a start tag, and whether the tag closed itself.
fn after_tag(text: &[u8]) -> Result<(&[u8], bool), XmlError> {
    let mut quote = None;
    let mut attributes = 0;
    let mut before = 0;
    for (place, byte) in text.iter().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if *byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => {
                quote = Some(*byte);
                attributes += 1;
                if attributes > MAX_ATTRIBUTES {
                    return Err(XmlError::TooComplex);
                }
            }
            (None, b'>') => return Ok((text.get(place + 1..).unwrap_or_default(), before == b'/')),
            (None, _) => {}
        }
        before = *byte;
    }
    Err(XmlError::NotXml)
}

fn after<'a>(text: &'a [u8], end: &[u8]) -> Result<&'a [u8], XmlError> {
    let last = *end.last().ok_or(XmlError::NotXml)?;
    let mut from = 0;
    while let Some(step) = text.get(from..).unwrap_or_default().iter().position(|byte| *byte == last) {
        from += step + 1;
        if text.get(..from).is_some_and(|head| head.ends_with(end)) {
            return Ok(text.get(from..).unwrap_or_default());
        }
    }
    Err(XmlError::NotXml)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn check(text: &str, expect: Result<&str, XmlError>) {
        let began = Instant::now();
        let found = read(text.as_bytes(), |root| root.text("A"));
        assert_eq!(found.as_deref().map_err(|error| *error), expect, "{}", &text[..text.len().min(60)]);
        assert!(began.elapsed() < Duration::from_millis(50), "{:?}", began.elapsed());
    }

    #[test]
    fn text_is_read_through_namespaces_comments_and_character_data() {
        check("<?xml version='1.0'?><R xmlns='urn:x'><A>1</A></R>", Ok("1"));
        check("<R><A>a<!-- > -->b<![CDATA[<c>]]></A></R>", Ok("ab<c>"));
        check("<R a='>' b=\"/>\"><A>&lt;&#65;</A></R>", Ok("<A"));
        check("<R><B/></R>", Err(XmlError::Missing("A")));
        check("<html><body>down", Err(XmlError::NotXml));
        check("", Err(XmlError::NotXml));
        check("<R><A>cut</A", Err(XmlError::NotXml));
    }

    // security.md row 31
    #[test]
    fn hostile_shapes_are_refused_at_once() {
        check("<!DOCTYPE R [<!ENTITY a 'b'>]><R><A>&a;</A></R>", Err(XmlError::DocumentType));
        let laughs: String = (1..10).map(|i| format!("<!ENTITY l{i} '&l{};'>", i - 1)).collect();
        check(&format!("<!DOCTYPE R [{laughs}]><R><A>&l9;</A></R>"), Err(XmlError::DocumentType));
        let attributes: String = (0..800_000).map(|i| format!(" a{i}=''")).collect();
        check(&format!("<R{attributes}><A/></R>"), Err(XmlError::TooComplex));
        check(&"<a>".repeat(100_000), Err(XmlError::TooComplex));
        check(&format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)), Err(XmlError::TooComplex));
        check("<R><A>&#0;</A></R>", Err(XmlError::NotXml));
    }

    #[test]
    fn nodes_are_limited() {
        let text = format!("<R>{}</R>", "<a/>".repeat(300_001));
        assert_eq!(read(text.as_bytes(), |_| Ok(())), Err(XmlError::TooComplex));
    }
}
