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
    /// Any of these, met in a row group, and in a column of it where that is known. Row groups count from 0.
    #[error("{cause} ({})", place(column.as_deref(), *row_group))]
    In {
        /// What is wrong.
        cause: Box<DecodeError>,
        /// The column, unless the cause names it.
        column: Option<String>,
        /// The row group.
        row_group: usize,
    },
}

fn place(column: Option<&str>, row_group: usize) -> String {
    let column = column.map(|column| format!("column {column}, ")).unwrap_or_default();
    format!("{column}row group {row_group}")
}

impl DecodeError {
    /// The same, with the column it was met in; what names its column already stays as it is.
    pub(crate) fn in_column(self, name: &str) -> Self {
        match self {
            Self::MissingColumn(_)
            | Self::WrongType { .. }
            | Self::BadValue { .. }
            | Self::In { column: Some(_), .. } => self,
            Self::In { cause, row_group, .. } => Self::In { cause, column: Some(name.to_owned()), row_group },
            cause => Self::In { cause: Box::new(cause), column: Some(name.to_owned()), row_group: 0 },
        }
    }

    /// The same, with the row group it was met in.
    pub(crate) fn in_row_group(self, row_group: usize) -> Self {
        match self {
            Self::MissingColumn(_) => self,
            Self::In { cause, column, .. } => Self::In { cause, column, row_group },
            cause => Self::In { cause: Box::new(cause), column: None, row_group },
        }
    }

    /// What is wrong, wherever it was met.
    pub fn cause(&self) -> &Self {
        match self {
            Self::In { cause, .. } => cause,
            plain => plain,
        }
    }
}

/// At most 200 characters, without line breaks.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_names_its_column_and_row_group_once() {
        let check = |error: DecodeError, expect: &str| {
            let placed = error.clone().in_column("line_item_unblended_cost").in_row_group(3);
            assert_eq!((placed.to_string().as_str(), placed.cause()), (expect, &error));
        };
        let bad = DecodeError::BadValue { column: "cost".to_owned(), value: "NaN".to_owned() };
        check(bad, "the column cost holds a value that is no cost: NaN (row group 3)");
        check(
            DecodeError::Unsupported("Zstandard compression".to_owned()),
            "Zstandard compression is not supported (column line_item_unblended_cost, row group 3)",
        );
        check(DecodeError::MissingColumn("cost".to_owned()), "the column cost is missing");
    }
}
