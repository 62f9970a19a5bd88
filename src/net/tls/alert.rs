//! TLS alerts (RFC 8446 §6): their names, and what each means for somebody who wants to connect.
//!
//! Alerts come from `hello` (seen in plain) or from the text of an OpenSSL error (decrypted there).

/// The description octet of an alert the peer sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert(pub u8);

impl Alert {
    /// `handshake_failure`: nothing in common, or before TLS 1.3 a client certificate that was not sent.
    pub const HANDSHAKE_FAILURE: Alert = Alert(40);
    /// `protocol_version`: no TLS version in common.
    pub const PROTOCOL_VERSION: Alert = Alert(70);
    /// `unrecognized_name`: the server does not know the name it was asked for.
    pub const UNRECOGNIZED_NAME: Alert = Alert(112);
    /// `certificate_required`: the server wants a client certificate (TLS 1.3).
    pub const CERTIFICATE_REQUIRED: Alert = Alert(116);

    /// The name in the IANA registry "TLS Alerts".
    pub fn name(self) -> String {
        let name = match self.0 {
            0 => "close_notify",
            10 => "unexpected_message",
            20 => "bad_record_mac",
            22 => "record_overflow",
            40 => "handshake_failure",
            42 => "bad_certificate",
            43 => "unsupported_certificate",
            44 => "certificate_revoked",
            45 => "certificate_expired",
            46 => "certificate_unknown",
            47 => "illegal_parameter",
            48 => "unknown_ca",
            49 => "access_denied",
            50 => "decode_error",
            51 => "decrypt_error",
            70 => "protocol_version",
            71 => "insufficient_security",
            80 => "internal_error",
            86 => "inappropriate_fallback",
            90 => "user_canceled",
            109 => "missing_extension",
            110 => "unsupported_extension",
            112 => "unrecognized_name",
            113 => "bad_certificate_status_response",
            115 => "unknown_psk_identity",
            116 => "certificate_required",
            120 => "no_application_protocol",
            other => return format!("alert {other}"),
        };
        name.to_owned()
    }

    /// What the server finds wrong with our certificate; `None` for alerts about something else.
    pub fn about_our_certificate(self) -> Option<&'static str> {
        Some(match self.0 {
            42 => "it does not accept it",
            43 => "it does not take certificates of this kind",
            44 => "it is revoked",
            45 => "it is expired or not yet valid",
            46 => "it does not accept it",
            48 => "it does not know the authority that issued it",
            49 => "it is not allowed here",
            51 => "its signature does not verify",
            _ => return None,
        })
    }

    /// The alert that the text of a TLS library's error names.
    pub fn in_text(text: &str) -> Option<Alert> {
        let (_, number) = text.rsplit_once("SSL alert number ")?;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok().map(Alert)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_found_in_the_librarys_text() {
        let text = "error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:\
                    ssl/record/rec_layer_s3.c:1605:SSL alert number 116";
        assert_eq!(Alert::in_text(text), Some(Alert::CERTIFICATE_REQUIRED));
        assert_eq!(Alert::in_text("SSL alert number 999"), None);
        assert_eq!(Alert::in_text("certificate verify failed"), None);
    }

    #[test]
    fn alerts_have_names() {
        assert_eq!(Alert(48).name(), "unknown_ca");
        assert_eq!(Alert(200).name(), "alert 200");
        assert_eq!(Alert(40).about_our_certificate(), None);
    }
}
