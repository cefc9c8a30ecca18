//! Runs woven into one: rows of the same resource meet and become one row.

use cube::blob::BlobError;
use cube::resources::{Next, Row, Weave};

use super::MOST_PARTS;
use super::run::{Run, RunBuilder};
use crate::error::DecodeError;

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// The next blocks of this run are wanted, none at its end.
    Feed(usize),
    /// The next resource.
    Row(Row),
    /// There is no more.
    End,
}

/// A run that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub run: usize,
    /// What is wrong.
    pub cause: BlobError,
}

/// Runs under way.
#[derive(Debug)]
pub struct Meeting {
    weave: Weave,
    row: Option<Row>,
}

impl Meeting {
    /// Of so many runs.
    pub fn new(runs: usize) -> Self {
        Self { weave: Weave::new(runs), row: None }
    }

    /// Gives the next blocks of a run; none if it is at its end.
    pub fn feed(&mut self, run: usize, blocks: impl IntoIterator<Item = Vec<u8>>) {
        self.weave.feed(run, blocks);
    }

    /// What comes next.
    pub fn step(&mut self) -> Result<Step, Broken> {
        loop {
            let next = self.weave.next_row().map_err(|(run, cause)| Broken { run, cause })?;
            match next {
                Next::Feed(run) => return Ok(Step::Feed(run)),
                Next::Row(_, next) => match &mut self.row {
                    Some(row) if row.order(&next).is_eq() => row.absorb(next, MOST_PARTS),
                    _ => {
                        if let Some(row) = self.row.replace(next) {
                            return Ok(Step::Row(row));
                        }
                    }
                },
                Next::End => return Ok(self.row.take().map_or(Step::End, Step::Row)),
            }
        }
    }
}

impl Run {
    /// One run of several of the same currency, all of them in memory.
    pub fn merged(mut runs: Vec<Self>) -> Result<Option<Self>, DecodeError> {
        if runs.len() < 2 {
            return Ok(runs.pop());
        }
        let Some(currency) = runs.first().map(|run| run.currency) else { return Ok(None) };
        let mut meeting = Meeting::new(runs.len());
        let mut builder = RunBuilder::default();
        let mut blocks = Vec::new();
        loop {
            match meeting.step().map_err(|broken| crate::partial::broken(broken.cause))? {
                Step::Feed(place) => {
                    let run = runs.get_mut(place).map(|run| std::mem::take(&mut run.blocks));
                    meeting.feed(place, run.unwrap_or_default());
                }
                Step::Row(row) => blocks.extend(builder.push(&row)?.map(|cut| cut.bytes)),
                Step::End => break,
            }
        }
        let (last, rows) = builder.finish()?;
        blocks.extend(last.map(|cut| cut.bytes));
        Ok(Some(Self { currency, rows, blocks }))
    }
}
