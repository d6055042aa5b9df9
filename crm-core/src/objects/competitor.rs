//! Competitors.

use super::{Deal, Tag, User};
use crate::schema::declare::object;
use crate::schema::kind::{Domain, LongText, Many, Money, Text, To, Url};

object! {
    /// A company that sells what we sell.
    Competitor = 29 "competitor" "competitors" {
        /// The name by which people know it.
        1 name: Text { required, unique, search(8), aliases(&["competitor", "company"]) };
        /// Its website.
        2 website: Url { aliases(&["url"]) };
        /// Its host name.
        3 domain: Domain { indexed, search(4) };
        /// What it does better.
        4 strengths: LongText { search(1) };
        /// What we do better.
        5 weaknesses: LongText { search(1) };
        /// Its usual price.
        6 price: Money { indexed };
        /// The deals in which we met it.
        7 deals: Many<To<Deal>> { indexed };
        /// Who watches it.
        8 owner: To<User> { indexed };
        /// Words that mark it.
        9 tags: Many<To<Tag>> { indexed };
    }
    title(&[name]);
}
