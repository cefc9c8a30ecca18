//! Distinct texts with codes that stay: a row holds a number, the text stands once.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::limits;

/// Distinct texts in order of first appearance. Code 0 is the empty text, which also stands for an absent one.
#[derive(Clone, Debug)]
pub struct Dictionary {
    texts: String,
    /// End of each text among all of them.
    ends: Vec<u32>,
    codes: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            texts: String::new(),
            ends: vec![0],
            codes: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl Dictionary {
    /// The text of a code; nothing for a code that was never given.
    pub fn text(&self, code: u32) -> &str {
        text(&self.texts, &self.ends, code)
    }

    /// The code of a text, if it has one.
    pub fn find(&self, wanted: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(wanted.as_bytes());
        self.codes.find(hash, |code| text(&self.texts, &self.ends, *code) == wanted).copied()
    }

    /// The code of a text, given now if it has none yet. Of a text without end the beginning is kept, and what is no
    /// UTF-8 is replaced.
    pub fn code(&mut self, bytes: &[u8]) -> u32 {
        if bytes.is_empty() {
            return 0;
        }
        let bytes = bytes.get(..limits::TEXT).unwrap_or(bytes);
        let hash = self.hasher.hash_one(bytes);
        if let Some(code) =
            self.codes.find(hash, |code| text(&self.texts, &self.ends, *code).as_bytes() == bytes)
        {
            return *code;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self.insert(hash, text),
            // Once replaced it is a text like others.
            Err(_) => self.code_of_replaced(&String::from_utf8_lossy(bytes)),
        }
    }

    fn code_of_replaced(&mut self, replaced: &str) -> u32 {
        let hash = self.hasher.hash_one(replaced.as_bytes());
        let known = self.codes.find(hash, |code| text(&self.texts, &self.ends, *code) == replaced).copied();
        known.unwrap_or_else(|| self.insert(hash, replaced))
    }

    fn insert(&mut self, hash: u64, new: &str) -> u32 {
        let code = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.texts.push_str(new);
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let (texts, ends, hasher) = (&self.texts, &self.ends, &self.hasher);
        self.codes.insert_unique(hash, code, |code| hasher.hash_one(text(texts, ends, *code).as_bytes()));
        code
    }

    /// How many codes were given, the empty text's included.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes it takes, about.
    pub fn bytes(&self) -> usize {
        self.texts.len().saturating_add(self.ends.len().saturating_mul(12))
    }

    /// Forgets all texts but the empty one; codes begin anew.
    pub fn clear(&mut self) {
        self.texts.clear();
        self.ends.truncate(1);
        self.codes.clear();
    }
}

fn text<'a>(texts: &'a str, ends: &[u32], code: u32) -> &'a str {
    let place = code as usize;
    let end = ends.get(place).map_or(0, |end| *end as usize);
    let start = place.checked_sub(1).and_then(|before| ends.get(before)).map_or(0, |end| *end as usize);
    texts.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stay_until_all_are_forgotten() {
        let mut dictionary = Dictionary::default();
        let codes: Vec<u32> =
            ["", "b", "a", "b", "", "é"].iter().map(|text| dictionary.code(text.as_bytes())).collect();
        assert_eq!(codes, [0, 1, 2, 1, 0, 3]);
        assert_eq!([0, 1, 2, 3, 9].map(|code| dictionary.text(code)), ["", "b", "a", "é", ""]);
        dictionary.clear();
        assert_eq!((dictionary.len(), dictionary.code(b"c"), dictionary.text(1)), (1, 1, "c"));
    }

    #[test]
    fn what_is_no_text_is_replaced_once_and_what_has_no_end_is_cut() {
        let mut dictionary = Dictionary::default();
        assert_eq!(dictionary.code(b"a\xFF"), dictionary.code(b"a\xFF"));
        assert_eq!(dictionary.code(b"a\xFF"), dictionary.code("a\u{FFFD}".as_bytes()));
        assert_eq!(dictionary.text(1), "a\u{FFFD}");
        let long = dictionary.code(&[b'x'; 100_000]);
        assert_eq!(dictionary.text(long).len(), limits::TEXT);
        assert_eq!(dictionary.len(), 3);
    }
}
