//! Where AWS puts manifests, in each of its layouts. A manifest is found by listing, never by computing its path.

use std::collections::BTreeMap;

use aws::s3::ObjectSummary;
use shared::BillingPeriod;

/// The newest manifest of each billing period. Of two equally new ones the one higher up wins: in the CREATE_NEW layout
/// AWS keeps a copy beside the data and one above it.
pub fn manifests(objects: &[ObjectSummary]) -> BTreeMap<BillingPeriod, &ObjectSummary> {
    let mut newest: BTreeMap<BillingPeriod, &ObjectSummary> = BTreeMap::new();
    for object in objects.iter().filter(|object| is_manifest(&object.key)) {
        let Some(period) = period(&object.key) else { continue };
        let rank = |object: &ObjectSummary| (object.last_modified, std::cmp::Reverse(object.key.len()));
        let held = newest.entry(period).or_insert(object);
        if rank(object) > rank(held) {
            *held = object;
        }
    }
    newest
}

/// Whether a key is that of a manifest.
pub fn is_manifest(key: &str) -> bool {
    key.ends_with("-Manifest.json")
}

/// The billing period a path names.
pub fn period(key: &str) -> Option<BillingPeriod> {
    let folders: Vec<&str> = key.split('/').collect();
    let named = |folder: &str, name: &str| {
        let (found, value) = folder.split_once('=')?;
        found.eq_ignore_ascii_case(name).then(|| value.to_owned())
    };
    folders.iter().enumerate().rev().find_map(|(place, folder)| {
        if let Some(period) = named(folder, "billing_period") {
            return period.parse().ok();
        }
        if let Some(month) = named(folder, "month") {
            let year = named(folders.get(place.checked_sub(1)?)?, "year")?;
            return BillingPeriod::new(year.parse().ok()?, month.parse().ok()?);
        }
        let (start, end) = folder.split_once('-')?;
        let is_range = start.len() == 8
            && end.len() == 8
            && folder.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let period = BillingPeriod::new(start.get(..4)?.parse().ok()?, start.get(4..6)?.parse().ok()?)?;
        (is_range && start.get(6..) == Some("01")).then_some(period)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // security.md row 34
    #[test]
    fn every_layout_names_its_period() {
        let check = |key: &str, expect: Option<&str>| {
            assert_eq!(period(key).map(|period| period.to_string()).as_deref(), expect, "{key}");
        };
        check("report/r/r/year=2026/month=1/r-Manifest.json", Some("2026-01"));
        check("report/r/20260101-20260201/r-Manifest.json", Some("2026-01"));
        check("report/r/20260101-20260201/0b3c-aa/r-Manifest.json", Some("2026-01"));
        check("p/e/metadata/BILLING_PERIOD=2026-11/e-Manifest.json", Some("2026-11"));
        check("p/e/metadata/billing_period=2026-11/2026-11-02T10:00:00Z-x/e-Manifest.json", Some("2026-11"));
        check("p/e/metadata/e-Manifest.json", None);
        check("p/e/year=2026/month=13/e-Manifest.json", None);
        check("p/e/20260115-20260201/e-Manifest.json", None);
        check("é/20é60101-20260201/é-Manifest.json", None);
    }

    #[test]
    fn the_newest_manifest_wins_and_of_two_copies_the_upper() {
        let object = |key: &str, at: &str| ObjectSummary {
            key: key.to_owned(),
            etag: key.to_owned(),
            size: 1,
            last_modified: Some(at.parse().unwrap()),
        };
        let (old, new) = ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z");
        let objects = [
            object("r/20261101-20261201/a/r-Manifest.json", old),
            object("r/20261101-20261201/b/r-Manifest.json", new),
            object("r/20261101-20261201/r-Manifest.json", new),
            object("r/20261101-20261201/b/r-00001.snappy.parquet", new),
        ];
        let found = manifests(&objects);
        assert_eq!(
            found.values().map(|object| object.key.as_str()).collect::<Vec<_>>(),
            ["r/20261101-20261201/r-Manifest.json"]
        );
    }
}
