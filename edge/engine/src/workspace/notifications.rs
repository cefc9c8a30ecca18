//! Notifications: in the inbox and by mail, each exactly once however often its cause is seen.

use serde::{Deserialize, Serialize};
use shared::Timestamp;
use shared::api::{Notification, Notifications, Topic};

use super::jobs::{self, Job};
use super::records::{self, PAGE};
use super::world::World;
use crate::error::Result;
use crate::ports::{Clock, Mail, Mailer, Table, WorkspaceStore, Write};

/// What happened.
#[derive(Clone, Debug)]
pub struct News {
    /// Names the cause; the same key is never told twice.
    pub key: String,
    /// What it is about.
    pub topic: Topic,
    /// One line, also the mail's subject.
    pub title: String,
    /// One or two sentences.
    pub text: String,
    /// Page it leads to.
    pub page: Option<&'static str>,
    /// Whether someone must act.
    pub needs_action: bool,
}

/// A mail that waits to leave.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Waiting {
    mail: Mail,
    attempts: u32,
}

/// The writes that tell the news to inbox and mailbox; none when it was told before.
pub fn tell<W: World>(world: &W, news: &News, email: &str) -> Result<Vec<Write>> {
    let now = world.clock().now();
    if world.store().find(Table::SeenMessage, &format!("news/{}", news.key))?.is_some() {
        return Ok(Vec::new());
    }
    let row = Notification {
        id: news.key.clone(),
        at: now,
        topic: news.topic,
        title: news.title.clone(),
        text: news.text.clone(),
        page: news.page.map(str::to_owned),
        needs_action: news.needs_action,
        read: false,
    };
    let mut writes = vec![
        records::put(Table::SeenMessage, format!("news/{}", news.key), &now)?,
        records::put(Table::Notification, inbox_key(now, &news.key), &row)?,
    ];
    let link = format!(
        "{}/w/{}/{}",
        world.settings().public_url,
        world.workspace(),
        news.page.unwrap_or("overview")
    );
    let text = format!("{}\n\n{}\n\n{link}\n\nCloudthread\n", news.title, news.text);
    if let Some(mail) = Mail::new(email, &news.title, text, &format!("{}/{}", world.workspace(), news.key)) {
        writes.push(records::put(
            Table::Outbox,
            format!("mail/{}", news.key),
            &Waiting { mail, attempts: 0 },
        )?);
        writes.push(jobs::due(Job::Mail, now)?);
    }
    Ok(writes)
}

/// Sends what waits. What fails waits longer: 1, 2, 4 … minutes, an hour at most. Returns when to try again.
pub async fn post<W: World>(world: &W) -> Result<Option<Timestamp>> {
    let mut again: Option<Timestamp> = None;
    for (key, mut waiting) in records::list::<Waiting>(world.store(), Table::Outbox, "mail/", false, 20)? {
        match world.mailer().send(&waiting.mail).await {
            Ok(()) => world.store().commit(&[records::delete(Table::Outbox, key)])?,
            Err(_) => {
                waiting.attempts = waiting.attempts.saturating_add(1);
                let minutes = 1_i64 << waiting.attempts.min(6).saturating_sub(1);
                let next = jobs::after_minutes(world.clock().now(), minutes.min(60));
                again = Some(again.map_or(next, |held| held.min(next)));
                world.store().commit(&[records::put(Table::Outbox, key, &waiting)?])?;
            }
        }
    }
    Ok(again)
}

/// The inbox.
pub fn list<W: World>(world: &W) -> Result<Notifications> {
    let rows: Vec<Notification> = records::list(world.store(), Table::Notification, "", true, PAGE)?
        .into_iter()
        .map(|(_, row)| row)
        .collect();
    let unread = u32::try_from(rows.iter().filter(|row| !row.read).count()).unwrap_or(u32::MAX);
    Ok(Notifications { rows, unread })
}

/// Marks rows as read; all when none are named.
pub fn mark_read<W: World>(world: &W, ids: &[String]) -> Result<Notifications> {
    let mut writes = Vec::new();
    for (key, mut row) in records::list::<Notification>(world.store(), Table::Notification, "", true, PAGE)? {
        if !row.read && (ids.is_empty() || ids.contains(&row.id)) {
            row.read = true;
            writes.push(records::put(Table::Notification, key, &row)?);
        }
    }
    world.store().commit(&writes)?;
    list(world)
}

fn inbox_key(at: Timestamp, key: &str) -> String {
    format!("{:016}/{key}", at.as_millisecond())
}
