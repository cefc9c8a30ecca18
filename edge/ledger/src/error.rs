//! What can be wrong with a report file. Each failure names what it met, so that a person can act on it.

/// Why a file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A column the cost math cannot do without.
    #[error("the column {0} is missing")]
    MissingColumn(String),
    /// A column whose type cannot hold what it is for.
    #[error("the column {column} has the type {found}")]
    WrongType {
        /// Its name in the file.
        column: String,
        /// Its type.
        found: String,
    },
    /// The file ends too early, or points beyond its end.
    #[error("the file is truncated or damaged: {0}")]
    Truncated(&'static str),
    /// Something passes a limit.
    #[error("{thing} is larger than {limit}")]
    TooLarge {
        /// What.
        thing: &'static str,
        /// How much is allowed.
        limit: u64,
    },
    /// Something that exists and is not read here.
    #[error("{0} is not supported")]
    Unsupported(String),
    /// A value that makes every total of the file doubtful.
    #[error("the column {column} holds a value that is no cost: {value}")]
    BadValue {
        /// Its name.
        column: String,
        /// The value, shortened.
        value: String,
    },
    /// Not the columns of any report.
    #[error("this is no report of AWS: its columns are {0}")]
    UnknownSchema(String),
    /// Encrypted by its writer.
    #[error("the file is encrypted")]
    Encrypted,
    /// Not a Parquet file at all.
    #[error("this is no Parquet file")]
    NotParquet,
    /// Something else in it contradicts itself.
    #[error("the file is damaged: {0}")]
    Damaged(String),
}

/// At most 200 characters, without line breaks.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}
