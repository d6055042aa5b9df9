import Foundation

extension CrmError: LocalizedError {
    /// The message: which input is at fault, and what to do.
    public var detail: String {
        switch self {
        case .UnknownObject(let detail, _, _), .UnknownField(let detail, _, _, _),
            .Invalid(let detail, _, _, _, _, _),
            .Expression(let detail, _, _, _, _), .Duplicate(let detail, _, _, _, _), .Stale(let detail, _, _, _, _),
            .NotFound(let detail, _, _), .MissingReference(let detail, _, _, _, _),
            .Referenced(let detail, _, _, _, _, _, _), .Cycle(let detail, _, _, _), .Validation(let detail, _, _, _),
            .Schema(let detail, _, _), .Limit(let detail, _, _, _, _), .RuleDepth(let detail, _), .Cancelled(let detail),
            .Conflict(let detail), .Locked(let detail, _), .Full(let detail), .Io(let detail), .Corrupt(let detail),
            .NewerFormat(let detail, _, _), .NeedsReopen(let detail), .Closed(let detail), .Callback(let detail):
            detail
        }
    }

    /// What else is wrong with the record that was to be saved, each fault with its field: a form can show all of them at
    /// once. The message says them, too.
    public var others: [CrmError] {
        switch self {
        case .Invalid(_, _, _, _, _, let others), .Limit(_, _, _, _, let others): others
        default: []
        }
    }

    public var errorDescription: String? { detail }

    /// The stable code, the same in every language: its number, and its name in lower snake case.
    public var code: ErrorCode {
        get throws { try errorCode(error: self) }
    }
}
