//! The texts that help and the man page add to what the flags say of themselves.

use std::fmt::Write as _;
use std::io::{self, Write};

/// The usage block.
pub const USAGE: &str = "\
wscope [OPTIONS] URL
       wscope demo [OPTIONS]
       wscope serve [OPTIONS] [ADDR]
       wscope <COMMAND>";

/// Below the short help.
pub const SHORT_EXAMPLES: &str = "\
Examples:
  wscope wss://example.com/chat              talk at a prompt
  echo hello | wscope ws://localhost:8080    send lines, print the answers
  wscope -m '{\"op\":\"ping\"}' -1 localhost:8080   ask once, print one answer

More: wscope --help, wscope help exit-codes|close-codes|forms|limits|records|config|repl|faults";

/// Below the long help.
pub const EXAMPLES: &str = "\
Examples:
  wscope demo                                          try it against a built-in echo server
  wscope wss://example.com/chat                        talk at a prompt
  wscope -H 'Authorization: Bearer t' -s chat.v2 URL   with a header and a subprotocol
  echo hello | wscope ws://localhost:8080              send lines, print the answers
  wscope -m ping -1 localhost:8080                     send one message, print one answer
  wscope --until '\"done\":true' -o jsonl URL < in       stop at a match, write event records
  wscope -v -k wss://localhost:8443                    see heads, TLS facts and timings
  wscope serve :0 --reply pong                         be the server: answer every message

Topics: wscope help exit-codes, close-codes, forms, limits, records, config, repl, faults";

/// `wscope help exit-codes`.
pub fn exit_codes(meanings: &[(u8, &str)]) -> String {
    let mut text = String::from("Exit codes\n\n");
    for (code, meaning) in meanings {
        let _ = writeln!(text, "  {code:>3}  {meaning}");
    }
    text + "\n-n or --until reached, a reader gone and signals outrank 7 and 8.\n"
}

/// The sections of the man page that are not about flags.
pub fn man_sections(page: &mut Vec<u8>, meanings: &[(u8, &str)]) -> io::Result<()> {
    writeln!(page, ".SH \"EXIT STATUS\"")?;
    for (code, meaning) in meanings {
        writeln!(page, ".TP\n{code}\n{}", roff(meaning))?;
    }
    writeln!(page, ".SH EXAMPLES\n.nf")?;
    for line in EXAMPLES.lines().skip(1).filter(|line| line.starts_with("  ")) {
        writeln!(page, "{}", roff(line))?;
    }
    writeln!(page, ".fi\n.SH FILES\n.TP\n$XDG_CONFIG_HOME/wscope/config\nDefault options, one a line.")?;
    writeln!(page, ".TP\n$XDG_STATE_HOME/wscope/history\nThe lines typed at the prompt.")
}

fn roff(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq")
}
