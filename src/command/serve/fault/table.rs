//! The ways in which a server misbehaves on demand: their names, what each does, and what a good client does then.
//!
//! The one place where they are told: `--help`, `wscope help faults` and the table in README.md are made from it.

use std::fmt::Write as _;

/// A way to misbehave, as it is explained.
pub struct Entry {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is written behind the name: `=CODE`, `[=SIZE]`, or nothing.
    pub argument: &'static str,
    /// When it happens, and of what `--fault-rate` is a share.
    pub scope: Scope,
    /// What the server does.
    pub does: &'static str,
    /// What a good client does then.
    pub good: &'static str,
    /// Where that stands; empty where no rule says it.
    pub section: &'static str,
}

/// When a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the opening handshake.
    Handshake,
    /// From the opening on, or from the message on that `--fault-after` names.
    Connection,
    /// With each answer.
    Answer,
    /// Once, or at random among the messages.
    Once,
}

/// All of them.
pub const ENTRIES: [Entry; 21] = [
    Entry {
        name: "refuse",
        argument: "=STATUS",
        scope: Scope::Handshake,
        does: "refuses the opening handshake with this HTTP status, 200 to 599",
        good: "fails, and shows status and body",
        section: "RFC 6455 §4.1",
    },
    Entry {
        name: "accept",
        argument: "=wrong|doubled",
        scope: Scope::Handshake,
        does: "sends a Sec-WebSocket-Accept that is wrong, or a second one",
        good: "fails: this is not the answer to its key",
        section: "RFC 6455 §4.1",
    },
    Entry {
        name: "extension",
        argument: "",
        scope: Scope::Handshake,
        does: "uses an extension that was not offered",
        good: "fails",
        section: "RFC 6455 §4.1",
    },
    Entry {
        name: "subprotocol",
        argument: "",
        scope: Scope::Handshake,
        does: "chooses a subprotocol that was not offered",
        good: "fails",
        section: "RFC 6455 §4.1",
    },
    Entry {
        name: "dribble",
        argument: "",
        scope: Scope::Handshake,
        does: "sends the head of its 101 byte by byte",
        good: "puts it together within a time of its own",
        section: "RFC 9112 §2.2",
    },
    Entry {
        name: "delay",
        argument: "=TIME",
        scope: Scope::Answer,
        does: "handles a message only when the one before is answered, which takes so long",
        good: "waits as long as it was told to; its pings are answered late as well",
        section: "",
    },
    Entry {
        name: "drip",
        argument: "[=SIZE]",
        scope: Scope::Connection,
        does: "writes SIZE bytes (1) at a time, with 5ms between",
        good: "puts frames together",
        section: "RFC 6455 §5.2",
    },
    Entry {
        name: "fragment",
        argument: "=SIZE",
        scope: Scope::Connection,
        does: "splits messages into frames of at most SIZE bytes",
        good: "joins them; text may be cut within a character",
        section: "RFC 6455 §5.4",
    },
    Entry {
        name: "no-pong",
        argument: "",
        scope: Scope::Connection,
        does: "answers no ping",
        good: "takes the connection for lost when it has waited long enough",
        section: "RFC 6455 §5.5.2",
    },
    Entry {
        name: "no-close",
        argument: "",
        scope: Scope::Connection,
        does: "answers no close frame, and does not end TCP",
        good: "ends TCP itself after a reasonable time",
        section: "RFC 6455 §7.1.1",
    },
    Entry {
        name: "close",
        argument: "=CODE",
        scope: Scope::Once,
        does: "closes with this code, be it one that must not be sent",
        good: "answers with the code; fails with 1002 where it must not be sent",
        section: "RFC 6455 §5.5.1, §7.4",
    },
    Entry {
        name: "reset",
        argument: "",
        scope: Scope::Once,
        does: "resets TCP",
        good: "reports 1006; what it reports as sent may be lost",
        section: "RFC 6455 §7.1.5",
    },
    Entry {
        name: "half-open",
        argument: "",
        scope: Scope::Once,
        does: "reads nothing any more, and so answers nothing",
        good: "finds out by pings, or by its close frame that is not answered",
        section: "RFC 6455 §5.5.2",
    },
    Entry {
        name: "masked",
        argument: "",
        scope: Scope::Once,
        does: "sends a masked frame",
        good: "fails the connection with 1002",
        section: "RFC 6455 §5.1",
    },
    Entry {
        name: "rsv",
        argument: "=1..7",
        scope: Scope::Once,
        does: "sends a frame with these reserved bits, RSV1 counting 4",
        good: "fails the connection with 1002",
        section: "RFC 6455 §5.2",
    },
    Entry {
        name: "opcode",
        argument: "=N",
        scope: Scope::Once,
        does: "sends a frame of a reserved opcode, 3 to 7 or 11 to 15, or with 0 one that continues nothing",
        good: "fails the connection with 1002",
        section: "RFC 6455 §5.2, §5.4",
    },
    Entry {
        name: "bad-utf8",
        argument: "",
        scope: Scope::Once,
        does: "sends a text message that is not UTF-8",
        good: "fails the connection with 1007",
        section: "RFC 6455 §8.1",
    },
    Entry {
        name: "lying-length",
        argument: "[=SIZE]",
        scope: Scope::Once,
        does: "begins a frame of SIZE bytes (1024G) of which 5 come",
        good: "fails with 1009 beyond its limit; takes memory only for what came",
        section: "RFC 6455 §10.4",
    },
    Entry {
        name: "long-control",
        argument: "",
        scope: Scope::Once,
        does: "sends a ping of 126 bytes",
        good: "fails the connection with 1002",
        section: "RFC 6455 §5.5",
    },
    Entry {
        name: "bomb",
        argument: "[=SIZE]",
        scope: Scope::Once,
        does: "sends SIZE zero bytes (1G) compressed to a thousandth; needs -z here and in the client",
        good: "stops inflating at its limit and fails with 1009",
        section: "RFC 6455 §10.4",
    },
    Entry {
        name: "ping-flood",
        argument: "[=N]",
        scope: Scope::Once,
        does: "sends N pings (10000) at once",
        good: "answers them or the latest alone, or ends the connection to save itself",
        section: "RFC 6455 §5.5.3",
    },
];

/// How the options work together.
const RULES: &str = "\
Those of the handshake happen in every opening handshake, those of the connection from its opening on, delay with
every answer, the others once, right after the opening. --fault-after N lets N messages of a connection be answered
first. --fault-rate P (0.1 or 10%) hits that share: of connections; with delay and those that happen once, of messages.
--seed N draws others; with the same seed and the same order of connections the same ones are hit.
";

impl Scope {
    fn name(self) -> &'static str {
        match self {
            Scope::Handshake => "handshake",
            Scope::Connection => "connection",
            Scope::Answer => "answer",
            Scope::Once => "once",
        }
    }
}

impl Entry {
    fn form(&self) -> String {
        format!("{}{}", self.name, self.argument)
    }

    fn rule(&self) -> String {
        if self.section.is_empty() { String::new() } else { format!(" ({})", self.section) }
    }
}

/// `wscope help faults`.
pub fn topic() -> String {
    let mut text =
        "Faults: how wscope serve misbehaves on demand (--fault KIND[=ARG], repeatable)\n\n".to_owned();
    for entry in &ENTRIES {
        let _ = writeln!(text, "  {:<22} {}", entry.form(), entry.does);
        let _ = writeln!(text, "  {:<22} a good client {}{}", entry.scope.name(), entry.good, entry.rule());
    }
    text + "\n" + RULES
}

/// What `--help` says of `--fault`.
pub fn long_help() -> String {
    let mut text =
        "Misbehave, to test clients (repeat); wscope help faults tells what a good client does:\n".to_owned();
    for entry in &ENTRIES {
        let _ = write!(text, "\n  {:<22} {}", entry.form(), entry.does);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of README.md.
    fn markdown() -> String {
        let mut text = "| `--fault` | happens | the server | a good client |\n|---|---|---|---|\n".to_owned();
        for entry in &ENTRIES {
            let form = entry.form().replace('|', "\\|");
            let (scope, rule) = (entry.scope.name(), entry.rule());
            let _ = writeln!(text, "| `{form}` | {scope} | {} | {}{rule} |", entry.does, entry.good);
        }
        text
    }

    #[test]
    fn the_table_in_the_readme_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
        let readme = std::fs::read_to_string(path).expect("README.md is there");
        assert!(readme.contains(&markdown()), "README.md should hold:\n{}", markdown());
    }

    #[test]
    fn help_tells_each_with_its_rule_in_lines_that_fit() {
        let text = topic();
        for entry in &ENTRIES {
            assert!(text.contains(&entry.form()) && text.contains(entry.good), "{}", entry.name);
            assert!(long_help().contains(&entry.form()));
            assert!(entry.section.is_empty() == (entry.name == "delay"), "{}", entry.name);
        }
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(130), "{longest:?}");
    }
}
