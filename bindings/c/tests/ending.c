/* Ending calls: from another thread, at a time; and all faults of a record in one error. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include <pthread.h>

/* Reads until a read is ended. */
static void *read_on(void *user)
{
    crm_status status;
    uint64_t count;
    do
        status = crm_count(user, CRM_TYPE_COMPANY, crm_s("name.contains('x')"), &count, NULL);
    while (status == CRM_OK);
    CHECK(status == CRM_CANCELLED);
    return NULL;
}

static void from_another_thread(void)
{
    crm_db *db = open_plain(), *session = NULL, *own = NULL;
    crm_cancel *cancel = NULL;
    crm_record *late;
    pthread_t thread;
    uint64_t count = 0;
    char name[32];
    int n;
    for (n = 0; n < 100; n++) {
        snprintf(name, sizeof name, "Company %d", n);
        company(db, name);
    }
    OK(crm_cancel_new(&cancel, &error));
    OK(crm_cancelled_by(db, cancel, &session, &error));
    OK(crm_operation(session, crm_s("x"), &own, &error));
    CHECK(!crm_cancel_is_fired(cancel));
    CHECK(pthread_create(&thread, NULL, read_on, own) == 0);
    IS(CRM_OK, crm_cancel_fire(cancel));
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(crm_cancel_is_fired(cancel));

    /* What is ended has changed nothing, and who is not ended goes on. */
    late = draft(db, CRM_TYPE_COMPANY);
    IS(CRM_OK, crm_set_text(late, CRM_COMPANY_NAME, crm_s("Late")));
    STATUS(CRM_CANCELLED, crm_create(own, late, NULL, &error));
    crm_record_free(late);
    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    CHECK(count == 100);

    /* A session outlives what ends it. */
    IS(CRM_OK, crm_cancel_free(cancel));
    IS(CRM_MISUSE, crm_cancel_free(cancel));
    IS(CRM_MISUSE, crm_cancel_fire(cancel));
    CHECK(!crm_cancel_is_fired(cancel));
    STATUS(CRM_MISUSE, crm_cancelled_by(db, cancel, &own, &error));
    STATUS(CRM_CANCELLED, crm_count(session, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    IS(CRM_OK, crm_free(own));
    IS(CRM_OK, crm_free(session));
    IS(CRM_OK, crm_free(db));
}

static void at_a_time(void)
{
    crm_clock *clock = NULL;
    crm_db *db, *session = NULL;
    crm_cancel *cancel = NULL;
    uint64_t count;
    OK(crm_clock_new(NOW, &clock, &error));
    db = open_at(clock);
    OK(crm_cancel_at(NOW + HOUR, &cancel, &error));
    OK(crm_cancelled_by(db, cancel, &session, &error));
    OK(crm_count(session, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    IS(CRM_OK, crm_clock_set(clock, NOW + HOUR));
    CHECK(!crm_cancel_is_fired(cancel));
    STATUS(CRM_CANCELLED, crm_count(session, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    CHECK(crm_cancel_is_fired(cancel));
    OK(crm_count(db, CRM_TYPE_COMPANY, crm_none(), &count, &error));
    STATUS(CRM_INVALID, crm_cancel_at(INT64_MAX, &cancel, &error));
    IS(CRM_OK, crm_cancel_free(cancel));
    IS(CRM_OK, crm_free(session));
    IS(CRM_OK, crm_free(db));
    crm_clock_free(clock);
}

static void all_faults(void)
{
    crm_db *db = open_plain();
    crm_record *contact = draft(db, CRM_TYPE_CONTACT);
    crm_error *error = NULL;
    const crm_error *other;
    IS(CRM_OK, crm_set_text(contact, CRM_CONTACT_EMAIL, crm_s("nobody")));
    IS(CRM_OK, crm_set_text(contact, CRM_CONTACT_PHONE, crm_s("call me")));
    CHECK(crm_create(db, contact, NULL, &error) == CRM_INVALID);
    CHECK(same(crm_error_field(error), "email"));
    CHECK(crm_error_others_len(error) == 2);
    other = crm_error_other(error, 0);
    CHECK(same(crm_error_field(other), "phone") && same(crm_error_input(other), "call me"));
    other = crm_error_other(error, 1);
    CHECK(crm_error_code(other) == CRM_INVALID && same(crm_error_name(other), "invalid"));
    CHECK(same(crm_error_object(other), "contact") && same(crm_error_field(other), "name"));
    CHECK(same(crm_error_message(other), "`contact.name`: the field is required"));
    CHECK(strstr(crm_error_message(error).data, crm_error_message(other).data) != NULL);
    CHECK(strstr(crm_error_json(error).data, "\"others\":[{") != NULL);
    CHECK(crm_error_others_len(other) == 0 && strstr(crm_error_json(other).data, "others") == NULL);
    CHECK(crm_error_other(error, 2) == NULL && crm_error_other(NULL, 0) == NULL && crm_error_others_len(NULL) == 0);
    crm_error_free(error);
    crm_record_free(contact);
    IS(CRM_OK, crm_free(db));
}

int main(void)
{
    from_another_thread();
    at_a_time();
    all_faults();
    END_OF_TEST();
}
