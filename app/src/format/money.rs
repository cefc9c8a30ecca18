//! Small sums of money in words: what AWS charges for calls, and totals of a report.

use shared::Money;

/// `$1,234.56`, `−$3.10`, `< $0.01` and `> −$0.01` for what is smaller than a cent.
pub fn dollars(amount: Money) -> String {
    let rounded = amount.rounded(2);
    if rounded == Money::default() && amount != Money::default() {
        return if amount < Money::default() { "> −$0.01" } else { "< $0.01" }.to_owned();
    }
    let text = rounded.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("−", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
    format!("{sign}${}.{cents:0<2}", grouped(whole))
}

/// Whole dollars from a hundred on, for narrow columns: `$1,235`, `$12.40`.
pub fn brief(amount: Money) -> String {
    let text = dollars(if amount.abs() >= Money::from_units(100 * shared::money::ONE) {
        amount.rounded(0)
    } else {
        amount
    });
    text.strip_suffix(".00").map(str::to_owned).unwrap_or(text)
}

/// `+$4,120` or `−$12.40`, for narrow columns.
pub fn signed_brief(amount: Money) -> String {
    let text = brief(amount);
    if text.starts_with(['−', '<', '>']) { text } else { format!("+{text}") }
}

/// `+$4.12` or `−$4.12`.
pub fn signed_dollars(amount: Money) -> String {
    let text = dollars(amount);
    if text.starts_with(['−', '<', '>']) { text } else { format!("+{text}") }
}

/// `12,345`.
pub fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_rounded_last_and_grouped() {
        let check = |text: &str, expect: &str| assert_eq!(dollars(text.parse().unwrap()), expect, "{text}");
        check("0", "$0.00");
        check("0.03", "$0.03");
        check("0.004", "< $0.01");
        check("-0.004", "> −$0.01");
        check("1234567.891", "$1,234,567.89");
        check("-3.1", "−$3.10");
        check("999.999", "$1,000.00");
        let check =
            |text: &str, expect: &str| assert_eq!(signed_brief(text.parse().unwrap()), expect, "{text}");
        check("1234.56", "+$1,235");
        check("99.994", "+$99.99");
        check("-411.2", "−$411");
        check("0", "+$0");
        assert_eq!(signed_dollars("12.4".parse().unwrap()), "+$12.40");
        assert_eq!(count(1500), "1,500");
    }
}
