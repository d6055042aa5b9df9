// The declared operations. Made by `cargo run -p crm-generate -- cpp` from their declarations; do not edit. Part
// of crm.hpp.
#ifndef CRM_OPERATIONS_HPP
#define CRM_OPERATIONS_HPP

#include "crm_calls.hpp"

namespace crm {

// A place in a column.
struct card_place {
    // The position, which orders the cards.
    crm::decimal position;
    // The card, which decides between two at one position.
    crm::ref card;

    static card_place from_record(const crm::record_view &from)
    {
        return card_place{
            crm::detail::decimal(from.get_canonical(CRM_CARD_PLACE_POSITION)).value(),
            from.get_ref(CRM_CARD_PLACE_CARD).value(),
        };
    }
    crm::record to_record(const crm_db *db) const
    {
        crm::record made = crm::detail::made_of(db, CRM_TYPE_CARD_PLACE);
        made.set_text(CRM_CARD_PLACE_POSITION, position.text());
        made.set_ref(CRM_CARD_PLACE_CARD, card);
        return made;
    }

    friend bool operator==(const card_place &a, const card_place &b)
    {
        return a.position == b.position && a.card == b.card;
    }
    friend bool operator!=(const card_place &a, const card_place &b) { return !(a == b); }
};

// The commits that an incremental backup holds.
struct increment {
    // The last commit that was backed up before.
    int64_t from;
    // The last commit in it: where the next increment begins.
    int64_t to;
    // How many rows it has.
    int64_t rows;

    static increment from_record(const crm::record_view &from)
    {
        return increment{
            from.get_int(CRM_INCREMENT_FROM).value(),
            from.get_int(CRM_INCREMENT_TO).value(),
            from.get_int(CRM_INCREMENT_ROWS).value(),
        };
    }

    friend bool operator==(const increment &a, const increment &b)
    {
        return a.from == b.from && a.to == b.to && a.rows == b.rows;
    }
    friend bool operator!=(const increment &a, const increment &b) { return !(a == b); }
};

// What became of a lead.
struct conversion {
    // The contact.
    crm::ref contact;
    // The company, where the lead names one or one was given.
    std::optional<crm::ref> company;
    // The deal, where one was asked for.
    std::optional<crm::ref> deal;
    // Those of them that were made; others were there before.
    std::vector<crm::ref> made;

    static conversion from_record(const crm::record_view &from)
    {
        return conversion{
            from.get_ref(CRM_CONVERSION_CONTACT).value(),
            from.get_ref(CRM_CONVERSION_COMPANY),
            from.get_ref(CRM_CONVERSION_DEAL),
            from.get_refs(CRM_CONVERSION_MADE),
        };
    }

    friend bool operator==(const conversion &a, const conversion &b)
    {
        return a.contact == b.contact && a.company == b.company && a.deal == b.deal && a.made == b.made;
    }
    friend bool operator!=(const conversion &a, const conversion &b) { return !(a == b); }
};

// A card: what the board shows of a record.
struct card {
    // The record's covered fields; others are null, its version among them. Who wants to move the card as it was read
    // gives the move the number of the last commit from before the board was read.
    crm::record record;
    // Where it stands: what to give for the cards below it.
    crm::card_place place;

    static card from_record(const crm::record_view &from)
    {
        return card{
            crm::detail::copy(from),
            crm::card_place::from_record(crm::detail::row_of(from, CRM_CARD_PLACE).value()),
        };
    }
};

// A column of a board.
struct board_column {
    // The record that the column stands for: a stage.
    crm::record record;
    // How many cards it has.
    int64_t count;
    // The kept sums, as the object's declaration lists them (for deals amount and weighted amount): for money a list
    // with one amount per currency. Null where there are too many digits for an amount; it is the sum again when there
    // are fewer.
    std::vector<crm::value> sums;
    // The first cards.
    std::vector<crm::card> cards;

    static board_column from_record(const crm::record_view &from)
    {
        return board_column{
            crm::detail::copy(from),
            from.get_int(CRM_BOARD_COLUMN_COUNT).value(),
            crm::detail::each<crm::value>(crm::detail::rows_of(from, CRM_BOARD_COLUMN_SUMS)),
            crm::detail::each<crm::card>(crm::detail::rows_of(from, CRM_BOARD_COLUMN_CARDS)),
        };
    }
};

// A board with its columns.
struct board {
    // The object whose records are the cards.
    std::string object;
    // The record that the board belongs to: a pipeline.
    crm::ref of;
    // The columns, in their order.
    std::vector<crm::board_column> columns;

    static board from_record(const crm::record_view &from)
    {
        return board{
            crm::detail::string(from.get_text(CRM_BOARD_OBJECT)).value(),
            from.get_ref(CRM_BOARD_OF).value(),
            crm::detail::each<crm::board_column>(crm::detail::rows_of(from, CRM_BOARD_COLUMNS)),
        };
    }
};

// What `board` can be told besides.
struct board_options {
    // The most cards of each column.
    int64_t cards_max = 50;
};

// What `cards` can be told besides.
struct cards_options {
    // The place of the card after which they begin.
    std::optional<crm::card_place> after;
    // The most cards.
    int64_t limit = 50;
};

// What `convert` can be told besides.
struct leads_convert_options {
    // The contact, where it is there already; a new one without it.
    std::optional<crm::ref> contact;
    // The company. Without it, the one that has the name which the lead says, or a new one.
    std::optional<crm::ref> company;
    // What is done where a company has that name already.
    std::string same_name = CRM_SAME_NAME_TAKE;
    // Makes a deal in this pipeline, too.
    std::optional<crm::ref> pipeline;
    // The name of the deal; that of the company or of the person without it.
    std::optional<std::string> deal_name;
    // All of it is done, the result is returned, and nothing of it remains.
    bool rehearse = false;
};

// What becomes of leads. Of a database, and valid as long as that is.
class leads {
public:
    explicit leads(const crm_db *of) : of_(of) {}

    // Makes a contact of a lead, a company where the lead names one, and a deal where one is asked for, in one
    // transaction. The lead stays, as converted, with references to what it became.
    // `lead`: The lead.
    // Errors: CRM_NOT_FOUND; CRM_INVALID if the lead is converted already, or if a company has the name that it says
    // and is not to be taken, or if several have it; CRM_VALIDATION if a rule of the organisation refuses what would be
    // made.
    crm::conversion convert(crm::ref lead, const crm::leads_convert_options &options = {}) const
    {
        crm_leads_convert_options given = CRM_LEADS_CONVERT_OPTIONS;
        if (options.contact)
            given.contact = crm_ref(*options.contact);
        if (options.company)
            given.company = crm_ref(*options.company);
        given.same_name = crm::str_of(options.same_name);
        if (options.pipeline)
            given.pipeline = crm_ref(*options.pipeline);
        if (options.deal_name)
            given.deal_name = crm::str_of(*options.deal_name);
        given.rehearse = options.rehearse;
        crm_record *out = nullptr;
        crm::detail::call(crm_leads_convert, handle(), crm_ref(lead), &given, &out);
        return crm::conversion::from_record(crm::record(out));
    }

private:
    const crm_db *handle() const { return of_; }

    const crm_db *of_;
};

// What a database does, and what it does about a subject.
template <typename Database> class declared_operations {
public:
    // The board of a record, such as a pipeline of deals: columns with kept totals and their first cards. Who asks
    // again before a commit has changed some of it is given the same one.
    // `object`: The object whose records are the cards.
    // `of`: The record that the board belongs to: a pipeline.
    // Errors: CRM_NOT_FOUND; CRM_UNKNOWN_OBJECT; CRM_INVALID for an object without a board.
    crm::board board(crm_type object, crm::ref of, const crm::board_options &options = {}) const
    {
        crm_board_options given = CRM_BOARD_OPTIONS;
        given.cards_max = options.cards_max;
        crm_record *out = nullptr;
        crm::detail::call(crm_board, handle(), object, crm_ref(of), &given, &out);
        return crm::board::from_record(crm::record(out));
    }

    // Further cards of a board's column: those after the place of a page's last card, wherever that card is now; from
    // the top without one.
    // `object`: The object whose records are the cards.
    // `column`: The record of the column: a stage.
    // Errors: CRM_UNKNOWN_OBJECT; CRM_INVALID for an object without a board; CRM_LIMIT for too many cards at once.
    std::vector<crm::card> cards(crm_type object, crm::ref column, const crm::cards_options &options = {}) const
    {
        crm_cards_options given = CRM_CARDS_OPTIONS;
        std::optional<crm::record> given_after;
        if (options.after)
            given.after = given_after.emplace(options.after->to_record(handle())).get();
        given.limit = options.limit;
        crm_rows *out = nullptr;
        crm::detail::call(crm_cards, handle(), object, crm_ref(column), &given, &out);
        return crm::detail::each<crm::card>(crm::rows(out));
    }

    // Writes what was committed after a commit to a new file, an increment to a backup that ends with that commit or to
    // another increment that does; a restoration puts them together. Its size follows from what was changed: the log of
    // these commits, each record that they touched once, and the contents of documents among them. Others go on writing
    // meanwhile. A backup ends with the commit that the copy says is its last when it is opened, an increment with its
    // `to`.
    // `sequence`: The last commit that was backed up.
    // `path`: The new file.
    // `progress`: Is told how far it is; false stops it.
    // Errors: CRM_INVALID if there is no such commit yet; CRM_IO, also if the file exists; CRM_FULL; CRM_CANCELLED if
    // `progress` stops it. No file is left then.
    crm::increment backup_since(int64_t sequence, std::string_view path, const crm::progress &progress = {}) const
    {
        crm_record *out = nullptr;
        crm::detail::following(progress, [&](crm_progress_fn call, void *user) {
            return crm::detail::call(crm_backup_since, handle(), sequence, crm::str_of(path), call, user, &out);
        });
        return crm::increment::from_record(crm::record(out));
    }

    // What becomes of leads.
    crm::leads leads() const { return crm::leads(handle()); }

private:
    const crm_db *handle() const { return static_cast<const Database &>(*this).get(); }
};

} // namespace crm

#endif
