//! Pipelines.

use crate::schema::declare::object;
use crate::schema::kind::{Boolean, Integer, LongText, Text};

object! {
    /// A way that deals take, stage by stage.
    Pipeline = 7 "pipeline" "pipelines" {
        /// The pipeline's name.
        1 name: Text { required, unique, aliases(&["pipeline"]) };
        /// Its place among the pipelines.
        2 order: Integer { default("0"), indexed };
        /// What it is for.
        3 description: LongText;
        /// False for one that takes no new deals.
        4 active: Boolean { default("true") };
    }
    title(&[name]);
}
