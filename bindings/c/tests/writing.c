/* Changing records: versions, upserts, the trash, batches, undo, cards, documents, who did it. */
#include "check.h"

static void versions(crm_db *db)
{
    crm_ref acme = company(db, "Acme");
    crm_record *mine = NULL, *theirs = NULL, *blind = NULL;
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    crm_error *err = NULL;
    crm_str text;
    OK(crm_get(db, acme, &mine, &error));
    OK(crm_get(db, acme, &theirs, &error));
    IS(CRM_OK, crm_set_text(theirs, CRM_COMPANY_NAME, crm_s("Acme Ltd")));
    OK(crm_update(db, theirs, &outcome, &error));
    CHECK(outcome.kind == CRM_UPDATED && outcome.version > crm_record_version(mine));
    OK(crm_update(db, theirs, &outcome, &error));
    CHECK(outcome.kind == CRM_UNCHANGED);

    /* The same field was changed since: refused, and the record keeps what was set. */
    IS(CRM_OK, crm_set_text(mine, CRM_COMPANY_NAME, crm_s("Acme Inc")));
    IS(CRM_STALE, crm_update(db, mine, NULL, &err));
    CHECK(same(crm_error_object(err), "company"));
    CHECK(strstr(crm_error_json(err).data, "\"field\":\"name\"") != NULL);
    crm_error_free(err);
    IS(CRM_OK, crm_get_text(mine, CRM_COMPANY_NAME, &text));
    CHECK(same(text, "Acme Inc"));

    /* The draft of an id overwrites. */
    OK(crm_record_new(db, CRM_TYPE_COMPANY, crm_s(acme.id), &blind, &error));
    IS(CRM_OK, crm_set_text(blind, CRM_COMPANY_NAME, crm_s("Acme Inc")));
    CHECK(crm_record_version(blind) == 0);
    IS(CRM_OK, crm_record_expect(blind, crm_record_version(mine)));
    STATUS(CRM_STALE, crm_update(db, blind, NULL, &error));
    IS(CRM_OK, crm_record_expect(blind, crm_record_version(theirs)));
    OK(crm_update(db, blind, NULL, &error));
    CHECK(crm_record_version(blind) > 0);
    /* A record that is there is not created again. */
    STATUS(CRM_MISUSE, crm_create(db, blind, NULL, &error));
    crm_record_free(mine);
    crm_record_free(theirs);
    crm_record_free(blind);

    /* A draft without an id cannot be updated; one with an id is created with it. */
    mine = draft(db, CRM_TYPE_COMPANY);
    STATUS(CRM_MISUSE, crm_update(db, mine, NULL, &error));
    crm_record_free(mine);
    OK(crm_record_new(db, CRM_TYPE_COMPANY, crm_s("01890a5d-ac96-774b-bcce-b302099a8057"), &mine, &error));
    IS(CRM_OK, crm_set_text(mine, CRM_COMPANY_NAME, crm_s("Own id")));
    OK(crm_create(db, mine, &outcome, &error));
    CHECK(strcmp(outcome.record.id, "01890a5d-ac96-774b-bcce-b302099a8057") == 0);
    crm_record_free(mine);

    /* An outcome of an earlier header, which ended after the kind. */
    {
        struct { crm_outcome whole; char guard[8]; } room;
        memset(&room, 0x5a, sizeof room);
        room.whole.size = 8;
        OK(crm_delete(db, acme, &room.whole, &error));
        CHECK(room.whole.kind == CRM_DELETED && room.whole.version == UINT64_C(0x5a5a5a5a5a5a5a5a));
        room.whole.size = 2;
        STATUS(CRM_MISUSE, crm_restore(db, acme, &room.whole, &error));
    }
}

static void trash(crm_db *db)
{
    crm_ref bolt = company(db, "Bolt");
    crm_record *found = NULL;
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    crm_query query = {sizeof(crm_query), CRM_TYPE_COMPANY, 0, true, {0}, {0}, {0}, NULL, 0};
    crm_rows *rows = NULL;
    OK(crm_delete(db, bolt, &outcome, &error));
    CHECK(outcome.kind == CRM_DELETED);
    STATUS(CRM_NOT_FOUND, crm_get(db, bolt, &found, &error));
    OK(crm_find_record(db, bolt, &found, &error));
    CHECK(crm_record_is_deleted(found));
    crm_record_free(found);
    query.filter = crm_s("name == 'Bolt'");
    OK(crm_find(db, &query, &rows, &error));
    CHECK(count_rows(rows) == 1);
    OK(crm_restore(db, bolt, &outcome, &error));
    CHECK(outcome.kind == CRM_RESTORED);
    OK(crm_purge(db, bolt, &outcome, &error));
    CHECK(outcome.kind == CRM_PURGED);
    found = (crm_record *)&outcome;
    STATUS(CRM_ABSENT, crm_find_record(db, bolt, &found, &error));
    CHECK(found == NULL);
    STATUS(CRM_NOT_FOUND, crm_delete(db, bolt, NULL, &error));
}

static void upserts(crm_db *db)
{
    crm_record *first = draft(db, CRM_TYPE_COMPANY), *second = draft(db, CRM_TYPE_COMPANY);
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    IS(CRM_OK, crm_set_text(first, CRM_COMPANY_NAME, crm_s("Crane")));
    IS(CRM_OK, crm_set_text(first, CRM_COMPANY_EXTERNAL_ID, crm_s("c-1")));
    OK(crm_upsert(db, first, CRM_COMPANY_EXTERNAL_ID, &outcome, &error));
    CHECK(outcome.kind == CRM_CREATED);
    IS(CRM_OK, crm_set_text(second, CRM_COMPANY_NAME, crm_s("Crane & Sons")));
    IS(CRM_OK, crm_set_text(second, CRM_COMPANY_EXTERNAL_ID, crm_s("c-1")));
    OK(crm_upsert(db, second, CRM_COMPANY_EXTERNAL_ID, &outcome, &error));
    CHECK(outcome.kind == CRM_UPDATED && same_ref(outcome.record, crm_record_ref(first)));
    STATUS(CRM_INVALID, crm_upsert(db, second, CRM_DEAL_NAME, NULL, &error));
    crm_record_free(first);
    crm_record_free(second);
}

static void batches(crm_db *db)
{
    crm_ref old = company(db, "Old"), gone = company(db, "Gone"), back = company(db, "Back");
    crm_batch *batch = NULL, *bad = NULL;
    crm_record *made = draft(db, CRM_TYPE_COMPANY), *changed = NULL;
    crm_rows *rows = NULL;
    const crm_record *row;
    crm_str text;
    crm_ref first, again;
    uint64_t before, after;
    OK(crm_delete(db, back, NULL, &error));
    OK(crm_batch_new(&batch, &error));
    IS(CRM_OK, crm_set_text(made, CRM_COMPANY_NAME, crm_s("New")));
    IS(CRM_OK, crm_batch_create(batch, made));
    OK(crm_get(db, old, &changed, &error));
    IS(CRM_OK, crm_set_text(changed, CRM_COMPANY_NAME, crm_s("Older")));
    IS(CRM_OK, crm_batch_update(batch, changed));
    IS(CRM_OK, crm_batch_delete(batch, gone));
    IS(CRM_OK, crm_batch_restore(batch, back));
    IS(CRM_OK, crm_set_text(made, CRM_COMPANY_EXTERNAL_ID, crm_s("b-1")));
    IS(CRM_OK, crm_batch_upsert(batch, made, CRM_COMPANY_EXTERNAL_ID));
    IS(CRM_OK, crm_batch_purge(batch, old));

    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &before, &error));
    OK(crm_batch_rehearse(db, batch, &rows, &error));
    CHECK(count_rows(rows) == 6);
    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &after, &error));
    CHECK(before == after);

    OK(crm_batch_run(db, batch, crm_s("key"), &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    row = crm_rows_record(rows);
    IS(CRM_OK, crm_get_text(row, CRM_ROW_KIND, &text));
    CHECK(same(text, "created") && crm_record_type(row) == 0);
    IS(CRM_OK, crm_get_ref(row, CRM_ROW_RECORD, &first));
    CHECK(count_rows(rows) == 5);
    /* The same key again: the first outcomes. */
    OK(crm_batch_run(db, batch, crm_s("key"), &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_ref(crm_rows_record(rows), CRM_ROW_RECORD, &again));
    CHECK(same_ref(first, again));
    crm_rows_free(rows);
    /* Without it, a change is refused (the record is purged), and none is made. */
    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &before, &error));
    STATUS(CRM_NOT_FOUND, crm_batch_run(db, batch, crm_none(), NULL, &error));
    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &after, &error));
    CHECK(before == after);

    /* A change that could not be added is not forgotten. */
    OK(crm_batch_new(&bad, &error));
    IS(CRM_MISUSE, crm_batch_update(bad, made)); /* it has no id */
    STATUS(CRM_MISUSE, crm_batch_run(db, bad, crm_none(), NULL, &error));
    crm_batch_free(bad);
    crm_batch_free(batch);
    crm_record_free(made);
    crm_record_free(changed);
}

static void operations(crm_db *db)
{
    crm_db *renaming = NULL, *user = NULL, *sync = NULL, *quiet = NULL;
    crm_record *ada = draft(db, CRM_TYPE_USER);
    crm_ref acme = company(db, "Undo me"), ref;
    crm_record *record = NULL;
    crm_rows *rows = NULL;
    crm_text *report = NULL;
    crm_str text;
    IS(CRM_OK, crm_set_text(ada, CRM_USER_NAME, crm_s("Ada")));
    ref = created(db, ada);
    STATUS(CRM_NOT_FOUND, crm_as_user(db, (crm_ref){CRM_TYPE_USER, "01890a5d-ac96-774b-bcce-b302099a8057"}, &user, &error));
    STATUS(CRM_INVALID, crm_as_user(db, acme, &user, &error));
    OK(crm_as_user(db, ref, &user, &error));
    STATUS(CRM_ABSENT, crm_actor(db, &ref, &error));
    CHECK(ref.object == 0);
    OK(crm_actor(user, &ref, &error));
    CHECK(ref.object == CRM_TYPE_USER);
    OK(crm_operation(user, crm_s("renaming"), &renaming, &error));
    OK(crm_get(db, acme, &record, &error));
    IS(CRM_OK, crm_set_text(record, CRM_COMPANY_NAME, crm_s("Renamed")));
    OK(crm_update(renaming, record, NULL, &error));
    crm_record_free(record);

    OK(crm_history(db, acme, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_OPERATION, &text));
    CHECK(same(text, "renaming"));
    IS(CRM_OK, crm_get_ref(crm_rows_record(rows), CRM_ROW_ACTOR, &ref));
    CHECK(ref.object == CRM_TYPE_USER);
    crm_rows_free(rows);

    OK(crm_undo(db, crm_s("renaming"), &report, &error));
    CHECK(has(report, "\"undone\":1"));
    STATUS(CRM_NOT_FOUND, crm_undo(db, crm_s("nothing"), &report, &error));
    OK(crm_get(db, acme, &record, &error));
    IS(CRM_OK, crm_get_text(record, CRM_COMPANY_NAME, &text));
    CHECK(same(text, "Undo me"));
    crm_record_free(record);

    OK(crm_caused_by(db, crm_s("sync"), &sync, &error));
    OK(crm_without_rules(sync, &quiet, &error));
    OK(crm_history(db, company(quiet, "From elsewhere"), &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    IS(CRM_OK, crm_get_text(crm_rows_record(rows), CRM_ROW_CAUSE, &text));
    CHECK(same(text, "sync"));
    crm_rows_free(rows);
    IS(CRM_OK, crm_free(quiet));
    IS(CRM_OK, crm_free(sync));
    IS(CRM_OK, crm_free(user));
    IS(CRM_OK, crm_free(renaming));
}

static void cards(crm_db *db)
{
    crm_ref sales = pipeline(db, "Sales"), first = stage(db, sales, "First", 1);
    crm_ref second = stage(db, sales, "Second", 2), none = {0, {0}};
    crm_ref a = deal(db, sales, "a", 100), b = deal(db, sales, "b", 200);
    crm_outcome outcome = {sizeof(crm_outcome), 0, 0, {0, {0}}};
    crm_rows *rows = NULL;
    OK(crm_move_card(db, a, second, none, 0, &outcome, &error));
    CHECK(outcome.kind == CRM_UPDATED);
    OK(crm_move_card(db, b, second, a, 0, &outcome, &error));
    OK(crm_cards(db, CRM_TYPE_DEAL, second, NULL, &rows, &error));
    STATUS(CRM_ROW, crm_rows_next(rows, &error));
    CHECK(same_ref(crm_record_ref(crm_rows_record(rows)), a));
    CHECK(count_rows(rows) == 1);
    STATUS(CRM_INVALID, crm_move_card(db, a, first, b, 0, NULL, &error)); /* b is not in that column */
    STATUS(CRM_INVALID, crm_move_card(db, sales, first, none, 0, NULL, &error));
}

static void documents(crm_db *db)
{
    crm_record *made = draft(db, CRM_TYPE_DOCUMENT);
    crm_ref offer;
    crm_text *content = NULL;
    static const char bytes[] = {'P', 'K', 0, 1, 2};
    IS(CRM_OK, crm_set_text(made, CRM_DOCUMENT_NAME, crm_s("offer.pdf")));
    offer = created(db, made);
    STATUS(CRM_ABSENT, crm_content(db, offer, &content, &error));
    CHECK(content == NULL);
    OK(crm_put_content(db, offer, bytes, sizeof bytes, &error));
    OK(crm_content(db, offer, &content, &error));
    CHECK(crm_text_str(content).len == 5 && memcmp(crm_text_str(content).data, bytes, 5) == 0);
    crm_text_free(content);
    STATUS(CRM_MISUSE, crm_put_content(db, offer, NULL, 5, &error));
    STATUS(CRM_MISUSE, crm_put_content(db, offer, bytes, SIZE_MAX, &error));
    STATUS(CRM_INVALID, crm_put_content(db, company(db, "no document"), bytes, 1, &error));
}

int main(void)
{
    crm_db *db = open_plain();
    versions(db);
    trash(db);
    upserts(db);
    batches(db);
    operations(db);
    cards(db);
    documents(db);
    IS(CRM_OK, crm_free(db));
    END_OF_TEST();
}
