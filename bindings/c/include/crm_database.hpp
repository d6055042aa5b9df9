// Part of crm.hpp: an open database, and what is asked of it.
#ifndef CRM_DATABASE_HPP
#define CRM_DATABASE_HPP

#include "crm_calls.hpp"

namespace crm {

// What a change has done.
struct outcome {
    // CRM_CREATED, CRM_UPDATED, …
    int32_t kind;
    uint64_t version;
    ref record;
};

// An open database, or a session of somebody who acts on it.
class database : public declared_operations<database> {
public:
    static database open(std::string_view path, const crm_options *options = nullptr)
    {
        detail::check_operations();
        return made(crm_open, str_of(path), options);
    }
    static database in_memory(const crm_options *options = nullptr)
    {
        detail::check_operations();
        return made(crm_open_in_memory, options);
    }

    // Makes a database of a backup and its increments, as it was at a point in time; without one, at their end. The
    // report is JSON, as crm_restore_backup() has it.
    static std::string restore_backup(std::string_view base, const std::vector<std::string> &increments, std::string_view to,
                                      std::optional<crm_point> point = {}, const progress &told = {})
    {
        std::vector<crm_str> paths;
        for (const std::string &path : increments)
            paths.push_back(str_of(path));
        return detail::following(told, [&](crm_progress_fn call, void *user) {
            return report(crm_restore_backup, str_of(base), static_cast<const crm_str *>(paths.data()), paths.size(),
                          str_of(to), static_cast<const crm_point *>(point ? &*point : nullptr), call, user);
        });
    }
    // Writes what can be read of a damaged database to a new one. The report is JSON, as crm_salvage() has it.
    static std::string salvage(std::string_view damaged, std::string_view to, const progress &told = {})
    {
        return detail::following(told, [&](crm_progress_fn call, void *user) {
            return report(crm_salvage, str_of(damaged), str_of(to), call, user);
        });
    }

    const crm_db *get() const { return owned_.get(); }

    // Sessions.
    database as_user(ref user) const { return made(crm_as_user, get(), crm_ref(user)); }
    database operation(std::string_view name) const { return made(crm_operation, get(), str_of(name)); }
    database caused_by(std::string_view cause) const { return made(crm_caused_by, get(), str_of(cause)); }
    database without_rules() const { return made(crm_without_rules, get()); }
    // Its calls are ended by a cancel: they throw an error of the code CRM_CANCELLED.
    database cancelled_by(const cancel &by) const { return made(crm_cancelled_by, get(), by.get()); }
    std::optional<ref> actor() const
    {
        crm_ref out;
        return detail::call(crm_actor, get(), &out) == CRM_OK ? std::optional<ref>(out) : std::nullopt;
    }
    instant now() const { return instant{value<int64_t>(crm_now)}; }

    // Writing.
    outcome create(record &draft) const { return change(crm_create, draft.get()); }
    outcome update(record &changed) const { return change(crm_update, changed.get()); }
    outcome upsert(record &draft, crm_field by) const { return change(crm_upsert, draft.get(), by); }
    outcome remove(ref of) const { return change(crm_delete, crm_ref(of)); }
    outcome restore(ref of) const { return change(crm_restore, crm_ref(of)); }
    outcome purge(ref of) const { return change(crm_purge, crm_ref(of)); }
    outcome move_card(ref card, ref column, ref behind = ref(), uint64_t expected = 0) const
    {
        return change(crm_move_card, crm_ref(card), crm_ref(column), crm_ref(behind), expected);
    }
    rows run(const batch &changes, std::optional<std::string_view> key = std::nullopt) const
    {
        return many(crm_batch_run, static_cast<const crm_batch *>(changes.get()), key ? str_of(*key) : crm_none());
    }
    rows rehearse(const batch &changes) const
    {
        return many(crm_batch_rehearse, static_cast<const crm_batch *>(changes.get()));
    }
    std::string undo(std::string_view operation) const { return json(crm_undo, str_of(operation)); }
    void put_content(ref document, std::string_view content) const
    {
        detail::call(crm_put_content, get(), crm_ref(document), static_cast<const void *>(content.data()), content.size());
    }

    // Reading.
    record read(ref of) const { return one(crm_get, crm_ref(of)); }
    std::optional<record> find_record(ref of) const { return perhaps(crm_find_record, crm_ref(of)); }
    record organisation() const { return one(crm_organisation); }
    rows find(const query &question) const { return asked(crm_find, question); }
    rows find_all(const query &question) const { return asked(crm_find_all, question); }
    std::string explain(const query &question) const
    {
        crm_query given = question.get();
        return json(crm_explain, &given);
    }
    uint64_t count(crm_type object, std::string_view filter = {}) const
    {
        return value<uint64_t>(crm_count, object, str_of(filter));
    }
    std::string title(const record_view &of) const { return json(crm_title, of.get()); }
    std::optional<std::string> content(ref document) const
    {
        crm_text *out = nullptr;
        bool is_there = detail::call(crm_content, get(), crm_ref(document), &out) == CRM_OK;
        return is_there ? std::optional<std::string>(text(out).str()) : std::nullopt;
    }
    rows aggregate(const figures &question) const
    {
        crm_figures given = question.get();
        return many(crm_aggregate, &given);
    }
    rows timeline(const timeline_query &question) const
    {
        crm_timeline_query given = question.get();
        return many(crm_timeline, &given);
    }
    rows search(std::string_view words, uint32_t limit = 0, const std::vector<crm_type> &objects = {},
                int32_t prefix = CRM_PREFIX_LAST) const
    {
        crm_search_options options{sizeof(crm_search_options), limit, prefix,
                                   objects.empty() ? nullptr : objects.data(), objects.size()};
        return many(crm_search, str_of(words), &options);
    }
    rows history(ref of) const { return many(crm_history, crm_ref(of)); }
    rows field_history(ref of, crm_field field) const { return many(crm_field_history, crm_ref(of), field); }
    std::optional<record> record_at(ref of, instant at) const { return perhaps(crm_record_at, crm_ref(of), at.micros); }
    std::optional<record> record_as_of(ref of, uint64_t sequence) const
    {
        return perhaps(crm_record_as_of, crm_ref(of), sequence);
    }

    // Following.
    uint64_t sequence() const { return value<uint64_t>(crm_sequence); }
    rows changes(uint64_t after, uint32_t entries_max) const { return many(crm_changes, after, entries_max); }
    rows wait_for_changes(uint64_t after, uint32_t entries_max, uint32_t timeout_millis) const
    {
        return many(crm_wait_for_changes, after, entries_max, timeout_millis);
    }
    subscription watch_everything() const { return watched(crm_watch_everything); }
    subscription watch(ref of) const { return watched(crm_watch_record, crm_ref(of)); }
    subscription watch(const query &question) const
    {
        crm_query given = question.get();
        return watched(crm_watch_query, static_cast<const crm_query *>(&given));
    }

    // What is to come, and what goes out.
    std::optional<instant> next_due() const
    {
        int64_t at = 0;
        return detail::call(crm_next_due, get(), &at) == CRM_OK ? std::optional<instant>(instant{at}) : std::nullopt;
    }
    std::string run_due(instant until) const { return json(crm_run_due, until.micros); }
    rows due_reminders(uint32_t limit = 0) const { return many(crm_due_reminders, limit); }
    outcome acknowledge(ref reminder) const { return change(crm_acknowledge, crm_ref(reminder)); }
    outcome snooze(ref reminder, instant until) const { return change(crm_snooze, crm_ref(reminder), until.micros); }
    rows outbox(uint32_t limit = 0) const { return many(crm_outbox, limit); }
    outcome outbox_sent(ref message) const { return change(crm_outbox_sent, crm_ref(message)); }
    outcome outbox_failed(ref message, std::string_view why, std::optional<instant> retry = std::nullopt) const
    {
        return change(crm_outbox_failed, crm_ref(message), str_of(why),
                      retry ? static_cast<const int64_t *>(&retry->micros) : nullptr);
    }
    std::string contact_point(std::string_view address) const { return json(crm_contact_point, str_of(address)); }
    outcome set_opted_out(std::string_view address, bool opted_out) const
    {
        return change(crm_set_opted_out, str_of(address), opted_out);
    }
    outcome set_invalid(std::string_view address, std::optional<std::string_view> reason) const
    {
        return change(crm_set_invalid, str_of(address), reason ? str_of(*reason) : crm_none());
    }

    // The schema.
    crm_type type_named(std::string_view name) const { return value<crm_type>(crm_type_named, str_of(name)); }
    crm_field field_named(crm_type object, std::string_view name) const
    {
        return value<crm_field>(crm_field_named, object, str_of(name));
    }
    std::string catalog() const { return json(crm_catalog); }
    std::string settings() const { return json(crm_settings); }
    crm_type add_object(std::string_view definition) const { return value<crm_type>(crm_add_object, str_of(definition)); }
    crm_field add_field(crm_type object, std::string_view definition) const
    {
        return value<crm_field>(crm_add_field, object, str_of(definition));
    }
    void add_fields(crm_type object, std::string_view definitions) const
    {
        detail::call(crm_add_fields, get(), object, str_of(definitions));
    }
    void rename_field(crm_field field, std::string_view name) const
    {
        detail::call(crm_rename_field, get(), field, str_of(name));
    }
    void retire_field(crm_field field) const { detail::call(crm_retire_field, get(), field); }
    void restore_field(crm_field field) const { detail::call(crm_restore_field, get(), field); }
    std::string retype_field(crm_field field, std::string_view type, bool clear_failures = false) const
    {
        return json(crm_retype_field, field, str_of(type), clear_failures);
    }
    void index_field(crm_field field) const { detail::call(crm_index_field, get(), field); }

    // Data in and out. Reports are JSON; what a callback throws comes out of the call.
    std::string import_csv(std::string_view data, std::string_view options, const progress &told = {}) const
    {
        return detail::following(told, [&](crm_progress_fn call, void *user) {
            return json(crm_import_csv, static_cast<const void *>(data.data()), data.size(), str_of(options), call, user);
        });
    }
    std::string import_csv_file(std::string_view path, std::string_view options, const progress &told = {}) const
    {
        return detail::following(told, [&](crm_progress_fn call, void *user) {
            return json(crm_import_csv_file, str_of(path), str_of(options), call, user);
        });
    }
    std::string run_import_plan(std::string_view plan, std::string_view folder, const progress &told = {}) const
    {
        return detail::following(told, [&](crm_progress_fn call, void *user) {
            return json(crm_run_import_plan, str_of(plan), str_of(folder), call, user);
        });
    }
    // `write` takes each piece; false stops the export.
    uint64_t export_csv(const query &question, std::string_view columns,
                        const std::function<bool(std::string_view)> &write) const
    {
        detail::kept<const std::function<bool(std::string_view)>> kept{write, nullptr};
        crm_query given = question.get();
        uint64_t count = 0;
        crm_error *failure = nullptr;
        crm_status status = crm_export_csv(
            get(), &given, str_of(columns),
            [](void *user, const void *data, size_t len) {
                auto &kept = *static_cast<detail::kept<const std::function<bool(std::string_view)>> *>(user);
                return kept(std::string_view(static_cast<const char *>(data), len));
            },
            &kept, &count, &failure);
        finish(kept, status, failure);
        return count;
    }

    // Looking after the file.
    void close() const { detail::call(crm_close, get()); }
    void reopen() const { detail::call(crm_reopen, get()); }
    std::string check() const { return json(crm_check); }
    std::string repair() const { return json(crm_repair); }
    std::string stats() const { return json(crm_stats); }
    bool maintain() const { return value<bool>(crm_maintain); }
    void compact(const progress &told = {}) const
    {
        detail::following(told, [&](crm_progress_fn call, void *user) { return detail::call(crm_compact, get(), call, user); });
    }
    void backup(std::string_view path, const progress &told = {}) const
    {
        detail::following(told, [&](crm_progress_fn call, void *user) {
            return detail::call(crm_backup, get(), str_of(path), call, user);
        });
    }

private:
    explicit database(crm_db *owned) : owned_(owned) {}

    template <typename Function, typename... Arguments> static database made(Function function, Arguments... arguments)
    {
        crm_db *out = nullptr;
        detail::call(function, arguments..., &out);
        return database(out);
    }
    template <typename Function, typename... Arguments> rows many(Function function, Arguments... arguments) const
    {
        crm_rows *out = nullptr;
        detail::call(function, get(), arguments..., &out);
        return rows(out);
    }
    template <typename Function> rows asked(Function function, const query &question) const
    {
        crm_query given = question.get();
        return many(function, static_cast<const crm_query *>(&given));
    }
    template <typename Function, typename... Arguments> record one(Function function, Arguments... arguments) const
    {
        crm_record *out = nullptr;
        detail::call(function, get(), arguments..., &out);
        return record(out);
    }
    template <typename Function, typename... Arguments>
    std::optional<record> perhaps(Function function, Arguments... arguments) const
    {
        crm_record *out = nullptr;
        bool is_there = detail::call(function, get(), arguments..., &out) == CRM_OK;
        return is_there ? std::optional<record>(record(out)) : std::nullopt;
    }
    template <typename T, typename Function, typename... Arguments>
    T value(Function function, Arguments... arguments) const
    {
        T out{};
        detail::call(function, get(), arguments..., &out);
        return out;
    }
    template <typename Function, typename... Arguments> static std::string report(Function function, Arguments... arguments)
    {
        crm_text *out = nullptr;
        detail::call(function, arguments..., &out);
        return text(out).str();
    }
    template <typename Function, typename... Arguments> std::string json(Function function, Arguments... arguments) const
    {
        return report(function, get(), arguments...);
    }
    template <typename Function, typename... Arguments> outcome change(Function function, Arguments... arguments) const
    {
        crm_outcome out{sizeof(crm_outcome), 0, 0, {0, {0}}};
        detail::call(function, get(), arguments..., &out);
        return outcome{out.kind, out.version, out.record};
    }
    template <typename Function> subscription watched(Function function) const
    {
        crm_sub *out = nullptr;
        detail::call(function, get(), &out);
        return subscription(out);
    }
    template <typename Function, typename Argument> subscription watched(Function function, Argument argument) const
    {
        crm_sub *out = nullptr;
        detail::call(function, get(), argument, &out);
        return subscription(out);
    }

    template <typename Kept> static void finish(const Kept &kept, crm_status status, crm_error *failure)
    {
        detail::owner<crm_error, crm_error_free> owner(failure);
        kept.rethrow();
        detail::check(status, owner.release());
    }

    struct freed {
        void operator()(crm_db *owned) const { crm_free(owned); }
    };
    std::unique_ptr<crm_db, freed> owned_;
};

inline record::record(const database &db, crm_type type, std::optional<std::string_view> id)
    : record(from(crm_record_new, db.get(), type, id ? str_of(*id) : crm_none()))
{
}

inline std::string record_view::to_json() const
{
    crm_text *out = nullptr;
    detail::call(crm_record_to_json, record_, &out);
    return text(out).str();
}

} // namespace crm

#endif
