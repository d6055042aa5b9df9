// Part of crm.hpp: what the declared operations are called with.
#ifndef CRM_CALLS_HPP
#define CRM_CALLS_HPP

#include "crm.hpp"

namespace crm {

// Told by a long job how far it is; false stops the job.
using progress = std::function<bool(const crm_progress &)>;

// An exact decimal number of any length, as its text.
class decimal {
public:
    explicit decimal(std::string_view text) : text_(text) {}
    decimal(crm_decimal number) : text_(std::to_string(number.unscaled))
    {
        size_t sign = number.unscaled < 0, scale = number.scale;
        if (text_.size() - sign <= scale)
            text_.insert(sign, scale + 1 + sign - text_.size(), '0');
        for (; scale > 0 && text_.back() == '0'; scale--)
            text_.pop_back();
        if (scale > 0)
            text_.insert(text_.size() - scale, ".");
    }

    const std::string &text() const { return text_; }

    friend bool operator==(const decimal &a, const decimal &b) { return a.text_ == b.text_; }
    friend bool operator!=(const decimal &a, const decimal &b) { return !(a == b); }

private:
    std::string text_;
};

namespace detail {

// Makes a call that tells its progress; an exception of the callback takes the place of what the call says.
template <typename Call> auto following(const progress &told, Call call)
{
    if (!told)
        return call(nullptr, nullptr);
    kept<const progress> kept_told{told, nullptr};
    crm_progress_fn function = [](void *user, const crm_progress *at) {
        return (*static_cast<kept<const progress> *>(user))(*at);
    };
    try {
        auto result = call(function, &kept_told);
        kept_told.rethrow();
        return result;
    } catch (const error &) {
        kept_told.rethrow();
        throw;
    }
}

inline record copy(const record_view &from)
{
    crm_record *out = nullptr;
    call(crm_record_clone, from.get(), &out);
    return record(out);
}

// A structure that is filled for an operation.
inline record made_of(const crm_db *db, crm_type type)
{
    crm_record *out = nullptr;
    call(crm_record_new, db, type, crm_none(), &out);
    return record(out);
}

// The structures, records or values of a member.
inline rows rows_of(const record_view &from, crm_field field)
{
    crm_rows *out = nullptr;
    call(crm_get_rows, from.get(), field, &out);
    return rows(out);
}

inline std::optional<record> row_of(const record_view &from, crm_field field)
{
    crm_record *out = nullptr;
    bool is_there = call(crm_get_row, from.get(), field, &out) == CRM_OK;
    return is_there ? std::optional<record>(record(out)) : std::nullopt;
}

template <typename T> std::vector<T> each(rows all)
{
    std::vector<T> made;
    while (all.next())
        made.push_back(T::from_record(all.row()));
    return made;
}

inline std::vector<record> records_of(rows all)
{
    std::vector<record> made;
    while (all.next())
        made.push_back(copy(all.row()));
    return made;
}

inline std::optional<std::string> string(std::optional<std::string_view> text)
{
    return map(text, [](std::string_view text) { return std::string(text); });
}

inline std::optional<crm::decimal> decimal(std::optional<std::string_view> text)
{
    return map(text, [](std::string_view text) { return crm::decimal(text); });
}

inline std::vector<crm::decimal> decimals(const std::vector<crm_decimal> &numbers)
{
    return std::vector<crm::decimal>(numbers.begin(), numbers.end());
}

inline std::vector<std::string> strings(const std::vector<std::string_view> &texts)
{
    return std::vector<std::string>(texts.begin(), texts.end());
}

// Throws if the library has other operations than these headers call: it would take an argument for another.
inline void check_operations()
{
    if (crm_operations_digest() != CRM_OPERATIONS_DIGEST)
        throw std::runtime_error("libcrm has other operations than crm.hpp calls: take both from the same version");
}

} // namespace detail

// A value of any type, or a list.
class value {
public:
    value(record of, crm_field field) : of_(std::move(of)), field_(field) {}
    static value from_record(const record_view &from) { return value(detail::copy(from), CRM_RESULT); }

    // What it is, such as CRM_KIND_MONEY.
    int32_t kind() const { return of_.get_kind(field_); }
    std::optional<std::string_view> text() const { return of_.get_text(field_); }
    std::optional<bool> boolean() const { return of_.get_bool(field_); }
    std::optional<int64_t> integer() const { return of_.get_int(field_); }
    std::optional<crm::decimal> decimal() const
    {
        return kind() == CRM_KIND_DECIMAL ? detail::decimal(of_.get_canonical(field_)) : std::nullopt;
    }
    std::optional<crm::money> money() const { return of_.get_money(field_); }
    std::optional<crm_date> date() const { return of_.get_date(field_); }
    std::optional<instant> time() const { return of_.get_time(field_); }
    std::optional<crm::duration> duration() const { return of_.get_duration(field_); }
    std::optional<crm::ref> ref() const { return of_.get_ref(field_); }
    // The elements of a list of amounts; an amount has one.
    std::vector<crm::money> monies() const { return of_.get_monies(field_); }
    // Its text, whatever its type.
    std::optional<std::string_view> canonical() const { return of_.get_canonical(field_); }
    // The record whose field it is, for what else a list can hold.
    const record_view &of() const { return of_; }
    crm_field field() const { return field_; }

private:
    record of_;
    crm_field field_;
};

} // namespace crm

#include "crm_operations.hpp"

#endif
