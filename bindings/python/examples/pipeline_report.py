"""A sales report: the files of a small company come in, questions are asked, a chart comes out.

    python pipeline_report.py [--chart FILE.png]

The cells between `# %%` can be run one by one in an editor that knows notebooks. Needs crm-engine, pandas and matplotlib;
the files are those of the Rust quickstart."""

# %% The files come in
import argparse
from pathlib import Path

import matplotlib
import pandas

import crm

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402 - behind the choice of what draws

parser = argparse.ArgumentParser()
parser.add_argument("--chart", type=Path, default=Path(__file__).with_name("pipeline_report.png"))
chart = parser.parse_args().chart

data = Path(__file__).resolve().parents[3] / "examples/quickstart/data"
db = crm.memory()
db.update(db.organisation(), base_currency="EUR", default_region="DE", time_zone="Europe/Berlin")
for report in db.run_import_plan(data / "plan.json", data):
    print(f"{report.created:4} records, {report.problem_count:2} problems, operation {report.operation}")

# %% How is business? What was won and lost this year, by month
closed = db.aggregate(
    crm.Deal,
    "status != 'open' && close_date >= date('2026-01-01')",
    group_by=[("close_date", crm.DatePart.MONTH), "status"],
    measures=[(crm.MeasureOp.SUM, "amount")],
).to_pandas()
closed["eur"] = closed["sum_amount"].astype(float)
months = closed.pivot(index="close_date", columns="status", values="eur").fillna(0.0)
print(months)

# %% What is under way? The board, stage by stage
pipeline = db.find(crm.Pipeline)[0]
stages = pandas.DataFrame(
    {
        "stage": column.record["name"],
        "deals": column.count,
        "amount": sum(float(money.amount) for money in column.sums[0] if money.currency == "EUR"),
        "kind": column.record["kind"],
    }
    for column in db.board(crm.Deal, pipeline, cards_max=0).columns
)
under_way = stages[stages.kind == "open"]
print(under_way.to_string(index=False))

# %% Who buys? The open deals of the largest customers
deals = db.find_all(crm.Deal, "status == 'open' && company != null", sort="-amount").to_pandas()
names = db.find_all(crm.Company, fields=["name"]).to_pandas().set_index("id")["name"]
deals["customer"] = deals["company"].map(names)
deals["eur"] = deals["amount"].astype(float)
largest = deals.groupby("customer")["eur"].sum().nlargest(8)
print(largest)

# %% The chart
figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), constrained_layout=True)
bars = left.barh(under_way.stage, under_way.amount / 1000, color="#3a6ea5")
left.bar_label(bars, [f"{count} deals" for count in under_way.deals], padding=4, color="#444444")
left.invert_yaxis()
left.set(title="Under way, by stage", xlabel="thousand EUR")
left.margins(x=0.18)
right.bar(months.index, months.won / 1000, color="#5a8f4f", label="won")
right.bar(months.index, -months.lost / 1000, color="#b5483a", label="lost")
right.axhline(0, color="#444444", linewidth=0.8)
right.set(title="Decided, by month", ylabel="thousand EUR")
right.tick_params(axis="x", labelrotation=60)
right.legend(frameon=False)
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(chart, dpi=100)
print(f"\nthe chart is {chart}")
db.close()
