//! The first so many resources of an order, whatever order they come in.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::sum::Sum;

/// What resources are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The dearest first.
    Dearest,
    /// The cheapest first.
    Cheapest,
    /// By id.
    Id,
    /// By id, backwards.
    IdFalling,
    /// What rose most first.
    Risen,
    /// What fell most first.
    Fallen,
}

impl Sort {
    /// As the address names it.
    pub fn parse(name: &str) -> Self {
        match name {
            "cost" => Self::Cheapest,
            "id" => Self::Id,
            "-id" => Self::IdFalling,
            "change" => Self::Fallen,
            "-change" => Self::Risen,
            _ => Self::Dearest,
        }
    }

    /// Whether the days before decide.
    pub fn is_by_change(self) -> bool {
        matches!(self, Self::Risen | Self::Fallen)
    }

    fn order(self, a: &Sum, b: &Sum) -> Ordering {
        let change = |sum: &Sum| sum.cost - sum.previous;
        let order = match self {
            Self::Dearest => b.cost.cmp(&a.cost),
            Self::Cheapest => a.cost.cmp(&b.cost),
            Self::Id => a.resource.cmp(&b.resource),
            Self::IdFalling => b.resource.cmp(&a.resource),
            Self::Risen => change(b).cmp(&change(a)),
            Self::Fallen => change(a).cmp(&change(b)),
        };
        order.then_with(|| a.resource.cmp(&b.resource)).then_with(|| a.sub_account.cmp(&b.sub_account))
    }
}

/// The first so many so far.
#[derive(Debug)]
pub struct Ranked {
    sort: Sort,
    most: usize,
    held: BinaryHeap<Placed>,
}

#[derive(Debug)]
struct Placed(Sort, Sum);

impl Ord for Placed {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&self.1, &other.1)
    }
}

impl PartialOrd for Placed {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Placed {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Placed {}

impl Ranked {
    /// None yet, of at most so many.
    pub fn new(sort: Sort, most: usize) -> Self {
        Self { sort, most, held: BinaryHeap::new() }
    }

    /// Takes a resource in, if it is among the first.
    pub fn offer(&mut self, sum: Sum) {
        if self.held.len() < self.most {
            self.held.push(Placed(self.sort, sum));
        } else if let Some(mut last) = self.held.peek_mut()
            && self.sort.order(&sum, &last.1).is_lt()
        {
            *last = Placed(self.sort, sum);
        }
    }

    /// The last of them, once they are as many as wanted.
    pub fn last(&self) -> Option<&Sum> {
        self.held.peek().filter(|_| self.held.len() >= self.most).map(|placed| &placed.1)
    }

    /// Those of a page: skips so many.
    pub fn into_page(self, skipped: usize) -> Vec<Sum> {
        self.held.into_sorted_vec().into_iter().skip(skipped).map(|placed| placed.1).collect()
    }
}
