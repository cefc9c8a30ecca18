//! From a request to the one who answers it, driven by the route table: guards, then who calls, then whose it is.

use engine::Error;
use engine::error::{Kind, Result};
use engine::identity::{self, Call, IdentityWorld, Reply};
use engine::ports::Entropy;
use futures_util::StreamExt;
use shared::route::Route;
use worker::{Context, Env, Request, Response};

use crate::address::Address;
use crate::cloudflare::entropy::PlatformEntropy;
use crate::config::Config;
use crate::world::EdgeWorld;
use crate::{callback, cookies, forward, guard, headers, health, instance, post_office, problem, test_clock};

/// Answers one request of the API.
pub async fn answer(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let request_id = request_id();
    let answered = match serve(request, &env, &context, &request_id).await {
        Ok(response) => response,
        Err(error) => problem::response(&error, &request_id)?,
    };
    headers::secure(answered, &request_id)
}

async fn serve(mut request: Request, env: &Env, context: &Context, request_id: &str) -> Result<Response> {
    let url = request.inner().url();
    let address = Address::of(&url);
    let method = request.method().to_string();
    let Some((route, params)) = Route::find(&method, address.path) else {
        return Err(if Route::knows_path(address.path) {
            problem::method_not_allowed()
        } else {
            identity::not_found()
        });
    };
    let params = decoded(&params)?;
    if route == Route::StackCallback {
        return callback::answer(request, env, context, request_id).await.map_err(broken);
    }
    let config = Config::of(env)?;
    if route == Route::MoveClock {
        return test_clock::answer(request, env, &config).await;
    }
    let header = |name: &str| request.headers().get(name).ok().flatten();
    let (content_type, marker) = (header("content-type"), header("x-cloudthread"));
    let (origin, fetch_site) = (header("origin"), header("sec-fetch-site"));
    guard::same_site(&guard::Facts {
        method: &method,
        content_type: content_type.as_deref(),
        marker: marker.as_deref(),
        origin: origin.as_deref(),
        fetch_site: fetch_site.as_deref(),
        own_origin: address.origin,
        public_origin: &config.public_url,
    })?;
    let tokens = cookies::read(&header("cookie").unwrap_or_default());
    let user_agent = header("user-agent").unwrap_or_default();
    let ip =
        test_clock::ip(&request, &config).unwrap_or_else(|| network(header("cf-connecting-ip").as_deref()));
    let body = if method == "GET" { Vec::new() } else { read(&mut request).await? };

    let world = EdgeWorld::open(env, &config).await?;
    let actor = identity::authorise(&world, route, &params, &tokens).await?;
    match route {
        Route::GetHealth => json(&health::load(env).await?),
        Route::GetInstance => json(&instance::describe(&config, world.clock())),
        Route::GetTemplateText => instance::template(),
        route if identity::serves(route) => {
            let call = Call { route, params, body: &body, tokens, ip: &ip, user_agent: &user_agent };
            let reply = identity::serve(&world, &actor, &call).await?;
            // Letters leave after the answer, so that its time tells nothing about them.
            post_office::open_after(env, context);
            write(reply).map_err(broken)
        }
        route => forward::call(env, route, &actor, &params, address.query, &body, request_id).await,
    }
}

/// Reads a body up to the cap, whatever length it claims. A little more is read and dropped, so that the client has
/// finished sending when the answer comes.
async fn read(request: &mut Request) -> Result<Vec<u8>> {
    let (mut body, mut length) = (Vec::new(), 0_usize);
    if request.inner().body().is_none() {
        return Ok(body);
    }
    let mut chunks = request.stream().map_err(broken)?;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| {
            let title = "The request broke off.";
            Error::new(Kind::Invalid, "body_invalid", title, "Try again.")
        })?;
        length = length.saturating_add(chunk.len());
        if length <= guard::MAX_BODY {
            body.extend_from_slice(&chunk);
        } else if length > guard::MAX_DRAINED {
            break;
        }
    }
    if length > guard::MAX_BODY { Err(guard::too_large()) } else { Ok(body) }
}

fn write(reply: Reply) -> worker::Result<Response> {
    let response = match reply.body {
        Some(body) => {
            let headers = worker::Headers::new();
            headers.set("content-type", "application/json")?;
            Response::from_bytes(body.into_bytes())?.with_headers(headers)
        }
        None => Response::empty()?,
    };
    let mut response = response.with_status(reply.status);
    for cookie in &reply.cookies {
        response.headers_mut().append("set-cookie", &cookies::write(cookie))?;
    }
    if reply.clear_site_data {
        // Not "cookies": the device stays known, the others were dropped one by one.
        response.headers_mut().set("clear-site-data", "\"cache\", \"storage\"")?;
    }
    Ok(response)
}

fn json(value: &impl serde::Serialize) -> Result<Response> {
    Response::from_json(value).map_err(broken)
}

/// Path parameters, decoded once. What is not UTF-8 names nothing.
fn decoded(params: &[&str]) -> Result<Vec<String>> {
    params
        .iter()
        .map(|param| {
            let text = percent_encoding::percent_decode_str(param).decode_utf8();
            text.map(|text| text.into_owned()).map_err(|_| identity::not_found())
        })
        .collect()
}

/// The network a request comes from, as Cloudflare saw it: of IPv6 the customer's /64. Nothing else is believed.
// security.md row 80
fn network(connecting_ip: Option<&str>) -> String {
    match connecting_ip.map(str::parse) {
        Some(Ok(std::net::IpAddr::V4(ip))) => ip.to_string(),
        Some(Ok(std::net::IpAddr::V6(ip))) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => "unknown".to_owned(),
    }
}

fn request_id() -> String {
    let mut bytes = [0_u8; 8];
    if let Ok(entropy) = PlatformEntropy::open() {
        entropy.fill(&mut bytes);
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn broken(cause: worker::Error) -> Error {
    Error::bug(format!("platform: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_counted_as_a_provider_hands_them_out() {
        let check = |ip, expect: &str| assert_eq!(network(ip), expect);
        check(Some("192.0.2.7"), "192.0.2.7");
        check(Some("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        check(Some("10.0.0.1, 192.0.2.7"), "unknown");
        check(None, "unknown");
    }

    #[test]
    fn parameters_are_decoded_once() {
        assert_eq!(decoded(&["a%2Fb", "%2525"]).unwrap(), ["a/b", "%25"]);
        assert_eq!(decoded(&["%ff"]).unwrap_err().code, "not_found");
    }
}
