//! Flags for where and how to connect.

use std::path::PathBuf;

use super::values::{Size, Span, some_size};
use crate::net::Resolve;

/// Where and how to connect.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Connecting")]
pub struct Connecting {
    /// Send this header field with the request
    ///
    /// Repeat it for more. A field with the name of a default one replaces it, Host too; `Name:` removes it; @FILE
    /// reads fields from a file, one a line. Sec-WebSocket-Protocol and -Extensions count as offers; Connection,
    /// Upgrade and the other Sec-WebSocket-* fields need --unsafe-handshake.
    ///
    /// Example: -H 'X-Trace: 1' -H 'User-Agent:'
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,

    /// Send this Origin
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,

    /// Offer this subprotocol; repeat it, or give a comma list
    ///
    /// The server may choose one of them; what it chose is shown. Example: -s chat.v2,chat.v1
    #[arg(short = 's', long = "subprotocol", value_name = "NAME", value_delimiter = ',')]
    pub subprotocols: Vec<String>,

    /// Offer permessage-deflate, so that messages are compressed where the server agrees (RFC 7692)
    ///
    /// PARAMS takes the place of the parameter that is offered without it, client_max_window_bits; none is written
    /// `--compress=permessage-deflate`. Secrets that are compressed together with what others choose can be guessed
    /// from the length (CRIME, BREACH).
    ///
    /// Example: --compress='server_no_context_takeover; server_max_window_bits=10'
    #[arg(short = 'z', long, value_name = "PARAMS", num_args = 0..=1, require_equals = true,
          default_missing_value = crate::wire::deflate::OFFER)]
    pub compress: Option<String>,

    /// Send this User-Agent [default: wscope/VERSION]
    #[arg(long, value_name = "TEXT")]
    pub user_agent: Option<String>,

    /// Log in with Basic credentials; a missing password is asked for on a terminal
    #[arg(short = 'u', long, value_name = "NAME[:PASSWORD]", overrides_with = "bearer")]
    pub user: Option<String>,

    /// Send `Authorization: Bearer TOKEN`; @FILE reads the token from a file
    ///
    /// Without it and without --user the environment's WSCOPE_BEARER counts.
    #[arg(long, value_name = "TOKEN", overrides_with = "user")]
    pub bearer: Option<String>,

    /// Send this Cookie, written `name=value; name=value`
    #[arg(long, value_name = "COOKIE")]
    pub cookie: Option<String>,

    /// Follow redirects; credentials never follow to another origin, and wss never becomes ws
    #[arg(short = 'L', long)]
    pub location: bool,

    /// Follow at most this many redirects
    #[arg(long, value_name = "N", default_value = "10")]
    pub max_redirs: u32,

    /// Use IPv4 only
    #[arg(short = '4', overrides_with = "ipv6")]
    pub ipv4: bool,

    /// Use IPv6 only
    #[arg(short = '6', overrides_with = "ipv4")]
    pub ipv6: bool,

    /// Connect to ADDR where HOST:PORT is named
    ///
    /// Example: --resolve example.com:443:127.0.0.1
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<Resolve>,

    /// Connect to this Unix socket; the URL still gives Host and path
    #[arg(long, value_name = "PATH")]
    pub unix_socket: Option<PathBuf>,

    /// Connect through this proxy: http, https, socks5 or socks5h
    ///
    /// Credentials go into the URL. Without it ALL_PROXY, HTTPS_PROXY, HTTP_PROXY and NO_PROXY count, in either
    /// case; an empty value means none. Example: -x socks5h://name:password@localhost:1080
    #[arg(short = 'x', long, value_name = "URL")]
    pub proxy: Option<String>,

    /// Give up when the connection is not open after this time, from name look-up to the 101
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub connect_timeout: Span,

    /// The largest head of an answer to the opening handshake, with all interim ones before it; no line may be
    /// longer than 8K
    #[arg(long, value_name = "SIZE", default_value = "64K", value_parser = some_size)]
    pub max_head: Size,

    /// End the whole run after this time, with exit code 124
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<Span>,

    /// Let -H set the header fields that the opening handshake itself is made of
    #[arg(long)]
    pub unsafe_handshake: bool,
}
