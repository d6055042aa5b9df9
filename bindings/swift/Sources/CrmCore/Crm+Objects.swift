// Reading and changing standard objects by their types. Custom objects go by name, with the methods that take and return
// `Ref`, `Record` and `[String: Value]`.

extension Crm {
    /// Creates a record.
    ///
    /// - Throws: `Invalid`, `UnknownField`, `Duplicate`, `MissingReference`, `Cycle`, `Validation`. Nothing has changed then.
    public func create<D: CrmDraft>(_ draft: D) throws -> Id<D.Object> {
        Id(try create(object: D.Object.objectName, fields: draft.changes).id)
    }

    /// Creates a record and returns it as it is kept, with its defaults, values in their normal form and what rules have
    /// set. It is of the same transaction, so that nobody else's change is in it.
    ///
    /// ```swift
    /// let acme = try crm.create(Company.self) { $0.name = "Acme" }
    /// ```
    ///
    /// - Throws: as `create` of a draft; what the closure throws.
    public func create<O: CrmObject>(_ type: O.Type, _ fill: (inout O.Draft) throws -> Void) throws -> O {
        O(raw: try createRecord(object: O.objectName, fields: try O.Draft(fill).changes))
    }

    /// A live record.
    ///
    /// - Throws: `NotFound`.
    public func get<O: CrmObject>(_ id: Id<O>) throws -> O {
        O(raw: try get(record: id.ref))
    }

    /// A record, also from the trash, or nil if there is none.
    public func find<O: CrmObject>(_ id: Id<O>) throws -> O? {
        try findRecord(record: id.ref).map { O(raw: $0) }
    }

    /// All records that a CEL filter selects, as of one commit. For more than fit into memory take ``each(_:where:sort:)``.
    ///
    /// ```swift
    /// let big = try crm.list(Contact.self, where: "company.employees > 10", sort: "name", .descending("created_at"))
    /// ```
    ///
    /// - Throws: `Expression`, `UnknownField`.
    public func list<O: CrmObject>(_ type: O.Type = O.self, where filter: String = "", sort: SortKey...) throws -> [O] {
        let rows = try findAll(query: Query(object: O.objectName, filter: filter, sort: sort))
        var all: [O] = []
        while true {
            let page = try rows.nextPage(limit: Rows.pageSize)
            if page.isEmpty { return all }
            all.append(contentsOf: page.lazy.map { O(raw: $0) })
        }
    }

    /// How many live records a CEL filter selects.
    ///
    /// - Throws: `Expression`, `UnknownField`.
    public func count<O: CrmObject>(_ type: O.Type, where filter: String = "") throws -> Int64 {
        try count(object: O.objectName, filter: filter)
    }

    /// Changes fields of a record; the others stay. With `expected`, the version that was read, the change is refused as
    /// `Stale` if somebody else has changed one of the same fields since.
    ///
    /// ```swift
    /// try crm.update(ada) { $0.phone = nil }     // clears the phone number
    /// ```
    ///
    /// - Throws: as `create`, and `NotFound`, `Stale`; what the closure throws.
    @discardableResult
    public func update<O: CrmObject>(
        _ id: Id<O>, expected: Int64? = nil, _ change: (inout O.Draft) throws -> Void
    ) throws -> Outcome {
        try update(record: id.ref, fields: O.Draft(change).changes, expected: expected)
    }

    /// Changes the record that has the draft's value of the unique or indexed field `by`, or creates one.
    ///
    /// - Throws: as `update`, and `Invalid` if several records have the value.
    @discardableResult
    public func upsert<D: CrmDraft>(_ draft: D, by field: String) throws -> Outcome {
        try upsert(object: D.Object.objectName, by: field, fields: draft.changes)
    }

    /// Puts a record into the trash, with the links and parts that go with it.
    ///
    /// - Throws: `NotFound`; `Referenced` if another record needs it.
    @discardableResult
    public func delete<O: CrmObject>(_ id: Id<O>) throws -> Outcome {
        try delete(record: id.ref)
    }

    /// Takes a record out of the trash, with what went there with it.
    ///
    /// - Throws: `NotFound`; `Duplicate` if another record has taken its unique value.
    @discardableResult
    public func restore<O: CrmObject>(_ id: Id<O>) throws -> Outcome {
        try restore(record: id.ref)
    }
}

extension Change {
    /// Creates a record, in a batch.
    public static func create<D: CrmDraft>(_ draft: D) -> Change {
        .create(object: D.Object.objectName, id: nil, fields: draft.changes)
    }

    /// Changes fields of a record, in a batch.
    public static func update<O: CrmObject>(
        _ id: Id<O>, expected: Int64? = nil, _ change: (inout O.Draft) throws -> Void
    ) rethrows -> Change {
        .update(record: id.ref, fields: try O.Draft(change).changes, expected: expected)
    }
}

// `sort: "name"` is ascending; `.descending("name")` is not.
extension SortKey: ExpressibleByStringLiteral {
    public init(stringLiteral field: String) {
        self.init(field: field)
    }

    public static func descending(_ field: String) -> SortKey {
        SortKey(field: field, descending: true)
    }
}

extension Query {
    /// A question for records of a standard object.
    public init<O: CrmObject>(_ type: O.Type, where filter: String = "", sort: SortKey...) {
        self.init(object: O.objectName, filter: filter, sort: sort)
    }
}
