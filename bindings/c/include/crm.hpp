// The C++ interface of crm-core: crm.h with owners, values and exceptions. Header-only, C++17.
//
//     crm::database db = crm::database::open("sales.crm");
//     crm::deal seats(db);
//     seats.set_name("Forty seats").set_stage(offer).set_amount(crm::money("EUR", 1200000));
//     db.create(seats);
//     for (crm::deal_view deal : db.find(crm::query(CRM_TYPE_DEAL).filter("status == 'open'")))
//         std::cout << deal.name().value_or("") << '\n';
//
// - What fails throws crm::error. A setter does not: the first one that was refused is told when the record is
//   written.
// - Owners (database, record, rows, …) are moved and not copied, and free what they have. After a move they are empty,
//   and every call on them throws.
// - A std::string_view that a record gives is valid until the record is freed, or its row is stepped.
// - A database and a subscription may be used by all threads, every other object by one at a time.
#ifndef CRM_HPP
#define CRM_HPP

#include "crm.h"

#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace crm {

// ---- Errors

inline std::string_view view_of(crm_str text)
{
    return text.data ? std::string_view(text.data, text.len) : std::string_view();
}

inline crm_str str_of(std::string_view text)
{
    // An empty view may have no data; an empty text is not the same as none.
    return crm_str{text.data() ? text.data() : "", text.size()};
}

// What went wrong.
class error : public std::runtime_error {
public:
    // Takes the error object of a call that has failed.
    error(crm_status status, crm_error *given)
        : error(status, static_cast<const crm_error *>(owner(given, crm_error_free).get()))
    {
    }
    // Copies what an error says.
    error(crm_status status, const crm_error *given) : std::runtime_error(message(status, given)), code_(status)
    {
        const char *name = crm_status_name(status);
        name_ = name ? name : "unknown";
        object_ = view_of(crm_error_object(given));
        field_ = view_of(crm_error_field(given));
        input_ = view_of(crm_error_input(given));
        json_ = view_of(crm_error_json(given));
        for (size_t at = 0; at < crm_error_others_len(given); at++) {
            const crm_error *other = crm_error_other(given, at);
            others_.emplace_back(crm_error_code(other), other);
        }
    }

    // The code, such as CRM_NOT_FOUND.
    crm_status code() const { return code_; }
    // The name of the code, such as `not_found`.
    const std::string &name() const { return name_; }
    // The object type at fault; empty where none is.
    const std::string &object() const { return object_; }
    // The field at fault; empty where none is.
    const std::string &field() const { return field_; }
    // The start of the value at fault; empty where none is.
    const std::string &input() const { return input_; }
    // All that is known, as crm_error_json() gives it.
    const std::string &json() const { return json_; }
    // What else is wrong with the record that was to be saved, each with its field.
    const std::vector<error> &others() const { return others_; }

private:
    using owner = std::unique_ptr<crm_error, void (*)(crm_error *)>;

    static std::string message(crm_status status, const crm_error *given)
    {
        std::string_view text = view_of(crm_error_message(given));
        const char *name = crm_status_name(status);
        return text.empty() ? std::string(name ? name : "unknown") : std::string(text);
    }

    crm_status code_;
    std::string name_, object_, field_, input_, json_;
    std::vector<error> others_;
};

namespace detail {

// Throws what a call says, unless it is CRM_OK, CRM_ROW, CRM_DONE or CRM_ABSENT.
inline crm_status check(crm_status status, crm_error *given)
{
    if (status == CRM_OK || (status >= CRM_ROW && status <= CRM_ABSENT))
        return status;
    throw error(status, given);
}

// Makes a call that takes an error object as its last argument.
template <typename Call, typename... Arguments> crm_status call(Call function, Arguments... arguments)
{
    crm_error *given = nullptr;
    crm_status status = function(arguments..., &given);
    return check(status, given);
}

template <typename T, auto Free> struct freed_by {
    void operator()(T *owned) const { Free(owned); }
};

template <typename T, auto Free> using owner = std::unique_ptr<T, freed_by<T, Free>>;

// A callback of the host's, whose exception is kept while the library is on the stack, and thrown after it.
template <typename Function> struct kept {
    Function &function;
    std::exception_ptr thrown;

    template <typename... Arguments> int operator()(Arguments... arguments)
    {
        try {
            return function(arguments...) ? 0 : 1;
        } catch (...) {
            thrown = std::current_exception();
            return 1;
        }
    }

    void rethrow() const
    {
        if (thrown)
            std::rethrow_exception(thrown);
    }
};

template <typename T, typename Function> auto map(std::optional<T> value, Function function)
{
    using result = std::optional<decltype(function(*value))>;
    return value ? result(function(*value)) : result();
}

} // namespace detail

// ---- Values

// Names a record.
class ref {
public:
    // No record.
    ref() : ref_{0, {0}} {}
    ref(const crm_ref &made) : ref_(made) {}
    ref(crm_type object, std::string_view id) { detail::check(crm_ref_make(object, str_of(id), &ref_), nullptr); }

    crm_type object() const { return ref_.object; }
    std::string_view id() const { return ref_.id; }
    explicit operator bool() const { return ref_.object != 0; }
    operator crm_ref() const { return ref_; }

    friend bool operator==(const ref &a, const ref &b) { return a.object() == b.object() && a.id() == b.id(); }
    friend bool operator!=(const ref &a, const ref &b) { return !(a == b); }

private:
    crm_ref ref_;
};

// An exact amount in the smallest unit of its currency.
class money {
public:
    money(const crm_money &made) : money_(made) {}
    money(std::string_view currency, int64_t minor) : money_{minor, {0}}
    {
        std::memcpy(money_.currency, currency.data(), currency.size() < 3 ? currency.size() : 3);
    }

    int64_t minor() const { return money_.minor; }
    std::string_view currency() const { return money_.currency; }
    operator crm_money() const { return money_; }

    friend bool operator==(const money &a, const money &b)
    {
        return a.minor() == b.minor() && a.currency() == b.currency();
    }
    friend bool operator!=(const money &a, const money &b) { return !(a == b); }

private:
    crm_money money_;
};

// An instant in microseconds since 1970-01-01T00:00:00Z.
struct instant {
    int64_t micros;
};

// A length of time.
struct duration {
    int64_t millis;
};

inline bool operator==(instant a, instant b) { return a.micros == b.micros; }
inline bool operator==(duration a, duration b) { return a.millis == b.millis; }

// ---- Records

// The values of a record that somebody else owns: a row, until it is stepped.
class record_view {
public:
    explicit record_view(const crm_record *record) : record_(record) {}

    const crm_record *get() const { return record_; }
    crm_type type() const { return crm_record_type(record_); }
    ref reference() const { return crm_record_ref(record_); }
    uint64_t version() const { return crm_record_version(record_); }
    bool is_deleted() const { return crm_record_is_deleted(record_); }

    std::optional<std::string_view> get_text(crm_field field) const
    {
        return detail::map(read<crm_str>(crm_get_text, field), view_of);
    }
    std::optional<bool> get_bool(crm_field field) const { return read<bool>(crm_get_bool, field); }
    std::optional<int64_t> get_int(crm_field field) const { return read<int64_t>(crm_get_int, field); }
    std::optional<crm_decimal> get_decimal(crm_field field) const { return read<crm_decimal>(crm_get_decimal, field); }
    std::optional<money> get_money(crm_field field) const { return read<crm_money>(crm_get_money, field); }
    std::optional<crm_date> get_date(crm_field field) const { return read<crm_date>(crm_get_date, field); }
    std::optional<crm_date> get_partial_date(crm_field field) const { return read<crm_date>(crm_get_partial_date, field); }
    std::optional<instant> get_time(crm_field field) const
    {
        return detail::map(read<int64_t>(crm_get_time, field), [](int64_t micros) { return instant{micros}; });
    }
    std::optional<duration> get_duration(crm_field field) const
    {
        return detail::map(read<int64_t>(crm_get_duration, field), [](int64_t millis) { return duration{millis}; });
    }
    std::optional<ref> get_ref(crm_field field) const { return read<crm_ref>(crm_get_ref, field); }
    // A part of a name or an address, such as `given`.
    std::optional<std::string_view> get_part(crm_field field, std::string_view part) const
    {
        crm_str out;
        crm_status status = detail::check(crm_get_part(record_, field, str_of(part), &out), nullptr);
        return status == CRM_OK ? std::optional<std::string_view>(view_of(out)) : std::nullopt;
    }
    // The canonical text of a value of any type.
    std::optional<std::string_view> get_canonical(crm_field field) const
    {
        return detail::map(read<crm_str>(crm_get_canonical, field), view_of);
    }
    // What a field holds, such as CRM_KIND_TEXT.
    int32_t get_kind(crm_field field) const
    {
        int32_t kind = 0;
        detail::check(crm_get_kind(record_, field, &kind), nullptr);
        return kind;
    }

    // The elements of a list; a value that is no list has one.
    std::vector<std::string_view> get_texts(crm_field field) const
    {
        return items<crm_str, std::string_view>(crm_item_text, field, view_of);
    }
    std::vector<int64_t> get_ints(crm_field field) const { return items<int64_t, int64_t>(crm_item_int, field); }
    std::vector<crm_decimal> get_decimals(crm_field field) const
    {
        return items<crm_decimal, crm_decimal>(crm_item_decimal, field);
    }
    std::vector<money> get_monies(crm_field field) const { return items<crm_money, money>(crm_item_money, field); }
    std::vector<crm_date> get_dates(crm_field field) const { return items<crm_date, crm_date>(crm_item_date, field); }
    std::vector<crm_date> get_partial_dates(crm_field field) const
    {
        return items<crm_date, crm_date>(crm_item_partial_date, field);
    }
    std::vector<instant> get_times(crm_field field) const
    {
        return items<int64_t, instant>(crm_item_time, field, [](int64_t micros) { return instant{micros}; });
    }
    std::vector<duration> get_durations(crm_field field) const
    {
        return items<int64_t, duration>(crm_item_duration, field, [](int64_t millis) { return duration{millis}; });
    }
    std::vector<ref> get_refs(crm_field field) const { return items<crm_ref, ref>(crm_item_ref, field); }

    // The record as it was read, as JSON.
    std::string to_json() const;

protected:
    void refer_to(const crm_record *record) { record_ = record; }

private:
    template <typename T, typename Getter> std::optional<T> read(Getter getter, crm_field field) const
    {
        T out;
        return detail::check(getter(record_, field, &out), nullptr) == CRM_OK ? std::optional<T>(out) : std::nullopt;
    }

    template <typename T, typename U, typename Getter, typename Function = U (*)(T)>
    std::vector<U> items(Getter getter, crm_field field, Function function = [](T value) -> U { return value; }) const
    {
        size_t length = 0;
        detail::check(crm_length(record_, field, &length), nullptr);
        std::vector<U> all;
        all.reserve(length);
        for (size_t at = 0; at < length; at++) {
            T out;
            if (detail::check(getter(record_, field, at, &out), nullptr) == CRM_OK)
                all.push_back(function(out));
        }
        return all;
    }

    const crm_record *record_;
};

class database;

// A record of one's own: a draft, or one that was read.
class record : public record_view {
public:
    explicit record(crm_record *owned) : record_view(owned), owned_(owned) {}
    // A draft without values; with an id, the draft of that record.
    record(const database &db, crm_type type, std::optional<std::string_view> id = std::nullopt);

    record(record &&other) noexcept : record_view(other.owned_.get()), owned_(std::move(other.owned_))
    {
        other.refer_to(nullptr);
    }
    record &operator=(record &&other) noexcept
    {
        owned_ = std::move(other.owned_);
        refer_to(owned_.get());
        other.refer_to(other.owned_.get());
        return *this;
    }

    crm_record *get() { return owned_.get(); }
    record clone() const { return from(crm_record_clone, record_view::get()); }

    void set_null(crm_field field) { crm_set_null(get(), field); }
    void set_text(crm_field field, std::string_view value) { crm_set_text(get(), field, str_of(value)); }
    void set_bool(crm_field field, bool value) { crm_set_bool(get(), field, value); }
    void set_int(crm_field field, int64_t value) { crm_set_int(get(), field, value); }
    void set_decimal(crm_field field, crm_decimal value) { crm_set_decimal(get(), field, value); }
    void set_money(crm_field field, money value) { crm_set_money(get(), field, value); }
    void set_date(crm_field field, crm_date value) { crm_set_date(get(), field, value); }
    void set_partial_date(crm_field field, crm_date value) { crm_set_partial_date(get(), field, value); }
    void set_time(crm_field field, instant value) { crm_set_time(get(), field, value.micros); }
    void set_duration(crm_field field, duration value) { crm_set_duration(get(), field, value.millis); }
    void set_ref(crm_field field, ref value) { crm_set_ref(get(), field, value); }
    void set_part(crm_field field, std::string_view part, std::string_view text)
    {
        crm_set_part(get(), field, str_of(part), str_of(text));
    }
    void add_text(crm_field field, std::string_view value) { crm_add_text(get(), field, str_of(value)); }
    void add_int(crm_field field, int64_t value) { crm_add_int(get(), field, value); }
    void add_decimal(crm_field field, crm_decimal value) { crm_add_decimal(get(), field, value); }
    void add_money(crm_field field, money value) { crm_add_money(get(), field, value); }
    void add_date(crm_field field, crm_date value) { crm_add_date(get(), field, value); }
    void add_partial_date(crm_field field, crm_date value) { crm_add_partial_date(get(), field, value); }
    void add_time(crm_field field, instant value) { crm_add_time(get(), field, value.micros); }
    void add_duration(crm_field field, duration value) { crm_add_duration(get(), field, value.millis); }
    void add_ref(crm_field field, ref value) { crm_add_ref(get(), field, value); }
    // Sets the fields of a JSON object.
    void set_json(std::string_view json) { detail::call(crm_record_set_json, get(), str_of(json)); }
    // Forgets what was set.
    void reset() { detail::check(crm_record_reset(get()), nullptr); }

private:
    template <typename Function, typename... Arguments> static record from(Function function, Arguments... arguments)
    {
        crm_record *out = nullptr;
        detail::call(function, arguments..., &out);
        return record(out);
    }

    detail::owner<crm_record, crm_record_free> owned_;
};

// Text or bytes that the library has made.
class text {
public:
    explicit text(crm_text *owned) : owned_(owned) {}
    std::string_view view() const { return view_of(crm_text_str(owned_.get())); }
    std::string str() const { return std::string(view()); }

private:
    detail::owner<crm_text, crm_text_free> owned_;
};

// ---- Rows

// Rows, to be read once: by a range-based `for`, or by next() and row().
class rows {
public:
    explicit rows(crm_rows *owned) : owned_(owned) {}

    // Goes to the next row; false behind the last one.
    bool next() { return detail::call(crm_rows_next, owned_.get()) == CRM_ROW; }
    // The row, until the next step.
    record_view row() const { return record_view(crm_rows_record(owned_.get())); }
    // The rows below this one: the fields of a change, the records of a commit.
    rows below() const
    {
        crm_rows *out = nullptr;
        detail::call(crm_rows_below, owned_.get(), &out);
        return rows(out);
    }
    // Where the next page begins; nothing if this is the last one.
    std::optional<std::string> next_page() const
    {
        crm_str page = crm_rows_next_page(owned_.get());
        return page.data ? std::optional<std::string>(view_of(page)) : std::nullopt;
    }
    // False for a timeline with more linked records than are looked at.
    bool is_complete() const { return crm_rows_is_complete(owned_.get()); }

    class iterator {
    public:
        explicit iterator(rows *of) : of_(of) { ++*this; }
        record_view operator*() const { return of_->row(); }
        iterator &operator++()
        {
            if (of_ && !of_->next())
                of_ = nullptr;
            return *this;
        }
        bool operator!=(const iterator &other) const { return of_ != other.of_; }

    private:
        rows *of_;
    };

    iterator begin() { return iterator(this); }
    iterator end() { return iterator(nullptr); }

private:
    detail::owner<crm_rows, crm_rows_free> owned_;
};

// A question for records of one object type.
class query {
public:
    explicit query(crm_type object) : object_(object) {}
    query &filter(std::string_view cel) { return filter_ = cel, *this; }
    query &sort(std::string_view keys) { return sort_ = keys, *this; }
    query &after(std::string_view page) { return after_ = page, *this; }
    query &limit(uint32_t limit) { return limit_ = limit, *this; }
    query &fields(std::vector<crm_field> fields) { return fields_ = std::move(fields), *this; }
    query &in_trash() { return trash_ = true, *this; }

    // As C takes it, valid as long as this is.
    crm_query get() const
    {
        return crm_query{sizeof(crm_query), object_, limit_, trash_, str_of(filter_), str_of(sort_), str_of(after_),
                         fields_.empty() ? nullptr : fields_.data(), fields_.size()};
    }

private:
    crm_type object_;
    uint32_t limit_ = 0;
    bool trash_ = false;
    std::string filter_, sort_, after_;
    std::vector<crm_field> fields_;
};

// A question for figures.
class figures {
public:
    explicit figures(crm_type object) : object_(object) {}
    figures &filter(std::string_view cel) { return filter_ = cel, *this; }
    figures &group_by(crm_field field, int32_t part = CRM_PART_NONE) { return by_.push_back({field, part}), *this; }
    figures &measure(int32_t op, crm_field field) { return measures_.push_back({field, op}), *this; }
    figures &sum(crm_field field) { return measure(CRM_SUM, field); }
    figures &convert_to(std::string_view currency) { return currency_ = currency, *this; }

    crm_figures get() const
    {
        return crm_figures{sizeof(crm_figures), object_, str_of(filter_), by_.empty() ? nullptr : by_.data(),
                           by_.size(), measures_.empty() ? nullptr : measures_.data(), measures_.size(),
                           currency_.empty() ? crm_none() : str_of(currency_)};
    }

private:
    crm_type object_;
    std::string filter_, currency_;
    std::vector<crm_group_by> by_;
    std::vector<crm_measure> measures_;
};

// A question for the timeline of a record.
class timeline_query {
public:
    explicit timeline_query(ref of) : of_(of) {}
    timeline_query &kinds(std::vector<crm_type> kinds) { return kinds_ = std::move(kinds), *this; }
    timeline_query &own_only() { return own_only_ = true, *this; }
    timeline_query &limit(uint32_t limit) { return limit_ = limit, *this; }
    timeline_query &after(std::string_view page) { return after_ = page, *this; }

    crm_timeline_query get() const
    {
        return crm_timeline_query{sizeof(crm_timeline_query), limit_, own_only_, of_,
                                  kinds_.empty() ? nullptr : kinds_.data(), kinds_.size(),
                                  after_.empty() ? crm_none() : str_of(after_)};
    }

private:
    ref of_;
    uint32_t limit_ = 0;
    bool own_only_ = false;
    std::vector<crm_type> kinds_;
    std::string after_;
};

// ---- Batches

// Changes that are made together.
class batch {
public:
    batch() : owned_(made()) {}
    batch &create(const record &draft) { return crm_batch_create(get(), draft.record_view::get()), *this; }
    batch &update(const record &changed) { return crm_batch_update(get(), changed.record_view::get()), *this; }
    batch &upsert(const record &draft, crm_field by)
    {
        return crm_batch_upsert(get(), draft.record_view::get(), by), *this;
    }
    batch &move_card(ref card, ref column, ref behind = ref(), uint64_t expected = 0)
    {
        return crm_batch_move(get(), card, column, behind, expected), *this;
    }
    batch &remove(ref of) { return crm_batch_delete(get(), of), *this; }
    batch &restore(ref of) { return crm_batch_restore(get(), of), *this; }
    batch &purge(ref of) { return crm_batch_purge(get(), of), *this; }

    crm_batch *get() const { return owned_.get(); }

private:
    static crm_batch *made()
    {
        crm_batch *out = nullptr;
        detail::call(crm_batch_new, &out);
        return out;
    }

    detail::owner<crm_batch, crm_batch_free> owned_;
};

// ---- Subscriptions

// What a host watches.
class subscription {
public:
    explicit subscription(crm_sub *owned) : owned_(owned) {}

    // What has changed since the call before; see crm_sub_next().
    rows next(uint32_t timeout_millis = 0) const
    {
        crm_rows *out = nullptr;
        detail::call(crm_sub_next, get(), timeout_millis, &out);
        return rows(out);
    }
    // Calls a function after each commit, on any thread. It may only signal, and must not throw.
    void on_wake(std::function<void()> wake) const
    {
        auto user = std::make_unique<std::function<void()>>(std::move(wake));
        detail::call(
            crm_sub_on_wake, get(), [](void *user) { (*static_cast<std::function<void()> *>(user))(); },
            static_cast<void *>(user.release()),
            [](void *user) { delete static_cast<std::function<void()> *>(user); });
    }
    // Ends a call of another thread that waits, and all later ones.
    void stop() const { detail::check(crm_sub_stop(get()), nullptr); }

    const crm_sub *get() const { return owned_.get(); }

private:
    struct freed {
        void operator()(crm_sub *owned) const { crm_sub_free(owned); }
    };
    std::unique_ptr<crm_sub, freed> owned_;
};

// Ends the calls of the sessions that watch it, from any thread, or when a time has come; see crm_cancelled_by().
class cancel {
public:
    cancel() { take(crm_cancel_new); }
    // At an instant by the clock of the database, too.
    explicit cancel(instant deadline) { take(crm_cancel_at, deadline.micros); }
    void fire() const { detail::check(crm_cancel_fire(get()), nullptr); }
    bool is_fired() const { return crm_cancel_is_fired(get()); }
    const crm_cancel *get() const { return owned_.get(); }

private:
    template <typename Function, typename... Arguments> void take(Function function, Arguments... arguments)
    {
        crm_cancel *out = nullptr;
        detail::call(function, arguments..., &out);
        owned_.reset(out);
    }
    struct freed {
        void operator()(crm_cancel *owned) const { crm_cancel_free(owned); }
    };
    std::unique_ptr<crm_cancel, freed> owned_;
};

// A clock that stands still until it is set, for tests.
class clock {
public:
    explicit clock(instant now)
    {
        crm_clock *out = nullptr;
        detail::call(crm_clock_new, now.micros, &out);
        owned_.reset(out);
    }
    void set(instant now) const { detail::check(crm_clock_set(owned_.get(), now.micros), nullptr); }
    const crm_clock *get() const { return owned_.get(); }

private:
    detail::owner<crm_clock, crm_clock_free> owned_;
};

} // namespace crm

#include "crm_database.hpp"
#include "crm_objects.hpp"

#endif
