//! What an operation may do, to whom, and who may ask for it: what permissions, approvals and the tools of assistants
//! are made from.

/// The terms of an operation. Each declaration states all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What it does.
    pub effect: Effect,
    /// Whether what it did can be taken back.
    pub undo: Undo,
    /// How far it may go without a person.
    pub autonomy: Autonomy,
    /// What a caller must be allowed to do.
    pub duty: Duty,
}

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It reads.
    Reads,
    /// It changes records, in one transaction, and reaches nothing else.
    Changes,
    /// It sends something out of the database, such as a file or a message.
    Sends,
}

impl Effect {
    /// Its name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Effect::Reads => "reads",
            Effect::Changes => "changes",
            Effect::Sends => "sends",
        }
    }
}

/// Whether what an operation did can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// There is nothing to take back.
    Nothing,
    /// [`Session::undo`](crate::Session::undo) takes it back, where it was done under a name.
    ByName,
    /// It cannot be taken back.
    Never,
}

impl Undo {
    /// Its name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Undo::Nothing => "nothing",
            Undo::ByName => "by_name",
            Undo::Never => "never",
        }
    }
}

/// How far an operation may go without a person, such as when an assistant asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Autonomy {
    /// It is done without asking anybody.
    ByItself,
    /// A person has to confirm it first.
    Confirmed,
    /// Only a person asks for it.
    PersonOnly,
}

impl Autonomy {
    /// Its name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Autonomy::ByItself => "by_itself",
            Autonomy::Confirmed => "confirmed",
            Autonomy::PersonOnly => "person_only",
        }
    }
}

/// What a caller must be allowed to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// To read and write records; the rights to each of these records and their fields decide.
    Records(&'static [Access]),
    /// An administrative duty.
    Administer(Administration),
}

/// What is done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// They are read.
    Read(Of),
    /// They are created or changed.
    Write(Of),
}

/// Which records are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Those of an object, by its name.
    Object(&'static str),
    /// Those that an argument names: the record that it refers to, or those of the object that it says.
    Argument(&'static str),
}

/// Duties that are not about single records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administration {
    /// To make copies of the whole database.
    Backup,
}

impl Administration {
    /// Its name in snake case.
    pub const fn name(self) -> &'static str {
        match self {
            Administration::Backup => "backup",
        }
    }
}
