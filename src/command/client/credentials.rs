//! Who the user says to be: `-u`, `--bearer`, userinfo in the URL, and passwords that are asked for.

use std::io;
use std::path::Path;

use anyhow::Result;

use crate::command::Fault;
use crate::command::args::{Connecting, Tls};
use crate::net::Target;
use crate::net::tls::IdentitySource;
use crate::wire::handshake::valid_value;

/// The value of `Authorization`: a bearer token, or Basic credentials (RFC 7617).
pub fn authorization(options: &Connecting, target: &Target, terminal: bool) -> Result<Option<String>> {
    if let Some(token) = &options.bearer {
        return bearer(token).map(Some);
    }
    let (name, password) = match (&options.user, target.userinfo()) {
        (Some(user), _) => match user.split_once(':') {
            Some((name, password)) => (name.to_owned(), Some(password.to_owned())),
            None => (user.clone(), None),
        },
        (None, Some((name, password))) => (name.clone(), Some(password.clone().unwrap_or_default())),
        (None, None) => return from_environment(),
    };
    let password = match password {
        Some(password) => password,
        None if terminal => ask(&format!("password of {name}: "))?,
        None => {
            let fault = Fault::usage(format!(
                "--user {name}: the password is missing, and there is no terminal to ask"
            ));
            return Err(fault.hint("write NAME:PASSWORD").into());
        }
    };
    if name.contains(':') {
        return Err(
            Fault::usage("the user name of Basic credentials cannot hold a colon (RFC 7617 §2)").into()
        );
    }
    Ok(Some(basic(&name, &password)))
}

/// The Basic credentials that a URL holds.
pub fn of_url(target: &Target) -> Option<String> {
    let (name, password) = target.userinfo()?;
    Some(basic(name, password.as_deref().unwrap_or_default()))
}

fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", data_encoding::BASE64.encode(format!("{name}:{password}").as_bytes()))
}

fn from_environment() -> Result<Option<String>> {
    let token = std::env::var("WSCOPE_BEARER").ok().filter(|token| !token.is_empty());
    token.map(|token| bearer(&token)).transpose()
}

fn bearer(option: &str) -> Result<String> {
    Ok(format!("Bearer {}", token(option)?))
}

/// The token that `--bearer` gives, or the first line of the file it names.
pub fn token(option: &str) -> Result<String> {
    let token = match option.strip_prefix('@') {
        None => option.to_owned(),
        Some(path) => first_line("--bearer", path.as_ref())?,
    };
    if token.is_empty() || !valid_value(token.as_bytes()) {
        let text = "the token is empty or holds line breaks, NUL or other control characters";
        return Err(Fault::usage(format!("--bearer: {text} (RFC 9110 §5.5)")).into());
    }
    Ok(token)
}

/// The client certificate to show, and its password.
pub fn identity(options: &Tls, terminal: bool) -> Result<Option<IdentitySource>> {
    if let (Some(cert), Some(key)) = (&options.cert, &options.key) {
        return Ok(Some(IdentitySource::Pem { cert: cert.clone(), key: key.clone() }));
    }
    let Some(file) = &options.pkcs12 else { return Ok(None) };
    std::fs::File::open(file).map_err(|error| Fault::file("--pkcs12", file, &error))?;
    let password = match &options.pass_file {
        Some(path) => first_line("--pass-file", path)?,
        None if terminal => ask(&format!("password of {}: ", file.display()))?,
        // Without anybody to ask: files without a password exist.
        None => String::new(),
    };
    Ok(Some(IdentitySource::Pkcs12 { file: file.clone(), password }))
}

fn first_line(option: &str, path: &Path) -> Result<String> {
    let text = std::fs::read_to_string(path).map_err(|error| Fault::file(option, path, &error))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Asks on the terminal, without echo.
fn ask(question: &str) -> Result<String> {
    rpassword::prompt_password(question).map_err(|error: io::Error| {
        Fault::local(format!("the password could not be read: {}", crate::net::io_text(&error))).into()
    })
}
