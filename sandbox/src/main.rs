//! Starts the simulated AWS accounts and prints, as its first line, where they are and with which key the operator signs.

use std::process::ExitCode;
use std::time::Duration;

use sandbox::world::{Options, World};
use sandbox::{server, sns};
use serde_json::json;
use tokio::net::TcpListener;

const USAGE: &str =
    "sandbox [--port N] [--seed N] [--speed real|demo] [--template FILE] [--callback-url URL]";

struct Arguments {
    port: u16,
    callback: Option<String>,
    options: Options,
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { port: 0, callback: None, options: Options::default() };
    let mut rest = std::env::args().skip(1);
    while let Some(name) = rest.next() {
        let value = rest.next().ok_or_else(|| format!("{name} needs a value\n{USAGE}"))?;
        let wrong = || format!("{name} {value} is not understood\n{USAGE}");
        match name.as_str() {
            "--port" => found.port = value.parse().map_err(|_| wrong())?,
            "--seed" => found.options.seed = value.parse().map_err(|_| wrong())?,
            "--speed" => match value.as_str() {
                "real" => {}
                "demo" => {
                    found.options.demo = true;
                    found.options.step = Duration::from_millis(150);
                    found.options.role_delay = 2;
                }
                _ => return Err(wrong()),
            },
            "--template" => {
                let text = std::fs::read_to_string(&value)
                    .map_err(|error| format!("cannot read {value}: {error}"))?;
                found.options.template = Some(text);
            }
            "--callback-url" => found.callback = Some(value),
            _ => return Err(wrong()),
        }
    }
    Ok(found)
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::from(2);
        }
    };
    match run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the sandbox stopped: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let world = World::new(arguments.options);
    world.set_origin(origin.clone());
    let (key, secret, principal, topic) = {
        let state = world.lock();
        let operator = state.credentials.iter().next();
        let (key, credential) = operator.map(|(key, credential)| (key.clone(), credential.clone())).unzip();
        let credential = credential.ok_or_else(|| std::io::Error::other("no operator key"))?;
        (key.unwrap_or_default(), credential.secret, credential.caller.arn, state.topic.arn.clone())
    };
    println!(
        "{}",
        json!({
            "url": origin,
            "console_url": format!("{origin}/console"),
            "template_url": world.template_url(),
            "topic_arn": topic,
            "operator_principal_arn": principal,
            "access_key_id": key,
            "secret_access_key": secret,
            "sns_cert_origin": origin,
            "response_origin": origin,
            "mailbox_url": format!("{origin}/_mailbox"),
            "control_url": format!("{origin}/_control"),
        })
    );
    if let Some(callback) = arguments.callback {
        sns::subscribe(&world, &callback);
    }
    server::serve(world, listener).await
}
