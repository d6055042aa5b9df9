// The program of board.c in C++: imports a CSV file of deals and prints the board.
#include <crm.hpp>

#include <iostream>

static crm::ref make_pipeline(const crm::database &db)
{
    struct {
        std::string_view name, kind;
        int64_t percent;
    } const stages[] = {
        {"Qualification", CRM_STAGE_KIND_OPEN, 20}, {"Offer", CRM_STAGE_KIND_OPEN, 50},
        {"Negotiation", CRM_STAGE_KIND_OPEN, 70},   {"Won", CRM_STAGE_KIND_WON, 100},
        {"Lost", CRM_STAGE_KIND_LOST, 0},
    };
    crm::pipeline sales(db);
    sales.set_name("Sales");
    crm::ref made = db.create(sales).record;
    int64_t order = 0;
    for (const auto &[name, kind, percent] : stages) {
        crm::stage stage(db);
        stage.set_name(name).set_kind(kind).set_pipeline(made).set_order(++order).set_probability({percent, 0});
        db.create(stage);
    }
    return made;
}

static crm::ref find_pipeline(const crm::database &db)
{
    for (crm::record_view pipeline : db.find(crm::query(CRM_TYPE_PIPELINE).limit(1)))
        return pipeline.reference();
    return make_pipeline(db);
}

static void print_board(const crm::database &db, crm::ref pipeline)
{
    const crm::board board = db.board(CRM_TYPE_DEAL, pipeline, {10});
    for (const crm::board_column &column : board.columns) {
        std::cout << '\n' << *crm::stage_view(column.record).name() << ": " << column.count
                  << (column.count == 1 ? " deal" : " deals") << "  " << column.sums.at(0).canonical().value_or("") << '\n';
        for (const crm::card &card : column.cards) {
            crm::deal_view deal(card.record);
            std::cout << "    " << *deal.name() << "  " << deal.get_canonical(CRM_DEAL_AMOUNT).value_or("") << '\n';
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        std::cerr << "usage: board SALES.CRM DEALS.CSV\n";
        return 2;
    }
    try {
        crm::database db = crm::database::open(argv[1]);
        crm::ref pipeline = find_pipeline(db);
        db.import_csv_file(argv[2],
                           R"({"object": "deal", "mode": {"upsert": "external_id"}, "create_missing": ["company"]})",
                           [](const crm_progress &progress) {
                               std::cerr << progress.done << " rows\r";
                               return true; // false stops the import
                           });
        // Cells that could not be read are records like any other; their rows came in without them.
        for (crm::import_problem_view problem : db.find_all(crm::query(CRM_TYPE_IMPORT_PROBLEM)))
            std::cout << "row " << problem.row().value_or(0) << ", " << problem.column().value_or("") << ": `"
                      << problem.input().value_or("") << "` could not be read\n";
        print_board(db, pipeline);
    } catch (const crm::error &error) {
        std::cerr << "board: " << error.what() << '\n';
        return 1;
    }
}
