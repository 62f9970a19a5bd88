//! SOCKS 5 (RFC 1928) with name and password (RFC 1929): every reply is read to its last byte and no further.

use std::io::{Read, Write};
use std::net::IpAddr;

use super::{Destination, Place, Refusal};
use crate::net::stream::Stream;

/// RFC 1928 §3 and §4.
const VERSION: u8 = 5;
const NO_AUTHENTICATION: u8 = 0;
const PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// RFC 1929 §2.
const PASSWORD_VERSION: u8 = 1;

/// Asks for the tunnel, and reads the replies within the stream's deadline.
pub fn open(stream: &mut Stream, to: &Destination, credentials: Option<(&str, &str)>) -> Result<(), Refusal> {
    let request = request(to)?;
    let methods: &[u8] = match credentials {
        Some(_) => &[VERSION, 2, NO_AUTHENTICATION, PASSWORD],
        None => &[VERSION, 1, NO_AUTHENTICATION],
    };
    stream.write_all(methods)?;
    stream.flush()?;
    match (read_reply::<2>(stream, VERSION, "a SOCKS 5 method")?[1], credentials) {
        (NO_AUTHENTICATION, _) => {}
        (PASSWORD, Some((name, password))) => log_in(stream, name, password)?,
        (NO_METHOD, _) => return Err(Refusal::Method { offered_password: credentials.is_some() }),
        (other, _) => {
            return Err(Refusal::Garbled("a SOCKS 5 method that was offered", vec![VERSION, other]));
        }
    }
    stream.write_all(&request)?;
    stream.flush()?;
    let reply = read_reply::<4>(stream, VERSION, "a SOCKS 5 reply")?;
    match reply[1] {
        0 => skip_address(stream, reply),
        code => Err(Refusal::Socks(code)),
    }
}

fn request(to: &Destination) -> Result<Vec<u8>, Refusal> {
    let mut request = vec![VERSION, CONNECT, 0];
    match &to.place {
        Place::Address(IpAddr::V4(address)) => {
            request.push(IPV4);
            request.extend(address.octets());
        }
        Place::Address(IpAddr::V6(address)) => {
            request.push(IPV6);
            request.extend(address.octets());
        }
        Place::Name(name) => {
            request.extend([NAME, u8::try_from(name.len()).map_err(|_| Refusal::LongName)?]);
            request.extend(name.as_bytes());
        }
    }
    request.extend(to.port.to_be_bytes());
    Ok(request)
}

fn log_in(stream: &mut Stream, name: &str, password: &str) -> Result<(), Refusal> {
    let mut login = vec![PASSWORD_VERSION];
    for part in [name, password] {
        let length = u8::try_from(part.len()).map_err(|_| Refusal::Password)?;
        login.push(length);
        login.extend(part.as_bytes());
    }
    stream.write_all(&login)?;
    stream.flush()?;
    match read_reply::<2>(stream, PASSWORD_VERSION, "a SOCKS 5 login reply")?[1] {
        0 => Ok(()),
        _ => Err(Refusal::Password),
    }
}

/// Reads the version first: a port that speaks something else may never send as much as a reply.
fn read_reply<const N: usize>(
    stream: &mut Stream,
    version: u8,
    expected: &'static str,
) -> Result<[u8; N], Refusal> {
    let mut reply = [0; N];
    stream.read_exact(&mut reply[..1])?;
    if reply[0] != version {
        return Err(Refusal::Garbled(expected, vec![reply[0]]));
    }
    stream.read_exact(&mut reply[1..])?;
    Ok(reply)
}

/// The address bound by the proxy is of no use to a client, but its bytes must not be taken for the origin's.
fn skip_address(stream: &mut Stream, reply: [u8; 4]) -> Result<(), Refusal> {
    let length = match reply[3] {
        IPV4 => 4,
        IPV6 => 16,
        NAME => {
            let mut length = [0];
            stream.read_exact(&mut length)?;
            usize::from(length[0])
        }
        _ => return Err(Refusal::Garbled("a SOCKS 5 address", reply.to_vec())),
    };
    stream.read_exact(&mut vec![0; length + 2])?;
    Ok(())
}
