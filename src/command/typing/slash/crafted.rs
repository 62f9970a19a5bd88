//! The commands that say what is sent bit by bit: `/fragment`, `/frame` and `/raw`.
//!
//! `/frame` takes the words that the frame view shows. What a frame may not say is for the user to know; only what
//! fits into no header is refused.

use std::num::NonZeroU32;

use crate::command::args::values::Size;
use crate::command::client::{Order, decode};
use crate::render::opcode_name;
use crate::wire::{Crafted, Kind, LengthForm, Masking};

/// The most fragments that are made of one message.
const MOST_FRAGMENTS: u32 = 1_000_000;

/// What `/frame` takes, as completion offers it.
pub const WORDS: [&str; 18] = [
    "fin=0",
    "rsv=",
    "rsv1",
    "rsv2",
    "rsv3",
    "opcode=",
    "mask=on",
    "mask=off",
    "mask=",
    "len=",
    "lenbits=7",
    "lenbits=16",
    "lenbits=64",
    "cut=",
    "payload=text:",
    "payload=hex:",
    "payload=base64:",
    "payload=close:",
];

/// `/fragment N TEXT`
pub fn fragment(argument: &str, kind: Kind) -> Result<Order, String> {
    let (count, text) = argument.split_once(char::is_whitespace).unwrap_or((argument, ""));
    let number = count.parse().ok().and_then(NonZeroU32::new).filter(|n| n.get() <= MOST_FRAGMENTS);
    let count =
        number.ok_or_else(|| format!("'{count}' is no number of frames from 1 to {MOST_FRAGMENTS}"))?;
    Ok(Order::Fragment { count, kind, payload: text.as_bytes().to_vec() })
}

/// `/raw HEX [| HEX]...`: what stands between bars is written by itself.
pub fn raw(argument: &str) -> Result<Order, String> {
    let mut bytes = Vec::new();
    let mut writes = Vec::new();
    for part in argument.split('|') {
        let part = decode::hex(part.as_bytes())?;
        match part.len() {
            0 => return Err("bytes in hexadecimal are missing".to_owned()),
            length => writes.push(length),
        }
        bytes.extend(part);
    }
    // The last one is what is left over.
    writes.pop();
    Ok(Order::Raw { bytes, writes })
}

/// `/frame KEY=VALUE...`
pub fn frame(argument: &str) -> Result<Order, String> {
    let mut crafted = Crafted::new(1, Vec::new());
    let mut writes = Vec::new();
    let mut rest = argument.trim_start();
    if rest.is_empty() {
        return Err(
            "what shall it say? opcode=ping payload=text:hi, for one; /help frame lists the words".to_owned()
        );
    }
    while !rest.is_empty() {
        let (word, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let (key, value) = word.split_once('=').unwrap_or((word, "on"));
        match key {
            "fin" => crafted.fin = bit(key, value)?,
            "rsv" => crafted.rsv = number(key, value, 7)? as u8,
            "rsv1" => set(&mut crafted.rsv, 4, bit(key, value)?),
            "rsv2" => set(&mut crafted.rsv, 2, bit(key, value)?),
            "rsv3" => set(&mut crafted.rsv, 1, bit(key, value)?),
            "opcode" => crafted.opcode = opcode(value)?,
            "mask" => crafted.masking = masking(value)?,
            "len" => crafted.length = Some(number(key, value, u64::MAX)?),
            "lenbits" => crafted.form = Some(length_form(value)?),
            "cut" => writes = sizes(value)?,
            // The payload may hold blanks, so it is the last.
            "payload" => {
                crafted.payload = payload(rest.strip_prefix("payload=").unwrap_or_default())?;
                break;
            }
            _ => return Err(unknown(key)),
        }
        rest = after.trim_start();
    }
    crafted.check().map_err(|error| error.to_string())?;
    Ok(Order::Frame { crafted, writes })
}

fn unknown(key: &str) -> String {
    format!(
        "'{key}' is none of fin, rsv1, rsv2, rsv3, rsv, opcode, mask, len, lenbits, cut and payload, which comes last"
    )
}

fn set(bits: &mut u8, bit: u8, on: bool) {
    if on { *bits |= bit } else { *bits &= !bit }
}

fn bit(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "1" | "on" | "true" => Ok(true),
        "0" | "off" | "false" => Ok(false),
        _ => Err(format!("{key}={value}: 0 or 1?")),
    }
}

/// A number, in decimal or after `0x` in hexadecimal.
fn number(key: &str, value: &str, most: u64) -> Result<u64, String> {
    let number = match value.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => value.parse::<Size>().ok().map(|Size(number)| number),
    };
    number
        .filter(|number| *number <= most)
        .ok_or_else(|| format!("{key}={value}: a number from 0 to {most}?"))
}

/// An opcode by number or name.
fn opcode(value: &str) -> Result<u8, String> {
    let named = (0..16).find(|opcode| opcode_name(*opcode) == Some(value));
    named.map_or_else(|| number("opcode", value, 15).map(|number| number as u8), Ok)
}

fn masking(value: &str) -> Result<Masking, String> {
    match value {
        "on" => Ok(Masking::On),
        "off" => Ok(Masking::Off),
        key => match decode::hex(key.as_bytes()).map(<[u8; 4]>::try_from) {
            Ok(Ok(key)) => Ok(Masking::Key(key)),
            _ => Err(format!("mask={key}: on, off, or four bytes in hexadecimal?")),
        },
    }
}

fn length_form(value: &str) -> Result<LengthForm, String> {
    let form = value.parse().ok().and_then(LengthForm::of_bits);
    form.ok_or_else(|| format!("lenbits={value}: 7, 16 or 64?"))
}

/// The sizes of the single writes.
fn sizes(value: &str) -> Result<Vec<usize>, String> {
    let size = |size: &str| size.parse().ok().filter(|size| *size > 0);
    let sizes: Option<Vec<usize>> = value.split(',').map(size).collect();
    sizes.ok_or_else(|| format!("cut={value}: sizes in bytes such as 1,2?"))
}

fn payload(value: &str) -> Result<Vec<u8>, String> {
    match value.split_once(':') {
        Some(("text", text)) => Ok(text.as_bytes().to_vec()),
        Some(("hex", digits)) => decode::hex(digits.as_bytes()),
        Some(("base64", text)) => decode::base64(text.as_bytes()),
        Some(("close", rest)) => {
            let (code, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let code: u16 = code.parse().map_err(|_| format!("payload=close:{code}: a close code?"))?;
            Ok([&code.to_be_bytes(), reason.as_bytes()].concat())
        }
        _ => Err("payload=hex:…, base64:…, text:… or close:CODE REASON?".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crafted(argument: &str) -> Crafted {
        match frame(argument) {
            Ok(Order::Frame { crafted, .. }) => crafted,
            Ok(_) => panic!("another order"),
            Err(error) => panic!("{argument}: {error}"),
        }
    }

    #[test]
    fn a_frame_says_what_its_words_say() {
        assert_eq!(crafted("fin"), Crafted::new(1, vec![]));
        assert_eq!(crafted("payload=text:a  b "), Crafted::new(1, b"a  b ".to_vec()));
        let odd = crafted("fin=0 rsv1 rsv3=1 opcode=0xB mask=01020304 len=5 lenbits=64 payload=hex:ff 00");
        let expected = Crafted {
            fin: false,
            rsv: 5,
            masking: Masking::Key([1, 2, 3, 4]),
            length: Some(5),
            form: Some(LengthForm::Bits64),
            ..Crafted::new(11, vec![0xff, 0])
        };
        assert_eq!(odd, expected);
        assert_eq!(crafted("rsv=7 rsv2=0 opcode=ping mask=off").rsv, 5);
        assert_eq!(crafted("opcode=close payload=close:1005 bye").payload, b"\x03\xedbye");
    }

    #[test]
    fn what_fits_into_no_header_is_refused_by_its_word() {
        let table = [
            ("", "/help frame"),
            ("opcode=16", "opcode=16"),
            ("rsv=8", "rsv=8"),
            ("mask=12", "mask=12"),
            ("len=126 lenbits=7", "126"),
            ("lenbits=8", "lenbits=8"),
            ("cut=0", "cut=0"),
            ("fin=2", "fin=2"),
            ("payload=Hello", "text:"),
            ("payload=hex:4", "hexadecimal"),
            ("colour=red", "'colour'"),
        ];
        for (argument, named) in table {
            let error = frame(argument).err().unwrap_or_else(|| panic!("{argument} is taken"));
            assert!(error.contains(named), "{argument}: {error}");
        }
    }

    #[test]
    fn bars_cut_raw_bytes_into_writes() {
        let writes = |argument| match raw(argument) {
            Ok(Order::Raw { bytes, writes }) => Ok((bytes, writes)),
            Ok(_) => panic!("another order"),
            Err(error) => Err(error),
        };
        assert_eq!(writes("81 00"), Ok((vec![0x81, 0], vec![])));
        assert_eq!(writes("81 | 05 48|65"), Ok((vec![0x81, 5, 0x48, 0x65], vec![1, 2])));
        assert!(writes("").is_err() && writes("81|").is_err() && writes("8").is_err());
    }

    #[test]
    fn a_number_of_fragments_is_needed() {
        assert!(
            matches!(fragment("3 a b", Kind::Text), Ok(Order::Fragment { payload, .. }) if payload == b"a b")
        );
        assert!(
            matches!(fragment("2", Kind::Text), Ok(Order::Fragment { payload, .. }) if payload.is_empty())
        );
        assert!(fragment("0 a", Kind::Text).is_err() && fragment("a", Kind::Text).is_err());
    }
}
