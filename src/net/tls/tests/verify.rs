//! Which certificates are accepted for which host, and how refusals read.

use std::sync::mpsc;
use std::time::Duration;

use openssl::ssl::NameType;
use rcgen::{
    CustomExtension, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints,
    SanType, date_time_ymd,
};

use super::super::Fault;
use super::*;

fn fault(error: &Error) -> Fault {
    match error {
        Error::Certificate(rejection) => rejection.fault.clone(),
        other => panic!("not about the certificate: {other}"),
    }
}

#[test]
fn names_and_addresses_that_match_are_accepted() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let leaf = root.leaf(&["ex.test", "*.ex.test", "localhost", "127.0.0.1", "::1"]);
    let address = serve(leaf.acceptor(&[]));
    for host in ["ex.test", "EX.Test", "a.ex.test", "localhost.", "127.0.0.1", "::1", "[::1]"] {
        let (_, facts) = connect(&files.trusting(&root), address, host).expect(host);
        assert!(facts.verified);
        assert_eq!((facts.subject.as_str(), facts.issuer.as_str()), ("CN=leaf", "CN=root"));
        assert_eq!(facts.names, ["ex.test", "*.ex.test", "localhost", "127.0.0.1", "::1"]);
    }
}

#[test]
fn names_and_addresses_that_do_not_match_are_listed() {
    let (files, root) = (Files::new(), Authority::root("root"));
    for (names, host) in [
        (&["other.test", "127.0.0.1"][..], "ex.test"),
        (&["*.ex.test"], "a.b.ex.test"),
        (&["*.ex.test"], "ex.test"),
        (&["*"], "localhost"),
        (&["a*.ex.test"], "ab.ex.test"),
        (&["ex.test", "127.0.0.2"], "127.0.0.1"),
    ] {
        let address = serve(root.leaf(names).acceptor(&[]));
        let error = error(&files.trusting(&root), address, host);
        assert_eq!(fault(&error), Fault::WrongName, "{names:?} for {host}");
        assert_eq!(
            error.to_string(),
            format!("the certificate is not for {host} but for {}", names.join(", "))
        );
        assert!(error.hint().unwrap().contains("--sni"));
    }
}

#[test]
fn an_address_as_a_dns_name_proves_nothing() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut params = leaf_params(&[]);
    params.subject_alt_names = vec![SanType::DnsName("127.0.0.1".try_into().unwrap())];
    let address = serve(root.sign(&params).acceptor(&[]));
    assert_eq!(fault(&error(&files.trusting(&root), address, "127.0.0.1")), Fault::WrongName);
}

#[test]
fn many_names_are_cut_and_stay_raw() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut names: Vec<String> = (0..14).map(|number| format!("n{number}.test")).collect();
    names[0] = "evil\x1b[2J.test".to_owned();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = error(&files.trusting(&root), serve(root.leaf(&names).acceptor(&[])), "ex.test").to_string();
    assert!(text.contains("but for evil\x1b[2J.test, n1.test"), "{text}");
    assert!(text.ends_with("n9.test and 4 more"), "{text}");
}

#[test]
fn a_common_name_alone_is_refused() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut params = leaf_params(&[]);
    params.distinguished_name = common_name("ex.test");
    let address = serve(root.sign(&params).acceptor(&[]));
    for host in ["ex.test", "other.test", "127.0.0.1"] {
        let error = error(&files.trusting(&root), address, host);
        assert_eq!(fault(&error), Fault::CommonNameOnly, "{host}");
        assert_eq!(
            error.to_string(),
            "the certificate names its host only in the subject (CN=ex.test), not in a subjectAltName (RFC 9525 §2)"
        );
    }
}

#[test]
fn dates_are_told() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut params = leaf_params(&["ex.test"]);
    params.not_before = date_time_ymd(2001, 2, 3);
    params.not_after = date_time_ymd(2004, 5, 6);
    let old = error(&files.trusting(&root), serve(root.sign(&params).acceptor(&[])), "ex.test");
    assert_eq!(fault(&old), Fault::Expired);
    let dates = "it is valid from 2001-02-03 00:00:00 UTC to 2004-05-06 00:00:00 UTC";
    assert_eq!(old.to_string(), format!("the certificate CN=leaf has expired: {dates}"));

    params.not_before = date_time_ymd(2901, 2, 3);
    params.not_after = date_time_ymd(2904, 5, 6);
    let early = error(&files.trusting(&root), serve(root.sign(&params).acceptor(&[])), "ex.test");
    assert_eq!(fault(&early), Fault::NotYetValid);
    let dates = "it is valid from 2901-02-03 00:00:00 UTC to 2904-05-06 00:00:00 UTC";
    assert_eq!(early.to_string(), format!("the certificate CN=leaf is not yet valid: {dates}"));
}

#[test]
fn an_expired_intermediate_is_the_one_named() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut params = authority_params("old middle");
    (params.not_before, params.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2002, 1, 1));
    let key = KeyPair::generate().unwrap();
    let pem = params.signed_by(&key, &root.issuer).unwrap().pem();
    let middle = Authority { pem, issuer: Issuer::new(params, key) };
    let error =
        error(&files.trusting(&root), serve(middle.leaf(&["ex.test"]).acceptor(&[&middle])), "ex.test");
    assert!(error.to_string().starts_with("the certificate CN=old middle has expired"), "{error}");
}

#[test]
fn self_signed_untrusted_root_and_missing_intermediate_are_told_apart() {
    let (files, trusted) = (Files::new(), Authority::root("trusted"));
    let options = files.trusting(&trusted);
    let stranger = Authority::root("stranger");
    let strange_middle = stranger.intermediate("strange middle");
    let middle = trusted.intermediate("middle");
    let unrelated = trusted.intermediate("unrelated");
    for (acceptor, expected, text) in [
        (
            Leaf::self_signed(&["ex.test"]).acceptor(&[]),
            Fault::SelfSigned,
            "the certificate is self-signed and not trusted (CN=leaf)",
        ),
        (
            stranger.leaf(&["ex.test"]).acceptor(&[&stranger]),
            Fault::UntrustedRoot,
            "the root certificate of the chain is not trusted (CN=stranger)",
        ),
        (
            strange_middle.leaf(&["ex.test"]).acceptor(&[&strange_middle]),
            Fault::UntrustedRoot,
            "the root certificate of the chain is not trusted (CN=stranger)",
        ),
        (
            middle.leaf(&["ex.test"]).acceptor(&[&unrelated]),
            Fault::MissingIntermediate,
            "the server leaves out an intermediate certificate (CN=middle)",
        ),
        (
            middle.leaf(&["ex.test"]).acceptor(&[]),
            Fault::UnknownIssuer,
            "the issuer CN=middle is not trusted, and the server sent only its own certificate: either that root is \
             not trusted here, or the server leaves out an intermediate certificate",
        ),
    ] {
        let error = error(&options, serve(acceptor), "ex.test");
        assert_eq!((fault(&error), error.to_string()), (expected, text.to_owned()));
        assert!(error.hint().unwrap().contains("--cacert FILE"));
    }
}

#[test]
fn a_public_authoritys_leaf_alone_is_a_missing_intermediate() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let middle = root.intermediate("middle");
    let mut params = leaf_params(&["ex.test"]);
    // authorityInfoAccess with caIssuers http://a
    let value = b"\x30\x16\x30\x14\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x08http://a".to_vec();
    let oid = [1, 3, 6, 1, 5, 5, 7, 1, 1];
    params.custom_extensions.push(CustomExtension::from_oid_content(&oid, value));
    let address = serve(middle.sign(&params).acceptor(&[]));
    assert_eq!(fault(&error(&files.trusting(&root), address, "ex.test")), Fault::MissingIntermediate);
}

#[test]
fn a_whole_chain_is_accepted() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let middle = root.intermediate("middle");
    let address = serve(middle.leaf(&["ex.test"]).acceptor(&[&middle]));
    connect(&files.trusting(&root), address, "ex.test").unwrap();
}

#[test]
fn certificates_for_another_purpose_or_from_no_authority_are_refused() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let mut client_only = leaf_params(&["ex.test"]);
    client_only.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let not_an_authority = {
        let (mut params, key) = (authority_params("no authority"), KeyPair::generate().unwrap());
        params.is_ca = IsCa::ExplicitNoCa;
        let pem = params.signed_by(&key, &root.issuer).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    };
    let constrained = {
        let (mut params, key) = (authority_params("constrained"), KeyPair::generate().unwrap());
        let permitted_subtrees = vec![GeneralSubtree::DnsName("other.test".to_owned())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
        let pem = params.signed_by(&key, &root.issuer).unwrap().pem();
        Authority { pem, issuer: Issuer::new(params, key) }
    };
    let mut unknown_critical = leaf_params(&["ex.test"]);
    let mut extension = CustomExtension::from_oid_content(&[1, 3, 9, 9], vec![5, 0]);
    extension.set_criticality(true);
    unknown_critical.custom_extensions.push(extension);
    for acceptor in [
        root.sign(&client_only).acceptor(&[]),
        not_an_authority.leaf(&["ex.test"]).acceptor(&[&not_an_authority]),
        constrained.leaf(&["ex.test"]).acceptor(&[&constrained]),
        root.sign(&unknown_critical).acceptor(&[]),
    ] {
        let error = error(&files.trusting(&root), serve(acceptor), "ex.test");
        assert!(matches!(fault(&error), Fault::Other(_)), "{error}");
        assert!(error.to_string().starts_with("the certificate does not verify: "), "{error}");
    }
}

#[test]
fn insecure_accepts_all_of_it_and_says_so() {
    let options = Options { insecure: true, ..Options::default() };
    let mut expired = leaf_params(&[]);
    expired.not_after = date_time_ymd(2004, 5, 6);
    expired.not_before = date_time_ymd(2003, 5, 6);
    expired.distinguished_name.push(DnType::OrganizationName, "An Organization");
    let address = serve(Authority::root("stranger").sign(&expired).acceptor(&[]));
    let (_, facts) = connect(&options, address, "ex.test").unwrap();
    assert!(!facts.verified);
    assert_eq!(facts.subject, "O=An Organization, CN=leaf");
    let days = facts.not_after.unwrap().duration_since(facts.not_before.unwrap()).unwrap();
    assert_eq!(days, Duration::from_secs(366 * 24 * 3600));
}

#[test]
fn the_given_name_is_sent_and_verified_in_place_of_the_host() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let (names, asked) = mpsc::channel();
    let address = serve_with(root.leaf(&["inner.test"]).acceptor(&[]), move |stream| {
        names.send(stream.ssl().servername(NameType::HOST_NAME).map(str::to_owned)).unwrap();
    });
    let options = Options { sni: Some("inner.test.".to_owned()), ..files.trusting(&root) };
    connect(&options, address, "127.0.0.1").unwrap();
    assert_eq!(asked.recv_timeout(PATIENCE).unwrap().as_deref(), Some("inner.test"));

    let other = Options { sni: Some("other.test".to_owned()), ..files.trusting(&root) };
    assert!(matches!(connect(&other, address, "inner.test"), Err(Error::Certificate(_))));
}

#[test]
fn names_are_sent_without_the_dot_and_addresses_not_at_all() {
    let (files, root) = (Files::new(), Authority::root("root"));
    let (names, asked) = mpsc::channel();
    let leaf = root.leaf(&["localhost", "127.0.0.1"]);
    let address = serve_with(leaf.acceptor(&[]), move |stream| {
        names.send(stream.ssl().servername(NameType::HOST_NAME).map(str::to_owned)).unwrap();
    });
    for (host, sent) in [("localhost.", Some("localhost")), ("127.0.0.1", None)] {
        connect(&files.trusting(&root), address, host).unwrap();
        assert_eq!(asked.recv_timeout(PATIENCE).unwrap().as_deref(), sent);
    }
}

#[test]
fn trusted_files_may_hold_several_certificates_or_der_and_replace_the_systems() {
    let (files, root, other) = (Files::new(), Authority::root("root"), Authority::root("other"));
    let address = serve(root.leaf(&["ex.test"]).acceptor(&[]));
    let both = format!("some text\n{}\n{}", other.pem, root.pem);
    let der = X509::from_pem(root.pem.as_bytes()).unwrap().to_der().unwrap();
    for path in [files.write("both.pem", both), files.write("root.der", der)] {
        connect(&Options { cacert: Some(path), ..Options::default() }, address, "ex.test").unwrap();
    }
}

#[test]
fn trusted_files_that_hold_none_are_named() {
    let files = Files::new();
    let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    for (content, text) in [
        ("", "it is empty"),
        ("garbage", "it holds no certificate, neither PEM nor DER"),
        (broken, "its certificate 1: "),
    ] {
        let path = files.write("roots.pem", content);
        let options = Options { cacert: Some(path.clone()), ..Options::default() };
        let error = Connector::new(&options).map(|_| ()).unwrap_err();
        assert!(matches!(&error, Error::Trust { path: named, .. } if *named == path));
        assert!(error.to_string().contains(text), "{error}");
    }
    let missing = Options { cacert: Some(files.0.path().join("none.pem")), ..Options::default() };
    let error = Connector::new(&missing).map(|_| ()).unwrap_err();
    assert!(
        matches!(&error, Error::File { .. }) && error.to_string().starts_with("could not read "),
        "{error}"
    );
    assert!(!error.to_string().contains("os error"), "{error}");
}
