//! Tables of offers and answers, and what must come of each.

use super::*;

fn judge(answer: &str, offers: &[&str]) -> Result<(u8, bool, u8, bool), String> {
    let offers = offers.iter().map(|offer| offer.as_bytes());
    let agreed = accept(answer.as_bytes(), offers).map_err(|bad| bad.to_string())?;
    let ((client, client_takes), (server, server_takes)) = (agreed.of(Role::Client), agreed.of(Role::Server));
    Ok((client, client_takes, server, server_takes))
}

#[test]
fn good_answers_agree_on_what_they_say() {
    // What follows the name in the answer; window and context takeover of the client, then of the server.
    let rows = [
        ("", (15, true, 15, true)),
        ("; server_no_context_takeover", (15, true, 15, false)),
        ("; client_no_context_takeover", (15, false, 15, true)),
        ("; server_max_window_bits=8", (15, true, 8, true)),
        ("; server_max_window_bits=12", (15, true, 12, true)),
        ("; client_max_window_bits=8", (8, true, 15, true)),
        ("; client_max_window_bits=10", (10, true, 15, true)),
        (" ;client_max_window_bits = 15 ; SERVER_max_window_bits=\"9\"", (15, true, 9, true)),
        (
            "; client_max_window_bits=\"11\"; server_no_context_takeover; client_no_context_takeover",
            (11, false, 15, false),
        ),
    ];
    for (parameters, expected) in rows {
        let got = judge(&format!("{NAME}{parameters}"), &[OFFER]);
        assert_eq!(got, Ok(expected), "{parameters}");
    }
    assert_eq!(judge("PerMessage-Deflate", &["permessage-deflate"]), Ok((15, true, 15, true)));
}

#[test]
fn bad_answers_are_refused_with_the_rule() {
    let rows = [
        ("; x", "the parameter \"x\" is unknown (RFC 7692 §7.1)"),
        (";", "the parameter \"\" is unknown (RFC 7692 §7.1)"),
        ("; \x1b=1", "the parameter \"\\x1b\" is unknown (RFC 7692 §7.1)"),
        ("; server_no_context_takeover; server_no_context_takeover", "is there twice (RFC 7692 §7.1)"),
        ("; client_no_context_takeover; client_no_context_takeover", "is there twice (RFC 7692 §7.1)"),
        ("; server_max_window_bits=9; server_max_window_bits=9", "is there twice (RFC 7692 §7.1)"),
        ("; client_max_window_bits=9; client_max_window_bits=10", "is there twice (RFC 7692 §7.1)"),
        ("; server_no_context_takeover=1", "has a value, which it must not (RFC 7692 §7.1.1.1)"),
        ("; client_no_context_takeover=", "has a value, which it must not (RFC 7692 §7.1.1.2)"),
        ("; server_max_window_bits", "server_max_window_bits has no value (RFC 7692 §7.1.2.1)"),
        ("; server_max_window_bits=", "server_max_window_bits has no value (RFC 7692 §7.1.2.1)"),
        ("; client_max_window_bits", "client_max_window_bits has no value (RFC 7692 §7.1.2.2)"),
        ("; client_max_window_bits=\"\"", "client_max_window_bits has no value (RFC 7692 §7.1.2.2)"),
    ];
    for (parameters, words) in rows {
        let error = judge(&format!("{NAME}{parameters}"), &[OFFER]).unwrap_err();
        assert!(error.ends_with(words), "{parameters}: {error}");
    }
    for value in ["7", "16", "0", "08", "010", "+9", "-9", "9.0", "1", "155", "a", "\"9", "9\"", "٩", "1 0"]
    {
        for name in [SERVER_BITS, CLIENT_BITS] {
            let error = judge(&format!("{NAME}; {name}={value}"), &[OFFER]).unwrap_err();
            assert!(error.contains("is not a number from 8 to 15 (RFC 7692 §7.1.2."), "{value}: {error}");
        }
    }
}

#[test]
fn an_answer_must_fit_the_offer() {
    let rows = [
        ("", "; client_max_window_bits=9", "client_max_window_bits was not offered (RFC 7692 §7.1.2.2)"),
        ("; server_no_context_takeover", "", "asked for and is missing (RFC 7692 §7.1.1.1)"),
        ("; server_max_window_bits=10", "", "asked for and is missing (RFC 7692 §7.1.2.1)"),
        ("; server_max_window_bits=10", "; server_max_window_bits=11", "is more than the 10 asked for"),
    ];
    for (offer, answer, words) in rows {
        let error = judge(&format!("{NAME}{answer}"), &[&format!("{NAME}{offer}")]).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(judge(NAME, &["x-other"]).unwrap_err(), "it was not offered (RFC 7692 §5)");
    let two = ["permessage-deflate; server_max_window_bits=9", "permessage-deflate"];
    assert_eq!(judge(NAME, &two), Ok((15, true, 15, true)), "the second offer is the one that was answered");
    let promised = ["permessage-deflate; client_no_context_takeover; client_max_window_bits=10"];
    assert_eq!(judge(NAME, &promised), Ok((10, false, 15, true)), "an offer binds who makes it");
    let unruly = ["permessage-deflate; nonsense; client_max_window_bits=99"];
    let answer = "permessage-deflate; client_max_window_bits=9";
    assert_eq!(judge(answer, &unruly), Ok((9, true, 15, true)));
}

#[test]
fn a_server_takes_the_first_offer_it_can_meet() {
    let rows: [(&[&str], Option<&str>); 9] = [
        (&[], None),
        (&["x-other"], None),
        (&[NAME], Some("permessage-deflate")),
        (&[OFFER], Some("permessage-deflate")),
        (&["permessage-deflate; unknown", OFFER], Some("permessage-deflate")),
        (&["permessage-deflate; server_max_window_bits=8"], None),
        (
            &["permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=9"],
            Some("permessage-deflate; server_max_window_bits=9"),
        ),
        (
            &["permessage-deflate; client_no_context_takeover; server_no_context_takeover"],
            Some("permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
        ),
        (&["permessage-deflate; server_no_context_takeover=x"], None),
    ];
    for (offers, expected) in rows {
        let chosen = answer(offers.iter().map(|offer| offer.as_bytes()));
        assert_eq!(chosen.as_ref().map(|(_, answer)| &answer[..]), expected, "{offers:?}");
        if let Some((agreed, answer)) = chosen {
            let seen = accept(answer.as_bytes(), offers.iter().map(|offer| offer.as_bytes())).unwrap();
            assert_eq!(seen, agreed, "both ends agree: {offers:?}");
        }
    }
}

#[test]
fn an_offer_is_checked_before_it_is_sent() {
    assert_eq!(check_offer(OFFER), Ok(()));
    assert_eq!(check_offer("permessage-deflate; client_max_window_bits=9"), Ok(()));
    assert!(check_offer("permessage-deflate; window=9").is_err());
    assert!(check_offer("deflate-frame").is_err());
}
