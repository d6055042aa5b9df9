//! Is there an order of the calls, each at one moment between its beginning and its end, in which one caller after
//! the other would have been told the same? The numbers of the commits say in which order to look.

use std::collections::BTreeMap;

use super::{Call, Figures, History};
use crate::answer::{Answer, Oracle};
use crate::model::Model;

/// What no order explains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly(pub String);

/// What is known of a call that made no commit.
struct Pending<'h> {
    at: usize,
    call: &'h Call,
    /// The states that may explain its answer, by the number of the last commit.
    from: u64,
    to: u64,
    explained_by: Vec<u64>,
}

impl History {
    /// Judges the history.
    ///
    /// # Errors
    /// The first thing that no order explains.
    pub fn check(&self) -> Result<Figures, Anomaly> {
        let by_commit = self.claims()?;
        let mut model = self.start.clone();
        let mut pending = self.pending();
        let mut figures = Figures {
            commits: by_commit.len(),
            ..Figures::default()
        };
        self.explain(&mut pending, &model);
        for (sequence, (commit, oracle)) in &self.commits {
            let call = by_commit[sequence];
            self.check_reads(call, &model)?;
            let mut oracle = oracle.clone();
            let answer = model.call(&call.step, self.now, &mut oracle);
            if answer != call.answer {
                return Err(anomaly(
                    call,
                    &format!("in its turn it would have been told {answer:?}"),
                ));
            }
            let expected = model.log.last().map(|commit| (**commit).clone().sorted());
            if expected.as_ref() != Some(commit) {
                let what = format!("the feed says {commit:?}, the model {expected:?}");
                return Err(anomaly(call, &what));
            }
            self.explain(&mut pending, &model);
        }
        for one in &pending {
            let is_read = !matches!(one.call.answer, Answer::Refused(_) | Answer::Changed(_));
            figures.reads += usize::from(is_read);
            figures.refused += usize::from(!is_read);
            figures.concurrent += usize::from(one.from < one.to);
        }
        self.check_order(&pending)?;
        if !self.is_sound {
            return Err(Anomaly("the engine's check finds something".to_owned()));
        }
        Ok(figures)
    }

    /// Whose each commit is.
    fn claims(&self) -> Result<BTreeMap<u64, &Call>, Anomaly> {
        let mut claims: BTreeMap<u64, &Call> = BTreeMap::new();
        // A repetition of a batch is told what the first one did: the first to have begun is the one that did it,
        // unless it ended before the others began.
        for call in &self.calls {
            let Some(commit) = call.commit() else {
                continue;
            };
            if !self.commits.contains_key(&commit) {
                if commit > self.start.sequence() {
                    return Err(anomaly(call, "the feed does not have its commit"));
                }
                continue;
            }
            if let Some(other) = claims.insert(commit, call)
                && (other.answer != call.answer || other.step != call.step)
            {
                return Err(anomaly(
                    call,
                    &format!("its commit is also that of {other:?}"),
                ));
            }
            if let Some(first) = self.first_to_claim(commit) {
                claims.insert(commit, first);
            }
        }
        match self
            .commits
            .keys()
            .find(|commit| !claims.contains_key(commit))
        {
            Some(commit) => Err(Anomaly(format!("commit {commit} is nobody's"))),
            None => Ok(claims),
        }
    }

    /// Of several calls that are told of one commit, that which made it ended first.
    fn first_to_claim(&self, commit: u64) -> Option<&Call> {
        let claim = self
            .calls
            .iter()
            .filter(|call| call.commit() == Some(commit));
        claim.min_by_key(|call| call.ended)
    }

    /// The calls that made no commit, with the states that were there while they ran.
    fn pending(&self) -> Vec<Pending<'_>> {
        let first = self.start.sequence();
        let mut pending = Vec::new();
        for (at, call) in self.calls.iter().enumerate() {
            let made = call.commit();
            let is_repetition = made.is_some_and(|commit| {
                self.first_to_claim(commit)
                    .is_some_and(|one| one.begun != call.begun)
            });
            if made.is_some() && !is_repetition {
                continue;
            }
            let acknowledged = self.calls.iter().filter(|other| other.ended < call.begun);
            let from = acknowledged.filter_map(Call::commit).max().unwrap_or(first);
            let begun = self.calls.iter().filter(|other| other.begun < call.ended);
            let to = begun.filter_map(Call::commit).max().unwrap_or(first);
            pending.push(Pending {
                at,
                call,
                from: from.max(first),
                to: to.max(first),
                explained_by: Vec::new(),
            });
        }
        pending
    }

    /// Notes the calls whose answers a state explains.
    fn explain(&self, pending: &mut [Pending<'_>], model: &Model) {
        let sequence = model.sequence();
        for one in pending {
            if (one.from..=one.to).contains(&sequence) {
                let mut copy = model.clone();
                let answer = copy.call(&one.call.step, self.now, &mut Oracle::default());
                let reads_hold = self.check_reads(one.call, model).is_ok();
                let is_refusal = matches!(answer, Answer::Refused(_));
                if answer == one.call.answer && (reads_hold || is_refusal) {
                    one.explained_by.push(sequence);
                }
            }
        }
    }

    fn check_reads(&self, call: &Call, model: &Model) -> Result<(), Anomaly> {
        for (record, field, value) in &call.reads {
            let now = model
                .flat(*record)
                .and_then(|fields| fields.get(*field).cloned());
            if now.as_ref() != Some(value) {
                let what = format!(
                    "before its commit {field} of {record:?} was {now:?}, not {value:?} as it had read"
                );
                return Err(anomaly(call, &what));
            }
        }
        Ok(())
    }

    /// No call comes before one that had ended when it began.
    fn check_order(&self, pending: &[Pending<'_>]) -> Result<(), Anomaly> {
        let mut points: Vec<(u64, u64)> = Vec::with_capacity(self.calls.len());
        let mut pending = pending.iter().peekable();
        for (at, call) in self.calls.iter().enumerate() {
            let ended = points.iter().filter(|(ended, _)| *ended < call.begun);
            let least = ended.map(|(_, point)| *point).max().unwrap_or(0);
            let point = match pending.next_if(|one| one.at == at) {
                Some(one) => {
                    let found = one.explained_by.iter().find(|point| **point >= least);
                    *found.ok_or_else(|| {
                        let (from, to) = (one.from, one.to);
                        let by = &one.explained_by;
                        let what = format!("the states from {from} to {to} that explain it are {by:?}, and {least} had been seen");
                        anomaly(call, &what)
                    })?
                }
                None => {
                    let commit = call.commit().unwrap_or_default();
                    if commit <= least {
                        return Err(anomaly(
                            call,
                            &format!("{least} had been seen before it began"),
                        ));
                    }
                    commit
                }
            };
            points.push((call.ended, point));
        }
        Ok(())
    }
}

fn anomaly(call: &Call, what: &str) -> Anomaly {
    Anomaly(format!("{what}: {call:?}"))
}
