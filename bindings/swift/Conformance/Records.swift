import CrmCore

// The records of the interface from their members; what is not given has the default of the interface.

extension Arguments {
    func query(_ name: String = "query") throws -> Query {
        try record(name) { members in
            Query(
                object: try members.text("object"), filter: try members.optionalText("filter") ?? "",
                sort: try members.list("sort") { json in
                    let key = try Arguments(json)
                    return SortKey(field: try key.text("field"), descending: key.flag("descending"))
                },
                limit: try members.optionalNumber("limit") ?? 0, after: try members.optionalText("after") ?? "",
                fields: try members.texts("fields"), trash: members.flag("trash"))
        }
    }

    func changes() throws -> [Change] { try list("changes") { try Arguments($0).change() } }

    func change() throws -> Change {
        switch try text("type") {
        case "create": .create(object: try text("object"), id: try optionalText("id"), fields: try fields())
        case "update": .update(record: try ref("record"), fields: try fields(), expected: try optionalNumber("expected"))
        case "upsert": .upsert(object: try text("object"), by: try text("by"), fields: try fields())
        case "delete": .delete(record: try ref("record"))
        case "restore": .restore(record: try ref("record"))
        case "purge": .purge(record: try ref("record"))
        case "move":
            .move(
                card: try ref("card"), column: try ref("column"), behind: try optionalRef("behind"),
                expected: try optionalNumber("expected"))
        case let other: throw Mistake("there is no change `\(other)`")
        }
    }

    func watch() throws -> Watch {
        try record("watch") { members in
            switch try members.text("type") {
            case "everything": .everything
            case "record": .record(record: try members.ref("record"))
            case "query": .query(query: try members.query())
            case let other: throw Mistake("there is no watch `\(other)`")
            }
        }
    }

    func point() throws -> PointInTime {
        try record("point") { members in
            switch try members.text("type") {
            case "newest": .newest
            case "commit": .commit(sequence: try members.number("sequence"))
            case "time":
                if let at = try members.optionalTime("at") { .time(at: at) } else { throw Mistake("`at` is not given") }
            case let other: throw Mistake("no point in time is `\(other)`")
            }
        }
    }

    func aggregate() throws -> Aggregate {
        try record("question") { members in
            Aggregate(
                object: try members.text("object"), filter: try members.optionalText("filter") ?? "",
                groupBy: try members.list("group_by") { json in
                    let group = try Arguments(json)
                    return GroupBy(field: try group.text("field"), part: try group.optionalCase("part"))
                },
                measures: try members.list("measures") { json in
                    let measure = try Arguments(json)
                    return Measure(op: try measure.oneOf("op"), field: try measure.text("field"))
                },
                convertTo: try members.optionalText("convert_to"))
        }
    }

    func timelineQuery() throws -> TimelineQuery {
        try record("query") { members in
            TimelineQuery(
                record: try members.ref("record"), kinds: try members.texts("kinds"), ownOnly: members.flag("own_only"),
                limit: try members.optionalNumber("limit") ?? 0,
                before: try members.optionalRecord("before") {
                    TimelinePlace(at: try $0.time("at"), activity: try $0.ref("activity"))
                })
        }
    }

    func field() throws -> FieldDef {
        FieldDef(
            id: try small("id"), name: try text("name"), label: try optionalText("label") ?? "",
            doc: try optionalText("doc") ?? "", ty: try oneOf("ty"), many: flag("many"), required: flag("required"),
            unique: flag("unique"), exact: flag("exact"), indexed: flag("indexed"), search: try small("search"),
            personal: flag("personal"), readOnly: flag("read_only"), defaultValue: try optionalText("default_value"),
            aliases: try texts("aliases"),
            choices: try list("choices") { json in
                let choice = try Arguments(json)
                return ChoiceDef(key: try choice.text("key"), label: try choice.text("label"))
            },
            openChoices: flag("open_choices"), targets: try texts("targets"), onDelete: try optionalCase("on_delete"),
            hierarchy: flag("hierarchy"), timelineUp: flag("timeline_up"), contactPoint: flag("contact_point"),
            formula: try optionalText("formula"),
            rollUp: try optionalRecord("roll_up") {
                RollUp(
                    object: try $0.text("object"), via: try $0.text("via"), op: try $0.oneOf("op"),
                    field: try $0.optionalText("field") ?? "", filter: try $0.optionalText("filter") ?? "")
            },
            retired: flag("retired"))
    }

    func object() throws -> ObjectDef {
        ObjectDef(
            id: try small("id"), name: try text("name"), label: try optionalText("label") ?? "", plural: try text("plural"),
            doc: try optionalText("doc") ?? "", fields: try list("fields") { try Arguments($0).field() },
            title: try numbers("title"),
            indexes: try list("indexes") { json in
                let index = try Arguments(json)
                return IndexDef(
                    id: try index.small("id"), fields: try index.numbers("fields"), unique: index.flag("unique"),
                    covering: try index.numbers("covering"))
            },
            totals: try list("totals") { json in
                let total = try Arguments(json)
                return TotalDef(
                    id: try total.small("id"), groupBy: try total.numbers("group_by"), sums: try total.numbers("sums"))
            },
            timeline: try optionalRecord("timeline") {
                TimelineDef(at: try $0.small("at"), about: try $0.numbers("about"), summary: try $0.numbers("summary"))
            },
            board: try optionalRecord("board") {
                BoardDef(
                    board: try $0.small("board"), column: try $0.small("column"), columnBoard: try $0.small("column_board"),
                    columnOrder: try $0.small("column_order"), position: try $0.small("position"),
                    cards: try $0.small("cards"), total: try $0.small("total"))
            },
            link: try optionalRecord("link") { link in
                LinkDef(
                    from: try link.small("from"), to: try link.small("to"),
                    primary: try link.optionalNumber("primary").map { Int32($0) }, timeline: link.flag("timeline"))
            },
            rateDate: try optionalNumber("rate_date").map { Int32($0) }, custom: flag("custom", else: true))
    }

    func importOptions() throws -> ImportOptions {
        try record("options") { members in
            ImportOptions(
                object: try members.text("object"), name: try members.optionalText("name") ?? "",
                mode: try members.optionalRecord("mode") { mode in
                    switch try mode.text("type") {
                    case "create": .create
                    case "update": .update(by: try mode.text("by"))
                    case "upsert": .upsert(by: try mode.text("by"))
                    case let other: throw Mistake("there is no mode `\(other)`")
                    }
                },
                columns: try members.map("columns") { json in
                    let column = try Arguments(json)
                    return Column(
                        field: try column.optionalText("field"), by: try column.optionalText("by"),
                        aliases: try column.map("aliases") { try Arguments(.object(["text": $0])).text("text") },
                        multiply: column["multiply"] == nil ? nil : try column.decimal("multiply"))
                },
                values: try members.map("values") { try Arguments(.object(["text": $0])).text("text") },
                createMissing: try members.texts("create_missing"), knownOnly: members.flag("known_only"),
                read: try members.optionalRecord("read") { read in
                    ReadSettings(
                        decimalMark: try read.optionalCase("decimal_mark"), dayFirst: read["day_first"] == nil ? nil : read.flag("day_first"),
                        currency: try read.optionalText("currency"), region: try read.optionalText("region"),
                        timeZone: try read.optionalText("time_zone"))
                },
                delimiter: try members.optionalText("delimiter"), customFields: members.flag("custom_fields"),
                strict: members.flag("strict"), skipExisting: members.flag("skip_existing"), clearEmpty: members.flag("clear_empty"),
                withRules: members.flag("with_rules"), dryRun: members.flag("dry_run"),
                operation: try members.optionalText("operation"))
        }
    }
}
