//! Who is let in by a server, and what the others are told (RFC 6455 §4.2.2, §10.1, §10.2).
//!
//! Judged in this order: the host the client names (421), its origin (403), its credentials (401), the path (404), and
//! only then whether the request is an opening handshake at all. Plain HTTP requests get a page. All of it is a
//! function of the options and the request; `session` asks for each client that knocks.

mod credentials;
mod names;
mod page;
mod paths;
#[cfg(test)]
mod tests;

use anyhow::Result;

use self::credentials::Credentials;
use self::names::{Hosts, Origins};
use self::paths::Paths;
use crate::command::Fault;
use crate::command::client::headers;
use crate::session::{Answer, Knock, Welcome};
use crate::wire::handshake::server::{Refusal, Upgrade};
use crate::wire::handshake::{Headers, is_token};

/// The fields of an answer that a server makes itself.
const RESERVED: [&str; 4] = ["connection", "upgrade", "content-length", "transfer-encoding"];

/// Flags that say who is let in.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = "Letting clients in")]
pub struct AdmissionArgs {
    /// Speak this subprotocol; of those that a client offers, the first named here is chosen (repeat, or a comma list)
    ///
    /// Without this option the first that a client offers is chosen; with it, none where none is named here.
    #[arg(short = 's', long = "subprotocol", value_name = "NAME", value_delimiter = ',')]
    pub subprotocols: Vec<String>,

    /// Add this header field to every answer, refusals included; @FILE reads lines (repeat)
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,

    /// Let in at this path only, others get 404; /a/* is all below /a/ (repeat)
    ///
    /// Compared as written, without the query: %2F is not a slash.
    #[arg(long = "path", value_name = "PATH")]
    pub paths: Vec<String>,

    /// Let in only who gives this name and password, others get 401
    #[arg(short = 'u', long, value_name = "NAME:PASSWORD")]
    pub user: Option<String>,

    /// Let in only who gives this token, others get 401; @FILE reads its first line
    #[arg(long, value_name = "TOKEN")]
    pub bearer: Option<String>,

    /// Let in pages of this origin only, others get 403 (repeat, or a comma list; * is any)
    ///
    /// Written as a browser sends it, https://example.com; without a scheme it is http and https. Clients that send no
    /// Origin, as programs do, are let in. With a command, pages of other hosts are refused unless they are named here.
    #[arg(long = "origin", value_name = "ORIGIN", value_delimiter = ',')]
    pub origins: Vec<String>,

    /// Let in who calls this server by this name (its Host), others get 421 (repeat, or a comma list; * is any)
    ///
    /// With a command the address it is bound to and localhost are its names, so that no web page reaches it under a
    /// name of its own (DNS rebinding); without one, every name is taken unless one is given here.
    #[arg(long = "host", value_name = "NAME", value_delimiter = ',')]
    pub hosts: Vec<String>,

    /// Serve a page to try this server from a browser, at / and at every --path
    #[arg(long)]
    pub web: bool,
}

/// Who is let in.
pub struct Admission {
    hosts: Hosts,
    origins: Origins,
    credentials: Credentials,
    paths: Paths,
    /// In the order of preference.
    subprotocols: Vec<String>,
    /// For every answer.
    headers: Headers,
    web: bool,
}

impl Admission {
    /// Checks the options. `host_names` are those of the addresses that are listened on; who comes to a command under
    /// another name is not let in.
    ///
    /// # Errors
    /// An option says what cannot be, or names a file that cannot be read.
    pub fn new(args: &AdmissionArgs, with_command: bool, host_names: Vec<String>) -> Result<Admission> {
        // Pages of this server's own are never foreign to it.
        let own_pages = with_command || args.web;
        Ok(Admission {
            hosts: Hosts::new(&args.hosts, with_command, host_names)?,
            origins: Origins::new(&args.origins, with_command, own_pages)?,
            credentials: Credentials::new(args.user.as_deref(), args.bearer.as_deref())?,
            paths: Paths::new(&args.paths)?,
            subprotocols: subprotocols(&args.subprotocols)?,
            headers: fields(&args.headers)?,
            web: args.web,
        })
    }

    /// What is said to a client that knocks. Whether compression is agreed to is left open.
    pub fn answer(&self, knock: &Knock<'_>) -> Answer {
        match self.judge(knock) {
            Ok(upgrade) => Answer::Welcome(Welcome {
                subprotocol: self.choose(&upgrade.subprotocols),
                headers: self.headers.clone(),
                ..Welcome::default()
            }),
            Err(refusal) => Answer::Refuse(self.finish(refusal, &knock.request.method)),
        }
    }

    fn judge<'a>(&self, knock: &Knock<'a>) -> Result<&'a Upgrade, Refusal> {
        let request = knock.request;
        self.hosts.judge(request)?;
        self.origins.judge(request)?;
        self.credentials.judge(&request.headers)?;
        let (path, plain) = (paths::of(&request.target), page::is_plain(request));
        match self.paths.takes(path) {
            true if plain => Err(page::answer(&request.headers, self.web)),
            true => knock.upgrade.map_err(Clone::clone),
            false if plain && self.web && path == "/" => Err(page::elsewhere(self.paths.first())),
            false => Err(Refusal::new(404, "Not Found", "no WebSocket endpoint is at this path")),
        }
    }

    /// The first of our subprotocols that is offered; without any of ours, the first that is. Many clients fail where
    /// they offer some and none is chosen.
    fn choose(&self, offered: &[String]) -> Option<String> {
        if self.subprotocols.is_empty() {
            return offered.first().cloned();
        }
        self.subprotocols.iter().find(|name| offered.contains(name)).cloned()
    }

    /// Puts the fields of `--header` in, where they replace those of the same name, and leaves the body out of the
    /// answer to a HEAD.
    fn finish(&self, mut refusal: Refusal, method: &str) -> Refusal {
        let own = self.headers.as_slice();
        for (name, _) in own {
            refusal.headers.remove(name);
        }
        for (name, value) in own {
            refusal.headers.push(name.as_str(), value.clone());
        }
        refusal.head_only = method == "HEAD";
        refusal
    }
}

fn subprotocols(names: &[String]) -> Result<Vec<String>> {
    let mut known: Vec<String> = Vec::new();
    for name in names.iter().map(|name| name.trim_matches([' ', '\t'])) {
        if !is_token(name) {
            let text = format!("--subprotocol: '{name}' is not a token (RFC 6455 §4.1)");
            return Err(Fault::usage(text).into());
        }
        if !known.iter().any(|other| other == name) {
            known.push(name.to_owned());
        }
    }
    Ok(known)
}

fn fields(options: &[String]) -> Result<Headers> {
    let mut fields = Headers::new();
    for option in options {
        let text = match option.strip_prefix('@') {
            Some(path) => headers::lines("--header", path)?,
            None => option.clone(),
        };
        let lines = if option.starts_with('@') { text.lines().collect() } else { vec![text.as_str()] };
        for line in lines.into_iter().filter(|line| !line.trim().is_empty()) {
            let (name, value) = headers::field("--header", line)?;
            check_reserved(name)?;
            fields.push(name, value);
        }
    }
    Ok(fields)
}

fn check_reserved(name: &str) -> Result<()> {
    let lower = name.to_ascii_lowercase();
    if !RESERVED.contains(&lower.as_str()) && !lower.starts_with("sec-websocket-") {
        return Ok(());
    }
    let fault = Fault::usage(format!("--header '{name}': the server sets this field itself"));
    let hint = match lower.as_str() {
        "sec-websocket-protocol" => "--subprotocol NAME chooses one of those offered",
        _ => "--fault breaks the opening handshake: wscope help faults",
    };
    Err(fault.hint(hint).into())
}
