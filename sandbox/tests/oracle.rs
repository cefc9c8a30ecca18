//! The roll-up against an independent judge: generated report files of each dialect are rolled up by the program that
//! `cargo xtask rollup` starts and by native DuckDB, and agree to 1e-9. Every dimension and form has a judge of its own in
//! the ledger's tests.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use sandbox::billing::{Billing, Dialect};
use serde_json::Value;
use shared::Timestamp;

const NOW: &str = "2026-11-23T09:00:00Z";

/// The effective cost of ledger.md's table, in SQL over the report's own columns.
const EFFECTIVE: &str = "CASE line_item_line_item_type
    WHEN 'DiscountedUsage' THEN reservation_effective_cost
    WHEN 'SavingsPlanCoveredUsage' THEN savings_plan_savings_plan_effective_cost
    WHEN 'SavingsPlanNegation' THEN 0
    WHEN 'SavingsPlanUpfrontFee' THEN 0
    WHEN 'SavingsPlanRecurringFee' THEN savings_plan_total_commitment_to_date - savings_plan_used_commitment
    WHEN 'RIFee' THEN reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee
    WHEN 'Fee' THEN CASE WHEN reservation_reservation_a_r_n <> '' THEN 0 ELSE line_item_unblended_cost END
    ELSE line_item_unblended_cost END";

const SCRIPT: &str = "
import sys, json, duckdb
files, key, effective = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3]
rows = duckdb.sql(f\"SELECT {key} AS k, sum(line_item_unblended_cost::DECIMAL(30,12)), sum(({effective})::DECIMAL(30,12)) FROM read_parquet({files!r}) GROUP BY 1\").fetchall()
print(json.dumps({str(k): [str(b), str(e)] for k, b, e in rows}))
";

/// Where `cargo xtask setup` put DuckDB.
fn packages() -> PathBuf {
    let given = std::env::var_os("CLOUDTHREAD_PYTHON").map(PathBuf::from);
    let cache = || std::env::var_os("CLOUDTHREAD_CACHE").map(|cache| PathBuf::from(cache).join("python"));
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/cloudthread/python"));
    given.or_else(cache).or_else(home).unwrap_or_default()
}

fn ask_duckdb(files: &[PathBuf], key: &str) -> BTreeMap<String, [f64; 2]> {
    let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let output = Command::new("python3")
        .env("PYTHONPATH", packages())
        .args(["-c", SCRIPT, &serde_json::to_string(&names).unwrap(), key, EFFECTIVE])
        .output()
        .unwrap();
    assert!(output.status.success(), "DuckDB: {}", String::from_utf8_lossy(&output.stderr));
    let answer: BTreeMap<String, [String; 2]> = serde_json::from_slice(&output.stdout).unwrap();
    answer
        .into_iter()
        .map(|(key, [billed, effective])| (key, [billed.parse().unwrap(), effective.parse().unwrap()]))
        .collect()
}

fn ask_ledger(files: &[PathBuf], group_by: &str) -> BTreeMap<String, [f64; 2]> {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--locked", "--package", "ledger", "--bin", "rollup", "--"])
        .args(files)
        .args(["--group-by", group_by])
        .output()
        .unwrap();
    assert!(output.status.success(), "rollup: {}", String::from_utf8_lossy(&output.stderr));
    let totals: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(totals["rejected"]["files"].as_array().unwrap().len(), 0, "{}", totals["rejected"]);
    let number = |value: &Value| value.as_str().unwrap().parse().unwrap();
    let groups = totals["groups"].as_array().unwrap();
    let sum: f64 = groups.iter().map(|group| -> f64 { number(&group["billed_cost"]) }).sum();
    let total: f64 = number(&totals["total"]["billed_cost"]);
    assert!((sum - total).abs() < 1e-6, "groups sum to the total: {sum} {total}");
    groups
        .iter()
        .map(|group| {
            (
                group["key"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|part| part.as_str().unwrap())
                    .collect::<Vec<_>>()
                    .join(" "),
                [number(&group["billed_cost"]), number(&group["effective_cost"])],
            )
        })
        .collect()
}

fn write(billing: &Billing, dialect: Dialect, folder: &Path) -> Vec<PathBuf> {
    let now: Timestamp = NOW.parse().unwrap();
    let files = billing.report_files("2026-10".parse().unwrap(), dialect, now, 60_000).unwrap();
    assert!(files.len() > 1, "several files");
    files
        .into_iter()
        .enumerate()
        .map(|(number, bytes)| {
            let path = folder.join(format!("{dialect:?}-{number}.parquet"));
            std::fs::write(&path, bytes).unwrap();
            path
        })
        .collect()
}

#[test]
fn every_grouping_equals_duckdb() {
    let billing = Billing::generate(1, "2026-11-23".parse().unwrap());
    let folder = std::env::temp_dir().join(format!("cloudthread-oracle-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (dialect, tag) in [
        (Dialect::Legacy, "resource_tags_user_team"),
        (Dialect::Cur2, "coalesce(resource_tags['user_team'], '')"),
    ] {
        let files = write(&billing, dialect, &folder);
        for (group_by, key) in [
            ("x_service_code", "line_item_product_code"),
            ("sub_account", "line_item_usage_account_id"),
            ("region", "product_region_code"),
            ("x_usage_type", "line_item_usage_type"),
            ("resource", "line_item_resource_id"),
            ("day", "strftime(line_item_usage_start_date AT TIME ZONE 'UTC', '%Y-%m-%d')"),
            ("x_line_item_type", "line_item_line_item_type"),
            ("tag:team", tag),
            (
                "sub_account,day",
                "line_item_usage_account_id || strftime(line_item_usage_start_date AT TIME ZONE 'UTC', ' %Y-%m-%d')",
            ),
        ] {
            let (ours, theirs) = (ask_ledger(&files, group_by), ask_duckdb(&files, key));
            assert_eq!(
                ours.keys().collect::<Vec<_>>(),
                theirs.keys().collect::<Vec<_>>(),
                "{dialect:?} {group_by}"
            );
            for (key, [billed, effective]) in &theirs {
                let [own_billed, own_effective] = ours[key];
                let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs().max(1.0);
                assert!(
                    close(own_billed, *billed) && close(own_effective, *effective),
                    "{dialect:?} {group_by} {key}: {:?} {billed} {effective}",
                    ours[key]
                );
            }
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn focus_files_hold_the_same_cost() {
    let billing = Billing::generate(1, "2026-11-23".parse().unwrap());
    let folder = std::env::temp_dir().join(format!("cloudthread-focus-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let legacy = ask_ledger(&write(&billing, Dialect::Legacy, &folder), "sub_account");
    let focus = ask_ledger(&write(&billing, Dialect::Focus, &folder), "sub_account");
    for (account, [_, effective]) in &legacy {
        let [_, own] = focus[account];
        assert!((own - effective).abs() < 1e-6, "{account}: {own} {effective}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
