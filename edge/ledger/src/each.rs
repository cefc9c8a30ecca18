//! A value for each row of a batch. Whole batches of one value, which reports have many of, take no room and no time.

/// The same value for every row, or one each.
#[derive(Clone, Debug)]
pub struct Each<T> {
    same: Option<T>,
    rows: Vec<T>,
}

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self { same: None, rows: Vec::new() }
    }
}

impl<T: Copy> Each<T> {
    /// Every row has this value.
    pub fn set(&mut self, value: T) {
        self.rows.clear();
        self.same = Some(value);
    }

    /// Rows that are to be filled, empty at first.
    pub fn begin(&mut self) -> &mut Vec<T> {
        self.same = None;
        self.rows.clear();
        &mut self.rows
    }

    /// The value all rows have, if that is known.
    pub fn same(&self) -> Option<T> {
        self.same
    }

    /// The rows; none where all are the same.
    pub fn rows(&self) -> &[T] {
        &self.rows
    }

    /// The rows, to change them.
    pub fn rows_mut(&mut self) -> &mut Vec<T> {
        &mut self.rows
    }

    /// The value of a row.
    pub fn at(&self, row: usize) -> Option<T> {
        self.same.or_else(|| self.rows.get(row).copied())
    }
}
