//! Stages.

use rust_decimal::Decimal;

use super::Pipeline;
use crate::error::{Error, Result};
use crate::schema::declare::{choices, object};
use crate::schema::kind::{Integer, OneOf, Percent, Text, To};
use crate::schema::{Object, Save};

choices! {
    /// What it means for a deal to be in a stage.
    StageKind {
        /// The deal is under way.
        Open = "open" "Open",
        /// The deal is won.
        Won = "won" "Won",
        /// The deal is lost.
        Lost = "lost" "Lost",
    }
}

object! {
    /// A step of a pipeline.
    Stage = 8 "stage" "stages" {
        /// The stage's name.
        1 name: Text { required, indexed, aliases(&["stage"]) };
        /// The pipeline.
        2 pipeline: To<Pipeline> { required, indexed, on_delete(OnDelete::Cascade) };
        /// Its place in the pipeline, ascending.
        3 order: Integer { required };
        /// What it means for a deal to be here. Deals that are here follow a change of it, as they do one of the
        /// pipeline and of the probability.
        4 kind: OneOf<StageKind> { required, default("open") };
        /// The chance, in percent, that a deal in this stage is won.
        5 probability: Percent { required };
        /// After how many days without a movement a deal counts as stalled.
        6 stalls_after_days: Integer;
    }
    /// One stage of a name in a pipeline.
    200 one_name: unique(pipeline, name);
    /// The stages of a pipeline, in their order.
    201 by_order: index(pipeline, order) covering(name, kind, probability);
    title(&[name]);
    hook(check_probability);
}

fn check_probability(save: &mut Save<'_, Stage>) -> Result<()> {
    chance(save.get(Stage::PROBABILITY))
        .map_err(|error| error.at_field(Stage::TYPE_NAME, Stage::PROBABILITY.name()))
}

/// Checks that a percentage is a chance.
pub(super) fn chance(percent: Option<Decimal>) -> Result<()> {
    match percent {
        Some(number) if number.is_sign_negative() || number > Decimal::ONE_HUNDRED => {
            Err(Error::invalid(number, "a chance is 0 to 100 percent"))
        }
        _ => Ok(()),
    }
}
