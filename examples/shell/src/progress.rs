//! The progress of long work, shown on standard error if that is a terminal.

use std::ops::ControlFlow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Shows how far a job is, until it is dropped.
pub struct Progress(ProgressBar);

impl Progress {
    /// A job whose length is not known.
    pub fn of(what: &str) -> Self {
        Progress::with(
            ProgressBar::new_spinner(),
            what,
            "{spinner} {msg} {human_pos} ({elapsed})",
        )
    }

    /// A job of so many bytes.
    pub fn of_bytes(what: &str, bytes: u64) -> Self {
        Progress::with(
            ProgressBar::new(bytes),
            what,
            "{msg} {wide_bar} {bytes}/{total_bytes} ({eta})",
        )
    }

    fn with(bar: ProgressBar, what: &str, template: &str) -> Self {
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Progress(bar)
    }

    /// Shows how much is done.
    pub fn at(&self, done: u64) -> ControlFlow<()> {
        self.0.set_position(done);
        ControlFlow::Continue(())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
