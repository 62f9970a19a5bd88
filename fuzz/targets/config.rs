//! Lines of a config file: what they add to a command line, or which one is wrong.
//!
//! The input is the text of the file.

use super::assert_visible;

/// Options that a file must never set: they would weaken every session unseen.
const REFUSED: [&str; 2] = ["--insecure", "--show-secrets"];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let options = wscope::config_options(text);
    match &options {
        Ok(options) => options.iter().for_each(|option| assert_harmless(option)),
        Err((number, _)) => assert!((1..=text.lines().count()).contains(number)),
    }
    let below_a_comment = wscope::config_options(&format!("# insecure\n{text}"));
    assert_eq!(below_a_comment, options.map_err(|(number, problem)| (number + 1, problem)));
}

fn assert_harmless(option: &str) {
    assert!(option.starts_with("--") && !option.contains('\n'), "{option:?} is no long option");
    let name = option.split('=').next().unwrap_or_default();
    assert!(!REFUSED.contains(&name), "{option:?} must not stand in a file");
    assert_visible(name);
}
