/* The operations of a database. Made by crm-generate from their declarations; a number is never given
 * twice. Included by crm.h. */
#ifndef CRM_OPERATIONS_H
#define CRM_OPERATIONS_H

/* Equal to crm_operations_digest() of the library that belongs to this header. */
#define CRM_OPERATIONS_DIGEST 0xe4189e7au

/* -- SameName: What is done where a company has the name that a lead says. -- */

/* The lead's contact belongs to it. */
#define CRM_SAME_NAME_TAKE "take"
/* Another company of that name is made. */
#define CRM_SAME_NAME_MAKE "make"
/* The lead is not converted. */
#define CRM_SAME_NAME_REFUSE "refuse"

/* -- Board -- */

/* A board with its columns. */
#define CRM_TYPE_BOARD 0xe001u
/* The object whose records are the cards. (text) */
#define CRM_BOARD_OBJECT 0xe0010001u
/* The record that the board belongs to: a pipeline. (reference) */
#define CRM_BOARD_OF 0xe0010002u
/* The columns, in their order. (rows of board_column) */
#define CRM_BOARD_COLUMNS 0xe0010003u

/* -- BoardColumn -- */

/* A column of a board. It is a record with further columns. The record that the column stands
 * for: a stage. */
#define CRM_TYPE_BOARD_COLUMN 0xe002u
/* How many cards it has. (int) */
#define CRM_BOARD_COLUMN_COUNT 0xe0020002u
/* The kept sums, as the object's declaration lists them (for deals amount and weighted amount):
 * for money a list with one amount per currency. Null where there are too many digits for an
 * amount; it is the sum again when there are fewer. (rows of values) */
#define CRM_BOARD_COLUMN_SUMS 0xe0020003u
/* The first cards. (rows of card) */
#define CRM_BOARD_COLUMN_CARDS 0xe0020004u

/* -- Card -- */

/* A card: what the board shows of a record. It is a record with further columns. The record's
 * covered fields; others are null, its version among them. Who wants to move the card as it was
 * read gives the move the number of the last commit from before the board was read. */
#define CRM_TYPE_CARD 0xe003u
/* Where it stands: what to give for the cards below it. (card_place) */
#define CRM_CARD_PLACE 0xe0030002u

/* -- CardPlace -- */

/* A place in a column. */
#define CRM_TYPE_CARD_PLACE 0xe004u
/* The position, which orders the cards. (decimal) */
#define CRM_CARD_PLACE_POSITION 0xe0040001u
/* The card, which decides between two at one position. (reference) */
#define CRM_CARD_PLACE_CARD 0xe0040002u

/* -- Increment -- */

/* The commits that an incremental backup holds. */
#define CRM_TYPE_INCREMENT 0xe005u
/* The last commit that was backed up before. (int) */
#define CRM_INCREMENT_FROM 0xe0050001u
/* The last commit in it: where the next increment begins. (int) */
#define CRM_INCREMENT_TO 0xe0050002u
/* How many rows it has. (int) */
#define CRM_INCREMENT_ROWS 0xe0050003u

/* -- Conversion -- */

/* What became of a lead. */
#define CRM_TYPE_CONVERSION 0xe006u
/* The contact. (reference to contact) */
#define CRM_CONVERSION_CONTACT 0xe0060001u
/* The company, where the lead names one or one was given. (reference to company, may be absent) */
#define CRM_CONVERSION_COMPANY 0xe0060002u
/* The deal, where one was asked for. (reference to deal, may be absent) */
#define CRM_CONVERSION_DEAL 0xe0060003u
/* Those of them that were made; others were there before. (list of reference) */
#define CRM_CONVERSION_MADE 0xe0060004u

/* What crm_board() can be told besides. Begin with `crm_board_options options =
 * CRM_BOARD_OPTIONS;`. */
typedef struct {
    /* sizeof(crm_board_options). */
    uint32_t size;
    /* The most cards of each column. */
    int64_t cards_max;
} crm_board_options;

#define CRM_BOARD_OPTIONS {sizeof(crm_board_options), 50}

/* The board of a record, such as a pipeline of deals: columns with kept totals and their first
 * cards. Who asks again before a commit has changed some of it is given the same one.
 * `object`: The object whose records are the cards.
 * `of`: The record that the board belongs to: a pipeline.
 * `options` may be NULL.
 *
 * Errors: CRM_NOT_FOUND; CRM_UNKNOWN_OBJECT; CRM_INVALID for an object without a board. */
static inline crm_status crm_board(const crm_db *db,
    crm_type object,
    crm_ref of,
    const crm_board_options *options,
    crm_record **out,
    crm_error **err)
{
    crm_record *given = NULL;
    crm_status status = crm_record_new(db, 0xd001u, crm_none(), &given, err);
    if (status != CRM_OK) return status;
    crm_set_int(given, 0xd0010001u, object);
    crm_set_ref(given, 0xd0010002u, of);
    if (options && options->size > offsetof(crm_board_options, cards_max)) {
        crm_set_int(given, 0xd0010003u, options->cards_max);
    }
    status = crm_call(db, given, NULL, NULL, NULL, out, err);
    crm_record_free(given);
    return status;
}

/* What crm_cards() can be told besides. Begin with `crm_cards_options options =
 * CRM_CARDS_OPTIONS;`. */
typedef struct {
    /* sizeof(crm_cards_options). */
    uint32_t size;
    /* The place of the card after which they begin. */
    const crm_record *after;
    /* The most cards. */
    int64_t limit;
} crm_cards_options;

#define CRM_CARDS_OPTIONS {sizeof(crm_cards_options), NULL, 50}

/* Further cards of a board's column: those after the place of a page's last card, wherever that
 * card is now; from the top without one.
 * `object`: The object whose records are the cards.
 * `column`: The record of the column: a stage.
 * `options` may be NULL.
 *
 * Errors: CRM_UNKNOWN_OBJECT; CRM_INVALID for an object without a board; CRM_LIMIT for too many
 * cards at once. */
static inline crm_status crm_cards(const crm_db *db,
    crm_type object,
    crm_ref column,
    const crm_cards_options *options,
    crm_rows **out,
    crm_error **err)
{
    crm_record *given = NULL;
    crm_record *result = NULL;
    crm_status status = crm_record_new(db, 0xd002u, crm_none(), &given, err);
    if (status != CRM_OK) return status;
    crm_set_int(given, 0xd0020001u, object);
    crm_set_ref(given, 0xd0020002u, column);
    if (options && options->size > offsetof(crm_cards_options, after)) {
        if (options->after != NULL) crm_set_record(given, 0xd0020003u, options->after);
    }
    if (options && options->size > offsetof(crm_cards_options, limit)) {
        crm_set_int(given, 0xd0020004u, options->limit);
    }
    status = crm_call(db, given, NULL, NULL, NULL, &result, err);
    crm_record_free(given);
    if (status == CRM_OK && out) status = crm_get_rows(result, CRM_RESULT, out, err);
    crm_record_free(result);
    return status;
}

/* Writes what was committed after a commit to a new file, an increment to a backup that ends
 * with that commit or to another increment that does; a restoration puts them together. Its size
 * follows from what was changed: the log of these commits, each record that they touched once,
 * and the contents of documents among them. Others go on writing meanwhile. A backup ends with
 * the commit that the copy says is its last when it is opened, an increment with its `to`.
 * `sequence`: The last commit that was backed up.
 * `path`: The new file.
 * `progress` may be NULL.
 *
 * Errors: CRM_INVALID if there is no such commit yet; CRM_IO, also if the file exists; CRM_FULL;
 * CRM_CANCELLED if `progress` stops it. No file is left then. */
static inline crm_status crm_backup_since(const crm_db *db,
    int64_t sequence,
    crm_str path,
    crm_progress_fn progress, void *user,
    crm_record **out,
    crm_error **err)
{
    crm_record *given = NULL;
    crm_status status = crm_record_new(db, 0xd003u, crm_none(), &given, err);
    if (status != CRM_OK) return status;
    crm_set_int(given, 0xd0030001u, sequence);
    crm_set_text(given, 0xd0030002u, path);
    status = crm_call(db, given, NULL, progress, user, out, err);
    crm_record_free(given);
    return status;
}

/* What crm_leads_convert() can be told besides. Begin with `crm_leads_convert_options options =
 * CRM_LEADS_CONVERT_OPTIONS;`. */
typedef struct {
    /* sizeof(crm_leads_convert_options). */
    uint32_t size;
    /* The contact, where it is there already; a new one without it. */
    crm_ref contact;
    /* The company. Without it, the one that has the name which the lead says, or a new one. */
    crm_ref company;
    /* What is done where a company has that name already. */
    crm_str same_name;
    /* Makes a deal in this pipeline, too. */
    crm_ref pipeline;
    /* The name of the deal; that of the company or of the person without it. */
    crm_str deal_name;
    /* True for a rehearsal: the result is returned, and nothing of it remains. */
    bool rehearse;
} crm_leads_convert_options;

#define CRM_LEADS_CONVERT_OPTIONS {sizeof(crm_leads_convert_options), {0, {0}}, {0, {0}}, {CRM_SAME_NAME_TAKE, CRM_NTS}, {0, {0}}, {NULL, 0}, false}

/* Makes a contact of a lead, a company where the lead names one, and a deal where one is asked
 * for, in one transaction. The lead stays, as converted, with references to what it became.
 * `lead`: The lead.
 * `options` may be NULL.
 *
 * Errors: CRM_NOT_FOUND; CRM_INVALID if the lead is converted already, or if a company has the
 * name that it says and is not to be taken, or if several have it; CRM_VALIDATION if a rule of
 * the organisation refuses what would be made. */
static inline crm_status crm_leads_convert(const crm_db *db,
    crm_ref lead,
    const crm_leads_convert_options *options,
    crm_record **out,
    crm_error **err)
{
    crm_record *given = NULL;
    crm_manner manner = {sizeof(crm_manner), false};
    crm_status status = crm_record_new(db, 0xd004u, crm_none(), &given, err);
    if (status != CRM_OK) return status;
    crm_set_ref(given, 0xd0040001u, lead);
    if (options && options->size > offsetof(crm_leads_convert_options, contact)) {
        if (options->contact.object != 0) crm_set_ref(given, 0xd0040002u, options->contact);
    }
    if (options && options->size > offsetof(crm_leads_convert_options, company)) {
        if (options->company.object != 0) crm_set_ref(given, 0xd0040003u, options->company);
    }
    if (options && options->size > offsetof(crm_leads_convert_options, same_name)) {
        if (options->same_name.data != NULL) crm_set_text(given, 0xd0040004u, options->same_name);
    }
    if (options && options->size > offsetof(crm_leads_convert_options, pipeline)) {
        if (options->pipeline.object != 0) crm_set_ref(given, 0xd0040005u, options->pipeline);
    }
    if (options && options->size > offsetof(crm_leads_convert_options, deal_name)) {
        if (options->deal_name.data != NULL) crm_set_text(given, 0xd0040006u, options->deal_name);
    }
    if (options && options->size > offsetof(crm_leads_convert_options, rehearse)) manner.rehearse = options->rehearse;
    status = crm_call(db, given, &manner, NULL, NULL, out, err);
    crm_record_free(given);
    return status;
}

#endif
