//! `/repeat`: a line sent many times.

use std::time::Duration;

use super::{Command, message, needed};
use crate::command::args::values::Span;
use crate::command::client::Order;
use crate::command::typing::line::Setup;
use crate::wire::Kind;

/// Reads the arguments: how often, how long between, and what.
pub(super) fn repeat(argument: &str, setup: &Setup) -> Result<Order, String> {
    if argument == "0" {
        let nothing = Box::new(message(Kind::Text, Vec::new()));
        return Ok(Order::Repeat { count: 0, pause: Duration::ZERO, order: nothing });
    }
    let (count, rest) = argument.split_once(char::is_whitespace).ok_or("a count and a line are needed")?;
    let count = count.parse().map_err(|_| format!("'{count}' is no count"))?;
    let rest = rest.trim_start();
    let (pause, line) = match rest.split_once(char::is_whitespace) {
        Some((first, line)) => match delay(first) {
            Some(pause) => (pause, line.trim_start()),
            None => (Duration::ZERO, rest),
        },
        None => (Duration::ZERO, rest),
    };
    let order = match setup.read(needed(line, "a line")?) {
        Some(Ok(Command::Order(order))) => order,
        Some(Err(error)) => return Err(error),
        _ => return Err("this line cannot be repeated".to_owned()),
    };
    match order {
        Order::Send { kind, payload, .. } => {
            Ok(Order::Repeat { count, pause, order: Box::new(message(kind, payload)) })
        }
        Order::Ping(_)
        | Order::Pong(_)
        | Order::Fragment { .. }
        | Order::Frame { .. }
        | Order::Raw { .. } => Ok(Order::Repeat { count, pause, order: Box::new(order) }),
        _ => Err("only messages, frames, bytes, pings and pongs can be repeated".to_owned()),
    }
}

/// A delay has a unit; a bare number is part of the line.
fn delay(word: &str) -> Option<Duration> {
    let has_unit = word.ends_with(|c: char| c.is_ascii_alphabetic());
    word.parse::<Span>().ok().filter(|_| has_unit)?.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_needs_a_unit() {
        assert_eq!(delay("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(delay("100"), None);
        assert_eq!(delay("hello"), None);
    }
}
