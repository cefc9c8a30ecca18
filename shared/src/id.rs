//! Identifiers, parsed once at the edge and trusted from then on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a text is not the identifier it was taken for. Holds no input: that may be hostile or secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}")]
pub struct InvalidId {
    /// What was expected, in words fit for a person ("a 12-digit AWS account id").
    pub expected: &'static str,
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let accepts: fn(&str) -> bool = $accepts;
                if accepts(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId { expected: $expected }) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}({})", stringify!($name), self.0) }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> { to.serialize_str(&self.0) }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

text_id!(
    /// An AWS account: exactly twelve ASCII digits.
    AccountId,
    "a 12-digit AWS account id",
    |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
);

text_id!(
    /// The role a customer's stack gave us: `arn:aws:iam::<account>:role/cloudthread/<name>`, ASCII only.
    RoleArn,
    "a role ARN of the form arn:aws:iam::<account>:role/cloudthread/<name>",
    |text| role_parts(text).is_some()
);

impl RoleArn {
    /// The account that owns the role.
    pub fn account(&self) -> AccountId {
        AccountId(role_parts(&self.0).map(|(account, _)| account.to_owned()).unwrap_or_default())
    }

    /// The role's name without its path, as IAM operations want it.
    pub fn role_name(&self) -> &str {
        role_parts(&self.0).map(|(_, name)| name).unwrap_or_default()
    }
}

fn role_parts(text: &str) -> Option<(&str, &str)> {
    let (account, path) = text.strip_prefix("arn:aws:iam::")?.split_once(':')?;
    let name = path.strip_prefix("role/cloudthread/")?;
    let account_ok = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let name_ok = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    (account_ok && name_ok).then_some((account, name))
}

text_id!(
    /// The external id of one connection: a lower-case UUIDv4 of our own making. Never logged.
    ExternalId,
    "an external id",
    is_uuid_v4
);

text_id!(
    /// A workspace: a lower-case UUIDv4.
    WorkspaceId,
    "a workspace id",
    is_uuid_v4
);

text_id!(
    /// A user: a lower-case UUIDv4.
    UserId,
    "a user id",
    is_uuid_v4
);

fn is_uuid_v4(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            14 => byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        })
}

/// Writes 16 random bytes as a UUIDv4. The caller brings the randomness.
pub fn uuid_v4(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

text_id!(
    /// A bucket we may address as a host label: lower-case letters, digits, hyphens; no dots, so never an IP.
    BucketName,
    "a bucket name of lower-case letters, digits and hyphens",
    |text| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        (3..=63).contains(&text.len())
            && text.bytes().all(|byte| inner(byte) || byte == b'-')
            && text.bytes().next().is_some_and(inner)
            && text.bytes().last().is_some_and(inner)
    }
);

text_id!(
    /// The name of a report definition or export.
    ReportName,
    "a report name of up to 64 letters, digits, dots, underscores and hyphens",
    |text| (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
);

macro_rules! regions {
    ($($variant:ident $name:literal,)*) => {
        /// The AWS regions Cloudthread can reach. Hosts are built from this list, never from input.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is the region its name spells")]
        pub enum Region { $($variant,)* }

        impl Region {
            /// Every region, in the order AWS lists them.
            pub const ALL: &[Region] = &[$(Region::$variant,)*];

            /// The region's code, as in `us-east-1`.
            pub fn as_str(self) -> &'static str { match self { $(Region::$variant => $name,)* } }
        }
    };
}

regions! {
    UsEast1 "us-east-1", UsEast2 "us-east-2", UsWest1 "us-west-1", UsWest2 "us-west-2",
    AfSouth1 "af-south-1", ApEast1 "ap-east-1", ApEast2 "ap-east-2", ApSouth1 "ap-south-1", ApSouth2 "ap-south-2",
    ApSoutheast1 "ap-southeast-1", ApSoutheast2 "ap-southeast-2", ApSoutheast3 "ap-southeast-3",
    ApSoutheast4 "ap-southeast-4", ApSoutheast5 "ap-southeast-5", ApSoutheast6 "ap-southeast-6",
    ApSoutheast7 "ap-southeast-7", ApNortheast1 "ap-northeast-1", ApNortheast2 "ap-northeast-2",
    ApNortheast3 "ap-northeast-3", CaCentral1 "ca-central-1", CaWest1 "ca-west-1", EuCentral1 "eu-central-1",
    EuCentral2 "eu-central-2", EuWest1 "eu-west-1", EuWest2 "eu-west-2", EuWest3 "eu-west-3", EuNorth1 "eu-north-1",
    EuSouth1 "eu-south-1", EuSouth2 "eu-south-2", IlCentral1 "il-central-1", MeSouth1 "me-south-1",
    MeCentral1 "me-central-1", MxCentral1 "mx-central-1", SaEast1 "sa-east-1",
}

impl FromStr for Region {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Region::ALL
            .iter()
            .copied()
            .find(|region| region.as_str() == text)
            .ok_or(InvalidId { expected: "an AWS region such as us-east-1" })
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: FromStr>(text: &str, valid: bool) {
        assert_eq!(text.parse::<T>().is_ok(), valid, "{text:?}")
    }

    #[test]
    fn account_ids_are_twelve_ascii_digits() {
        check::<AccountId>("123456789012", true);
        check::<AccountId>("12345678901", false);
        check::<AccountId>("12345678901a", false);
        check::<AccountId>("１２３４５６７８９０１２", false);
    }

    // security.md row 7
    #[test]
    fn role_arns_hold_no_tricks() {
        check::<RoleArn>("arn:aws:iam::123456789012:role/cloudthread/access-Role-1H7C", true);
        check::<RoleArn>("arn:aws:iam::123456789012:role/other", false);
        check::<RoleArn>("arn:aws:iam::123456789012:role/cloudthread/a\n", false);
        check::<RoleArn>("arn:aws:iam::123456789012:role/cloudthread/a%0a", false);
        check::<RoleArn>("arn:aws:iam::１23456789012:role/cloudthread/a", false);
        check::<RoleArn>("arn:aws:iam::123456789012:user/cloudthread/a", false);
        check::<RoleArn>("arn:aws:iam::123456789012:root", false);
        check::<RoleArn>("arn:aws:sts::123456789012:assumed-role/cloudthread/a", false);
        check::<RoleArn>("arn:aws-cn:iam::123456789012:role/cloudthread/a", false);
        check::<RoleArn>(&format!("arn:aws:iam::123456789012:role/cloudthread/{}", "a".repeat(4096)), false);
    }

    #[test]
    fn a_role_arn_names_its_account_and_role() {
        let arn: RoleArn = "arn:aws:iam::123456789012:role/cloudthread/access".parse().unwrap();
        assert_eq!(arn.account().as_str(), "123456789012");
        assert_eq!(arn.role_name(), "access");
    }

    // security.md rows 10 and 11
    #[test]
    fn regions_and_buckets_cannot_carry_a_host() {
        check::<Region>("us-east-1", true);
        for text in ["us-east-1.evil.com/#", "..", "", "us-east-9"] {
            check::<Region>(text, false);
        }
        check::<BucketName>("acme-reports-1h7c", true);
        for text in ["a.b.c", "a@b", "a/b", "Acme-reports", "192.168.0.1", "-ab", "ab-", "ab"] {
            check::<BucketName>(text, false);
        }
    }

    #[test]
    fn random_bytes_become_a_v4_uuid() {
        check::<ExternalId>(&uuid_v4([0xff; 16]), true);
        check::<ExternalId>(&uuid_v4([0; 16]), true);
        check::<ExternalId>("8F2C61D0-5B7E-4C19-A3F4-000000000000", false);
    }
}
