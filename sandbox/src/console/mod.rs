//! The console of the simulated accounts: quick-create review, stacks with live events, and buttons that move things on.

mod home;
mod review;
mod stack;

use std::sync::Arc;

use crate::wire::{Refusal, Reply, Request, escape};
use crate::world::World;

/// Answers `/console…`.
pub async fn handle(world: &Arc<World>, request: &Request) -> Reply {
    match (request.method.as_str(), request.path.trim_end_matches('/')) {
        // What follows `#` never reaches a server: the page reads it and goes on.
        ("GET", "/console/cloudformation/home") => page("CloudFormation", FRAGMENT),
        ("GET", "/console") => page("Simulated AWS", &home::overview(world)),
        ("GET", "/console/review") => review::show(world, request, None),
        ("POST", "/console/create") => review::create(world, request),
        ("GET", "/console/stack") => stack::show(world, request),
        ("POST", "/console/stack/delete") => stack::delete(world, request),
        ("POST", "/console/stack/update") => stack::update(world, request),
        ("POST", "/console/act") => home::act(world, request).await,
        ("GET", path) if path.starts_with("/console/costmanagement") => {
            page("Cost Explorer", &home::cost_explorer(world))
        }
        _ => Reply {
            status: 404,
            ..page("Not found", "<h1>Not found</h1><p>This page of the console is not simulated.</p>")
        },
    }
}

/// Reads the fragment of a console address and goes to the page it names.
const FRAGMENT: &str = r#"<h1>CloudFormation</h1><p id="say">Opening…</p><script>
const region = new URLSearchParams(location.search).get('region') || 'us-east-1';
const [path, query = ''] = location.hash.slice(1).split('?');
const pairs = new URLSearchParams(query);
pairs.set('region', region);
if (path === '/stacks/create/review') location.replace('/console/review?' + pairs);
else if (path === '/stacks/stackinfo' || path === '/stacks/events') location.replace('/console/stack?id=' + encodeURIComponent(pairs.get('stackId') || ''));
else location.replace('/console');
</script>"#;

/// A whole page.
pub fn page(title: &str, inside: &str) -> Reply {
    Reply::html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{} · Simulated AWS</title><style>{STYLE}</style></head><body><header><a href=\"/console\">Simulated AWS console</a>\
         <nav><a href=\"/console\">Overview</a><a href=\"/_mailbox\">Mail box</a></nav></header><main>{inside}</main></body></html>",
        escape(title)
    ))
}

/// A refusal as the console shows it.
fn alert(refusal: &Refusal) -> String {
    format!(
        "<div class=\"alert\" role=\"alert\"><strong>{}</strong><p>{}</p></div>",
        escape(&refusal.code),
        escape(&refusal.message).replace('\n', "<br>")
    )
}

const STYLE: &str = "
:root{color-scheme:light dark;--ink:light-dark(#16191f,#e9ebed);--quiet:light-dark(#545b64,#a0a7b0);--ground:light-dark(#f2f3f3,#0f141a);--card:light-dark(#fff,#1a222d);--line:light-dark(#d5dbdb,#37475a);--accent:light-dark(#0b5fb0,#6cb4f5);--bad:light-dark(#b3261e,#ff8f86);--good:light-dark(#1d7a34,#5fd07f)}
*{box-sizing:border-box}body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--ground)}
header{display:flex;gap:24px;align-items:center;justify-content:space-between;padding:12px 24px;background:#16202e;color:#fff}header a{color:#fff;text-decoration:none;margin-right:16px;font-weight:600}nav a{font-weight:400}
main{max-width:1040px;margin:24px auto;padding:0 16px}h1{font-size:24px}h2{font-size:17px;margin:0 0 8px}
.panel{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 20px;margin:0 0 16px}.quiet{color:var(--quiet);margin:4px 0}
.alert{background:var(--card);border:2px solid var(--bad);border-radius:10px;padding:12px 20px;margin:0 0 16px}.alert strong{color:var(--bad)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
label{display:block;font-weight:600;margin:12px 0 2px}label.check{font-weight:400;display:flex;gap:8px;align-items:start}input[type=text],select{width:100%;padding:7px 10px;border:1px solid var(--line);border-radius:6px;background:var(--card);color:var(--ink);font:14px ui-monospace,monospace}
button{font:600 14px system-ui;padding:8px 18px;border-radius:20px;border:1px solid var(--accent);background:var(--accent);color:light-dark(#fff,#08121d);cursor:pointer}button.plain{background:transparent;color:var(--accent)}button.harm{background:transparent;border-color:var(--bad);color:var(--bad)}
form.inline{display:inline-block;margin:0 8px 8px 0}code{font:13px ui-monospace,monospace;word-break:break-all}.good{color:var(--good)}.bad{color:var(--bad)}a{color:var(--accent)}
.status{font-weight:600}.letter{white-space:normal;margin-top:12px}";
