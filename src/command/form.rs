//! Messages become output: the forms of `-o` (contract section 2).

use data_encoding::{BASE64, HEXLOWER};

use crate::command::args::Form;

/// Appends a payload in a form that gives the payload alone. The other forms are the renderer's and the record
/// writer's part.
pub fn append(form: Form, payload: &[u8], out: &mut Vec<u8>) {
    match form {
        Form::Nul => {
            out.extend_from_slice(payload);
            out.push(0);
        }
        Form::Raw => out.extend_from_slice(payload),
        Form::Hex => encoded(&HEXLOWER, payload, out),
        Form::Base64 => encoded(&BASE64, payload, out),
        Form::Lines | Form::Whole | Form::Jsonl | Form::Human => {
            out.extend_from_slice(payload);
            out.push(b'\n');
        }
    }
}

fn encoded(encoding: &data_encoding::Encoding, payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + encoding.encode_len(payload.len()), 0);
    encoding.encode_mut(payload, &mut out[start..]);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form() {
        let table: [(Form, &[u8]); 5] = [
            (Form::Lines, b"a\xff\n"),
            (Form::Nul, b"a\xff\0"),
            (Form::Raw, b"a\xff"),
            (Form::Hex, b"61ff\n"),
            (Form::Base64, b"Yf8=\n"),
        ];
        for (form, expected) in table {
            let mut out = Vec::new();
            append(form, b"a\xff", &mut out);
            assert_eq!(out, expected, "{form:?}");
        }
    }
}
