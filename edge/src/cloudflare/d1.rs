//! D1 as this Worker uses it: statements with typed arguments, rows as types, batches as transactions.
//!
//! Integers cross as doubles, exact to 2^53; moments are milliseconds and fit.

use engine::Error;
use engine::error::Result;
use serde::de::DeserializeOwned;
use shared::Timestamp;
use worker::{D1Database, D1PreparedStatement, D1Result, Env, wasm_bindgen::JsValue};

/// An argument of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Arg {
    /// Text.
    Text(String),
    /// A number, exact to 2^53.
    Number(f64),
    /// Nothing.
    Null,
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Arg::Text(text.to_owned())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Arg::Text(text)
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Arg::Number(f64::from(number))
    }
}

impl From<Timestamp> for Arg {
    #[allow(clippy::cast_precision_loss, reason = "milliseconds stay below 2^53 for 285,000 years")]
    fn from(moment: Timestamp) -> Self {
        Arg::Number(moment.as_millisecond() as f64)
    }
}

impl<T: Into<Arg>> From<Option<T>> for Arg {
    fn from(value: Option<T>) -> Self {
        value.map_or(Arg::Null, Into::into)
    }
}

impl Arg {
    fn to_js(&self) -> JsValue {
        match self {
            Arg::Text(text) => JsValue::from_str(text),
            Arg::Number(number) => JsValue::from_f64(*number),
            Arg::Null => JsValue::NULL,
        }
    }
}

/// One statement with its arguments, numbered `?1`, `?2` …
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// SQL, written in this crate and never put together from input.
    pub sql: &'static str,
    /// Arguments, at most 100.
    pub args: Vec<Arg>,
}

/// A statement with arguments.
#[macro_export]
macro_rules! sql {
    ($sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::cloudflare::d1::Statement { sql: $sql, args: vec![$($crate::cloudflare::d1::Arg::from($arg)),*] }
    };
}

/// The database of identity.
pub struct Database(D1Database);

impl Database {
    /// The binding `DB`.
    pub fn of(env: &Env) -> Result<Self> {
        env.d1("DB").map(Self).map_err(down)
    }

    /// The first row of a question.
    pub async fn find<T: DeserializeOwned>(&self, statement: Statement) -> Result<Option<T>> {
        self.prepare(&statement)?.first::<T>(None).await.map_err(down)
    }

    /// All rows of a question.
    pub async fn list<T: DeserializeOwned>(&self, statement: Statement) -> Result<Vec<T>> {
        let answer = self.prepare(&statement)?.all().await.map_err(down)?;
        answer.results().map_err(down)
    }

    /// All statements or none. The outer error says D1 is down, the inner one which constraint refused.
    pub async fn batch(
        &self,
        statements: &[Statement],
    ) -> Result<std::result::Result<Vec<D1Result>, Refusal>> {
        let prepared =
            statements.iter().map(|statement| self.prepare(statement)).collect::<Result<Vec<_>>>()?;
        match self.0.batch(prepared).await {
            Ok(results) => Ok(Ok(results)),
            Err(error) => {
                let text = error.to_string();
                Refusal::read(&text).map(Err).ok_or_else(|| down(error))
            }
        }
    }

    fn prepare(&self, statement: &Statement) -> Result<D1PreparedStatement> {
        let args: Vec<JsValue> = statement.args.iter().map(Arg::to_js).collect();
        self.0.prepare(statement.sql).bind(&args).map_err(down)
    }
}

/// Why a batch was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What had to be true no longer is.
    Expectation,
    /// The value is taken.
    Unique,
}

impl Refusal {
    fn read(text: &str) -> Option<Self> {
        if text.contains("CHECK constraint failed: expectation_holds") {
            Some(Refusal::Expectation)
        } else if text.contains("UNIQUE constraint failed") {
            Some(Refusal::Unique)
        } else {
            None
        }
    }
}

/// D1 does not answer, or not what was asked.
pub fn down(cause: impl std::fmt::Display) -> Error {
    Error::store(format!("D1: {cause}"))
}

/// A moment as it is stored.
#[allow(clippy::cast_possible_truncation, reason = "milliseconds are whole and far below 2^53")]
pub fn moment(millis: f64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millis as i64).map_err(|_| Error::bug("a stored moment is out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_failures() {
        let check = |text, expect| assert_eq!(Refusal::read(text), expect, "{text}");
        check(
            "D1_ERROR: CHECK constraint failed: expectation_holds: SQLITE_CONSTRAINT",
            Some(Refusal::Expectation),
        );
        check("D1_ERROR: UNIQUE constraint failed: user.email: SQLITE_CONSTRAINT", Some(Refusal::Unique));
        check("D1_ERROR: Network connection lost.", None);
    }

    #[test]
    fn moments_survive_the_way_through_doubles() {
        let moment_: Timestamp = "2026-11-23T09:00:00.123Z".parse().unwrap();
        let Arg::Number(stored) = Arg::from(moment_) else { panic!("a number") };
        assert_eq!(moment(stored).unwrap(), moment_);
    }
}
