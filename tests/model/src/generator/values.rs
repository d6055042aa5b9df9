//! The values of fields.

use super::{EXTRA, Generator};
use crate::automation;
use crate::op::*;

impl Generator {
    fn words(&mut self) -> Val {
        let (a, b) = (self.below(12), self.below(12));
        if self.one_in(8) {
            Val::Veiled(a, b)
        } else {
            Val::Words(a, b)
        }
    }

    /// A few words, or now and then many.
    fn remark(&mut self) -> Val {
        if self.one_in(3) {
            Val::Long(self.below(12), self.rng.u16(0..400))
        } else {
            self.words()
        }
    }

    fn key(&mut self) -> Val {
        Val::Key(self.rng.u16(0..60))
    }

    fn tags(&mut self) -> Val {
        let count = self.below(3);
        Val::Recs((0..count).map(|_| self.of(Kind::Tag)).collect())
    }

    fn about(&mut self) -> Val {
        let kind = [Kind::Company, Kind::Contact, Kind::Deal][usize::from(self.below(3))];
        Val::Rec(self.of(kind))
    }

    fn at(&mut self) -> Val {
        Val::At(self.rng.i32(-2_000..40_000))
    }

    fn amount(&mut self) -> Val {
        let cents = [0, 1, 999, 100_000, 123_456][usize::from(self.below(5))];
        if self.one_in(4) {
            Val::Usd(cents)
        } else {
            Val::Eur(cents)
        }
    }

    fn employees(&mut self) -> Val {
        match self.below(9) {
            0 => Val::Int(automation::UNLUCKY),
            1 => Val::Digits(75),
            2 => Val::Int(1_001),
            3 if self.one_in(4) => Val::Raw("many"),
            _ => Val::Int(self.rng.i64(0..300)),
        }
    }

    /// Values for a record: all that a new one needs, unless something is to be wrong with it.
    pub(super) fn fields(&mut self, kind: Kind, is_new: bool) -> Vals {
        let mut fields = self.needed(kind);
        let wanted = self.wanted(kind);
        for (field, value) in wanted {
            // A reference of a new record may be refused with it.
            let rarely = matches!(value, Val::Rec(_) | Val::Recs(_));
            if !is_new || self.one_in(if rarely { 3 } else { 2 }) {
                fields.push((field, value));
            }
        }
        if self.one_in(40) {
            let wrong = [
                ("no_such_field", Val::Int(1)),
                ("position", Val::Int(1)),
                ("name", Val::Raw(" ")),
                ("owner", Val::Rec(Rec::Of(Kind::Tag, 0))),
                ("weighted_amount", Val::Eur(1)),
                ("status", Val::Raw("nowhere")),
            ];
            fields.push(wrong[self.rng.usize(0..wrong.len())].clone());
        }
        fields
    }

    fn needed(&mut self, kind: Kind) -> Vals {
        match kind {
            Kind::Company | Kind::Pipeline | Kind::Tag | Kind::User | Kind::Document => {
                vec![("name", self.words())]
            }
            Kind::Contact => vec![("name", Val::Name(self.below(12), self.below(12)))],
            Kind::Stage => vec![
                ("name", self.words()),
                ("pipeline", Val::Rec(self.of(Kind::Pipeline))),
                ("order", Val::Int(self.below(9).into())),
                (
                    "kind",
                    Val::Raw(["open", "open", "won", "lost"][usize::from(self.below(4))]),
                ),
                (
                    "probability",
                    Val::Int(
                        [10, 50, 70, 90, 100, 100 + i64::from(self.one_in(8))]
                            [usize::from(self.below(6))],
                    ),
                ),
            ],
            Kind::Deal if self.one_in(3) => vec![
                ("name", self.words()),
                ("pipeline", Val::Rec(self.of(Kind::Pipeline))),
            ],
            Kind::Deal => vec![
                ("name", self.words()),
                ("stage", Val::Rec(self.of(Kind::Stage))),
            ],
            Kind::Task => vec![("subject", self.words())],
            Kind::Reminder => vec![("text", self.words()), ("at", self.at())],
            Kind::Employment => vec![
                ("contact", Val::Rec(self.of(Kind::Contact))),
                ("company", Val::Rec(self.of(Kind::Company))),
            ],
            Kind::DealContact => vec![
                ("deal", Val::Rec(self.of(Kind::Deal))),
                ("contact", Val::Rec(self.of(Kind::Contact))),
            ],
            _ => Vec::new(),
        }
    }

    fn wanted(&mut self, kind: Kind) -> Vals {
        let owner = ("owner", Val::Rec(self.of(Kind::User)));
        match kind {
            Kind::Company => {
                let extra = EXTRA[usize::from(self.below(3))];
                let mut fields = vec![
                    ("parent", Val::Rec(self.of(Kind::Company))),
                    (
                        "industry",
                        Val::Raw(["steel", "wool"][usize::from(self.below(2))]),
                    ),
                    ("employees", self.employees()),
                    ("annual_revenue", self.amount()),
                    ("tags", self.tags()),
                    ("description", self.remark()),
                    ("external_id", self.key()),
                    owner,
                ];
                if self.one_in(3) {
                    let value = match self.below(3) {
                        0 => Val::Digits(self.below(20).into()),
                        1 => Val::Int(self.below(20).into()),
                        _ => self.words(),
                    };
                    fields.push((extra, value));
                }
                fields
            }
            Kind::Contact => vec![
                ("email", Val::Mail(self.rng.u16(0..60))),
                ("company", Val::Rec(self.of(Kind::Company))),
                (
                    "job_title",
                    if self.rng.bool() {
                        self.words()
                    } else {
                        Val::Mail(7)
                    },
                ),
                ("referred_by", Val::Rec(self.of(Kind::Contact))),
                ("tags", self.tags()),
                ("external_id", self.key()),
                owner,
            ],
            Kind::Deal => vec![
                ("stage", Val::Rec(self.of(Kind::Stage))),
                ("amount", self.amount()),
                (
                    "probability",
                    Val::Int(self.rng.i64(0..=101).min(self.rng.i64(90..=101))),
                ),
                ("close_date", Val::Day(self.rng.i16(-3..30))),
                ("company", Val::Rec(self.of(Kind::Company))),
                ("contact", Val::Rec(self.of(Kind::Contact))),
                ("external_id", self.key()),
                owner,
            ],
            Kind::Task => vec![
                ("about", self.about()),
                ("due", self.at()),
                (
                    "status",
                    Val::Raw(["open", "done", "cancelled", "started"][usize::from(self.below(4))]),
                ),
                ("priority", Val::Raw("high")),
                owner,
            ],
            Kind::Note => vec![
                ("subject", self.words()),
                ("about", self.about()),
                ("at", self.at()),
                ("body", self.words()),
                ("pinned", Val::Bool(self.rng.bool())),
            ],
            Kind::Document => vec![
                ("about", self.about()),
                ("at", self.at()),
                ("media_type", Val::Raw("text/plain")),
                ("description", self.remark()),
                owner,
            ],
            Kind::Reminder => vec![
                ("about", self.about()),
                ("at", self.at()),
                (
                    "status",
                    Val::Raw(["waiting", "due", "acknowledged"][usize::from(self.below(3))]),
                ),
                owner,
            ],
            Kind::Employment => vec![
                ("role", self.words()),
                ("primary", Val::Bool(self.rng.bool())),
                ("former", Val::Bool(self.rng.bool())),
                ("since", Val::Day(self.rng.i16(-10..5))),
                ("until", Val::Day(self.rng.i16(-3..10))),
            ],
            Kind::DealContact => vec![
                ("role", self.words()),
                ("primary", Val::Bool(self.rng.bool())),
            ],
            Kind::Tag => vec![("color", Val::Raw("red"))],
            Kind::User => vec![
                ("email", Val::Mail(self.rng.u16(0..60))),
                ("manager", Val::Rec(self.of(Kind::User))),
                ("active", Val::Bool(!self.one_in(4))),
            ],
            Kind::Pipeline => vec![("order", Val::Int(self.below(9).into()))],
            _ => Vec::new(),
        }
    }
}
