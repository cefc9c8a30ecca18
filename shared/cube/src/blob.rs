//! How a cube travels: its columns through postcard, a maintained serde format. The bytes are a function of the
//! cells alone, so equal cubes have equal names.

use serde::{Deserialize, Serialize};
use shared::Money;

use crate::Metric;
use crate::cells::{Column, Cube, Figures, Header};

/// Version of the form below; a reader refuses any other.
const VERSION: u16 = 1;
/// Days a cube may span: a blob is read into memory, and a day is 16 bits.
const MAX_DAYS: i32 = 4_000;

/// Why bytes are no cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// Not the bytes of a cube.
    #[error("not a cube")]
    Malformed,
    /// Written by another version.
    #[error("a cube of another version")]
    Version,
    /// Places, lengths or totals contradict each other.
    #[error("a cube that contradicts itself")]
    Inconsistent,
}

#[derive(Serialize, Deserialize)]
struct Blob {
    version: u16,
    header: Header,
    columns: Vec<(String, Vec<String>, Vec<u32>)>,
    /// Cells per tuple.
    lengths: Vec<u32>,
    days: Vec<u16>,
    figures: Vec<(Metric, Figures, i128)>,
}

/// Writes a cube.
pub fn encode(cube: &Cube) -> Result<Vec<u8>, BlobError> {
    let blob = Blob {
        version: VERSION,
        header: cube.header.clone(),
        columns: cube
            .columns
            .iter()
            .map(|column| (column.dimension.to_string(), column.dictionary.clone(), column.codes.clone()))
            .collect(),
        lengths: cube
            .starts
            .windows(2)
            .map(|pair| pair.last().zip(pair.first()).map_or(0, |(end, start)| end - start))
            .collect(),
        days: cube.days.clone(),
        figures: cube
            .figures
            .iter()
            .map(|(metric, figures)| (*metric, figures.clone(), figures.total().units()))
            .collect(),
    };
    postcard::to_allocvec(&blob).map_err(|_| BlobError::Malformed)
}

/// Reads a cube and checks that it adds up. Bytes from anywhere get an error, never a panic.
pub fn decode(bytes: &[u8]) -> Result<Cube, BlobError> {
    let (blob, rest): (Blob, _) = postcard::take_from_bytes(bytes).map_err(|_| BlobError::Malformed)?;
    if blob.version != VERSION {
        return Err(BlobError::Version);
    }
    let (tuples, cells) = (blob.lengths.len(), blob.days.len());
    let span = blob.header.days.len();
    let mut starts = Vec::with_capacity(tuples + 1);
    let mut sum = 0_u32;
    starts.push(0);
    for length in &blob.lengths {
        sum = sum.checked_add(*length).ok_or(BlobError::Inconsistent)?;
        starts.push(sum);
    }
    let is_sound = rest.is_empty()
        && sum as usize == cells
        && (0..=MAX_DAYS).contains(&span)
        && blob.days.iter().all(|day| i32::from(*day) < span.max(1))
        && blob.columns.iter().all(|(_, dictionary, codes)| {
            codes.len() == tuples && codes.iter().all(|code| (*code as usize) < dictionary.len())
        })
        && blob.figures.iter().all(|(_, figures, total)| {
            figures.len() == cells && figures.total() == Money::from_units(*total)
        })
        && is_distinct(blob.columns.iter().map(|(name, ..)| name.as_str()))
        && is_distinct(blob.figures.iter().map(|(metric, ..)| *metric));
    if !is_sound {
        return Err(BlobError::Inconsistent);
    }
    let columns = blob
        .columns
        .into_iter()
        .map(|(name, dictionary, codes)| {
            let dimension = name.parse().map_err(|_| BlobError::Malformed)?;
            Ok(Column { dimension, dictionary, codes })
        })
        .collect::<Result<_, BlobError>>()?;
    let figures = blob.figures.into_iter().map(|(metric, figures, _)| (metric, figures)).collect();
    Ok(Cube { header: blob.header, columns, starts, days: blob.days, figures })
}

/// Whether nothing stands twice: of two columns or figures of one name, only the first would ever be read.
fn is_distinct<T: PartialEq>(names: impl Iterator<Item = T>) -> bool {
    let names: Vec<T> = names.collect();
    names.iter().enumerate().all(|(place, name)| names.iter().take(place).all(|earlier| earlier != name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_stands_twice_is_refused() {
        let header = Header {
            currency: shared::Currency::USD,
            source: shared::api::Source::Report,
            as_of: "2026-11-23T06:00:00Z".parse().unwrap(),
            days: shared::DayRange::new("2026-10-01".parse().unwrap(), "2026-11-01".parse().unwrap()),
            monthly: false,
        };
        let figures = Figures::Narrow(vec![1]);
        let cube = Cube {
            header,
            columns: Vec::new(),
            starts: vec![0, 1],
            days: vec![0],
            figures: vec![(Metric::BilledCost, figures.clone()), (Metric::BilledCost, figures)],
        };
        assert_eq!(decode(&encode(&cube).unwrap()), Err(BlobError::Inconsistent));
    }
}
