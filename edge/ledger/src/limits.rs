//! How large things may be, before anything is decoded. See ledger.md, section 7.

/// Bytes of a file.
pub const FILE: u64 = 512 * 1024 * 1024;
/// Bytes of a footer.
pub const FOOTER: u64 = 8 * 1024 * 1024;
/// Columns of a schema, leaves and groups.
pub const COLUMNS: usize = 2_000;
/// Depth of a schema.
pub const DEPTH: usize = 8;
/// Row groups of a file.
pub const ROW_GROUPS: usize = 10_000;
/// Compressed bytes of a page.
pub const PAGE_COMPRESSED: u64 = 8 * 1024 * 1024;
/// Uncompressed bytes of a page.
pub const PAGE_RAW: u64 = 16 * 1024 * 1024;
/// How many times larger a page may become.
pub const RATIO: u64 = 200;
/// The same for gzip, which makes nearly nothing of a page of zeros: a little more than deflate can do at all.
pub const GZIP_RATIO: u64 = 1_100;
/// Values of a map per row.
pub const MAP_VALUES: u64 = 64;
/// Uncompressed bytes of a dictionary.
pub const DICTIONARY: u64 = 8 * 1024 * 1024;
/// Rows of a batch.
pub const BATCH: usize = 1_024;
/// Bytes of one request. A single chunk may have more; then it takes several.
pub const RANGE: u64 = 4 * 1024 * 1024;
/// The share of a row group's wanted bytes, one in so many, that may be fetched along between them.
pub const GAPS_SHARE: u64 = 50;
/// Bytes that may be fetched along in any case: of small files a request costs more than its bytes.
pub const GAPS: u64 = 32 * 1024;
/// Bytes that are asked for at the end of a file, to find its footer: at least so many …
pub const TAIL: u64 = 64 * 1024;
/// … or the file's size by this, since a footer grows with the row groups …
pub const TAIL_SHARE: u64 = 512;
/// … and at most so many.
pub const TAIL_MOST: u64 = 1024 * 1024;
/// Rows of a row group.
pub const ROWS: u64 = 64 * 1024 * 1024;
/// Bytes that are kept of a text, several times what AWS lets a name or a tag have: two that agree so far are one.
pub const TEXT: usize = 16 * 1024;
/// Bytes of distinct texts, over all columns, after which they are forgotten between two batches.
pub const KEPT_TEXTS: usize = 8 * 1024 * 1024;
/// Bytes of the distinct texts that a batch may bring, over all columns.
pub const BATCH_TEXTS: usize = 16 * 1024 * 1024;
/// Compressed bytes of the wanted columns of a row group.
pub const ROW_GROUP: u64 = 32 * 1024 * 1024;
/// Bytes that are held at a time to decode a row group: of each wanted column its largest page and its dictionary.
/// A Worker has little; a machine of one's own has more.
pub const SCRATCH: u64 = if cfg!(target_pointer_width = "32") { 40 } else { 512 } * 1024 * 1024;
/// Bytes of a row of CSV.
pub const RECORD: usize = 1024 * 1024;

/// How much of a report is held at a time. The limits above, unless somebody who opens a file says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Rows of a batch.
    pub rows: usize,
    /// Bytes of distinct texts after which they are forgotten between two batches.
    pub kept_texts: usize,
    /// Bytes of the distinct texts that a batch may bring.
    pub batch_texts: usize,
    /// Bytes to decode a row group.
    pub scratch: u64,
}

impl Default for Held {
    fn default() -> Self {
        Self { rows: BATCH, kept_texts: KEPT_TEXTS, batch_texts: BATCH_TEXTS, scratch: SCRATCH }
    }
}
