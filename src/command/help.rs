//! `wscope help TOPIC`: explanations that need no network.

use std::fmt::Write as _;

use anyhow::Result;

use super::Fault;
use crate::wire::close::CODES;

/// The topics that are explained here; `exit-codes` is a floor higher.
const TOPICS: [&str; 8] =
    ["exit-codes", "close-codes", "forms", "limits", "records", "config", "repl", "faults"];

/// The explanation of a topic.
pub fn topic(name: &str) -> Result<String> {
    Ok(match name {
        "close-codes" => close_codes(),
        "forms" => FORMS.to_owned(),
        "limits" => LIMITS.to_owned(),
        "records" => RECORDS.to_owned(),
        "config" => CONFIG.to_owned(),
        "repl" => {
            let (prompt, console) = (super::typing::help(), super::serve::console_topic());
            format!("The prompt\n\n{prompt}\n{PROMPT}\n{console}")
        }
        "faults" => super::serve::faults_topic(),
        _ => {
            let near = TOPICS.into_iter().max_by(|a, b| {
                strsim::normalized_damerau_levenshtein(name, a)
                    .total_cmp(&strsim::normalized_damerau_levenshtein(name, b))
            });
            let fault =
                Fault::usage(format!("help: there is no topic '{name}'; there are {}", TOPICS.join(", ")));
            return Err(fault.maybe_hint(near.map(|near| format!("wscope help {near}"))).into());
        }
    })
}

fn close_codes() -> String {
    let mut text = String::from("Close codes (RFC 6455 §7.4, IANA registry); * never stands on the wire\n\n");
    for code in CODES {
        let mark = if code.on_wire { ' ' } else { '*' };
        let _ = writeln!(text, "  {}{mark} {:<28} {}", code.number, code.name, code.meaning);
    }
    text + "\n  3000-3999 are registered for libraries and frameworks, 4000-4999 for private use.\n"
}

const FORMS: &str = "\
Forms of -i (stdin becomes messages) and -o (messages go to stdout)

  lines   one message a line; the last needs no newline, an empty line is an empty message
  nul     messages end with a NUL
  raw     in: each block is one binary message (--chunk-size at most); out: the bytes, nothing added, as they come:
          what came of a message that breaks off stands there, and the exit code tells (not with --reconnect)
  whole   in: all of stdin is one message
  hex     one binary message a line, in hexadecimal; blanks are ignored
  base64  one binary message a line, in Base64
  jsonl   one event record a line (wscope help records)
  human   out: what a terminal shows

lines, nul and whole send text, raw, hex and base64 binary; -t and -b overrule. -b alone makes raw the default.
On a terminal messages are shown in form human, and every form is escaped.
";

const LIMITS: &str = "\
Limits: what a peer may do before wscope fails the connection

  what                                    default  option             beyond it
  bytes of a message, also inflated       64M      --max-message      close 1009, exit 6
  fragments of a message, empty ones too  131072   --max-fragments    close 1009, exit 6
  bytes of a control frame                125      -                  close 1002, exit 6
  bytes of all heads of an answer         64K      --max-head         exit 5
  bytes of one line of a head             8K       -                  exit 5
  header fields of a head                 128      -                  exit 5
  interim answers (1xx) before the 101    10       -                  exit 5
  redirects followed with -L              10       --max-redirs       exit 5
  time until the connection is open       10s      --connect-timeout  exit 124
  time for the answer to our close frame  3s       --close-timeout    exit 7

A message that inflates to more than 16M, or than a quarter of --max-message if that is more, may be at most 1000
times its size on the wire; beyond that it is refused as one that is too large. --max-message bounds what is sent,
too: exit 9.

Memory grows with what has come, never with the length that a frame claims. While 64K of answers to pings wait for
the socket, only the latest ping is answered (RFC 6455 §5.5.3). What comes after a close frame is reported once,
and means nothing.

wscope serve: what a client may do before it costs it its connection

  what                                    default  option               beyond it
  connections at a time                   1024     --connections        503
  time for connecting and the request     10s      --handshake-timeout  its connection is closed
  bytes of the head of a request          16K      --max-head           400
  header fields of a request              100      -                    400
  bytes that wait to be read by it        1M       --queue              what --slow says: drop, wait, disconnect

The limits of messages are those above. A message is taken whole by a queue that has room, so what is held for a
client is at most --queue and one message.
";

const RECORDS: &str = "\
Event records (-o jsonl, --record FILE, /record, /save): one JSON object a line

Every record has \"event\", \"time\" (RFC 3339, UTC) and \"elapsed\" (seconds since the start).

  open          url, peer, status, subprotocol, extensions, request_headers, response_headers, tls, timings
  text          direction (sent or received), data (base64 where --lenient let through what is not UTF-8), size,
                compressed (bytes on the wire, where it was compressed)
  binary        as text, with base64 for data
  ping, pong    direction, data or base64; rtt (seconds) on a pong that answers ours; auto on an automatic one
  close         direction, code (null: none), name, reason; base64 too where that is not UTF-8
  frame         with --frames: direction, fin, rsv (0-7, RSV1 is 4), opcode, masked, mask (hex), length (as told),
                header (hex), payload (base64, unmasked), fragment (counted from 1 in its message)
  raw           what was sent as it is, crafted frames included: direction, hex
  end           by (client, server, connection), clean, code, reason, error, sent, received, exit
  notice, error message
  listening     wscope serve: url

The records of wscope serve have \"connection\", the number of the client they are of.

As input (-i jsonl): text, binary, ping, pong, close (ends the input), sleep (seconds), and what is sent as it is:
  frame   opcode; fin (true), rsv (0), masked, mask, length (may lie), length_bits (7, 16, 64), and the payload as
          payload (base64), data (text) or hex
  raw     hex
  Both take writes: a list of sizes; so many bytes are written by themselves, and what is left over in one more.

A record without direction is to be sent. Skipped are open, end, notice, error, listening, whatever was received,
frames with a direction, and automatic pongs, so that a recording can be sent again.
";

const CONFIG: &str = "\
The config file: $XDG_CONFIG_HOME/wscope/config, another with WSCOPE_CONFIG, none with --no-config

  # a line is a long option without --, a blank or =, and the rest of the line as its value
  header X-Trace: 1
  ping-interval = 30s
  [serve]
  # what follows is for that command, which takes nothing else from here

Options of the command line win. insecure and show-secrets are refused here.
";

const PROMPT: &str = "
Enter on an empty line sends nothing. Ctrl-R searches the history, TAB completes, Ctrl-C clears the line and on an
empty one leaves (exit code 130), Ctrl-D closes with 1000. Pasted blocks are one entry. -i and -b hold here, too.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_but_the_exit_codes_is_explained_here() {
        for name in TOPICS.into_iter().skip(1) {
            assert!(topic(name).is_ok_and(|text| text.lines().count() > 3), "{name}");
        }
        let error = topic("close-code").expect_err("no such topic").to_string();
        assert!(error.contains("close-codes"));
    }
}
