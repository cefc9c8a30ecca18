//! Several sorted sequences of rows as one, holding little more than a row and a block of each. It asks for what it
//! needs next and never fetches: who drives it does.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::rc::Rc;

use super::block::Block;
use super::row::Row;
use crate::blob::BlobError;

/// What comes next.
#[derive(Debug)]
pub enum Next {
    /// The next blocks of this sequence are wanted; or word that there are none.
    Feed(usize),
    /// The next row, and the sequence it is of.
    Row(usize, Row),
    /// All sequences are at their end.
    End,
}

/// Sequences under way.
#[derive(Debug)]
pub struct Weave {
    sequences: Vec<Sequence>,
    heads: BinaryHeap<Reverse<Head>>,
    /// Sequences without a head.
    bare: Vec<usize>,
    /// Key of the row that came last.
    last: (Rc<str>, Rc<str>),
}

#[derive(Debug, Default)]
struct Sequence {
    waiting: VecDeque<Vec<u8>>,
    block: Option<Block>,
    is_ended: bool,
}

#[derive(Debug)]
struct Head {
    row: Row,
    sequence: usize,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        self.row.order(&other.row).then(self.sequence.cmp(&other.sequence))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

impl Sequence {
    fn next_row(&mut self) -> Result<Option<Row>, BlobError> {
        loop {
            if let Some(block) = &mut self.block
                && let Some(row) = block.next_row()?
            {
                return Ok(Some(row));
            }
            let Some(bytes) = self.waiting.pop_front() else {
                self.block = None;
                return Ok(None);
            };
            self.block = Some(Block::open(&bytes)?);
        }
    }
}

impl Weave {
    /// So many sequences, of which nothing is known yet.
    pub fn new(sequences: usize) -> Self {
        Self {
            sequences: (0..sequences).map(|_| Sequence::default()).collect(),
            heads: BinaryHeap::new(),
            bare: (0..sequences).rev().collect(),
            last: (Rc::from(""), Rc::from("")),
        }
    }

    /// Gives blocks of a sequence, in their order; none if it is at its end.
    pub fn feed(&mut self, sequence: usize, blocks: impl IntoIterator<Item = Vec<u8>>) {
        if let Some(sequence) = self.sequences.get_mut(sequence) {
            sequence.waiting.extend(blocks);
            sequence.is_ended = sequence.waiting.is_empty();
        }
    }

    /// What comes next. An error names the sequence it is of; rows that are not in order are one, as equal ones would
    /// not meet.
    pub fn next_row(&mut self) -> Result<Next, (usize, BlobError)> {
        while let Some(place) = self.bare.last().copied() {
            let Some(sequence) = self.sequences.get_mut(place) else { return Ok(Next::End) };
            match sequence.next_row().map_err(|cause| (place, cause))? {
                Some(row) => self.heads.push(Reverse(Head { row, sequence: place })),
                None if !sequence.is_ended => return Ok(Next::Feed(place)),
                None => {}
            }
            self.bare.pop();
        }
        let Some(Reverse(Head { row, sequence })) = self.heads.pop() else { return Ok(Next::End) };
        self.bare.push(sequence);
        if row.key() < (&self.last.0, &self.last.1) {
            return Err((sequence, BlobError::Inconsistent));
        }
        self.last = (Rc::clone(&row.sub_account), Rc::clone(&row.resource));
        Ok(Next::Row(sequence, row))
    }
}
