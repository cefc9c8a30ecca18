//! `cargo xtask deploy`: queues, database and bucket, then the edge, then the decoder that binds to it. Refuses what
//! belongs to simulated runs only.

use std::fs;

use sha2::{Digest, Sha256};

use crate::build::{self, Mode, Part};
use crate::shell::{command, loud};
use crate::{Outcome, paths, setup};

/// Names that must not be set in production: overrides of AWS's addresses, and the key of the test clock.
const REFUSED: [&str; 5] =
    ["AWS_ENDPOINT_URL", "CONSOLE_BASE_URL", "SNS_CERT_ORIGIN", "RESPONSE_URL_ORIGIN", "TEST_KEY"];

/// Deploys, or says what it would do.
pub fn run(words: &[&str]) -> Outcome {
    let is_dry = words.contains(&"--dry-run");
    let template = Template::read()?;
    if is_dry {
        println!("{:<69} # publish the customer template, once per version", template.upload());
    }
    for file in ["wrangler.toml", "edge/decoder/wrangler.toml"] {
        let text = fs::read_to_string(paths::root().join(file))
            .map_err(|error| format!("cannot read {file}: {error}"))?;
        refuse_overrides(file, &text)?;
        if !is_dry && file == "wrangler.toml" {
            template.is_named(&text)?;
        }
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

/// The template that customers' stacks are made of. Pages show this very text, and compare what is installed with it:
/// what TEMPLATE_URL leads to must be the same.
struct Template {
    version: String,
    sha256: String,
}

impl Template {
    fn read() -> Result<Self, String> {
        let file = paths::root().join("template/customer.yaml");
        let text =
            fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::of(&text).ok_or_else(|| format!("{} names no version", file.display()))
    }

    fn of(text: &str) -> Option<Self> {
        let version = text.split("Version: { Number: ").nth(1)?.split(' ').next()?;
        let digest = Sha256::digest(text.as_bytes());
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self { version: version.to_owned(), sha256 })
    }

    /// Where it is published: a version never changes, so its name holds its hash.
    fn key(&self) -> String {
        format!("template/{}/{}.yaml", self.version, self.sha256)
    }

    fn upload(&self) -> String {
        format!(
            "aws s3api put-object --bucket <TemplateBucket> --key {} --body template/customer.yaml --content-type text/yaml",
            self.key()
        )
    }

    /// Whether the settings name this template, or none: then the Connect page offers the file for upload by hand.
    fn is_named(&self, settings: &str) -> Outcome {
        let line = settings.lines().find(|line| line.trim_start().starts_with("TEMPLATE_URL"));
        let value = line.and_then(|line| line.split('"').nth(1)).unwrap_or_default();
        if value.is_empty() || value.ends_with(&self.key()) {
            return Ok(());
        }
        Err(format!(
            "TEMPLATE_URL is not the template of this build. Publish it:\n  {}\nand set TEMPLATE_URL to https://<TemplateBucket>.s3.us-east-1.amazonaws.com/{}",
            self.upload(),
            self.key()
        ))
    }
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
    use super::{Template, refuse_overrides};

    #[test]
    fn simulated_settings_are_refused() {
        assert!(refuse_overrides("x", "MAILER = \"ses\"").is_ok());
        assert!(refuse_overrides("x", "  AWS_ENDPOINT_URL_STS = \"http://127.0.0.1\"").is_err());
        assert!(refuse_overrides("x", "TEST_KEY = \"x\"").is_err());
    }

    #[test]
    fn the_published_template_is_the_one_that_pages_show() {
        let template = Template::read().unwrap();
        assert_eq!(template.sha256.len(), 64);
        let at = |key: &str| format!("TEMPLATE_URL = \"https://b.s3.us-east-1.amazonaws.com/{key}\"");
        assert!(template.is_named("TEMPLATE_URL = \"\"").is_ok());
        assert!(template.is_named(&at(&template.key())).is_ok());
        let other = Template::of("Version: { Number: 0.9.0 }").unwrap();
        let words = template.is_named(&at(&other.key())).unwrap_err();
        assert!(words.contains(&template.upload()), "{words}");
    }
}
