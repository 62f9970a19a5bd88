//! A piece of work, and doing it once with a program: messages sent, received or sent back, and all of them checked.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::process::Stdio;

use anyhow::{Context, Error, Result, anyhow};

use crate::launch::Figures;
use crate::load::{Kind, Load};
use crate::peer::{Look, Part, Peer};
use crate::pipes::{self, Outcome};
use crate::program::{Program, Way};
use crate::secure::Identity;

/// Where the messages come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// From a file to the peer.
    SendFile,
    /// From a pipe to the peer.
    SendPipe,
    /// From the peer to /dev/null.
    ReceiveToNull,
    /// From the peer to a pipe.
    ReceiveToPipe,
    /// From a file to the peer, and at the same time from the peer to a pipe.
    Echo,
}

/// A piece of work.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    pub flow: Flow,
    pub load: Load,
    pub tls: bool,
}

/// A piece of work whose input is there.
pub struct Prepared<'a> {
    pub work: Work,
    identity: Option<&'a Identity>,
    input: Option<File>,
}

/// stdin or stdout of a program, and the thread at its other end.
type End = (Stdio, Option<Outcome>);

impl Work {
    /// Work without TLS.
    pub fn plain(flow: Flow, load: Load) -> Work {
        Work { flow, load, tls: false }
    }

    /// Puts the input into a file, if it is to be one.
    pub fn prepare(self, identity: &Identity) -> Result<Prepared<'_>> {
        let from_file = matches!(self.flow, Flow::SendFile | Flow::Echo);
        let input = from_file.then(|| self.load.content().to_file()).transpose()?;
        Ok(Prepared { work: self, identity: self.tls.then_some(identity), input })
    }

    /// Whether the peer takes what is sent.
    pub fn sends(&self) -> bool {
        matches!(self.flow, Flow::SendFile | Flow::SendPipe)
    }

    fn way(&self) -> Way {
        match self.flow {
            Flow::SendFile | Flow::SendPipe => Way::Send,
            Flow::ReceiveToNull | Flow::ReceiveToPipe => Way::Receive,
            Flow::Echo => Way::Echo(self.load.count),
        }
    }

    fn part(&self, look: Look) -> Part {
        match self.flow {
            Flow::SendFile | Flow::SendPipe => Part::Sink { load: self.load, look },
            Flow::ReceiveToNull | Flow::ReceiveToPipe => Part::Source { frames: self.load.frames() },
            Flow::Echo => Part::Echo,
        }
    }
}

impl Prepared<'_> {
    /// Does it once, as fast as that goes: what is sent is counted, what is received compared.
    pub fn run(&self, program: &Program) -> Result<Figures> {
        // wscope makes lines into frames of known lengths; how it or another program cuts the rest is its own affair.
        let known = matches!(program, Program::Wscope) && self.work.load.kind == Kind::Text;
        self.run_looking(program, if known { Look::End } else { Look::Headers })
    }

    /// Does it once, and compares every byte.
    pub fn verify(&self, program: &Program) -> Result<Figures> {
        self.run_looking(program, Look::Content)
    }

    fn run_looking(&self, program: &Program, look: Look) -> Result<Figures> {
        let ran = self.try_run(program, look);
        ran.with_context(|| format!("{program:?}, {:?}", self.work))
    }

    fn try_run(&self, program: &Program, look: Look) -> Result<Figures> {
        let peer = Peer::start(self.work.part(look), self.identity.map(Identity::acceptor))?;
        let call = program.call(self.work.way(), self.work.load.kind, peer.port, self.identity);
        let call = call.context("the program cannot do this")?;
        let (stdin, feeder) = self.stdin()?;
        let (stdout, drainer) = self.stdout(program)?;
        let ended = call.start(stdin, stdout)?.finish(0);
        let ends = [drainer, feeder].into_iter().flatten().map(pipes::outcome).chain([peer.finish()]);
        // Whoever gives up first makes the others complain, too: who that was, only all of them tell.
        let complaints: Vec<String> = ends.filter_map(|end| Some(format!("{:#}", end.err()?))).collect();
        if complaints.is_empty() { ended } else { Err(complaint(ended, &complaints)) }
    }

    fn stdin(&self) -> Result<End> {
        if self.work.flow == Flow::SendPipe {
            let (reader, feeder) = pipes::feed(self.work.load.content())?;
            return Ok((reader.into(), Some(feeder)));
        }
        let Some(file) = &self.input else { return Ok((Stdio::null(), None)) };
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file.into(), None))
    }

    fn stdout(&self, program: &Program) -> Result<End> {
        let load = &self.work.load;
        let expected = match (self.work.flow, program) {
            (Flow::SendFile | Flow::SendPipe | Flow::ReceiveToNull, _) => return Ok((Stdio::null(), None)),
            (Flow::ReceiveToPipe, Program::Raw) => load.frames(),
            (Flow::ReceiveToPipe | Flow::Echo, _) => load.content(),
        };
        let (writer, drainer) = pipes::drain(expected)?;
        Ok((writer.into(), Some(drainer)))
    }
}

/// What the program and those at its ends complain of.
fn complaint(ended: Result<Figures>, complaints: &[String]) -> Error {
    let program = ended.err().map(|error| format!("; {error:#}")).unwrap_or_default();
    anyhow!("{}{program}", complaints.join("; "))
}
