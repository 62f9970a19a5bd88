//! The slash commands: one table for parsing, completion, hints and `/help`.

pub mod crafted;
mod repeat;

use std::path::PathBuf;

use super::line::{Setup, address, is_unfinished};
use crate::command::args::{PrettyWhen, TimeForm};
use crate::command::client::{Display, Order, decode};
use crate::net::Target;
use crate::wire::Kind;
use crate::wire::close::{MAX_CONTROL_PAYLOAD, MAX_REASON, may_be_sent};

/// What a typed entry asks for.
#[derive(Clone)]
pub enum Command {
    /// Something for the session.
    Order(Order),
    /// Show the Nth message from the end in full.
    Show(usize),
    /// Compose a message in the editor that `$EDITOR` names.
    Edit,
    /// Explain a command, or list them all.
    Help(Option<String>),
}

/// A slash command as help and completion know it.
pub struct Entry {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What follows the name.
    pub arguments: &'static str,
    /// What it does, in one line.
    pub does: &'static str,
}

/// The commands of a client's session, in the order in which help lists them.
pub const SESSION: &[Entry] = &[
    entry("ping", "[TEXT]", "send a ping; the answer shows the round-trip time (0xHEX gives bytes)"),
    entry("pong", "[TEXT]", "send an unsolicited pong (0xHEX gives bytes)"),
    entry("close", "[CODE] [REASON]", "start the closing handshake and show the answer"),
    entry("text", "TEXT", "send a text message"),
    entry("bin", "HEX", "send a binary message given in hexadecimal"),
    entry("base64", "BASE64", "send a binary message given in Base64"),
    entry("file", "[--text] PATH", "send the bytes of a file as one binary message, or as text"),
    entry("fragment", "N TEXT", "send one message in N frames"),
    entry(
        "frame",
        "KEY=VALUE...",
        "send one frame: fin=0 rsv1 rsv2 rsv3 rsv=0-7 lenbits=7|16|64\n\
         opcode=NUMBER|NAME mask=on|off|HEX len=N (may lie) cut=SIZE,...\n\
         payload=text:...|hex:...|base64:...|close:CODE REASON (last)",
    ),
    entry("raw", "HEX [| HEX]...", "put bytes on the wire; what stands between bars is written by itself"),
    entry("status", "", "show state, peer, subprotocol, extensions, unsent bytes, last ping"),
    entry("headers", "", "show the heads of the opening handshake"),
    entry("stats", "", "show counters and rates"),
    entry("frames", "on|off", "show each frame as it was on the wire"),
    entry("pretty", "auto|always|never", "lay out JSON messages"),
    entry("time", "relative|clock|delta|off", "show when each event happened"),
    entry("filter", "[REGEX]", "show only messages that match; without one show all"),
    entry("quiet", "on|off", "show nothing but errors and what is asked for"),
    entry("record", "[PATH]", "write event records to a file from now on; without one stop"),
    entry("save", "PATH", "write the session so far as event records"),
    entry("reconnect", "", "close, and open the same connection again"),
    entry("connect", "URL", "close, and open a connection to another URL"),
    entry("show", "[N]", "show the last message in full, or the Nth from the end; in the pager if long"),
    entry(
        "repeat",
        "N [DELAY] LINE",
        "send a line N times, with a delay such as 100ms between; /repeat 0 ends that",
    ),
    entry("edit", "", "compose a message in $EDITOR"),
    entry("help", "[COMMAND]", "explain a command, or list them all"),
    entry("quit", "", "close with 1000 and leave, as Ctrl-D does"),
];

/// An entry of such a table.
pub const fn entry(name: &'static str, arguments: &'static str, does: &'static str) -> Entry {
    Entry { name, arguments, does }
}

/// The commands that can be typed somewhere, and what is to be known before all of them.
#[derive(Clone)]
pub struct Commands {
    /// What becomes of lines that are no commands.
    pub head: &'static str,
    /// Whether a line may begin with the number of whom it is for: `@3 `.
    pub addressed: bool,
    /// The names of those that are about all at once, and stand behind no address.
    pub about_all: &'static [&'static str],
    /// In the order in which help lists them.
    pub entries: Vec<&'static Entry>,
}

/// Reads a command without its slash.
pub fn parse(text: &str, setup: &Setup) -> Result<Command, String> {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let argument = rest.trim();
    let entry = setup.commands.find(name)?;
    if entry.arguments.is_empty() && !argument.is_empty() {
        return Err(format!("/{name} takes no argument"));
    }
    let order = match name {
        "ping" => Order::Ping(control_payload(argument)?),
        "pong" => Order::Pong(control_payload(argument)?),
        "close" => close(argument)?,
        "text" => message(Kind::Text, rest.as_bytes().to_vec()),
        "bin" => message(Kind::Binary, decode::hex(argument.as_bytes())?),
        "base64" => message(Kind::Binary, decode::base64(argument.as_bytes())?),
        "file" => file(argument, setup)?,
        "fragment" => setup.fits(crafted::fragment(argument, setup.kind)?)?,
        "frame" => crafted::frame(rest)?,
        "raw" => crafted::raw(argument)?,
        "frames" => Order::Frames(on_or_off(argument)?),
        "status" => Order::Status,
        "headers" => Order::Headers,
        "stats" => Order::Statistics,
        "pretty" | "time" | "filter" | "quiet" => Order::Display(display(name, argument)?),
        "record" => Order::Record((!argument.is_empty()).then(|| PathBuf::from(argument))),
        "save" => Order::Save(PathBuf::from(needed(argument, "a path")?)),
        "reconnect" => Order::Reconnect(None),
        "connect" => connect(needed(argument, "a URL")?)?,
        "repeat" => repeat::repeat(argument, setup)?,
        "quit" => Order::EndOfInput,
        "show" => return Ok(Command::Show(number(argument)?)),
        "edit" => return Ok(Command::Edit),
        "help" => return Ok(Command::Help((!argument.is_empty()).then(|| argument.to_owned()))),
        _ => return Err(setup.commands.unknown(name)),
    };
    Ok(Command::Order(order))
}

impl Commands {
    /// Those of a client's session.
    pub fn of_session() -> Commands {
        let head =
            "typed lines are sent as text; //x sends /x; a line that ends with \\ or opens JSON continues";
        Commands { head, addressed: false, about_all: &[], entries: SESSION.iter().collect() }
    }

    /// Whom an entry is for, if it may say so, and the rest of it.
    pub fn address<'a>(&self, entry: &'a str) -> (Option<u64>, &'a str) {
        if self.addressed { address(entry) } else { (None, entry) }
    }

    /// Whether Enter continues an entry on the next line.
    pub fn is_unfinished(&self, entry: &str) -> bool {
        is_unfinished(self.address(entry).1)
    }

    /// The command of this name.
    pub fn find(&self, name: &str) -> Result<&'static Entry, String> {
        let found = self.entries.iter().find(|entry| entry.name == name);
        found.copied().ok_or_else(|| self.unknown(name))
    }

    /// The text of `/help`, or of `/help COMMAND`.
    pub fn help(&self, command: Option<&str>) -> String {
        let Some(name) = command else {
            let lines = self.entries.iter().map(|entry| {
                let call = format!("/{} {}", entry.name, entry.arguments);
                format!("  {call:<34}{}", entry.does.replace('\n', &format!("\n{:36}", "")))
            });
            return std::iter::once(self.head.to_owned()).chain(lines).collect::<Vec<_>>().join("\n");
        };
        match self.find(name.trim_start_matches('/')) {
            Ok(Entry { name, arguments, does }) => {
                format!("/{name} {arguments}\n  {}", does.replace('\n', "\n  "))
            }
            Err(unknown) => unknown,
        }
    }

    fn unknown(&self, name: &str) -> String {
        let near = self
            .entries
            .iter()
            .map(|entry| (strsim::normalized_damerau_levenshtein(name, entry.name), entry.name));
        let best = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score >= 0.5);
        let hint = best.map_or("/help lists them".to_owned(), |(_, near)| format!("did you mean /{near}?"));
        format!("there is no command /{name}: {hint}; a second slash sends it as text")
    }
}

fn message(kind: Kind, payload: Vec<u8>) -> Order {
    Order::Send { kind, payload, typed: false }
}

fn needed<'a>(argument: &'a str, what: &str) -> Result<&'a str, String> {
    if argument.is_empty() { Err(format!("{what} is missing")) } else { Ok(argument) }
}

/// The payload of a ping or pong: text, or bytes after `0x`; at most 125 (RFC 6455 §5.5).
fn control_payload(argument: &str) -> Result<Vec<u8>, String> {
    let payload = match argument.strip_prefix("0x") {
        Some(digits) => decode::hex(digits.as_bytes())?,
        None => argument.as_bytes().to_vec(),
    };
    match payload.len() {
        0..=MAX_CONTROL_PAYLOAD => Ok(payload),
        length => Err(format!("{length} bytes are too long: a control frame holds 125 (RFC 6455 §5.5)")),
    }
}

/// A close frame with this code and reason, as `/close` takes them.
pub fn close(argument: &str) -> Result<Order, String> {
    if argument.is_empty() {
        return Ok(Order::Close { code: Some(1000), reason: String::new() });
    }
    let (code, reason) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let code: u16 =
        code.parse().map_err(|_| format!("'{code}' is no close code: write a number such as 1000"))?;
    if !may_be_sent(code) {
        return Err(format!("{code} may not be sent: use 1000-1003, 1007-1014 or 3000-4999 (RFC 6455 §7.4)"));
    }
    if reason.len() > MAX_REASON {
        return Err(format!(
            "the reason has {} bytes: at most {MAX_REASON} fit (RFC 6455 §5.5)",
            reason.len()
        ));
    }
    Ok(Order::Close { code: Some(code), reason: reason.to_owned() })
}

fn file(argument: &str, setup: &Setup) -> Result<Order, String> {
    let text = argument.strip_prefix("--text ").or_else(|| argument.strip_suffix(" --text"));
    let (kind, path) = match text {
        Some(path) => (Kind::Text, path.trim()),
        None => (Kind::Binary, argument),
    };
    let path = needed(path, "a path")?;
    let payload = std::fs::read(path).map_err(|error| format!("{path}: {}", crate::net::io_text(&error)))?;
    if payload.len() as u64 > setup.max_message {
        return Err(format!("{path}: {} bytes are more than --max-message allows", payload.len()));
    }
    if kind == Kind::Text && std::str::from_utf8(&payload).is_err() {
        return Err(format!("{path}: not UTF-8, so it cannot be sent as text"));
    }
    Ok(message(kind, payload))
}

fn display(name: &str, argument: &str) -> Result<Display, String> {
    use clap::ValueEnum;
    Ok(match (name, argument) {
        ("pretty", when) => {
            Display::Pretty(PrettyWhen::from_str(when, true).map_err(|_| "auto, always or never?")?)
        }
        ("time", "off") => Display::Time(None),
        ("time", "") => Display::Time(Some(TimeForm::Relative)),
        ("time", form) => {
            Display::Time(Some(TimeForm::from_str(form, true).map_err(|_| "relative, clock, delta or off?")?))
        }
        ("filter", "") => Display::Filter(None),
        ("filter", regex) => {
            Display::Filter(Some(regex::bytes::Regex::new(regex).map_err(|error| error.to_string())?))
        }
        (_, state) => Display::Quiet(on_or_off(state)?),
    })
}

fn on_or_off(argument: &str) -> Result<bool, String> {
    match argument {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("on or off?".to_owned()),
    }
}

fn connect(url: &str) -> Result<Order, String> {
    let target = Target::parse(url).map_err(|error| error.to_string())?;
    Ok(Order::Reconnect(Some(target)))
}

fn number(argument: &str) -> Result<usize, String> {
    match argument {
        "" => Ok(1),
        digits => {
            digits.parse().ok().filter(|&n| n > 0).ok_or_else(|| format!("'{digits}' is no count from 1"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_payloads_are_text_or_bytes_and_short() {
        assert_eq!(control_payload("a b"), Ok(b"a b".to_vec()));
        assert_eq!(control_payload("0x00ff"), Ok(vec![0, 0xff]));
        assert!(control_payload(&"x".repeat(126)).is_err());
        assert!(control_payload("0xf").is_err());
    }

    #[test]
    fn close_takes_a_code_and_a_reason() {
        let code = |argument| match close(argument) {
            Ok(Order::Close { code, reason }) => Ok((code, reason)),
            Ok(_) => Err("another order".to_owned()),
            Err(error) => Err(error),
        };
        assert_eq!(code(""), Ok((Some(1000), String::new())));
        assert_eq!(code("4001 bye bye"), Ok((Some(4001), "bye bye".to_owned())));
        for bad in ["1005", "999", "x", "5000"] {
            assert!(code(bad).is_err(), "{bad}");
        }
        assert!(code(&format!("1000 {}", "x".repeat(124))).is_err());
    }

    #[test]
    fn help_knows_every_command_and_unknown_ones_get_a_hint() {
        let commands = Commands::of_session();
        let all = commands.help(None);
        for entry in SESSION {
            assert!(all.contains(&format!("/{}", entry.name)), "{}", entry.name);
        }
        assert!(all.lines().all(|line| line.chars().count() <= 120), "{all}");
        assert!(commands.help(Some("/ping")).contains("round-trip"));
        assert!(commands.unknown("pingg").contains("/ping"));
    }
}
