//! Cost and usage reports: definitions, and deliveries into the customer's bucket as its policy allows.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use shared::{BillingPeriod, Day, Timestamp};

use crate::accounts::HOME;
use crate::billing::{Dialect, MANAGEMENT};
use crate::clock::{self, compact};
use crate::iam::policy::Ask;
use crate::iam::{Caller, authorize};
use crate::s3::Bucket;
use crate::state::State;
use crate::wire::{Answer, Refusal};
use crate::world::World;

/// Reports an account may define.
const LIMIT: usize = 10;
/// Seconds between two deliveries: AWS delivers up to three times a day.
const EVERY: i64 = 8 * 3_600;
/// Days after the turn of a month in which the month before is still delivered.
const LATE_DAYS: i32 = 14;

/// A report, or an export of Data Exports.
#[derive(Clone, Debug)]
pub struct Report {
    /// Name.
    pub name: String,
    /// Account that defined it.
    pub account: String,
    /// Its definition, member by member, as it is described.
    pub definition: Value,
    /// What its files look like.
    pub dialect: Dialect,
    /// Bucket.
    pub bucket: String,
    /// Prefix without outer slashes.
    pub prefix: String,
    /// When it was defined.
    pub created: Timestamp,
    /// When the next delivery is due.
    pub next_delivery: Option<Timestamp>,
    /// When the last one was made or failed.
    pub last_delivery: Option<Timestamp>,
    /// `SUCCESS`, `ERROR_PERMISSIONS`, `ERROR_NO_BUCKET`.
    pub last_status: Option<&'static str>,
    /// Whether AWS Support filled in the months before.
    pub is_backfilled: bool,
}

impl Report {
    /// Reads a definition, of the API or of a template.
    pub fn from_definition(input: &Value, account: &str, now: Timestamp) -> Answer<Self> {
        const MEMBERS: [&str; 12] = [
            "ReportName",
            "TimeUnit",
            "Format",
            "Compression",
            "AdditionalSchemaElements",
            "S3Bucket",
            "S3Prefix",
            "S3Region",
            "AdditionalArtifacts",
            "RefreshClosedReports",
            "ReportVersioning",
            "BillingViewArn",
        ];
        let invalid = |words: String| Refusal::bad("ValidationException", words);
        let object = input.as_object().ok_or_else(|| invalid("ReportDefinition is missing".to_owned()))?;
        if let Some(unknown) = object.keys().find(|key| !MEMBERS.contains(&key.as_str())) {
            return Err(invalid(format!("Unknown member {unknown}")));
        }
        let text = |name: &str| {
            object
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .ok_or_else(|| invalid(format!("{name} is missing")))
        };
        let one_of = |name: &str, allowed: &[&str]| {
            let value = text(name)?;
            if allowed.contains(&value.as_str()) {
                Ok(value)
            } else {
                Err(invalid(format!("{name} {value} is not one of {allowed:?}")))
            }
        };
        let name = text("ReportName")?;
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!-_.*'()".contains(&byte);
        if name.is_empty() || name.len() > 256 || !name.bytes().all(is_name) {
            return Err(invalid(format!("ReportName {name} is not a name")));
        }
        one_of("TimeUnit", &["HOURLY", "DAILY", "MONTHLY"])?;
        let format = one_of("Format", &["Parquet", "textORcsv"])?;
        let compression = one_of("Compression", &["Parquet", "ZIP", "GZIP"])?;
        if (format == "Parquet") != (compression == "Parquet") {
            return Err(invalid("Format and Compression contradict each other".to_owned()));
        }
        let mut definition = input.clone();
        if let Some(definition) = definition.as_object_mut() {
            // A template writes booleans as text.
            let refresh = definition
                .get("RefreshClosedReports")
                .map(|value| value == &json!(true) || value == &json!("true"));
            definition.extend(refresh.map(|refresh| ("RefreshClosedReports".to_owned(), json!(refresh))));
            definition.entry("ReportVersioning").or_insert_with(|| json!("CREATE_NEW_REPORT"));
            definition.entry("AdditionalSchemaElements").or_insert_with(|| json!([]));
            definition.entry("AdditionalArtifacts").or_insert_with(|| json!([]));
        }
        Ok(Self {
            name,
            account: account.to_owned(),
            definition,
            dialect: Dialect::Legacy,
            bucket: text("S3Bucket")?,
            prefix: text("S3Prefix").unwrap_or_default().trim_matches('/').to_owned(),
            created: now,
            next_delivery: None,
            last_delivery: None,
            last_status: None,
            is_backfilled: false,
        })
    }

    /// Takes over a new definition of the same report.
    pub fn redefine(&mut self, fresh: Self) {
        self.definition = fresh.definition;
        self.bucket = fresh.bucket;
        self.prefix = fresh.prefix;
    }

    /// Its ARN, which the bucket's policy names.
    pub fn arn(&self) -> String {
        match self.dialect {
            Dialect::Legacy => format!("arn:aws:cur:{HOME}:{}:definition/{}", self.account, self.name),
            _ => format!("arn:aws:bcm-data-exports:{HOME}:{}:export/{}-4e1c", self.account, self.name),
        }
    }

    fn service(&self) -> &'static str {
        match self.dialect {
            Dialect::Legacy => "billingreports.amazonaws.com",
            _ => "bcm-data-exports.amazonaws.com",
        }
    }

    fn makes_new(&self) -> bool {
        self.definition.get("ReportVersioning") == Some(&json!("CREATE_NEW_REPORT"))
    }

    fn described(&self) -> Value {
        let mut described = self.definition.clone();
        if let Some(object) = described.as_object_mut() {
            let mut status = serde_json::Map::new();
            status.extend(self.last_delivery.map(|at| ("lastDelivery".to_owned(), json!(compact(at)))));
            status.extend(self.last_status.map(|status| ("lastStatus".to_owned(), json!(status))));
            object.insert("ReportStatus".to_owned(), Value::Object(status));
        }
        described
    }
}

impl State {
    /// Defines a report, as AWS checks it.
    pub fn define_report(&mut self, account: &str, mut report: Report, now: Timestamp) -> Answer<()> {
        let held = self.account(account)?;
        if held.reports.contains_key(&report.name) {
            return Err(Refusal::bad(
                "DuplicateReportNameException",
                format!("A report named {} already exists", report.name),
            ));
        }
        if held.reports.len() >= LIMIT {
            return Err(Refusal::bad(
                "ReportLimitReachedException",
                "This account has reached the limit on number of report definitions. The limit is 10.",
            ));
        }
        let admits = self.buckets.get(&report.bucket).is_some_and(|bucket| {
            bucket.account == account && bucket.admits_delivery(report.service(), account, &report.arn())
        });
        if !admits {
            return Err(Refusal::bad("ValidationException", "Failed to verify customer bucket permission."));
        }
        let hour = 3_600 / self.settings.hour.max(1);
        let wait = match self.settings.first_delivery {
            Some(seconds) => seconds,
            None => hour * (1 + i64::try_from(self.random.below(47)).unwrap_or(0)),
        };
        report.next_delivery = Some(clock::after(now, wait));
        self.account_mut(account)?.reports.insert(report.name.clone(), report);
        Ok(())
    }
}

/// A report somebody made long ago, in a form that cannot be read.
pub fn furnish(state: &mut State, now: Timestamp) {
    let bucket = Bucket::new("acme-billing-archive", MANAGEMENT, HOME, now);
    state.buckets.insert(bucket.name.clone(), bucket);
    let definition = json!({
        "ReportName": "acme-monthly", "TimeUnit": "MONTHLY", "Format": "textORcsv", "Compression": "GZIP",
        "AdditionalSchemaElements": [], "S3Bucket": "acme-billing-archive", "S3Prefix": "csv", "S3Region": HOME,
        "AdditionalArtifacts": [], "RefreshClosedReports": false, "ReportVersioning": "CREATE_NEW_REPORT",
    });
    if let (Ok(report), Ok(account)) =
        (Report::from_definition(&definition, MANAGEMENT, now), state.account_mut(MANAGEMENT))
    {
        account.reports.insert(report.name.clone(), report);
    }
}

/// Answers the service.
pub fn handle(
    state: &mut State,
    caller: &Caller,
    action: &str,
    input: &Value,
    now: Timestamp,
) -> Answer<Value> {
    let definition_arn = |name: &str| format!("arn:aws:cur:{HOME}:{}:definition/{name}", caller.account);
    match action {
        "DescribeReportDefinitions" => {
            authorize(state, caller, &Ask::new("cur:DescribeReportDefinitions", "*"), None)?;
            if input.get("MaxResults").is_some_and(|most| most != &json!(5)) {
                return Err(Refusal::bad("ValidationException", "MaxResults must be 5"));
            }
            let start = match input.get("NextToken").and_then(Value::as_str) {
                None => 0,
                Some(token) => token
                    .strip_prefix("cur-")
                    .and_then(|rest| rest.parse::<usize>().ok())
                    .ok_or_else(|| Refusal::bad("ValidationException", "NextToken is not valid"))?,
            };
            let reports = &state.account(&caller.account)?.reports;
            let page: Vec<Value> = reports.values().skip(start).take(5).map(Report::described).collect();
            let mut answer = json!({ "ReportDefinitions": page });
            if let (Some(object), true) = (answer.as_object_mut(), reports.len() > start + 5) {
                object.insert("NextToken".to_owned(), json!(format!("cur-{}", start + 5)));
            }
            Ok(answer)
        }
        "PutReportDefinition" => {
            let definition = input.get("ReportDefinition").cloned().unwrap_or(Value::Null);
            let report = Report::from_definition(&definition, &caller.account, now)?;
            authorize(
                state,
                caller,
                &Ask::new("cur:PutReportDefinition", &definition_arn(&report.name)),
                None,
            )?;
            state.define_report(&caller.account, report, now)?;
            Ok(json!({}))
        }
        "ModifyReportDefinition" => {
            let name = input.get("ReportName").and_then(Value::as_str).unwrap_or_default();
            authorize(state, caller, &Ask::new("cur:ModifyReportDefinition", &definition_arn(name)), None)?;
            let definition = input.get("ReportDefinition").cloned().unwrap_or(Value::Null);
            let fresh = Report::from_definition(&definition, &caller.account, now)?;
            match state.account_mut(&caller.account)?.reports.get_mut(name) {
                Some(report) => report.redefine(fresh),
                None => return Err(Refusal::bad("ValidationException", "The report does not exist")),
            }
            Ok(json!({}))
        }
        _ => Err(Refusal::bad("UnknownOperationException", format!("{action} is not simulated"))),
    }
}

/// Which report, by account and name.
pub type Which = (String, String);

/// Makes deliveries as they fall due, for as long as the world stands.
pub async fn keep_delivering(world: Arc<World>) {
    loop {
        let now = world.clock.now();
        let due: Vec<Which> = {
            let state = world.lock();
            let reports = state
                .accounts
                .values()
                .flat_map(|account| account.reports.values().chain(account.exports.values()));
            reports
                .filter(|report| report.next_delivery.is_some_and(|at| at <= now))
                .map(|report| (report.account.clone(), report.name.clone()))
                .collect()
        };
        for which in due {
            deliver(&world, &which, false).await;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

fn find<'a>(state: &'a mut State, (account, name): &Which) -> Option<&'a mut Report> {
    let account = state.accounts.get_mut(account)?;
    let report = account.reports.get_mut(name);
    if report.is_some() { report } else { account.exports.values_mut().find(|export| export.name == *name) }
}

/// Delivers a report now: the months that are open, or with `backfill` all there are. The number of files put.
pub async fn deliver(world: &Arc<World>, which: &Which, backfill: bool) -> usize {
    let now = world.clock.now();
    let (report, rows) = {
        let mut state = world.lock();
        let hour = 3_600 / state.settings.hour.max(1);
        let (rows, page) = (state.settings.rows_per_file, EVERY / 3_600 * hour);
        let Some(report) = find(&mut state, which) else { return 0 };
        report.next_delivery = Some(clock::after(now, page));
        report.is_backfilled |= backfill;
        let report = report.clone();
        if report.definition.get("Format").is_some_and(|format| format == "textORcsv") {
            return 0;
        }
        let status = match state.buckets.get(&report.bucket) {
            None => "ERROR_NO_BUCKET",
            Some(bucket) if !bucket.admits_delivery(report.service(), &report.account, &report.arn()) => {
                "ERROR_PERMISSIONS"
            }
            Some(_) => "SUCCESS",
        };
        if status != "SUCCESS" {
            if let Some(report) = find(&mut state, which) {
                report.last_delivery = Some(now);
                report.last_status = Some(status);
            }
            return 0;
        }
        (report, rows)
    };
    let mut put = 0;
    for period in periods(world, &report, backfill, now) {
        let (source, dialect) = (world.clone(), report.dialect);
        let made =
            tokio::task::spawn_blocking(move || source.billing.report_files(period, dialect, now, rows))
                .await;
        let Ok(Ok(files)) = made else { continue };
        if files.is_empty() {
            continue;
        }
        put += place(world, &report, period, files, now);
    }
    let mut state = world.lock();
    if let Some(report) = find(&mut state, which) {
        report.last_delivery = Some(now);
        report.last_status = Some("SUCCESS");
    }
    put
}

/// The current month; the one before while it may still change, if the report existed then.
fn periods(world: &World, report: &Report, backfill: bool, now: Timestamp) -> Vec<BillingPeriod> {
    let today = Day::of(now);
    let current = today.period();
    if backfill {
        let first = world.billing.first_period();
        return (0..=36).map(|back| current.plus(-back)).take_while(|period| *period >= first).collect();
    }
    let before = current.plus(-1);
    let is_late = today < current.first_day().plus(LATE_DAYS);
    let existed = report.is_backfilled || Day::of(report.created).period() <= before;
    if is_late && existed { vec![current, before] } else { vec![current] }
}

/// Puts files and manifest of a month, manifest last.
fn place(world: &World, report: &Report, period: BillingPeriod, files: Vec<Bytes>, now: Timestamp) -> usize {
    let mut state = world.lock();
    let version = state.random.uuid();
    let base = match report.prefix.as_str() {
        "" => report.name.clone(),
        prefix => format!("{prefix}/{}", report.name),
    };
    let (year, month) = (period.year(), period.month());
    let next = period.plus(1).first_day();
    let range =
        format!("{}-{}", period.first_day().to_string().replace('-', ""), next.to_string().replace('-', ""));
    let (folder, manifests) = match (report.dialect, report.makes_new()) {
        (Dialect::Legacy, false) => {
            let folder = format!("{base}/{}/year={year}/month={month}", report.name);
            let manifest = format!("{base}/{range}/{}-Manifest.json", report.name);
            (folder, vec![manifest])
        }
        (Dialect::Legacy, true) => {
            let folder = format!("{base}/{range}/{version}");
            let beside = format!("{folder}/{}-Manifest.json", report.name);
            (folder, vec![beside, format!("{base}/{range}/{}-Manifest.json", report.name)])
        }
        (dialect, _) => {
            let key = if dialect == Dialect::Focus { "billing_period" } else { "BILLING_PERIOD" };
            let partition = format!("{key}={year}-{month:02}");
            (
                format!("{base}/data/{partition}"),
                vec![format!("{base}/metadata/{partition}/{}-Manifest.json", report.name)],
            )
        }
    };
    let keys: Vec<String> = (1..=files.len())
        .map(|number| format!("{folder}/{}-{number:05}.snappy.parquet", report.name))
        .collect();
    let columns = report.dialect.manifest_columns();
    let manifest = match report.dialect {
        Dialect::Legacy => json!({
            "assemblyId": version, "account": report.account, "charset": "UTF-8", "compression": "Parquet", "contentType": "Parquet",
            "columns": columns.iter().map(|(category, name)| json!({ "category": category, "name": name })).collect::<Vec<_>>(),
            "reportId": "f0e1d2c3b4a5968778695a4b3c2d1e0f", "reportName": report.name, "bucket": report.bucket,
            "billingPeriod": { "start": format!("{}T000000.000Z", period.first_day().to_string().replace('-', "")), "end": format!("{}T000000.000Z", next.to_string().replace('-', "")) },
            "reportKeys": keys, "additionalArtifactKeys": [],
        }),
        _ => json!({
            "executionId": version, "exportArn": report.arn(),
            "columns": columns.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect::<Vec<_>>(),
            "dataFiles": keys.iter().map(|key| format!("s3://{}/{key}", report.bucket)).collect::<Vec<_>>(),
        }),
    };
    let Some(bucket) = state.buckets.get_mut(&report.bucket) else { return 0 };
    // An overwriting report leaves no file of an earlier, longer delivery behind.
    bucket.objects.retain(|key, _| report.makes_new() || !key.starts_with(&format!("{folder}/")));
    let count = files.len();
    for (key, file) in keys.iter().zip(files) {
        bucket.put(key, file, now);
    }
    for key in manifests {
        bucket.put(&key, Bytes::from(manifest.to_string()), now);
    }
    count
}
