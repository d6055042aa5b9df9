//! Validation rules.

use crate::schema::declare::object;
use crate::schema::kind::{Boolean, LongText, Text};

object! {
    /// A condition that every saved record of an object must meet.
    ValidationRule = 26 "validation_rule" "validation rules" {
        /// The rule's name.
        1 name: Text { required, unique };
        /// The name of the object.
        2 object: Text { required, indexed };
        /// The condition, in CEL; a record for which it is false is refused.
        3 condition: LongText { required };
        /// What to tell the user.
        4 message: Text { required };
        /// False for a rule that is switched off.
        5 active: Boolean { default("true") };
    }
    title(&[name]);
    role(Role::Validation(ValidationRole { name, object, condition, message, active }));
}
