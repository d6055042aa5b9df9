//! Processes that take turns: which of them goes on before each step is drawn by lot.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use fastrand::Rng;

/// The turns of one of several processes, each a thread of its own.
#[derive(Debug, Clone)]
pub struct Turns {
    shared: Arc<Shared>,
    process: usize,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    /// Which processes have not ended.
    running: Vec<bool>,
    turn: usize,
    steps: u64,
}

impl Turns {
    /// Those of so many processes, in an order that a seed gives.
    pub fn of(processes: usize, seed: u64) -> Vec<Turns> {
        let mut rng = Rng::with_seed(seed);
        let turn = rng.usize(0..processes);
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                rng,
                running: vec![true; processes],
                turn,
                steps: 0,
            }),
            changed: Condvar::new(),
        });
        let turns = |process| Turns {
            shared: Arc::clone(&shared),
            process,
        };
        (0..processes).map(turns).collect()
    }

    /// Which of the processes it is, from 0.
    pub fn process(&self) -> usize {
        self.process
    }

    /// Gives the turn to one of the processes, perhaps to this one, and waits for it.
    pub fn wait(&self) {
        let mut state = self.lock();
        if state.turn == self.process {
            state.pass_on();
            self.shared.changed.notify_all();
        }
        while state.turn != self.process {
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The process has ended.
    pub fn end(&self) {
        let mut state = self.lock();
        state.running[self.process] = false;
        if state.turn == self.process {
            state.pass_on();
        }
        self.shared.changed.notify_all();
    }

    /// How many steps all of them have made.
    pub fn steps(&self) -> u64 {
        self.lock().steps
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        let state = self.shared.state.lock();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn pass_on(&mut self) {
        self.steps += 1;
        let running: Vec<usize> = (0..self.running.len())
            .filter(|process| self.running[*process])
            .collect();
        if !running.is_empty() {
            self.turn = running[self.rng.usize(0..running.len())];
        }
    }
}
