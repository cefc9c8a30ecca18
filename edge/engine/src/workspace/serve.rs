//! Every route of a workspace. Who may call is decided before; what may be done is decided here.

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::api::{
    CallRow, CallsCap, CallsView, Disconnect, Export, ExportedPage, LinkChoice, LinkOpened, MarkRead,
    PastedRole, PermissionRow, PoliciesView, ResourceKey, ResourceQuery,
};
use shared::route::Route;
use shared::{RoleArn, Timestamp};

use super::records::{self, PAGE};
use super::session;
use super::world::World;
use super::{audit, jobs, notifications, purge};
use crate::connection::{self, Announcement, Connection, Event, happen};
use crate::error::{Error, Kind, Result};
use crate::ingest;
use crate::insights;
use crate::ports::{Blobs, Clock, Table};

/// Sub-accounts in which the end of access is proven.
const MOST_MEMBERS: usize = 500;
/// Seconds between two looks a person asks for.
const CHECK_EVERY: i64 = 10;

/// A call that was let in.
#[derive(Clone, Debug)]
pub struct Call {
    /// Which route.
    pub route: Route,
    /// Path parameters after the workspace, decoded.
    pub params: Vec<String>,
    /// Query string, as sent.
    pub query: String,
    /// Body, as sent.
    pub body: Bytes,
    /// Who calls: their address.
    pub email: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// `cache-control`.
    pub cache_control: &'static str,
    /// Body.
    pub body: Bytes,
}

impl Reply {
    fn json(value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(Error::bug)?;
        Ok(Self {
            status: 200,
            content_type: "application/json",
            cache_control: "no-store",
            body: Bytes::from(body),
        })
    }
}

/// Answers a call.
pub async fn serve<W: World>(world: &W, call: &Call) -> Result<Reply> {
    match call.route {
        Route::GetConnection => {
            if let Some(connection) = connection::record::find(world)? {
                ingest::look::watched(world, &connection)?;
            }
            connection_view(world, call)
        }
        Route::PostLink => {
            let choice: LinkChoice = read(&call.body)?;
            let link = connection::link::make(world, choice, &call.email).await?;
            audit::log(world, &call.email, "link_made", "")?;
            Reply::json(&link)
        }
        Route::PostLinkOpened => {
            let LinkOpened {} = read(&call.body)?;
            let connection = connection::record::load(world)?;
            happen(world, connection, Event::LinkOpened, Vec::new())?;
            connection_view(world, call)
        }
        Route::PostRole => paste(world, call),
        Route::PostCheck => check(world, call),
        Route::PostDisconnect => disconnect(world, call).await,
        Route::GetTemplate => Reply::json(&crate::template::view(world.settings().template_url.is_some())),
        Route::GetPolicies => Reply::json(&policies(world)?),
        Route::GetReport => Reply::json(&ingest::view::make(world)?),
        Route::GetReconcile => Reply::json(&insights::reconcile(world).await?),
        Route::GetCalls => Reply::json(&calls(world)?),
        Route::PutCallsCap => {
            let cap: CallsCap = read(&call.body)?;
            insights::set_cap(world, cap.cap)?;
            audit::log(world, &call.email, "cap_changed", cap.cap.to_string())?;
            Reply::json(&calls(world)?)
        }
        Route::PostRefresh => Reply::json(&insights::refresh(world).await?),
        Route::GetData => Reply::json(&insights::index(world)?),
        Route::GetBlob => blob(world, call.params.first().map_or("", String::as_str)).await,
        Route::GetInsights => Reply::json(&insights::view(world)?),
        Route::ListResources => {
            Reply::json(&ingest::resources::page(world, &query::<ResourceQuery>(&call.query)?).await?)
        }
        Route::GetResource => {
            Reply::json(&ingest::resources::detail(world, &query::<ResourceKey>(&call.query)?).await?)
        }
        Route::PostExport => exported(world, call),
        Route::ListNotifications => Reply::json(&notifications::list(world)?),
        Route::PostNotificationsRead => {
            let mark: MarkRead = read(&call.body)?;
            Reply::json(&notifications::mark_read(world, &mark.ids)?)
        }
        Route::ListAudit => Reply::json(&audit::list(world)?),
        _ => Err(Error::new(Kind::NotFound, "not_found", "There is no such page.", "Check the address.")),
    }
}

fn connection_view<W: World>(world: &W, call: &Call) -> Result<Reply> {
    Reply::json(&connection::view::make(world, &call.email)?)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|cause| {
        let hint = "Reload the page and try again.";
        Error::new(Kind::Invalid, "body_invalid", "The request was not understood.", hint).because(cause)
    })
}

fn query<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_qs::from_str(text).map_err(|cause| {
        let hint = "Open the page again from the navigation.";
        Error::new(Kind::Invalid, "query_invalid", "Part of this link was not understood.", hint)
            .because(cause)
    })
}

/// Goes on with a role somebody copied from the stack's outputs, when no callback came.
fn paste<W: World>(world: &W, call: &Call) -> Result<Reply> {
    let pasted: PastedRole = read(&call.body)?;
    let wrong = || {
        let hint = "Copy RoleArn from the stack's outputs: arn:aws:iam::123456789012:role/cloudthread/…";
        Error::new(Kind::Invalid, "role_arn_invalid", "This is not the ARN of a role the stack makes.", hint)
            .on_field("role_arn")
    };
    let role: RoleArn = pasted.role_arn.trim_matches(' ').parse().map_err(|_| wrong())?;
    let connection = connection::record::load(world)?;
    if connection.may_read() || is_over(&connection) {
        let hint = "Disconnect in Settings first.";
        return Err(Error::new(
            Kind::Conflict,
            "already_connected",
            "This workspace is connected or ending.",
            hint,
        ));
    }
    let announcement = Announcement {
        role,
        stack: None,
        access_level: connection.choice.access_level,
        grants: connection.choice.grants.clone(),
        report: chosen_report(&connection),
    };
    audit::log(world, &call.email, "role_pasted", "")?;
    happen(world, connection, Event::Announced(Box::new(announcement)), Vec::new())?;
    connection_view(world, call)
}

/// The report a choice names; one the stack made is found by its name later.
fn chosen_report(connection: &Connection) -> Option<connection::ReportRef> {
    match &connection.choice.report {
        shared::api::ReportChoice::Existing { name, bucket, prefix } => Some(connection::ReportRef {
            is_ours: false,
            name: name.clone(),
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            region: shared::Region::UsEast1,
        }),
        // Only AWS knows the bucket it made: the definition tells it.
        shared::api::ReportChoice::Create => Some(connection::ReportRef {
            is_ours: true,
            name: connection::link::report_name(connection),
            bucket: String::new(),
            prefix: connection::link::REPORT_PREFIX.to_owned(),
            region: shared::Region::UsEast1,
        }),
        shared::api::ReportChoice::Look => None,
    }
}

fn is_over(connection: &Connection) -> bool {
    use shared::api::ConnectionState::{Disconnected, Disconnecting};
    matches!(connection.state, Disconnecting | Disconnected)
}

fn check<W: World>(world: &W, call: &Call) -> Result<Reply> {
    let now = world.clock().now();
    let last: Option<Timestamp> = records::find(world.store(), Table::Setting, "checked")?;
    let passed = last.map_or(CHECK_EVERY, |last| now.duration_since(last).as_secs());
    if passed < CHECK_EVERY {
        let left = u32::try_from(CHECK_EVERY - passed.max(0)).unwrap_or(1);
        let hint = "Cloudthread looks by itself too.";
        return Err(Error::new(Kind::TooMany, "checked_just_now", "Cloudthread has looked just now.", hint)
            .retry_after(left));
    }
    let connection = connection::record::load(world)?;
    insights::retry_held(world)?;
    happen(world, connection, Event::CheckAsked, vec![records::put(Table::Setting, "checked", &now)?])?;
    connection_view(world, call)
}

async fn disconnect<W: World>(world: &W, call: &Call) -> Result<Reply> {
    let asked: Disconnect = read(&call.body)?;
    let connection = connection::record::load(world)?;
    if is_over(&connection) {
        let hint = "Another tab or person has done it. Reload the page to see how it stands.";
        return Err(Error::new(
            Kind::Conflict,
            "already_disconnecting",
            "This connection is ending or has ended.",
            hint,
        ));
    }
    audit::log(world, &call.email, "disconnect_pressed", "")?;
    // Read now: the figures that name them may be erased.
    let payer = connection.role.as_ref().map(RoleArn::account);
    let known = insights::index(world)?.account_names.into_keys();
    let members = known.filter_map(|id| id.parse().ok()).filter(|id| Some(id) != payer.as_ref());
    let ended = Event::DisconnectAsked {
        keeps_figures: asked.keep_figures,
        members: members.take(MOST_MEMBERS).collect(),
    };
    happen(world, connection, ended, Vec::new())?;
    // Now if it can be; else the job goes on trying, and logs why.
    let _ = purge::owed(world).await;
    connection_view(world, call)
}

/// Longest query of a page that is logged.
const MAX_QUERY: usize = 2_000;

/// A file was made of figures the browser holds: who saved which.
fn exported<W: World>(world: &W, call: &Call) -> Result<Reply> {
    let export: Export = read(&call.body)?;
    if export.query.len() > MAX_QUERY || export.query.chars().any(char::is_control) {
        let hint = "Open the page again from the navigation.";
        return Err(Error::new(Kind::Invalid, "export_invalid", "This is not the address of a page.", hint)
            .on_field("query"));
    }
    let page = match export.page {
        ExportedPage::Costs => "costs",
        ExportedPage::Resources => "resources",
    };
    let detail = format!("{page}, {} rows: {}", export.rows, export.query.trim_start_matches('?'));
    audit::log(world, &call.email, "exported", detail)?;
    Reply::json(&())
}

fn calls<W: World>(world: &W) -> Result<CallsView> {
    let totals = session::totals(world)?;
    let month = shared::Day::of(world.clock().now()).period();
    let rows = records::list::<CallRow>(world.store(), Table::Call, "", true, PAGE)?;
    Ok(CallsView {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
        month_cost: totals.months.get(&month).copied().unwrap_or_default(),
        cap: insights::cap(world)?,
        refreshes_left: insights::refreshes_left(world)?,
    })
}

/// A blob of this workspace, by the hash of its bytes. They never change, so a browser may keep them.
async fn blob<W: World>(world: &W, hash: &str) -> Result<Reply> {
    let missing = || {
        Error::new(
            Kind::NotFound,
            "not_found",
            "There are no such figures.",
            "Reload the page: newer ones have arrived.",
        )
    };
    let is_hash =
        hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    if !is_hash {
        return Err(missing());
    }
    let key = crate::ports::BlobKey(format!("{}/cube/{hash}", world.workspace()));
    let body = world.blobs().find(&key).await?.ok_or_else(missing)?;
    Ok(Reply {
        status: 200,
        content_type: "application/octet-stream",
        cache_control: "private, max-age=31536000, immutable",
        body,
    })
}

/// Published statements beside what is installed and used.
fn policies<W: World>(world: &W) -> Result<PoliciesView> {
    let connection = connection::record::find(world)?;
    let installed = connection::inspect::installed(world)?;
    let totals = session::totals(world)?;
    let template = crate::template::view(world.settings().template_url.is_some());
    let access_level = connection.as_ref().map(|connection| connection.access_level).unwrap_or_default();
    let mut ledger = Vec::new();
    for set in &template.sets {
        let granted = connection
            .as_ref()
            .is_some_and(|connection| connection.role.is_some() && connection.grants(set.grant));
        let statements = match access_level {
            shared::api::AccessLevel::ReadOnly => &set.read_only,
            shared::api::AccessLevel::Full => &set.full,
        };
        for statement in statements.iter().filter(|statement| statement.allow) {
            let used = totals.uses.iter().filter(|(action, _)| allows(&statement.actions, action));
            let (last_used_at, uses) =
                used.fold((None, 0), |(last, sum): (Option<Timestamp>, u32), (_, (at, count))| {
                    (last.max(Some(*at)), sum.saturating_add(*count))
                });
            let probes = totals.probes.iter().filter(|(action, _)| allows(&statement.actions, action));
            let probe = probes.map(|(_, (allowed, at))| (*at, *allowed)).max();
            ledger.push(PermissionRow {
                grant: set.grant,
                granted,
                actions: statement.actions.clone(),
                resources: statement.resources.clone(),
                purpose: statement.purpose.clone(),
                last_used_at,
                uses,
                probe: probe.map(|(_, allowed)| allowed),
                probed_at: probe.map(|(at, _)| at),
            });
        }
    }
    Ok(PoliciesView {
        installed_version: connection
            .as_ref()
            .and_then(|connection| connection.stack.as_ref())
            .map(|stack| stack.template_version.clone()),
        matches: installed.template_sha256.as_ref().map(|sha256| *sha256 == template.sha256),
        read_at: installed.read_at,
        access_level,
        ledger,
        stack_url: connection
            .and_then(|connection| connection.stack)
            .map(|stack| connection::link::stack_address(&world.settings().console_base, &stack.id)),
    })
}

/// Whether one of the actions, wildcards included, covers the call that was made. The operation that lists a bucket is
/// called otherwise than the permission it needs.
fn allows(actions: &[String], called: &str) -> bool {
    let called = if called == "s3:ListObjectsV2" {
        "s3:ListBucket"
    } else if called == "s3:HeadObject" {
        "s3:GetObject"
    } else {
        called
    };
    actions.iter().any(|action| match action.split_once('*') {
        Some((start, "")) => called.starts_with(start),
        _ => action == called,
    })
}

/// The audit log's integrity and the job table are for the object; a wake follows every call that may have set a job.
pub const fn may_set_jobs(route: Route) -> bool {
    !matches!(
        route,
        Route::GetBlob
            | Route::GetData
            | Route::ListResources
            | Route::GetResource
            | Route::GetInsights
            | Route::PostExport
    )
}

/// When the object must wake next.
pub fn next_wake<W: World>(world: &W) -> Result<Option<Timestamp>> {
    jobs::next_due(world)
}
