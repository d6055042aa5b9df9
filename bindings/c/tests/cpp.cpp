// crm.hpp: values, owners, exceptions, rows, callbacks that throw.
#include <crm.hpp>

#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <thread>

#define CHECK(condition)                                                                          \
    do {                                                                                          \
        if (!(condition)) {                                                                       \
            std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);          \
            std::exit(1);                                                                         \
        }                                                                                         \
    } while (0)

#define THROWS(expected, call)                                                                    \
    do {                                                                                          \
        crm_status found = 0;                                                                     \
        try {                                                                                     \
            (void)(call);                                                                         \
        } catch (const crm::error &error) {                                                       \
            found = error.code();                                                                 \
        }                                                                                         \
        CHECK(found == (expected));                                                               \
    } while (0)

struct sales {
    crm::database db = crm::database::in_memory();
    crm::ref pipeline, first, won, acme;

    sales()
    {
        crm::pipeline made(db);
        made.set_name("Sales");
        pipeline = db.create(made).record;
        first = stage("Offer", 1, CRM_STAGE_KIND_OPEN);
        won = stage("Won", 2, CRM_STAGE_KIND_WON);
        crm::company company(db);
        company.set_name("Acme").set_employees(40);
        acme = db.create(company).record;
    }

    crm::ref stage(std::string_view name, int64_t order, std::string_view kind)
    {
        crm::stage made(db);
        made.set_name(name).set_pipeline(pipeline).set_order(order).set_kind(kind);
        made.set_probability({order * 10, 0});
        return db.create(made).record;
    }

    crm::ref deal(std::string_view name, int64_t cents)
    {
        crm::deal made(db);
        made.set_name(name).set_pipeline(pipeline).set_company(acme).set_amount(crm::money("EUR", cents));
        return db.create(made).record;
    }
};

static void records()
{
    sales s;
    crm::deal made(s.db);
    CHECK(!made.view().name());
    made.set_name("Forty seats").set_pipeline(s.pipeline).set_close_date({2026, 3, 31});
    made.set_amount(crm::money("JPY", 1200));
    crm::outcome outcome = s.db.create(made);
    CHECK(outcome.kind == CRM_CREATED && outcome.record == made.reference() && outcome.version == made.version());
    crm::deal_view view = made.view();
    CHECK(view.name() == "Forty seats" && view.status() == CRM_DEAL_STATUS_OPEN);
    CHECK(view.amount()->minor() == 1200 && view.amount()->currency() == "JPY");
    CHECK(view.stage() == s.first && !view.owner() && view.close_date()->month == 3);
    CHECK(view.get_canonical(CRM_DEAL_AMOUNT) == "1200 JPY" && view.get_kind(CRM_DEAL_OWNER) == CRM_KIND_NULL);
    CHECK(view.get_time(CRM_CREATED_AT) == s.db.read(made.reference()).get_time(CRM_CREATED_AT));
    CHECK(made.to_json().find("\"name\":\"Forty seats\"") != std::string::npos);
    CHECK(s.db.title(made) == "Forty seats");

    crm::call call(s.db);
    call.set_subject("Hello").add_about(s.acme).add_about(made.reference()).set_duration({90500});
    s.db.create(call);
    CHECK(call.view().about().size() == 2 && call.view().about()[1] == made.reference());
    CHECK(call.view().duration_()->millis == 90500);

    crm::contact ada(s.db);
    ada.set_name("given", "Ada").set_name("family", "Lovelace").set_birthday({0, 12, 10});
    s.db.create(ada);
    CHECK(ada.view().name("given") == "Ada" && !ada.view().name("middle") && ada.view().birthday()->day == 10);

    // Refused setters are told by the write; a wrong getter at once.
    crm::deal bad(s.db);
    bad.set_close_date({2026, 2, 30});
    THROWS(CRM_INVALID, s.db.create(bad));
    bad.reset();
    THROWS(CRM_INVALID, bad.get_text(CRM_COMPANY_NAME));
    try {
        crm::company nameless(s.db);
        s.db.create(nameless);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.name() == "invalid" && error.object() == "company" && error.field() == "name");
        CHECK(std::string(error.what()).find("company") != std::string::npos && !error.json().empty());
    }
    // Moved from, it is empty, and says so.
    crm::deal target = std::move(made);
    THROWS(CRM_MISUSE, made.get_text(CRM_DEAL_NAME));
    CHECK(target.view().name() == "Forty seats");
    crm::record copy = target.clone();
    copy.set_text(CRM_DEAL_NAME, "Fifty seats");
    CHECK(s.db.update(copy).kind == CRM_UPDATED);
    target.set_name("Sixty seats");
    THROWS(CRM_STALE, s.db.update(target));
    THROWS(CRM_INVALID, crm::ref(CRM_TYPE_DEAL, "no id"));
    THROWS(CRM_NOT_FOUND, s.db.read(crm::ref(CRM_TYPE_DEAL, "01890a5d-ac96-774b-bcce-b302099a8057")));
    CHECK(!s.db.find_record(crm::ref(CRM_TYPE_DEAL, "01890a5d-ac96-774b-bcce-b302099a8057")));
}

static void reading()
{
    sales s;
    crm::ref a = s.deal("a", 100), b = s.deal("b", 250);
    std::string names;
    for (crm::deal_view deal : s.db.find(crm::query(CRM_TYPE_DEAL).filter("amount > 0").sort("-name")))
        names += *deal.name();
    CHECK(names == "ba");
    crm::rows page = s.db.find(crm::query(CRM_TYPE_DEAL).limit(1).fields({CRM_DEAL_NAME}));
    CHECK(page.next() && page.next_page() && !page.next());
    int count = 0;
    for (crm::record_view row : s.db.find_all(crm::query(CRM_TYPE_DEAL)))
        count += row.type() == CRM_TYPE_DEAL;
    CHECK(count == 2 && s.db.count(CRM_TYPE_DEAL) == 2 && s.db.count(CRM_TYPE_DEAL, "name == 'a'") == 1);
    THROWS(CRM_EXPRESSION, s.db.find(crm::query(CRM_TYPE_DEAL).filter("nme == 1")));
    CHECK(s.db.explain(crm::query(CRM_TYPE_DEAL).filter("name == 'a'")).find("index") != std::string::npos);

    crm::rows figures = s.db.aggregate(crm::figures(CRM_TYPE_DEAL).group_by(CRM_DEAL_STATUS).sum(CRM_DEAL_AMOUNT));
    CHECK(figures.next() && figures.row().get_text(CRM_ROW_KEY) == "open");
    CHECK(figures.row().get_monies(CRM_ROW_MEASURE)[0].minor() == 350);

    s.db.move_card(a, s.won);
    crm::board board = s.db.board(CRM_TYPE_DEAL, s.pipeline, {5});
    CHECK(board.object == "deal" && board.of == s.pipeline && board.columns.size() == 2);
    const crm::board_column &column = board.columns[0];
    CHECK(crm::stage_view(column.record).name() == "Offer" && column.count == 1 && column.cards.size() == 1);
    CHECK(column.sums[0].kind() == CRM_KIND_LIST && column.sums[0].monies()[0].minor() == 250);
    CHECK(column.cards[0].record.reference() == b && column.cards[0].place.card == b);
    crm::cards_options behind;
    behind.after = column.cards[0].place;
    CHECK(s.db.cards(CRM_TYPE_DEAL, s.first, behind).empty() && s.db.cards(CRM_TYPE_DEAL, s.won).size() == 1);
    THROWS(CRM_INVALID, s.db.board(CRM_TYPE_TASK, s.pipeline));
    CHECK(crm::decimal(crm_decimal{-1050, 3}) == crm::decimal("-1.05") && crm::decimal(crm_decimal{5, 2}).text() == "0.05");
    CHECK(s.db.search("acme").next());
    CHECK(!s.db.search("acme", 5, {CRM_TYPE_DEAL}).next());
    CHECK(!s.db.timeline(crm::timeline_query(s.acme).kinds({CRM_TYPE_CALL}).limit(3)).next());
    crm::rows history = s.db.history(a);
    CHECK(history.next() && history.below().next());
    CHECK(s.db.field_history(a, CRM_DEAL_STAGE).next());
    CHECK(s.db.record_as_of(a, s.db.sequence()) && !s.db.record_at(a, crm::instant{0}));
    CHECK(s.db.organisation().type() == CRM_TYPE_ORGANISATION);
}

static void writing()
{
    sales s;
    crm::company made(s.db);
    made.set_name("Batch").set_external_id("b-1");
    crm::batch batch;
    batch.upsert(made, CRM_COMPANY_EXTERNAL_ID).remove(s.acme);
    CHECK(s.db.rehearse(batch).next());
    crm::rows outcomes = s.db.run(batch, "key");
    CHECK(outcomes.next() && outcomes.row().get_text(CRM_ROW_KIND) == "created");
    CHECK(outcomes.next() && outcomes.row().get_ref(CRM_ROW_RECORD) == s.acme && !outcomes.next());
    CHECK(s.db.restore(s.acme).kind == CRM_RESTORED);
    crm::batch wrong;
    wrong.update(crm::company(s.db));
    THROWS(CRM_MISUSE, s.db.run(wrong));

    crm::database renaming = s.db.operation("renaming");
    crm::record acme = renaming.read(s.acme);
    acme.set_text(CRM_COMPANY_NAME, "Acme Ltd");
    renaming.update(acme);
    CHECK(s.db.undo("renaming").find("\"undone\":1") != std::string::npos);
    CHECK(!s.db.actor() && s.db.caused_by("sync").without_rules().now().micros > 0);
    crm::document document(s.db);
    document.set_name("offer.pdf");
    s.db.create(document);
    CHECK(!s.db.content(document.reference()));
    s.db.put_content(document.reference(), "PDF");
    CHECK(s.db.content(document.reference()) == "PDF");
}

static void ending()
{
    sales s;
    crm::cancel fired, unfired;
    crm::database session = s.db.cancelled_by(unfired).cancelled_by(fired).without_rules();
    CHECK(session.count(CRM_TYPE_COMPANY) > 0 && !fired.is_fired());
    std::thread([&] { fired.fire(); }).join();
    CHECK(fired.is_fired() && !unfired.is_fired());
    THROWS(CRM_CANCELLED, session.count(CRM_TYPE_COMPANY));
    crm::company late(s.db);
    late.set_name("Late");
    THROWS(CRM_CANCELLED, session.create(late));
    crm::cancel over{s.db.now()};
    THROWS(CRM_CANCELLED, s.db.cancelled_by(over).count(CRM_TYPE_COMPANY));
    CHECK(s.db.count(CRM_TYPE_COMPANY) > 0);

    crm::contact wrong(s.db);
    wrong.set_text(CRM_CONTACT_EMAIL, "nobody");
    wrong.set_text(CRM_CONTACT_PHONE, "call me");
    try {
        s.db.create(wrong);
        CHECK(false);
    } catch (const crm::error &error) {
        CHECK(error.field() == "email" && error.others().size() == 2);
        CHECK(error.others()[0].field() == "phone" && error.others()[1].field() == "name");
        CHECK(error.others()[1].code() == CRM_INVALID && error.others()[1].others().empty());
    }
}

static void following()
{
    sales s;
    int wakes = 0;
    {
        crm::subscription deals = s.db.watch(crm::query(CRM_TYPE_DEAL));
        deals.on_wake([&] { wakes++; });
        CHECK(deals.next().next());
        crm::ref made = s.deal("watched", 1);
        CHECK(wakes == 1);
        crm::rows updates = deals.next();
        CHECK(updates.next() && updates.row().get_text(CRM_ROW_KIND) == "added" && updates.row().reference() == made);
        deals.stop();
        THROWS(CRM_CANCELLED, deals.next(1000));
    }
    s.deal("unwatched", 1);
    CHECK(wakes == 1);
    CHECK(s.db.changes(0, 100).next() && !s.db.wait_for_changes(s.db.sequence(), 1, 1).next());
    CHECK(!s.db.next_due() && !s.db.due_reminders().next() && !s.db.outbox().next());
    CHECK(s.db.set_opted_out("ada@acme.example", true).kind == CRM_CREATED);
    CHECK(s.db.contact_point("ada@acme.example").find("\"opted_out\":true") != std::string::npos);
}

static void exchange()
{
    crm::database db = crm::database::in_memory();
    std::string csv = "name\nAcme\nBolt\n";
    int told = 0;
    std::string report = db.import_csv(csv, R"({"object":"company"})", [&](const crm_progress &) { return ++told > 0; });
    CHECK(told > 0 && report.find("\"created\":2") != std::string::npos);
    // What a callback throws comes out, and not what the library makes of it.
    struct stopped {};
    bool thrown = false;
    try {
        db.import_csv(csv, R"({"object":"company"})", [](const crm_progress &) -> bool { throw stopped(); });
    } catch (const stopped &) {
        thrown = true;
    }
    CHECK(thrown);
    thrown = false;
    try {
        db.export_csv(crm::query(CRM_TYPE_COMPANY), "name", [](std::string_view) -> bool { throw stopped(); });
    } catch (const stopped &) {
        thrown = true;
    }
    CHECK(thrown);
    std::string out;
    CHECK(db.export_csv(crm::query(CRM_TYPE_COMPANY).limit(1), "name", [&](std::string_view piece) {
        out += piece;
        return true;
    }) == 1);
    CHECK(out == "name\nAcme\n");
    crm_type machine = db.add_object(R"({"name":"machine","plural":"machines"})");
    crm_field serial = db.add_field(machine, R"({"name":"serial","ty":"text"})");
    CHECK(db.type_named("machine") == machine && db.field_named(machine, "serial") == serial);
    crm::record made(db, machine);
    made.set_text(serial, "A-17");
    db.create(made);
    CHECK(made.get_text(serial) == "A-17");
    CHECK(db.check().find("\"findings\":[]") != std::string::npos && !db.maintain());
    CHECK(db.stats().find("machine") != std::string::npos && !db.settings().empty() && !db.catalog().empty());
    db.close();
    THROWS(CRM_CLOSED, db.count(machine));
    THROWS(CRM_IO, crm::database::open("/nowhere/at/all.crm"));
}

static void converting()
{
    sales s;
    crm::lead lead(s.db);
    lead.set_name("given", "Ada").set_name("family", "Lovelace").set_company_name("Acme");
    s.db.create(lead);
    crm::leads_convert_options options;
    options.same_name = CRM_SAME_NAME_MAKE;
    options.pipeline = s.pipeline;
    options.deal_name = "Forty seats";
    options.rehearse = true;
    crm::conversion rehearsed = s.db.leads().convert(lead.reference(), options);
    CHECK(rehearsed.made.size() == 3 && rehearsed.company != s.acme && rehearsed.deal);
    CHECK(!s.db.find_record(rehearsed.contact));
    crm::conversion made = s.db.leads().convert(lead.reference());
    CHECK(made == crm::conversion({made.contact, s.acme, std::nullopt, {made.contact}}));
    CHECK(crm::contact_view(s.db.read(made.contact)).company() == s.acme);
    THROWS(CRM_INVALID, s.db.leads().convert(lead.reference()));
}

static void rescue()
{
    std::string folder = (std::filesystem::temp_directory_path() / "crm-cpp-XXXXXX").string();
    CHECK(mkdtemp(folder.data()) != nullptr);
    const std::string base = folder + "/sunday.crm", monday = folder + "/monday.rows", saved = folder + "/saved.crm";
    crm::ref bolt = crm_ref{0, {0}};
    uint64_t sunday = 0;
    {
        crm::database db = crm::database::open(folder + "/sales.crm");
        CHECK(db.repair() == R"({"found":[],"left":[],"records":0,"rows":0})");
        sunday = db.sequence();
        db.backup(base);
        crm::company made(db);
        made.set_name("Bolt");
        db.create(made);
        bolt = made.reference();
        crm::increment increment = db.backup_since(sunday, monday, [](const crm_progress &) { return true; });
        const int64_t from = sunday;
        CHECK(increment == crm::increment({from, from + 1, increment.rows}) && increment.rows > 0);
        THROWS(CRM_IO, db.backup_since(sunday, monday));
    }
    CHECK(crm::database::restore_backup(base, {monday}, saved).find("\"findings\":[]") != std::string::npos);
    CHECK(crm::database::open(saved).read(bolt).get_text(CRM_COMPANY_NAME) == "Bolt");
    std::filesystem::remove(saved);
    crm_point then{CRM_AT_COMMIT, static_cast<int64_t>(sunday)};
    crm::database::restore_backup(base, {monday}, saved, then, [](const crm_progress &) { return true; });
    THROWS(CRM_NOT_FOUND, crm::database::open(saved).read(bolt));
    std::filesystem::remove(saved);
    CHECK(crm::database::salvage(folder + "/sales.crm", saved).find("\"unreadable\":[]") != std::string::npos);
    CHECK(crm::database::open(saved).read(bolt).get_text(CRM_COMPANY_NAME) == "Bolt");
    std::filesystem::remove_all(folder);
}

static void times()
{
    crm::clock clock(crm::instant{1772355600000000});
    crm_options options{sizeof(crm_options), true, 0, 0, clock.get(), nullptr, nullptr, 0, false};
    crm::database db = crm::database::in_memory(&options);
    crm::reminder reminder(db);
    reminder.set_text("Call Ada").set_at(crm::instant{1772359200000000});
    db.create(reminder);
    CHECK(db.next_due() == crm::instant{1772359200000000});
    clock.set(*db.next_due());
    CHECK(db.run_due(db.now()).find("reminder") != std::string::npos);
    CHECK(db.due_reminders().next());
    CHECK(db.snooze(reminder.reference(), crm::instant{1772445600000000}).kind == CRM_UPDATED);
    CHECK(db.acknowledge(reminder.reference()).kind == CRM_UPDATED);
}

int main()
{
    records();
    reading();
    writing();
    ending();
    following();
    exchange();
    converting();
    rescue();
    times();
    CHECK(crm_live_objects() == 0);
    std::printf("%s: passed\n", __FILE__);
}
