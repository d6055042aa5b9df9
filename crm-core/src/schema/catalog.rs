//! All object types of a database, by number and by name.

use std::collections::{HashMap, HashSet};

use super::field::FieldDef;
use super::membership::{MembershipDef, Period};
use super::object::ObjectDef;
use super::role::{ExchangeRateRole, Role, SettingsRole, ValidationRole};
use crate::error::{Detail, Error, Result, nearest};

/// What a version of the engine declares.
pub(crate) struct Declared {
    /// The standard objects.
    pub standard: Vec<ObjectDef>,
    /// Standard objects of earlier versions, which only the files have that were made with them.
    pub former: Vec<ObjectDef>,
}

/// The schema of a database at one version.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    objects: Vec<ObjectDef>,
    by_id: HashMap<u16, usize>,
    by_name: HashMap<String, usize>,
    /// The objects that have a role, by their places.
    with_role: Vec<usize>,
    roll_ups: HashMap<u16, Vec<(u16, u16)>>,
    referrers: HashMap<u16, Vec<(u16, u16)>>,
    links: Vec<u16>,
    /// The objects whose records others follow.
    followed: HashSet<u16>,
    memberships: Vec<Membership>,
    version: u64,
}

/// The objects that a membership joins, by number.
#[derive(Debug, Clone, Copy)]
struct Membership {
    link: u16,
    member: u16,
    group: u16,
}

impl Catalog {
    /// From the definitions of all objects.
    pub(crate) fn new(objects: Vec<ObjectDef>, version: u64) -> Self {
        let mut catalog = Catalog {
            objects,
            version,
            ..Catalog::default()
        };
        for (at, object) in catalog.objects.iter().enumerate() {
            catalog.by_id.insert(object.id, at);
            catalog.by_name.insert(object.name.clone(), at);
            if object.role.is_some() {
                catalog.with_role.push(at);
            }
            if object.link.is_some() {
                catalog.links.push(object.id);
            }
        }
        catalog.memberships = catalog.find_memberships();
        for object in &catalog.objects {
            // A retired field has values still, and refers to what it did.
            for field in &object.fields {
                if !field.follows.is_empty() {
                    let targets = field.targets.iter();
                    let targets = targets.filter_map(|name| catalog.by_name.get(name.as_str()));
                    let targets = targets.filter_map(|at| catalog.objects.get(*at));
                    catalog.followed.extend(targets.map(|target| target.id));
                }
                if let Some(roll_up) = &field.roll_up
                    && let Ok(child) = catalog.object_named(&roll_up.object)
                {
                    catalog
                        .roll_ups
                        .entry(child.id)
                        .or_default()
                        .push((object.id, field.id));
                }
                if field.ty == super::FieldType::Reference && field.id < super::system::FIRST {
                    let targets = field
                        .targets
                        .iter()
                        .filter_map(|name| catalog.by_name.get(name.as_str()));
                    let targets = targets
                        .filter_map(|at| catalog.objects.get(*at))
                        .map(|target| target.id);
                    let targets: Vec<u16> = if field.targets.is_empty() {
                        vec![0]
                    } else {
                        targets.collect()
                    };
                    for target in targets {
                        catalog
                            .referrers
                            .entry(target)
                            .or_default()
                            .push((object.id, field.id));
                    }
                }
            }
        }
        catalog
    }

    fn find_memberships(&self) -> Vec<Membership> {
        let mut found = Vec::new();
        for link in &self.objects {
            let Some(membership) = &link.membership else {
                continue;
            };
            let target = |field: u16| -> Option<u16> {
                let name = link.field(field)?.targets.first()?;
                self.object_named(name).ok().map(|object| object.id)
            };
            if let (Some(member), Some(group)) =
                (target(membership.member), target(membership.group))
            {
                let link = link.id;
                found.push(Membership {
                    link,
                    member,
                    group,
                });
            }
        }
        found
    }

    /// The version, which grows with every change of the schema.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Every object type.
    pub fn objects(&self) -> &[ObjectDef] {
        &self.objects
    }

    /// The object of a number.
    ///
    /// # Errors
    /// `UnknownObject`.
    pub fn object(&self, id: u16) -> Result<&ObjectDef> {
        self.by_id
            .get(&id)
            .and_then(|at| self.objects.get(*at))
            .ok_or_else(|| {
                Error::from(Detail::UnknownObject {
                    name: format!("#{id}"),
                    nearest: None,
                })
            })
    }

    /// The object of a name.
    ///
    /// # Errors
    /// `UnknownObject`, with the nearest name.
    pub fn object_named(&self, name: &str) -> Result<&ObjectDef> {
        self.by_name
            .get(name)
            .and_then(|at| self.objects.get(*at))
            .ok_or_else(|| {
                Error::from(Detail::UnknownObject {
                    name: name.to_owned(),
                    nearest: nearest(name, self.objects.iter().map(|object| object.name.as_str())),
                })
            })
    }

    /// The first object whose role has this to say, with what it says.
    fn find_role<R>(&self, role: impl Fn(Role) -> Option<R>) -> Option<(&ObjectDef, R)> {
        let objects = self.with_role.iter().filter_map(|at| self.objects.get(*at));
        let mut found = objects.filter_map(|object| Some((object, role(object.role?)?)));
        found.next()
    }

    /// The object whose one record holds the settings.
    pub(crate) fn settings(&self) -> Option<(&ObjectDef, SettingsRole)> {
        self.find_role(|role| match role {
            Role::Settings(parts) => Some(parts),
            _ => None,
        })
    }

    /// The object of exchange rates.
    pub(crate) fn exchange_rates(&self) -> Option<(&ObjectDef, ExchangeRateRole)> {
        self.find_role(|role| match role {
            Role::ExchangeRate(parts) => Some(parts),
            _ => None,
        })
    }

    /// The object of validation rules.
    pub(crate) fn validation_rules(&self) -> Option<(&ObjectDef, ValidationRole)> {
        self.find_role(|role| match role {
            Role::Validation(parts) => Some(parts),
            _ => None,
        })
    }

    /// The object of documents.
    pub(crate) fn documents(&self) -> Option<&ObjectDef> {
        let (object, _) = self.find_role(|role| match role {
            Role::Document(parts) => Some(parts),
            _ => None,
        })?;
        Some(object)
    }

    /// The object of those who act.
    pub(crate) fn actors(&self) -> Option<&ObjectDef> {
        let (object, _) = self.find_role(|role| match role {
            Role::Actor(parts) => Some(parts),
            _ => None,
        })?;
        Some(object)
    }

    /// The object of automation rules.
    #[cfg(feature = "redb")]
    pub(crate) fn rules(&self) -> Option<&ObjectDef> {
        let (object, _) = self.find_role(|role| (role == Role::Rule).then_some(()))?;
        Some(object)
    }

    /// The name of an object number, for messages.
    pub fn object_name(&self, id: u16) -> &str {
        self.object(id).map_or("?", |object| object.name.as_str())
    }

    /// The roll-up fields that are computed over an object's records.
    pub(crate) fn roll_ups_over(
        &self,
        child: u16,
    ) -> impl Iterator<Item = (&ObjectDef, &FieldDef)> {
        let list = self.roll_ups.get(&child).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|(object, field)| {
            let object = self.object(*object).ok()?;
            Some((object, object.field(*field)?))
        })
    }

    /// The reference fields that can point to an object's records.
    pub(crate) fn referrers(&self, target: u16) -> impl Iterator<Item = (&ObjectDef, &FieldDef)> {
        let of = |key| self.referrers.get(&key).map_or(&[][..], Vec::as_slice);
        of(target)
            .iter()
            .chain(of(0))
            .filter_map(|(object, field)| {
                let object = self.object(*object).ok()?;
                Some((object, object.field(*field)?))
            })
    }

    /// True if a change of an object's records may reach those that refer to them.
    pub(crate) fn is_followed(&self, object: u16) -> bool {
        self.followed.contains(&object)
    }

    /// The links by which records of an object are members of groups.
    pub(crate) fn memberships_of_member(
        &self,
        member: u16,
    ) -> impl Iterator<Item = (&ObjectDef, &MembershipDef)> {
        self.memberships_with(move |membership| membership.member == member)
    }

    /// The links by which records of an object are groups that have members.
    pub(crate) fn memberships_of_group(
        &self,
        group: u16,
    ) -> impl Iterator<Item = (&ObjectDef, &MembershipDef)> {
        self.memberships_with(move |membership| membership.group == group)
    }

    /// True for the field of a member that names its main group.
    pub(crate) fn is_main_group(&self, object: u16, field: u16) -> bool {
        let mut memberships = self.memberships_of_member(object);
        memberships.any(|(_, membership)| match &membership.period {
            Period::Kept(period) => period.main == field,
            Period::UntilClosed(_) => false,
        })
    }

    fn memberships_with(
        &self,
        is_wanted: impl Fn(&Membership) -> bool,
    ) -> impl Iterator<Item = (&ObjectDef, &MembershipDef)> {
        let wanted = self.memberships.iter().filter(move |one| is_wanted(one));
        wanted.filter_map(|one| {
            let link = self.object(one.link).ok()?;
            Some((link, link.membership.as_ref()?))
        })
    }

    /// The link objects.
    pub(crate) fn links(&self) -> impl Iterator<Item = &ObjectDef> {
        self.links.iter().filter_map(|id| self.object(*id).ok())
    }
}
