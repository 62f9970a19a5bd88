//! One fault as it was asked for, read from `KIND[=ARG]`.

use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use super::table::{ENTRIES, Entry, Scope};
use crate::command::Fault;
use crate::command::args::values::{Size, Span, some_size, some_span};

/// The most that a bomb inflates to: it takes a thousandth of that here.
const MAX_BOMB: u64 = 64 << 30;

/// The most pings of one flood.
const MAX_PINGS: u32 = 1_000_000;

/// A way to misbehave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Misdeed {
    Refuse(u16),
    WrongAccept,
    DoubledAccept,
    Extension,
    Subprotocol,
    Dribble,
    Delay(Duration),
    Drip(NonZeroUsize),
    Fragment(NonZeroUsize),
    NoPong,
    NoClose,
    Close(u16),
    Reset,
    HalfOpen,
    Masked,
    Rsv(u8),
    Opcode(u8),
    BadUtf8,
    LyingLength(u64),
    LongControl,
    Bomb(u64),
    PingFlood(u32),
}

/// A fault with its place in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) misdeed: Misdeed,
    pub(super) scope: Scope,
    pub(super) name: &'static str,
}

impl Asked {
    /// Reads `KIND[=ARG]`.
    pub(super) fn read(option: &str) -> Result<Asked, Fault> {
        let (name, argument) = match option.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (option, None),
        };
        let Some(entry) = ENTRIES.iter().find(|entry| entry.name == name) else {
            let fault = Fault::usage(format!("--fault: there is no kind '{name}'"));
            return Err(fault.hint(format!("--fault {}; all of them: wscope help faults", nearest(name))));
        };
        check_form(entry, argument)?;
        let misdeed = misdeed(entry.name, argument).map_err(|why| {
            let form = format!("--fault {}{}", entry.name, entry.argument);
            Fault::usage(format!("--fault {option}: {why}")).hint(form)
        })?;
        Ok(Asked { misdeed, scope: entry.scope, name: entry.name })
    }
}

fn nearest(name: &str) -> &'static str {
    let likeness = |entry: &&Entry| strsim::normalized_damerau_levenshtein(name, entry.name);
    let near = ENTRIES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    near.map_or("", |entry| entry.name)
}

/// Whether there is an argument where one has to be, and none where none can be.
fn check_form(entry: &Entry, argument: Option<&str>) -> Result<(), Fault> {
    let form = format!("--fault {}{}", entry.name, entry.argument);
    match (entry.argument, argument) {
        ("", Some(_)) => Err(Fault::usage(format!("--fault {} takes no argument", entry.name)).hint(form)),
        (wanted, None) if wanted.starts_with('=') => {
            Err(Fault::usage(format!("--fault {}: its argument is missing", entry.name)).hint(form))
        }
        _ => Ok(()),
    }
}

/// What a name of the table and its argument mean.
fn misdeed(name: &str, argument: Option<&str>) -> Result<Misdeed, String> {
    let text = argument.unwrap_or_default();
    Ok(match name {
        "refuse" => Misdeed::Refuse(number(text, |status| (200..=599).contains(status))?),
        "accept" => accept(text)?,
        "extension" => Misdeed::Extension,
        "subprotocol" => Misdeed::Subprotocol,
        "dribble" => Misdeed::Dribble,
        "delay" => Misdeed::Delay(time(text)?),
        "drip" => Misdeed::Drip(bytes(argument.unwrap_or("1"))?),
        "fragment" => Misdeed::Fragment(bytes(text)?),
        "no-pong" => Misdeed::NoPong,
        "no-close" => Misdeed::NoClose,
        "close" => Misdeed::Close(number(text, |_| true)?),
        "reset" => Misdeed::Reset,
        "half-open" => Misdeed::HalfOpen,
        "masked" => Misdeed::Masked,
        "rsv" => Misdeed::Rsv(number(text, |bits| (1..=7).contains(bits))?),
        "opcode" => Misdeed::Opcode(number(text, |opcode| matches!(opcode, 0 | 3..=7 | 11..=15))?),
        "bad-utf8" => Misdeed::BadUtf8,
        "lying-length" => Misdeed::LyingLength(size(argument.unwrap_or("1024G"), u64::MAX)?),
        "long-control" => Misdeed::LongControl,
        "bomb" => Misdeed::Bomb(size(argument.unwrap_or("1G"), MAX_BOMB)?),
        "ping-flood" => {
            Misdeed::PingFlood(number(argument.unwrap_or("10000"), |count| (1..=MAX_PINGS).contains(count))?)
        }
        _ => return Err("it is not known".to_owned()),
    })
}

fn accept(text: &str) -> Result<Misdeed, String> {
    match text {
        "wrong" => Ok(Misdeed::WrongAccept),
        "doubled" => Ok(Misdeed::DoubledAccept),
        _ => Err(format!("'{text}' is neither wrong nor doubled")),
    }
}

fn number<T: FromStr>(text: &str, fits: impl Fn(&T) -> bool) -> Result<T, String> {
    text.parse().ok().filter(fits).ok_or_else(|| format!("'{text}' is not a number that fits"))
}

fn time(text: &str) -> Result<Duration, String> {
    match some_span(text)? {
        Span(Some(time)) => Ok(time),
        Span(None) => Err("forever is what half-open is for".to_owned()),
    }
}

fn size(text: &str, most: u64) -> Result<u64, String> {
    let Size(size) = some_size(text)?;
    if size > most { Err(format!("at most {}G", most >> 30)) } else { Ok(size) }
}

fn bytes(text: &str) -> Result<NonZeroUsize, String> {
    let size = usize::try_from(size(text, u64::MAX)?).ok();
    size.and_then(NonZeroUsize::new).ok_or_else(|| "too large".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_table_can_be_asked_for() {
        for entry in &ENTRIES {
            let argument = match entry.argument {
                "" => "",
                "=STATUS" => "=503",
                "=wrong|doubled" => "=doubled",
                "=TIME" => "=250ms",
                "=CODE" => "=1011",
                "=SIZE" | "[=SIZE]" => "=2K",
                "=1..7" => "=5",
                "=N" => "=11",
                "[=N]" => "=3",
                other => panic!("{other} is not tried here"),
            };
            let asked = Asked::read(&format!("{}{argument}", entry.name)).expect(entry.name);
            assert_eq!((asked.name, asked.scope), (entry.name, entry.scope));
            assert_eq!(Asked::read(entry.name).is_ok(), !entry.argument.starts_with('='), "{}", entry.name);
        }
    }

    #[test]
    fn arguments_are_read() {
        let misdeed = |text: &str| Asked::read(text).expect(text).misdeed;
        assert_eq!(misdeed("close=1005"), Misdeed::Close(1005));
        assert_eq!(misdeed("delay=1.5s"), Misdeed::Delay(Duration::from_millis(1500)));
        assert_eq!(misdeed("lying-length"), Misdeed::LyingLength(1 << 40));
        assert_eq!(misdeed("bomb=1M"), Misdeed::Bomb(1 << 20));
        assert_eq!(Some(misdeed("drip")), NonZeroUsize::new(1).map(Misdeed::Drip));
    }

    #[test]
    fn what_is_not_known_or_does_not_fit_is_refused_with_a_hint() {
        let bad = [
            ("masks", "masked"),
            ("halfopen", "half-open"),
            ("", "wscope help faults"),
            ("refuse", "refuse=STATUS"),
            ("refuse=101", "refuse=STATUS"),
            ("masked=1", "masked"),
            ("accept=good", "accept=wrong|doubled"),
            ("close=65536", "close=CODE"),
            ("rsv=0", "rsv=1..7"),
            ("rsv=8", "rsv=1..7"),
            ("opcode=1", "opcode=N"),
            ("opcode=8", "opcode=N"),
            ("opcode=16", "opcode=N"),
            ("fragment=0", "fragment=SIZE"),
            ("delay=forever", "delay=TIME"),
            ("delay=0", "delay=TIME"),
            ("bomb=1000G", "bomb[=SIZE]"),
            ("ping-flood=0", "ping-flood[=N]"),
        ];
        for (option, hint) in bad {
            let fault = Asked::read(option).expect_err(option);
            let told = fault.try_this().unwrap_or_default();
            assert!(told.contains(hint), "{option}: {told}");
        }
    }
}
