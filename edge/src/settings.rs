//! The operator's settings as the engine wants them, read from the environment.

use engine::error::{Error, Result};
use engine::ports::{Credentials, Endpoints};
use engine::workspace::OperatorSettings;
use worker::Env;

use crate::config::{self, Config};

/// The console of AWS.
const CONSOLE: &str = "https://us-east-1.console.aws.amazon.com";

/// Reads them. `config` has refused overrides outside development.
pub fn operator(env: &Env, config: &Config) -> Result<OperatorSettings> {
    read(|name| config::find(env, name), config)
}

fn read(find: impl Fn(&str) -> Option<String>, config: &Config) -> Result<OperatorSettings> {
    let endpoints = Endpoints::from_variables(&find).map_err(Error::bug)?;
    let key = find("AWS_ACCESS_KEY_ID").zip(find("AWS_SECRET_ACCESS_KEY"));
    let second = find("AWS_ACCESS_KEY_ID_2").zip(find("AWS_SECRET_ACCESS_KEY_2"));
    Ok(OperatorSettings {
        endpoints,
        second_credentials: second.map(|(id, secret)| Credentials::permanent(id, secret)),
        credentials: key.map(|(id, secret)| Credentials::permanent(id, secret)),
        principal_arn: find("OPERATOR_PRINCIPAL_ARN").unwrap_or_default(),
        topic_arn: find("CALLBACK_TOPIC_ARN").unwrap_or_default(),
        template_url: find("TEMPLATE_URL"),
        console_base: find("CONSOLE_BASE_URL").unwrap_or_else(|| CONSOLE.to_owned()),
        response_origin: find("RESPONSE_URL_ORIGIN"),
        public_url: config.public_url.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_key_is_read_when_it_is_whole() {
        let check = |names: &[&str], expect: Option<&str>| {
            let find = |name: &str| match name {
                "PEPPER" => Some("0123456789abcdef0123456789abcdef".to_owned()),
                "PUBLIC_URL" => Some("https://app.example".to_owned()),
                name => names.contains(&name).then(|| name.to_lowercase()),
            };
            let settings = read(find, &Config::read(find, false).unwrap()).unwrap();
            assert_eq!(settings.second_credentials.as_ref().map(Credentials::access_key_id), expect);
        };
        check(&[], None);
        check(&["AWS_ACCESS_KEY_ID_2"], None);
        check(&["AWS_ACCESS_KEY_ID_2", "AWS_SECRET_ACCESS_KEY_2"], Some("aws_access_key_id_2"));
    }
}
