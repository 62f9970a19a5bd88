//! Where no commands can be run.

use std::convert::Infallible;

use anyhow::Result;

use super::super::behaviour::Behaviour;
use super::{ExecArgs, ServerFacts};
use crate::command::Fault;
use crate::session::{Control, LinkId};
use crate::wire::Kind;

/// Nobody can have one.
pub struct Exec(Infallible);

impl Exec {
    /// Refuses.
    pub fn new(_args: &ExecArgs, _raw: bool, _server: ServerFacts) -> Result<Exec> {
        Err(Fault::usage("a command for each connection can be run on Unix only").into())
    }
}

impl Behaviour for Exec {
    fn message(&mut self, _control: &mut Control<'_>, _link: LinkId, _kind: Kind, _payload: &[u8]) {
        match self.0 {}
    }
}
