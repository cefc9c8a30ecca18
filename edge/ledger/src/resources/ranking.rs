//! Which resources are held by themselves: the largest of each service, and of these the largest of all. Where there are
//! few, all of them; else the parts are read twice, first to rank, then to shelve.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::rc::Rc;

use cube::resources::Row;

/// Bits of a size that do not count: what is left counts 10⁻⁸ of the currency, up to 10¹¹ of it.
const COARSE: u32 = 14;

/// How many resources are held by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of a month.
    pub month: usize,
    /// Of a service.
    pub service: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { month: 1_000_000, service: 250_000 }
    }
}

/// Sizes so far.
#[derive(Debug)]
pub struct Ranking {
    limits: Limits,
    services: HashMap<Rc<str>, u32>,
    /// Size and service; cut to what may stay whenever it is twice as long.
    sizes: Vec<(u64, u32)>,
}

/// What stays.
#[derive(Debug)]
pub struct Keep(Option<Least>);

#[derive(Debug)]
struct Least {
    services: HashMap<Rc<str>, u32>,
    /// By service the least size that stays, and how many of exactly that size.
    least: Vec<(u64, u64)>,
}

fn coarse(row: &Row) -> u64 {
    u64::try_from(row.size() >> COARSE).unwrap_or(u64::MAX)
}

impl Ranking {
    /// No resource yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, services: HashMap::new(), sizes: Vec::new() }
    }

    /// Ranks a resource.
    pub fn add(&mut self, row: &Row) {
        if row.resource.is_empty() {
            return;
        }
        let next = u32::try_from(self.services.len()).unwrap_or(u32::MAX);
        let service = *self.services.entry(row.service()).or_insert(next);
        self.sizes.push((coarse(row), service));
        if self.sizes.len() >= self.limits.month.saturating_mul(2) {
            self.cut();
        }
    }

    /// Forgets what cannot stay. Which of equal ones does not matter: they are told apart by count.
    fn cut(&mut self) {
        self.sizes.sort_unstable_by_key(|(size, service)| (Reverse(*size), *service));
        let (mut held, limits) = (vec![0_usize; self.services.len()], self.limits);
        self.sizes.retain(|(_, service)| {
            let Some(held) = held.get_mut(*service as usize) else { return false };
            *held = held.saturating_add(1);
            *held <= limits.service
        });
        self.sizes.truncate(limits.month);
    }

    /// What stays.
    pub fn keep(mut self) -> Keep {
        self.cut();
        // Nothing of a service stays until something does.
        let mut least = vec![(u64::MAX, 0_u64); self.services.len()];
        for (size, service) in self.sizes {
            let Some((held, count)) = least.get_mut(service as usize) else { continue };
            // Sizes fall: the last one of a service is its least.
            *count = if *held == size { count.saturating_add(1) } else { 1 };
            *held = size;
        }
        Keep(Some(Least { services: self.services, least }))
    }
}

impl Keep {
    /// Everything.
    pub fn all() -> Self {
        Self(None)
    }

    /// Whether a resource stays. Of those of the least size the first ones do.
    pub fn keeps(&mut self, row: &Row) -> bool {
        let Some(Least { services, least }) = &mut self.0 else { return true };
        let service = services.get(&row.service()).map(|service| *service as usize);
        let Some((size, room)) = service.and_then(|service| least.get_mut(service)) else { return false };
        match coarse(row).cmp(size) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => {
                let has_room = *room > 0;
                *room = room.saturating_sub(1);
                has_room
            }
        }
    }
}
