//! `cargo xtask deploy`: queues, database and bucket, then the edge, then the decoder that binds to it. Refuses what
//! belongs to simulated runs only.

use std::fs;

use crate::build::{self, Mode, Part};
use crate::shell::{command, loud};
use crate::{Outcome, paths, setup};

/// Names that must not be set in production: overrides of AWS's addresses, and the key of the test clock.
const REFUSED: [&str; 5] =
    ["AWS_ENDPOINT_URL", "CONSOLE_BASE_URL", "SNS_CERT_ORIGIN", "RESPONSE_URL_ORIGIN", "TEST_KEY"];

/// Deploys, or says what it would do.
pub fn run(words: &[&str]) -> Outcome {
    let is_dry = words.contains(&"--dry-run");
    for file in ["wrangler.toml", "edge/decoder/wrangler.toml"] {
        let text = fs::read_to_string(paths::root().join(file))
            .map_err(|error| format!("cannot read {file}: {error}"))?;
        refuse_overrides(file, &text)?;
        if !is_dry && text.contains("00000000-0000-0000-0000-000000000000") {
            return Err(format!(
                "{file} names no database yet: create one with `npx wrangler d1 create cloudthread` and put its id there"
            ));
        }
    }
    if !is_dry {
        setup::run(setup::Need::Up)?;
        build::build(Part::App, Mode::Release)?;
        build::build(Part::Edge, Mode::Release)?;
        build::build(Part::Decoder, Mode::Release)?;
    }
    let steps: [(&str, &[&str], bool); 6] = [
        ("create the queue of dead parts", &["queues", "create", "cloudthread-parts-dead"], true),
        ("create the queue of parts", &["queues", "create", "cloudthread-parts"], true),
        ("create the bucket", &["r2", "bucket", "create", "cloudthread-blobs"], true),
        ("apply the migrations", &["d1", "migrations", "apply", "DB", "--remote"], false),
        ("deploy the API Worker", &["deploy", "-c", "wrangler.toml"], false),
        ("deploy the decoder", &["deploy", "-c", "edge/decoder/wrangler.toml"], false),
    ];
    for (title, arguments, may_exist) in steps {
        if is_dry {
            println!("wrangler {:<60} # {title}", arguments.join(" "));
            continue;
        }
        let outcome = loud(title, command("wrangler").args(arguments).env("CLOUDTHREAD_PREBUILT", "1"));
        if !may_exist {
            outcome?;
        }
    }
    Ok(())
}

fn refuse_overrides(file: &str, text: &str) -> Outcome {
    let set = |line: &str, name: &str| line.trim_start().starts_with(name);
    match REFUSED.iter().find(|name| text.lines().any(|line| set(line, name))) {
        Some(name) => Err(format!("{file} sets {name}, which is for simulated runs only: remove it")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::refuse_overrides;

    #[test]
    fn simulated_settings_are_refused() {
        assert!(refuse_overrides("x", "MAILER = \"ses\"").is_ok());
        assert!(refuse_overrides("x", "  AWS_ENDPOINT_URL_STS = \"http://127.0.0.1\"").is_err());
        assert!(refuse_overrides("x", "TEST_KEY = \"x\"").is_err());
    }
}
